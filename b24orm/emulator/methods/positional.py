"""Arguments of the old ``task.*`` methods: read by their place, whatever their names are.

A text that holds the method's own name is no argument: the server takes it for a piece of the address.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

from b24orm.emulator.answers import Call, Refusal
from b24orm.emulator.methods.params import as_map
from b24orm.emulator.values import is_array, to_text

__all__ = ["PREFIXES", "action_failed", "arguments", "keyed", "number", "refused", "wrong"]

PREFIXES: Final = ("!", "<=", "<", ">=", ">")
"""Operators that the filters of these methods know."""

_NAMES: Final = {
    1: "TASK_NOT_FOUND_OR_NOT_ACCESSIBLE",
    4: "ACTION_NOT_ALLOWED",
    8: "ACTION_FAILED_TO_BE_PROCESSED",
    256: "WRONG_ARGUMENTS",
    512: "ITEM_NOT_FOUND_OR_NOT_ACCESSIBLE",
}


def arguments(call: Call) -> list[Any]:
    """The values of a call in the order they came."""
    return [value for value in call.params.values() if not (isinstance(value, str) and call.method in value)]


def refused(code: int, text: str = "") -> Refusal:
    """The refusal of one of the tasks module's exceptions."""
    return Refusal("ERROR_CORE", f"TASKS_ERROR_EXCEPTION_#{code}; {text}; {code}/TE/{_NAMES[code]}<br>")


def wrong(place: int, what: str, method: str, why: str) -> Refusal:
    """An argument that doesn't fit."""
    return refused(256, f"Param #{place} ({what}) for method {method}() {why}")


def action_failed() -> Refusal:
    """A task or an item that is not there, or can't be changed."""
    return refused(8)


def number(call: Call, given: Sequence[Any], place: int, what: str) -> int:
    """A whole number at a place.

    Raises:
        Refusal: it is absent or no number.
    """
    if place >= len(given):
        text = f"Param #{place} ({what}) expected by method {call.method}(), but not given."
        raise refused(256, text)
    value = given[place]
    digits = to_text(value).strip()
    if is_array(value) or not digits.lstrip("-").isdigit():
        raise wrong(place, what, call.method, 'expected to be of type "integer", but given something else.')
    return int(digits)


def keyed(
    call: Call,
    given: Sequence[Any],
    place: int,
    what: str,
    allowed: Collection[str],
    *,
    prefixes: bool = False,
) -> dict[str, Any]:
    """A map at a place; what is left out is empty.

    Raises:
        Refusal: it is no map, or holds a key that the method doesn't know.
    """
    if place >= len(given):
        return {}
    value = given[place]
    if not is_array(value):
        raise wrong(place, what, call.method, 'expected to be of type "array", but given something else.')
    found = as_map(value)
    if found.get("0") == "":
        del found["0"]
    for key in found:
        bare = _bare(key) if prefixes else key
        if bare not in allowed:
            raise wrong(place, what, call.method, f'must not contain key "{key}".')
    return found


def _bare(key: str) -> str:
    for prefix in PREFIXES:
        key = key.replace(prefix, "")
    return key
