"""User fields, from what ``*.fields`` and ``*.userfield.list`` tell of them.

Whether a field must be filled in is left out: the server asks that of people, and of REST only
where a setting of the portal says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

from b24orm.reflect.reading import UserField

__all__ = ["Directories", "from_fields", "from_rows"]

Directories = Mapping[str, tuple[tuple[str, str], ...]]
"""Codes and titles by the name of their directory (``DEAL_STAGE``)."""

_USER_FIELD: Final = re.compile(r"UF_[A-Z0-9_]{1,60}", re.ASCII)
_LABELS: Final = ("formLabel", "listLabel", "title")
_ROW_LABELS: Final = ("EDIT_FORM_LABEL", "LIST_COLUMN_LABEL")
_LETTERS: Final = {
    "LEAD": "L",
    "CONTACT": "C",
    "COMPANY": "CO",
    "DEAL": "D",
    "QUOTE": "Q",
    "ORDER": "O",
    "SMART_INVOICE": "SI",
}
_PROCESS: Final = re.compile(r"DYNAMIC_(\d{1,6})", re.ASCII)


def from_fields(told: Mapping[str, Mapping[str, Any]], directories: Directories) -> tuple[UserField, ...]:
    """The user fields among the fields that a ``fields`` method tells, by name."""
    found = {str(spec.get("upperName") or name): spec for name, spec in told.items()}
    return tuple(
        _made(
            wire,
            found[wire].get("type"),
            [str(found[wire].get(key) or "") for key in _LABELS],
            _items(found[wire].get("items")),
            found[wire].get("settings"),
            directories,
            multiple=found[wire].get("isMultiple") is True,
        )
        for wire in sorted(found)
        if _USER_FIELD.fullmatch(wire)
    )


def from_rows(rows: Iterable[Mapping[str, Any]], directories: Directories) -> tuple[UserField, ...]:
    """The user fields of a ``userfield.list`` method, by name."""
    found = {str(row.get("FIELD_NAME")): row for row in rows}
    return tuple(
        _made(
            wire,
            found[wire].get("USER_TYPE_ID"),
            [_spoken(found[wire].get(key)) for key in _ROW_LABELS],
            _items(found[wire].get("LIST")),
            found[wire].get("SETTINGS"),
            directories,
            multiple=found[wire].get("MULTIPLE") == "Y",
        )
        for wire in sorted(found)
        if _USER_FIELD.fullmatch(wire)
    )


def _made(
    wire: str,
    kind: Any,
    labels: Iterable[str],
    items: tuple[tuple[str, str], ...],
    settings: Any,
    directories: Directories,
    *,
    multiple: bool,
) -> UserField:
    known: Mapping[str, Any] = cast("Mapping[str, Any]", settings) if isinstance(settings, Mapping) else {}
    if kind == "crm_status":
        items = directories.get(str(known.get("ENTITY_TYPE")), ())
    label = next((text for text in labels if text and text != wire), wire)
    targets = _targets(known) if kind == "crm" else ()
    return UserField(wire, str(kind or "string"), label, multiple, items, targets)


def _items(told: Any) -> tuple[tuple[str, str], ...]:
    listed = cast("Iterable[Mapping[str, Any]]", told if isinstance(told, list) else ())
    items = {str(item.get("ID")): str(item.get("VALUE") or "") for item in listed}
    numbers = sorted((key for key in items if key.isascii() and key.isdigit()), key=int)
    return tuple((number, items[number]) for number in numbers)


def _targets(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Letters of what the field may point to, in the order of the settings' names."""
    inner = settings.get("DYNAMIC")  # smart processes stand together, or each by itself
    nested = cast("Mapping[str, Any]", inner) if isinstance(inner, Mapping) else {}
    wanted = [name for name, chosen in sorted(settings.items()) if chosen == "Y"]
    wanted += [f"DYNAMIC_{number}" for number, chosen in sorted(nested.items()) if chosen == "Y"]
    found = [_LETTERS.get(name) or _process(name) for name in wanted]
    return tuple(letters for letters in found if letters)


def _process(name: str) -> str | None:
    number = _PROCESS.fullmatch(name)
    return f"T{int(number[1]):x}" if number else None


def _spoken(label: Any) -> str:
    """A label, or the first of its languages."""
    if isinstance(label, Mapping):
        return str(next(iter(cast("Mapping[str, Any]", label).values()), "") or "")
    return str(label or "")
