"""What the methods of engine controllers share: arguments, names, refusals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from b24orm.emulator.answers import Call, Refusal
from b24orm.emulator.values import to_int

__all__ = ["array_argument", "int_argument", "not_found", "optional_array"]


def int_argument(call: Call, name: str) -> int:
    """A whole number that an action can't do without; the name counts exactly as written.

    Raises:
        Refusal: it is absent, or it is no number.
    """
    value = call.params.get(name)
    if value is None:
        raise Refusal("100", f"Could not find value for parameter {{{name}}}")
    if isinstance(value, (Mapping, list)) or (
        isinstance(value, str) and not value.strip().lstrip("-").isdigit()
    ):
        raise Refusal(
            "100",
            f"Invalid value {{{value}}} to match with parameter {{{name}}}. Should be value of type int.",
        )
    return to_int(value)


def array_argument(call: Call, name: str) -> dict[str, Any]:
    """A map that an action can't do without.

    Raises:
        Refusal: it is absent or a scalar.
    """
    found = optional_array(call, name)
    if found is None:
        raise Refusal("100", f"Could not find value for parameter {{{name}}}")
    return found


def optional_array(call: Call, name: str) -> dict[str, Any] | None:
    """A map that may be absent; a list counts as a map of numbers.

    Raises:
        Refusal: it is a scalar.
    """
    value = call.params.get(name)
    if value is None:
        return None
    if isinstance(value, Mapping):
        return {str(key): item for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return {str(index): item for index, item in enumerate(value)}
    raise Refusal(
        "100", f"Invalid value {{{value}}} to match with parameter {{{name}}}. Should be value of type array."
    )


def not_found(text: str) -> Refusal:
    """What a controller answers when a row or a type is not there."""
    return Refusal("NOT_FOUND", text)
