"""What tells the rows of an entity apart, where whoever has them has keys of his own.

Bitrix24 knows no unique fields. So a key is checked here: each object must have one, and it must be of a
kind that comes back from the portal as it was sent.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from b24orm.entity.base import Entity
from b24orm.errors import InvalidValue, UnknownName, Unsupported, nearest
from b24orm.plan.likeness import REWRITTEN
from b24orm.query.lookups import Kind, kind_of, lookups_for
from b24orm.query.names import find_field, list_method
from b24orm.query.nodes import Node, Q
from b24orm.query.resolving import resolve
from b24orm.schema import EntitySchema, FieldSchema
from b24orm.transport.encoding import encode

__all__ = ["Mark", "RowKey", "key_of"]

Mark: TypeAlias = "tuple[str, ...]"
"""The values of a key, as texts: portals answer numbers in either way."""

_KINDS: Final[frozenset[Kind]] = frozenset({"string", "status", "integer", "reference"})
_USUAL: Final = ("origin_id", "xml_id")
_SHOWN: Final = 12
"""Fields that a message names."""

_NUMBERS: Final[frozenset[Kind]] = frozenset({"integer", "reference"})


@dataclass(frozen=True, slots=True)
class RowKey:
    """The fields by which rows are told apart.

    Attributes:
        model: the entity.
        fields: the fields.
    """

    model: type[Entity]
    fields: tuple[FieldSchema, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the fields."""
        return tuple(field.name for field in self.fields)

    def of(self, row: Entity) -> Mark:
        """The key of an object that is to be written.

        Raises:
            InvalidValue: it has none, or one that the portal might store otherwise.
        """
        return tuple(self._part(row, field) for field in self.fields)

    def found(self, row: Entity) -> Mark:
        """The key of a row that was fetched."""
        return tuple(_text(getattr(row, field.name, None)) for field in self.fields)

    def raw(self, row: Mapping[str, Any]) -> Mark:
        """The key of a row as the portal answers it."""
        return tuple(_text(row.get(field.wire)) for field in self.fields)

    def shown(self, mark: Mark) -> str:
        """A key as a message shows it."""
        return ", ".join(f"{field.name}={part!r}" for field, part in zip(self.fields, mark, strict=True))

    def where(self, marks: Sequence[Mark]) -> Node:
        """The condition that rows with these keys meet; of several fields some others may meet it too."""
        asked = {
            f"{field.name}__in": list(dict.fromkeys(_value(field, mark[place]) for mark in marks))
            for place, field in enumerate(self.fields)
        }
        return resolve(self.model.__schema__, Q(**asked))

    def meets(self, mark: Mark, marks: Iterable[Mark]) -> bool:
        """Whether a row with this key is one of those that were asked for, as databases compare texts."""
        asked = [{_loose(part) for part in parts} for parts in zip(*marks, strict=True)]
        return all(_loose(part) in parts for part, parts in zip(mark, asked, strict=True))

    def _part(self, row: Entity, field: FieldSchema) -> str:
        text = _text(getattr(row, field.name, None))
        name = f"{self.model.__name__}.{field.name}"
        if not text.strip() or (kind_of(field) == "reference" and text == "0"):
            raise InvalidValue(f"{name} is a key, and this {self.model.__name__} has none: {row!r}")
        if text != text.strip():
            raise InvalidValue(
                f"{name} is a key, and {text!r} begins or ends with a space, which the portal may drop: "
                "it would not be found again; strip() it"
            )
        return text


def key_of(model: type[Entity], key: object) -> RowKey:
    """The key that a user names.

    Args:
        model: the entity.
        key: the name of a field, or several names.

    Raises:
        InvalidValue: it names no field, or one twice.
        UnknownName: there is no such field; the message names the nearest.
        Unsupported: rows can't be looked up by it.
    """
    names = [key] if isinstance(key, str) else key
    if not isinstance(names, (list, tuple)) or not names or not all(isinstance(n, str) for n in names):
        raise InvalidValue(f"key takes the name of a field, or a list of names, not {key!r}")
    fields = tuple(_field(model, name) for name in names)
    if len(set(fields)) < len(fields):
        raise InvalidValue(f"key names a field twice: {', '.join(names)}")
    return RowKey(model, fields)


def _field(model: type[Entity], name: str) -> FieldSchema:
    schema = model.__schema__
    field = find_field(schema, name)
    if field is None:
        raise UnknownName(f"{model.__name__} has no field {name!r}{nearest(name, schema.fields)}")
    why = _refused(schema, field)
    if why:
        raise Unsupported(f"{model.__name__}.{field.name} can't be a key: {why}; {_able(schema)}")
    return field


def _able(schema: EntitySchema) -> str:
    """Which fields can be keys, the usual ones first."""
    able = [spec.name for spec in schema.fields.values() if not _refused(schema, spec)]
    able.sort(key=lambda name: name not in _USUAL)
    if not able:
        return "no other field can be one either"
    return f"such can be {', '.join(able[:_SHOWN])}{' ...' if len(able) > _SHOWN else ''}"


def _refused(schema: EntitySchema, field: FieldSchema) -> str:
    """Why a field can't be a key; empty if it can."""
    if field.read_only:
        return "the portal sets it"
    if field.type == "any":  # a user field, of whose kind nothing is known here
        return ""
    if field.multiple or kind_of(field) not in _KINDS or field.name in REWRITTEN:
        return f"it is of the type {field.type}, of which a value may come back otherwise than it was sent"
    if not field.selectable or "in" not in lookups_for(list_method(schema), field):
        return f"{list_method(schema).name} can't look for a list of its values"
    return ""


def _text(value: Any) -> str:
    return "" if value is None else str(encode(value))


def _value(field: FieldSchema, text: str) -> Any:
    """A part of a key as a condition takes it."""
    return int(text) if kind_of(field) in _NUMBERS else text


def _loose(text: str) -> str:
    """A text as the least exact database compares it: without accents, in any case."""
    plain = unicodedata.normalize("NFKD", text.strip())
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).casefold()
