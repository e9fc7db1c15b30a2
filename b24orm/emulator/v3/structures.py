"""The other parts of a request: select, order, pagination, cursor, aggregates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from b24orm.emulator.v3.dto import Dto, DtoField
from b24orm.emulator.v3.refusals import (
    V3Refusal,
    field_required,
    invalid,
    lacks_attribute,
    unknown_field,
)

__all__ = [
    "Cursor",
    "Page",
    "Select",
    "read_aggregate",
    "read_cursor",
    "read_order",
    "read_page",
]

_MAX_LIMIT: Final = 1000
_DEFAULT_LIMIT: Final = 50
_FUNCTIONS: Final = frozenset({"avg", "sum", "min", "max", "count", "countDistinct"})


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows: at most ``limit``, after ``offset``."""

    limit: int = _DEFAULT_LIMIT
    offset: int = 0


def _number(value: Any, name: str) -> int:
    text = str(value).strip()
    if isinstance(value, (list, Mapping, bool)) or not text.lstrip("-").replace(".", "", 1).isdigit():
        raise invalid("pagination", f'{{"{name}":"{value}"}}')
    return int(float(text))


def _limit(value: Any) -> int:
    number = _number(value, "limit")
    if number == 0:
        raise invalid("pagination", f'{{"limit":{value}}}')
    return min(number, _MAX_LIMIT)


def read_page(value: Any) -> Page:
    """``{limit, offset, page}``; more than 1,000 rows are cut to 1,000, ``page`` wins over ``offset``.

    Raises:
        V3Refusal: a limit of 0, or what is no number.
    """
    given = value if isinstance(value, Mapping) else {}
    limit = _limit(given["limit"]) if given.get("limit") is not None else _DEFAULT_LIMIT
    offset = _number(given["offset"], "offset") if given.get("offset") is not None else 0
    if given.get("page") is not None:
        offset = max(_number(given["page"], "page") - 1, 0) * limit
    return Page(limit, offset)


@dataclass(frozen=True, slots=True)
class Select:
    """What a row shall hold.

    Attributes:
        names: the object's own fields; unknown ones were dropped.
        related: fields of related objects, by the field that holds the object.
        given: whether anything was selected at all.
    """

    names: tuple[str, ...] = ()
    related: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    given: bool = False

    @classmethod
    def read(cls, value: Any, dto: Dto) -> Select:
        """A select as sent: a list of names, those of related objects with a dot.

        Raises:
            V3Refusal: an item is no text, or a related object has no such field.
        """
        items = value if isinstance(value, list) else [] if value is None else [value]
        names: dict[str, None] = {}
        related: dict[str, tuple[str, ...]] = {}
        for item in items:
            if not isinstance(item, str):
                raise invalid("select", item)
            head, dot, rest = item.partition(".")
            if not dot:
                if head in dto.fields:
                    names[head] = None
                continue
            inner = dto.relations.get(head)
            if inner is None:
                raise unknown_field(dto.name, head if head not in dto.fields else item)
            if rest not in inner.fields:
                raise unknown_field(inner.name, rest)
            related[head] = (*related.get(head, ()), rest)
        return cls(tuple(names), related, bool(items))


def read_order(value: Any, dto: Dto) -> list[tuple[DtoField, str]]:
    """``{"id": "ASC"}``: fields and directions; an empty list when nothing is asked.

    Raises:
        V3Refusal: a list in place of an object, or a field or direction that won't do.
    """
    if not value:
        return []
    if not isinstance(value, Mapping):
        raise invalid("order", value[0] if isinstance(value, Sequence) else value)
    found: list[tuple[DtoField, str]] = []
    for name, direction in value.items():
        if name not in dto.fields:
            raise unknown_field(dto.name, name)
        if not dto.fields[name].sortable:
            raise lacks_attribute(dto.name, name, "Sortable")
        found.append((dto.fields[name], _direction(direction)))
    return found


def _direction(value: Any) -> str:
    word = str(value).upper()
    if word not in ("ASC", "DESC"):
        raise invalid("order", value)
    return word


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a tail goes on: rows behind ``value`` in the order of ``field``."""

    field: DtoField
    value: Any
    direction: str = "ASC"
    limit: int = _DEFAULT_LIMIT


def read_cursor(value: Any, dto: Dto) -> Cursor | None:
    """``{field, value, order, limit}``; None if there is no cursor.

    Raises:
        V3Refusal: the field or the value is missing or does not fit.
    """
    if not value:
        return None
    given = value if isinstance(value, Mapping) else {}
    limit = _limit(given["limit"]) if given.get("limit") is not None else _DEFAULT_LIMIT
    name = given.get("field")
    if not name:
        raise field_required("cursor.field")
    if name not in dto.fields:
        raise unknown_field(dto.name, str(name))
    spec = dto.fields[name]
    if given.get("value") is None:
        raise field_required("cursor.value")
    bound = spec.codec.write(spec.checked(given["value"]))
    direction = _direction(given["order"]) if given.get("order") else "ASC"
    if not spec.sortable:
        raise lacks_attribute(dto.name, spec.name, "Sortable")
    return Cursor(spec, bound, direction, limit)


def read_aggregate(value: Any, dto: Dto) -> list[tuple[str, DtoField]]:
    """``{"count": ["id"]}``: functions and fields. An alias is read, but answers go by the field.

    Raises:
        V3Refusal: an unknown function or field, or a field that can't be filtered.
    """
    found: list[tuple[str, DtoField]] = []
    for function, fields in value.items() if isinstance(value, Mapping) else ():
        listed = (
            fields.keys() if isinstance(fields, Mapping) else fields if isinstance(fields, list) else [fields]
        )
        for name in listed:
            if name not in dto.fields:
                raise unknown_field(dto.name, str(name))
            if not dto.fields[name].filterable:
                raise lacks_attribute(dto.name, name, "Filterable")
            if function not in _FUNCTIONS:
                raise V3Refusal(
                    "UNKNOWNAGGREGATEFUNCTIONEXCEPTION", f"Unknown aggregate function `{function}`"
                )
            found.append((function, dto.fields[name]))
    return found
