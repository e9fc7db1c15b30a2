"""Pages of rows as tables: typed column by column.

The rows of a page mostly have the same keys in the same order, as a select gives them. Then a
validator call takes a whole column, which spares the search for each key of each row, and a
column of nothing but nulls is left as it is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import repeat
from operator import eq
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from pydantic import TypeAdapter, ValidationError
from pydantic_core import SchemaValidator, core_schema

from b24orm.entity.types import FROM_PORTAL, usual_reading

if TYPE_CHECKING:
    from b24orm.entity.base import Entity

__all__ = ["Table", "table_of"]

_Read: TypeAlias = "Callable[[Sequence[Any]], Sequence[Any]]"


@dataclass(frozen=True, slots=True)
class Table:
    """A page of typed rows.

    Attributes:
        names: of the columns: a field's name, or the server's spelling of what no field declares.
        columns: the values of each.
    """

    names: tuple[str, ...]
    columns: Sequence[Sequence[Any]]

    def column(self, name: str) -> Sequence[Any]:
        """The values of a field; nulls if the rows lack it. User fields have the server's spelling."""
        for spelled in (name, name.upper()):
            if spelled in self.names:
                return self.columns[self.names.index(spelled)]
        return (None,) * len(self.columns[0])

    def dicts(self) -> list[dict[str, Any]]:
        """The rows, each as a new dict."""
        empty = dict.fromkeys(self.names)  # a copy has room for all of them at once
        rows = list(map(dict.copy, repeat(empty, len(self.columns[0]))))
        deque(map(dict.update, rows, map(zip, repeat(self.names), zip(*self.columns, strict=True))), maxlen=0)
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
    if not keys or not all(map(eq, map(tuple, rows), repeat(keys))):
        return None
    columns = _columns(model, keys)
    values = zip(*map(dict.values, rows), strict=True)  # type: ignore[arg-type]  # they are dicts
    try:
        read = [column.read(found) for column, found in zip(columns, values, strict=True)]
    except ValidationError:
        return None
    return Table(tuple(column.name for column in columns), read)


class _Column:
    """One column and how it is read: quickly, until a value is not of the usual kind."""

    __slots__ = ("_quick", "_thorough", "name")

    def __init__(self, name: str, quick: _Read | None, thorough: _Read | None) -> None:
        self.name = name
        self._quick = quick
        self._thorough = thorough

    def read(self, values: Sequence[Any]) -> Sequence[Any]:
        """The typed values.

        Raises:
            ValidationError: a value does not fit.
        """
        if self._thorough is None or (self._quick is not None and _all_none(values)):
            return values
        if self._quick is not None:
            try:
                return self._quick(values)
            except ValidationError:
                self._quick = None  # what occurred once will occur again
        return self._thorough(values)


def _all_none(values: Sequence[Any]) -> bool:
    """Whether a column holds nothing; of most columns the first value says that it does."""
    return values[0] is None and values.count(None) == len(values)


@lru_cache(maxsize=256)
def _columns(model: type[Entity], keys: tuple[str, ...]) -> tuple[_Column, ...]:
    """How the columns of a model's pages are read."""
    fields = model.__schema__.fields
    names = {fields[name].wire if name in fields else name: name for name in model.model_fields}
    return tuple(_column(model, names.get(key), key) for key in keys)


def _column(model: type[Entity], name: str | None, key: str) -> _Column:
    if name is None:
        return _Column(key, None, None)
    info = model.model_fields[name]
    return _Column(name, *_readings(info.annotation, tuple(info.metadata)))


def _readings(annotation: Any, rules: tuple[Any, ...]) -> tuple[_Read | None, _Read]:
    """How a column of a type is read: quickly, if its usual kind is known, and thoroughly."""
    kind = (annotation, *map(id, rules))
    if kind not in _known:
        hint = annotation
        for rule in rules:
            hint = Annotated[hint, rule]
        make: Any = TypeAdapter
        usual = usual_reading(rules)
        _known[kind] = (
            None if usual is None else SchemaValidator(core_schema.list_schema(usual)).validate_python,
            partial(make(list.__class_getitem__(hint)).validate_python, context=FROM_PORTAL),
        )
    return _known[kind]


_known: dict[tuple[Any, ...], tuple[_Read | None, _Read]] = {}
"""The readings of each type; the models share a few of them."""
