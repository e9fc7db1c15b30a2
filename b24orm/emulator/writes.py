"""How the classic methods read the fields of an add or an update.

Names outside the whitelist vanish without a word, values are cast and never refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final
from zlib import crc32

from b24orm.emulator.multifields import TYPES, values_of
from b24orm.emulator.tables import Column, Table
from b24orm.emulator.values import read_date, read_datetime, to_flag, to_float, to_int, to_list, to_text
from b24orm.schema import FieldSchema

__all__ = ["Written", "read_fields", "read_user_value"]

IMPORTED: Final = frozenset({"DATE_CREATE", "DATE_MODIFY", "CREATED_BY_ID", "MODIFY_BY_ID"})
"""System fields that an add may set in import mode."""


@dataclass(frozen=True, slots=True)
class Written:
    """Fields that a write really sets.

    Attributes:
        columns: values in stored form.
        multifields: phones and addresses to merge, by type.
        bindings: lists of ids, by field (``CONTACT_IDS``).
        files: values of file fields, as sent.
    """

    columns: dict[str, Any] = field(default_factory=dict[str, Any])
    multifields: dict[str, list[Mapping[str, Any]]] = field(
        default_factory=dict[str, list[Mapping[str, Any]]]
    )
    bindings: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    files: dict[str, Any] = field(default_factory=dict[str, Any])


class _Ignored(Exception):
    """The value can't be read, so the field counts as not sent."""


def read_fields(
    table: Table, fields: Mapping[str, Any], *, update: bool, imported: bool = False, now: float | None = None
) -> Written:
    """The fields of a classic add or update.

    Unknown, read-only and (on update) immutable names are dropped. ``""`` clears a date; null or a
    text that is no date leaves it alone. Numbers and texts take anything.

    Args:
        table: the entity's table.
        fields: as sent.
        update: drop the fields that only an add may set.
        imported: an add in import mode may set the system's dates and users.
        now: unix seconds for relative dates.
    """
    written = Written()
    known = table.schema.by_wire if table.schema else {}
    for name, value in fields.items():
        column, spec = table.columns.get(name), known.get(name)
        if column is not None and column.user:
            _take_user_field(written, column, value, now)
        elif spec is not None and _is_set(spec, update=update, imported=imported and name in IMPORTED):
            _take(written, name, column, value, now)
    return written


def _is_set(spec: FieldSchema, *, update: bool, imported: bool) -> bool:
    """Whether a write of this kind may set a field."""
    return (imported or not spec.read_only) and not (update and spec.immutable)


def _take_user_field(written: Written, column: Column, value: Any, now: float | None) -> None:
    if column.type == "file":
        written.files[column.name] = value
    else:
        written.columns[column.name] = read_user_value(column, value, now)


def _take(written: Written, name: str, column: Column | None, value: Any, now: float | None) -> None:
    if name in TYPES and column is None:
        written.multifields[name] = values_of(value)
    elif column is None:
        written.bindings[name] = [to_int(item) for item in to_list(value) if to_int(item) > 0]
    elif column.type == "file":
        written.files[name] = value
    elif not column.hidden:
        with suppress(_Ignored):
            written.columns[name] = _read(column, value, now)


def read_user_value(column: Column, value: Any, now: float | None = None) -> Any:
    """A user field's value in stored form; what is empty is null."""
    cast: Callable[[Any], Any] = _USER.get(column.type, to_text)
    if column.multiple:
        items = [cast(item) for item in to_list(value) if item not in (None, "", False)]
        return items or None
    if value is None or value == "" or value == [] or (value is False and column.type != "boolean"):
        return None
    if column.type in {"date", "datetime"}:
        return read_date(value, now) if column.type == "date" else read_datetime(value, now)
    return cast(value)


def _read(column: Column, value: Any, now: float | None) -> Any:
    if column.kind in {"date", "datetime"}:
        return _time(column, value, now)
    return _READERS[column.kind](value)


def _time(column: Column, value: Any, now: float | None) -> str | None:
    if value == "":
        return None
    read = read_date(value, now) if column.kind == "date" else read_datetime(value, now)
    if read is None:
        raise _Ignored
    return read


def _flag(value: Any) -> str:
    text = to_text(value)
    return text if len(text) == 1 and text.isupper() else to_flag(value)


def _user_flag(value: Any) -> int:
    return int(to_flag(value) == "Y")


def _money(value: Any) -> str:
    """``amount|CURRENCY`` without closing zeros, in the portal's currency if none is named."""
    found = _SUM.fullmatch(to_text(value))
    if found is None:
        return ""
    amount = found[1].rstrip("0").rstrip(".") if "." in found[1] else found[1]
    return f"{amount}|{found[2] or _BASE_CURRENCY}"


def _address(value: Any) -> str:
    """Words and coordinates; the number of an address is not taken from others."""
    parts = to_text(value).split("|")
    return "|".join(parts[:2]) if len(parts) > 1 and ";" in parts[1] else parts[0]


def _booking(value: Any) -> int:
    """The number of a booking; a new one's is made of what is booked and when."""
    text = to_text(value)
    return crc32(text.encode()) % 1_000_000 + 1 if "|" in text else to_int(value)


_SUM: Final = re.compile(r"(-?[0-9]+\.?[0-9]*)(?:\|([A-Z]{3}))?")
_BASE_CURRENCY: Final = "USD"

_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "int": to_int,
    "double": to_float,
    "string": to_text,
    "char": _flag,
    "json": lambda value: value,
}
_USER: Final[Mapping[str, Callable[[Any], Any]]] = {
    "integer": to_int,
    "enumeration": to_int,
    "employee": to_int,
    "file": to_int,
    "double": to_float,
    "boolean": _user_flag,
    "date": read_date,
    "datetime": read_datetime,
    "money": _money,
    "address": _address,
    "resourcebooking": _booking,
}
