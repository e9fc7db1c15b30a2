"""Parameters as the methods look for them: names in several cases, ids cast, lists checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from b24orm.emulator.answers import Call, Refusal
from b24orm.emulator.values import to_int

__all__ = ["as_map", "fields_param", "find", "id_param", "list_param", "positive", "required"]


def find(call: Call, name: str) -> Any:
    """A parameter under any of the spellings the classic CRM methods know; null counts as absent.

    >>> find(Call("m", {"arFilter": {"ID": 1}}), "filter")
    {'ID': 1}
    """
    capital = name.capitalize()
    for spelling in (name, name.upper(), name.lower(), capital, f"ar{capital}"):
        value = call.params.get(spelling)
        if value is not None:
            return value
    return None


def list_param(call: Call, name: str) -> Mapping[str, Any]:
    """A map parameter of a list method, empty if absent.

    Raises:
        Refusal: it is a scalar.
    """
    value = find(call, name)
    if value is None:
        return {}
    if not isinstance(value, (Mapping, list)):
        raise Refusal("", f"Parameter '{name}' must be array.")
    return as_map(value)


def fields_param(call: Call, name: str = "fields") -> Mapping[str, Any]:
    """The fields of a write; absent means none.

    Raises:
        Refusal: it is a scalar.
    """
    return list_param(call, name)


def id_param(call: Call) -> int:
    """The ``ID`` or ``id`` of a single row.

    Raises:
        Refusal: it is absent or not a positive number.
    """
    sent = call.params.get("ID")
    row_id = to_int(sent if sent is not None else call.params.get("id"))
    if row_id <= 0:
        raise Refusal("", "ID is not defined or invalid.")
    return row_id


def positive(value: Any, name: str) -> int:
    """A number that stands for a row or a kind of rows.

    Raises:
        Refusal: it is absent or not positive.
    """
    number = to_int(value)
    if number <= 0:
        raise Refusal("", f"{name} is not defined or invalid.")
    return number


def as_map(value: Any) -> dict[str, Any]:
    """What PHP calls an array, with keys as text."""
    if isinstance(value, Mapping):
        return {str(key): item for key, item in value.items()}
    return {str(index): item for index, item in enumerate(value)} if isinstance(value, (list, tuple)) else {}


def required(call: Call, name: str) -> Any:
    """A parameter that a controller's action can't do without; the name counts as written.

    Raises:
        Refusal: it is absent.
    """
    value = call.params.get(name)
    if value is None:
        raise Refusal("100", f"Could not find value for parameter {{{name}}}")
    return value
