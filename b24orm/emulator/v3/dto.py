"""The fields of an object as REST 3.0 knows them, with the column that each is kept in.

Values are strict: a number in a text is no number, null is no value to compare with, and a moment
has to be written as ``2025-12-31T23:59:59+02:00``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final

from b24orm.emulator.entity_tables import portal_tables
from b24orm.emulator.tables import Table, upper_snake
from b24orm.emulator.v3.refusals import wrong_type
from b24orm.emulator.values import ZONE, ZONE_OFFSET
from b24orm.schema import EntitySchema, FieldSchema

__all__ = ["CODECS", "TYPES", "Codec", "Dto", "DtoField", "choices", "dto_of", "table_dto"]

TYPES: Final[Mapping[str, str]] = {
    "integer": "int",
    "string": "string",
    "boolean": "bool",
    "double": "float",
    "datetime": "DateTime",
    "date": "Date",
    "array": "array",
    "object": "object",
}
_ATOM: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:Z|[+-]\d{2}:\d{2})")


@dataclass(frozen=True, slots=True)
class Codec:
    """How a value of a field is kept in a column.

    Attributes:
        read: from the column to the answer.
        write: from the request to the column.
    """

    read: Callable[[Any], Any]
    write: Callable[[Any], Any]


def _same(value: Any) -> Any:
    return value


def choices(names: Mapping[Any, str], otherwise: str | None) -> Codec:
    """A column that holds codes for the words of an answer."""
    codes = {word: code for code, word in names.items()}
    return Codec(lambda code: names.get(code, otherwise), lambda word: codes.get(word))


def _moment(value: str | None) -> str | None:
    return f"{value}{ZONE_OFFSET}" if value else None


def _stored_moment(text: str | None) -> str | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M:%S")


CODECS: Final[Mapping[str, Codec]] = {
    "plain": Codec(_same, _same),
    "flag": Codec(lambda letter: letter == "Y", lambda flag: None if flag is None else "Y" if flag else "N"),
    "moment": Codec(_moment, _stored_moment),
    "reference": Codec(lambda number: number or None, lambda number: number or 0),
    "list": Codec(lambda text: json.loads(text) if text else [], _same),
}


@dataclass(frozen=True, slots=True)
class DtoField:
    """One field.

    Attributes:
        name: its spelling.
        type: PHP's type: ``int``, ``string``, ``bool``, ``float``, ``DateTime``, ``array``, ``object``.
        column: the column it is kept in; None where the portal keeps it nowhere.
        codec: how.
        required: an add must have it.
        multiple: it holds several objects.
    """

    name: str
    type: str
    column: str | None = None
    codec: Codec = CODECS["plain"]
    filterable: bool = False
    sortable: bool = False
    editable: bool = False
    required: bool = False
    multiple: bool = False

    def checked(self, value: Any) -> Any:
        """The value, if it is of the field's type.

        Raises:
            V3Refusal: it is not.
        """
        if not _FITS[self.type](value):
            raise wrong_type(self.name, self.type)
        return value


_FITS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "float": lambda value: isinstance(value, float),
    "string": lambda value: isinstance(value, str),
    "bool": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, (list, dict)),
    "object": lambda value: isinstance(value, (list, dict)),
    "DateTime": lambda value: isinstance(value, str) and _ATOM.fullmatch(value) is not None,
    "Date": lambda value: isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) is not None,
}


@dataclass(frozen=True, slots=True)
class Dto:
    """An object: its short name (``TaskDto``), its fields, and the related objects behind some of them.

    Attributes:
        relations: fields of the object behind a field, by the field (``{"creator": UserDto}``).
    """

    name: str
    fields: Mapping[str, DtoField]
    relations: Mapping[str, Dto] = field(default_factory=dict[str, "Dto"])


def _table_columns(table: Table) -> Mapping[str, tuple[str, Codec]]:
    """The columns of a table by their camelCase names, each with the form that it is kept in."""
    assert table.schema is not None
    found: dict[str, tuple[str, Codec]] = {}
    for name in table.schema.by_wire:
        column = table.columns.get(upper_snake(name))
        if column is not None:
            found[name] = (column.name, CODECS[_FORMS.get(column.kind, "plain")])
    return found


_FORMS: Final = {"char": "flag", "datetime": "moment", "json": "list"}


@cache
def table_dto(table: str, name: str) -> Dto:
    """The object that a table of every portal keeps, made once.

    Args:
        table: the table.
        name: the object's short name.
    """
    found = portal_tables()[table]
    assert found.schema is not None
    return dto_of(found.schema, name, _table_columns(found))


def dto_of(
    schema: EntitySchema,
    name: str,
    columns: Mapping[str, tuple[str, Codec]],
    relations: Mapping[str, Dto] | None = None,
) -> Dto:
    """The object of an entity: types and abilities from the facts, columns by spelling."""
    fields = {spec.wire: _field(spec, columns.get(spec.wire)) for spec in schema.fields.values()}
    return Dto(name, fields, relations or {})


def _field(spec: FieldSchema, place: tuple[str, Codec] | None) -> DtoField:
    column, codec = place or (None, CODECS["plain"])
    return DtoField(
        name=spec.wire,
        type=TYPES.get(spec.type, "string"),
        column=column,
        codec=codec,
        filterable=spec.filterable,
        sortable=spec.sortable,
        editable=not (spec.read_only or spec.immutable),
        required=spec.required,
        multiple=spec.multiple,
    )
