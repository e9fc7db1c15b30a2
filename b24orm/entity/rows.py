"""Rows of the server -> typed values, a page at a time.

A page whose rows have the same keys is read column by column, any other by one validator call;
the dicts that come out become the ``__dict__`` of the objects. A field that the row lacks stays
absent, so that reading it can say so.
"""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import repeat
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, TypeVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from typing_extensions import NotRequired, TypedDict

from b24orm.collector import collector_paused
from b24orm.entity.columns import ruled, table_of, wire_names
from b24orm.entity.types import FROM_PORTAL
from b24orm.errors import InvalidRow

if TYPE_CHECKING:
    from b24orm.entity.base import Entity

__all__ = ["InvalidRowWarning", "OnInvalid", "adopt", "fill", "hydrate", "typed", "typed_columns"]

OnInvalid: TypeAlias = Literal["raise", "keep"]

_E = TypeVar("_E", bound="Entity")


class InvalidRowWarning(UserWarning):
    """A value did not fit its field and was kept as the server sent it."""


@lru_cache(maxsize=256)
def _validator(model: type[Entity]) -> TypeAdapter[list[dict[str, Any]]]:
    """The validator of a model's rows, whichever of its fields they have; built on first use."""
    fields: dict[str, Any] = {
        name: NotRequired[Annotated[ruled(model.model_fields[name]), Field(validation_alias=wire)]]
        for name, wire in wire_names(model).items()
    }
    make: Any = TypedDict  # built at run time, which no type checker follows
    row = make(f"{model.__name__}Row", fields)
    row.__pydantic_config__ = ConfigDict(extra="allow")
    make_adapter: Any = TypeAdapter
    adapter: TypeAdapter[list[dict[str, Any]]] = make_adapter(list.__class_getitem__(row))
    return adapter


def typed(
    model: type[Entity], rows: Sequence[Mapping[str, Any]], on_invalid: OnInvalid
) -> list[dict[str, Any]]:
    """The rows with Python names and values; unknown keys keep their own spelling.

    Raises:
        InvalidRow: a value does not fit its field, and ``on_invalid`` is ``raise``.
    """
    with collector_paused():
        table = table_of(model, rows)
        return _one_by_one(model, rows, on_invalid) if table is None else table.dicts()


def typed_columns(
    model: type[Entity], names: Sequence[str], rows: Sequence[Mapping[str, Any]], on_invalid: OnInvalid
) -> list[Sequence[Any]]:
    """The values of some fields, a column each; None where a row lacks one.

    Raises:
        InvalidRow: a value does not fit its field, and ``on_invalid`` is ``raise``.
    """
    with collector_paused():
        table = table_of(model, rows)
        if table is not None:
            return [table.column(name) for name in names]
        found = _one_by_one(model, rows, on_invalid)
    # user fields have the server's spelling
    return [[row[name] if name in row else row.get(name.upper()) for row in found] for name in names]


def _one_by_one(
    model: type[Entity], rows: Sequence[Mapping[str, Any]], on_invalid: OnInvalid
) -> list[dict[str, Any]]:
    try:
        return _validator(model).validate_python(rows, context=FROM_PORTAL)
    except ValidationError:
        return [_one(model, row, on_invalid) for row in rows]


def _one(model: type[Entity], row: Mapping[str, Any], on_invalid: OnInvalid) -> dict[str, Any]:
    try:
        return _validator(model).validate_python([row], context=FROM_PORTAL)[0]
    except ValidationError as error:
        found = [(str(part["loc"][1]) if len(part["loc"]) > 1 else "?", part) for part in error.errors()]
        message = _message(model, row, found[0][0], found[0][1]["msg"])
        if on_invalid == "raise" or not isinstance(row, Mapping):
            raise InvalidRow(message) from None
        warnings.warn(message, InvalidRowWarning, stacklevel=2)
        bad = {name for name, _ in found}
        kept = typed(model, [{key: value for key, value in row.items() if key not in bad}], on_invalid)[0]
        names = {spec.wire: name for name, spec in model.__schema__.fields.items()}
        kept.update({names.get(key, key): row[key] for key in bad if key in row})
        return kept


def _message(model: type[Entity], row: Any, wire: str, problem: str) -> str:
    schema = model.__schema__
    field = schema.by_wire.get(wire)
    identity = row.get(schema.key.wire) if schema.key and isinstance(row, Mapping) else None
    value = row.get(wire) if isinstance(row, Mapping) else row
    name = field.name if field else wire
    kind = f" ({field.type})" if field else ""
    return f"{schema.name} {identity}: {name}{kind} can't be read from {value!r}: {problem}"


def hydrate(model: type[_E], rows: Sequence[Mapping[str, Any]], on_invalid: OnInvalid) -> list[_E]:
    """Objects of a page of rows, with no changes noted."""
    with collector_paused():
        table = table_of(model, rows)
        if table is None or not model.__field_names__.issuperset(table.names):
            found = _one_by_one(model, rows, on_invalid) if table is None else table.dicts()
            return [adopt(model, values) for values in found]
        # as adopt does, without looking for fields that nobody declared
        objects = list(map(model.__new__, repeat(model, len(rows))))
        fill(objects, "__dict__", table.dicts())
        return objects


def fill(objects: Sequence[Entity], slot: str, values: Iterable[Any]) -> None:
    """Sets one slot of each object, past the model's own checks and without a loop in Python.

    Args:
        objects: rows.
        slot: ``__dict__`` or a name in ``Entity.__slots__``.
        values: one for each object.
    """
    deque(map(object.__setattr__, objects, repeat(slot), values), maxlen=0)


def adopt(model: type[_E], values: dict[str, Any]) -> _E:
    """An object around validated values, without validating them again."""
    known = model.__field_names__
    made = model.__new__(model)
    if not known.issuperset(values):
        extra = {name: values.pop(name) for name in [name for name in values if name not in known]}
        object.__setattr__(made, "__pydantic_extra__", extra)
    object.__setattr__(made, "__dict__", values)
    return made  # the other slots are filled when somebody asks for them
