"""The filter of ``user.get``: ORM operators on a list of known fields, everything else dropped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from b24orm.emulator.conditions import Where, any_of, every
from b24orm.emulator.orm_filter import compile_condition
from b24orm.emulator.tables import Table
from b24orm.emulator.text_search import like
from b24orm.emulator.values import is_array, read_date, to_int, to_list, to_text

__all__ = ["compile_filter", "name_search"]

_KEY = re.compile(r"(\W{1,2})(.+)", re.DOTALL)
_EXACT: Final = frozenset({"USER_TYPE", "ACTIVE"})
_FLAGS: Final = frozenset({"ACTIVE", "IS_ONLINE"})
_NAMES: Final = ("NAME", "LAST_NAME", "SECOND_NAME", "WORK_POSITION")


def compile_filter(filter: Mapping[str, Any], table: Table, now: float | None = None) -> Where:
    """The condition of a filter whose names are in upper case already.

    One or two non-word characters before a name are its operator; a name nobody knows is dropped.

    Args:
        filter: as sent, with upper-case keys.
        table: the users' table.
        now: unix seconds for relative dates.
    """
    parts: list[Where] = []
    for sent, value in filter.items():
        found = _KEY.match(sent)
        prefix, name = (found[1], found[2]) if found else ("", sent)
        column = table.columns.get(name)
        if name == "HAS_DEPARTAMENT":
            parts.append(_has_department(value))
        elif name in {"NAME_SEARCH", "FIND"}:
            parts.append(name_search(to_text(value), _NAMES))
        elif column is not None:
            operator = prefix or ("=" if name in _EXACT else "")
            read = _read(name, value, now)
            parts.append(compile_condition(operator + name, read, column, f'"{name}"'))
    return every(parts)


def name_search(text: str, names: tuple[str, ...]) -> Where:
    """Every word of the text begins one of the fields."""
    return every(any_of(like(f'"{name}"', word + "%") for name in names) for word in text.split())


def _has_department(value: Any) -> Where:
    return Where("UF_DEPARTMENT IS NOT NULL AND UF_DEPARTMENT <> '[]'") if value == "Y" else Where()


def _read(name: str, value: Any, now: float | None) -> Any:
    if name == "ID":
        return [to_int(item) for item in to_list(value)] if is_array(value) and value else to_int(value)
    if name in _FLAGS:
        return "N" if value in (None, False, "", "0", 0, [], "N") else "Y"
    if name == "PERSONAL_BIRTHDAY":
        return read_date(value, now) or False
    if name == "UF_DEPARTMENT":
        return to_list(value) if value else value
    return value
