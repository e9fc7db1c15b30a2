"""A small reading of PHP's ``parse_str`` and of the batch macros, written from PHP's own rules.

Names are decoded before their brackets are read; a bracket that holds nothing, or one single
space, appends; more than 64 brackets drop the variable, more than 1000 variables end the reading.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote_plus

MAX_VARS = 1000
MAX_NESTING = 64
_SPACES = " \t\n\r\v\f"
_RUN = re.compile(rb"\$(?:result|next|total|time|error|signature)([^\s]*)", re.IGNORECASE)


def parse_str(query: str) -> dict[str, Any]:
    """The variables of a query string; lists are dicts with the keys 0, 1, 2 ..."""
    found: dict[str, Any] = {}
    for pair in query.split("&")[:MAX_VARS]:
        name, _, value = pair.partition("=")
        _register(unquote_plus(name), unquote_plus(value), found)
    return found


def _register(name: str, value: str, found: dict[str, Any]) -> None:
    name = name.split("\0")[0].lstrip(" ")
    top, bracket, rest = name.partition("[")
    top = re.sub("[ .]", "_", top)
    keys = _keys(rest) if bracket else []
    if keys is None:
        top, keys = f"{top}_{rest}", []
    if not top or len(keys) > MAX_NESTING:
        return
    path: list[str | None] = [top, *keys]
    place = found
    for step in path[:-1]:
        key = _next_index(place) if step is None else step
        if not isinstance(place.get(key), dict):
            place[key] = {}
        place = place[key]
    place[_next_index(place) if path[-1] is None else path[-1]] = value


def _keys(rest: str) -> list[str | None] | None:
    """What stands between the brackets; None where the first bracket is never closed."""
    keys: list[str | None] = []
    while True:
        inside, closed, after = rest.partition("]")
        if rest[:1] in _SPACES and rest[1:2] == "]":
            keys.append(None)
        elif not closed:
            return keys or None
        else:
            keys.append(inside or None)
        if not after.startswith("["):
            return keys
        rest = after[1:]


def _next_index(place: dict[str, Any]) -> str:
    return str(1 + max((int(key) for key in place if key.isdigit()), default=-1))


def is_macro(text: str) -> bool:
    """Whether a batch takes a part of the text for ``$result[...]`` and the like."""
    runs = _RUN.findall(text.encode())
    return any(re.search(rb"\[[^\]]+\]", run) for run in runs)
