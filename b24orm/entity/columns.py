"""Pages of rows as tables: typed column by column.

The rows of a page mostly have the same keys, as a select gives them. Then a validator call takes a
whole column, which spares the search for each key of each row. Many columns of a wide page hold one
value throughout, most often null: that is read once, and the rows start with it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache, partial
from itertools import repeat
from operator import itemgetter
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import TypeAdapter, ValidationError

from b24orm.entity.types import FROM_PORTAL, ReadMany, usual_readings

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from b24orm.entity.base import Entity

__all__ = ["Table", "ruled", "table_of", "wire_names"]

_UNCHANGING: Final = frozenset({type(None), str, int, bool, float, Decimal, date, datetime})
"""Types whose values several rows may hold together."""


@dataclass(frozen=True, slots=True)
class Table:
    """A page of typed rows.

    Names are those of fields, or the server's spelling of what no field declares.

    Attributes:
        size: rows.
        names: of all columns, in the server's order.
        columns: the values of each column in which they differ.
        same: the value of each other column.
    """

    size: int
    names: tuple[str, ...]
    columns: Mapping[str, Sequence[Any]]
    same: Mapping[str, Any]

    def column(self, name: str) -> Sequence[Any]:
        """The values of a field; nulls if the rows lack it. User fields have the server's spelling."""
        for spelled in (name, name.upper()):
            if spelled in self.columns:
                return self.columns[spelled]
            if spelled in self.same:
                return (self.same[spelled],) * self.size
        return (None,) * self.size

    def dicts(self) -> list[dict[str, Any]]:
        """The rows, each as a new dict."""
        start = dict.fromkeys(self.names)  # a copy has room for all of them at once
        start.update(self.same)
        rows = list(map(dict.copy, repeat(start, self.size)))
        if self.columns:
            values = zip(*self.columns.values(), strict=True)
            deque(map(dict.update, rows, map(zip, repeat(tuple(self.columns)), values)), maxlen=0)
        return rows


def table_of(model: type[Entity], rows: Sequence[Mapping[str, Any]]) -> Table | None:
    """The rows as a table, or None if they differ in their keys, or a value does not fit its field.

    Args:
        model: the class of the rows.
        rows: as the server sent them.
    """
    if not rows or not all(map(isinstance, rows, repeat(dict))):
        return None
    keys = tuple(rows[0])
    if not keys or set(map(len, rows)) != {len(keys)}:
        return None
    layout = _layout(model, keys)
    try:
        return _read(layout, tuple(zip(*map(layout.values, rows), strict=True)))
    except (KeyError, ValidationError):
        return None


def _read(layout: _Layout, found: Sequence[Sequence[Any]]) -> Table:
    columns: dict[str, Sequence[Any]] = {}
    same: dict[str, Any] = {}
    for column, values in zip(layout.columns, found, strict=True):
        one = column.read(values[:1]) if _alike(values) else ()
        if one and type(one[0]) in _UNCHANGING:
            same[column.name] = one[0]
        else:
            columns[column.name] = column.read(values)
    return Table(len(found[0]), layout.names, columns, same)


def _alike(values: Sequence[Any]) -> bool:
    """Whether a column holds one value throughout; of most others the last differs from the first."""
    first = values[0]
    if first != values[-1] or values.count(first) != len(values):
        return False
    return first is None or type(first) is str or set(map(type, values)) == {type(first)}  # 1 == True == 1.0


class _Layout:
    """How rows with certain keys are read."""

    __slots__ = ("columns", "names", "values")

    def __init__(self, keys: tuple[str, ...], columns: tuple[_Column, ...]) -> None:
        self.columns = columns
        self.names = tuple(column.name for column in columns)
        first, *others = keys
        self.values: Callable[[Mapping[str, Any]], tuple[Any, ...]] = (
            itemgetter(*keys) if others else lambda row: (row[first],)
        )


class _Column:
    """One column and the ways to read it: the quickest, until a value is of another kind."""

    __slots__ = ("_quick", "_thorough", "name")

    def __init__(self, name: str, quick: tuple[ReadMany, ...], thorough: ReadMany) -> None:
        self.name = name
        self._quick = quick
        self._thorough = thorough

    def read(self, values: Sequence[Any]) -> Sequence[Any]:
        """The typed values.

        Raises:
            ValidationError: a value does not fit.
        """
        for way in self._quick:
            try:
                return way(values)
            except (ValidationError, TypeError):
                # what occurred once will occur again
                self._quick = tuple(other for other in self._quick if other is not way)
        return self._thorough(values)


@lru_cache(maxsize=256)
def _layout(model: type[Entity], keys: tuple[str, ...]) -> _Layout:
    """How a model's pages with these keys are read."""
    names = {wire: name for name, wire in wire_names(model).items()}
    return _Layout(keys, tuple(_column(model, names.get(key), key) for key in keys))


def wire_names(model: type[Entity]) -> dict[str, str]:
    """The server's spelling of each field."""
    fields = model.__schema__.fields
    return {name: fields[name].wire if name in fields else name for name in model.model_fields}


def _column(model: type[Entity], name: str | None, key: str) -> _Column:
    if name is None:
        return _Column(key, (), _unread)
    info = model.model_fields[name]
    return _Column(name, *_ways(info))


def _unread(values: Sequence[Any]) -> Sequence[Any]:
    return values


def _ways(info: FieldInfo) -> tuple[tuple[ReadMany, ...], ReadMany]:
    """How a field's type is read: in the quick ways that are known, and thoroughly."""
    kind = (info.annotation, *map(id, info.metadata))
    if kind not in _known:
        make: Any = TypeAdapter
        adapter = make(list.__class_getitem__(ruled(info)))
        thorough = partial(adapter.validate_python, context=FROM_PORTAL)
        _known[kind] = usual_readings(info.metadata), thorough
    return _known[kind]


def ruled(info: FieldInfo) -> Any:
    """A field's type with the rules that it is annotated with."""
    hint: Any = info.annotation
    for rule in info.metadata:
        hint = Annotated[hint, rule]
    return hint


_known: dict[tuple[Any, ...], tuple[tuple[ReadMany, ...], ReadMany]] = {}
"""The ways of each type; the models share a few of them."""
