"""What a view makes of the names and values it is sent: unknown names vanish, values are cast by type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from b24orm.emulator.classic_filter import parse_key
from b24orm.emulator.conditions import EVERYTHING, Where, every
from b24orm.emulator.iblock_filter import compile_condition as compile_iblock
from b24orm.emulator.iblock_filter import parse_key as parse_iblock
from b24orm.emulator.orm_filter import compile_condition
from b24orm.emulator.pages import Shape
from b24orm.emulator.tables import Column
from b24orm.emulator.values import is_array, read_date, read_datetime, to_float, to_int, to_list, to_text
from b24orm.schema import EntitySchema

__all__ = ["read_filter", "read_row", "stored_value"]


class _Dropped(Exception):
    """The value can't be read, so its name counts as not sent."""


def read_filter(shape: Shape, sent: Mapping[str, Any], now: float, *, iblock: bool) -> Where:
    """The condition of a filter: nothing is refused, what can't be read is left out.

    Args:
        shape: the entity's columns by their camelCase names.
        sent: the filter.
        now: unix seconds for relative dates.
        iblock: the conditions go to an information block, not to the ORM.
    """
    return every(_condition(shape, key, value, now, iblock=iblock) for key, value in sent.items())


def _condition(shape: Shape, key: str, value: Any, now: float, *, iblock: bool) -> Where:
    found = parse_key(key)
    column = shape.columns.get(found.name)
    field = shape.table.schema.by_wire.get(found.name) if shape.table.schema else None
    if column is None or (field is not None and not field.filterable):
        return EVERYTHING
    try:
        read = _cast(column, value, now)
    except _Dropped:
        return EVERYTHING
    expression = f'"{column.name}"'
    if not iblock:
        return compile_condition(found.prefix + column.name, read, column, expression)
    operation, name = parse_iblock(found.prefix + column.name)
    if name != column.name:  # no operator of information blocks, but a part of a name that nobody knows
        return EVERYTHING
    if column.kind in {"date", "datetime"}:
        read = _portal(read)
    return compile_iblock(operation, read, column.kind, expression)


def _portal(stored: Any) -> str:
    """A stored time in the portal's own form."""
    day, _, time = str(stored).partition("T")
    return ".".join(reversed(day.split("-"))) + f" {time or '00:00:00'}"


def _cast(column: Column, value: Any, now: float) -> Any:
    if column.kind == "double":
        return to_float(value)  # a list is 1
    if column.kind == "int":
        return _ints(value) if is_array(value) else to_int(value)
    if column.kind in {"date", "datetime"}:
        if is_array(value):
            raise _Dropped
        read = read_date(value, now) if column.kind == "date" else read_datetime(value, now)
        if read is None:
            raise _Dropped
        return read
    return to_list(value) if is_array(value) else value


def _ints(value: Any) -> Any:
    """Positive numbers, each once; a list without any is 1."""
    return sorted({to_int(item) for item in to_list(value) if to_int(item) > 0}) or 1


def read_row(
    shape: Shape, fields: Mapping[str, Any], schema: EntitySchema, now: float, *, update: bool
) -> dict[str, Any]:
    """The columns that an add or an update sets; unknown and read-only names vanish."""
    row: dict[str, Any] = {}
    for name, value in fields.items():
        column, field = shape.columns.get(name), schema.by_wire.get(name)
        if column is None or (field is not None and (field.read_only or (update and field.immutable))):
            continue
        row[column.name] = stored_value(column, value, now)
    return row


def stored_value(column: Column, value: Any, now: float) -> Any:
    """A value of a write in the form that its column keeps.

    Args:
        column: the column.
        value: as sent.
        now: unix seconds for relative dates.
    """
    if value is None:
        return None
    if column.kind in {"date", "datetime"}:
        read = read_date if column.kind == "date" else read_datetime
        return read(value, now) if value else None
    if column.kind == "json":
        return to_list(value) if is_array(value) else value
    if column.kind == "int":
        return to_int(value)
    return to_float(value) if column.kind == "double" else to_text(value)
