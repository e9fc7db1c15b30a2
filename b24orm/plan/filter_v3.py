"""A filter as REST 3.0 reads it: a list of conditions and groups.

The planner keeps every filter as a map of prefixed names, ``{">id": 5}``, with numbered groups. Here it
becomes ``[["id", ">", 5]]``. The outermost level is always a list, which means AND: a cursor's condition
is added to that level, and would be one of the alternatives of an OR.

A group is never said to be ``negative``: ``tasks.task.list`` drops the word and answers the very rows that
were excluded. "None of these" is one inequality for each value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

__all__ = ["conditions_of"]

_KEY: Final = re.compile(r"(!@|!=|>=|<=|=|>|<|@)(.+)", re.DOTALL)
_LOGIC: Final = "logic"


def conditions_of(wanted: Mapping[str, Any]) -> list[Any]:
    """The conditions that all hold.

    >>> conditions_of({">id": 5, "0": {"logic": "OR", "0": {"=userId": 1}, "1": {"@userId": (2, 3)}}})
    [['id', '>', 5], {'logic': 'or', 'conditions': [['userId', '=', 1], ['userId', 'in', [2, 3]]]}]
    """
    return [_group(value) if key.isdigit() else _condition(key, value) for key, value in wanted.items()]


def _group(wanted: Mapping[str, Any]) -> Any:
    """One group: alternatives under ``logic``, or what holds together."""
    if _LOGIC not in wanted:
        return _joined("and", conditions_of(wanted))
    parts = [_group(part) for key, part in wanted.items() if key != _LOGIC]
    return _joined(wanted[_LOGIC].lower(), parts)


def _joined(logic: str, parts: list[Any]) -> Any:
    if len(parts) == 1:
        return parts[0]
    return {_LOGIC: logic, "conditions": [_inside(part) for part in parts]}


def _inside(part: Any) -> Any:
    """What stands inside another group has to say that it is one."""
    return {"type": "filter", **part} if isinstance(part, dict) else part


def _condition(key: str, value: Any) -> Any:
    match = _KEY.fullmatch(key)
    if match is None:
        raise AssertionError(f"no condition of REST 3.0: {key!r}")
    operator, name = match.groups()
    if operator == "!@":
        return _joined("and", [[name, "!=", one] for one in value])
    if operator == "@":
        return [name, "in", list(value)]
    return [name, operator, value]
