"""References from one batch command to the answers of earlier ones, with the server's grammar.

In every decoded value, ``$`` + a container name (``result``, ``next``, ``total``, ``time``,
``error``; any case, no word boundary) + everything up to the next white space is one reference.
All ``[key]`` groups of that run, wherever they stand in it, are the path. A value that is nothing
but the reference becomes the thing found, with its type; inside other text a string or a number
is pasted and anything else stays as written. The walk stops at the first missing key with what it
has reached: there is no error and no escape, so text that a person typed is rewritten too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from b24orm.emulator.php import array_key, array_shape, float_text, is_list, is_map

__all__ = ["Containers", "substitute"]

Containers = Mapping[str, Mapping[str, Any]]
"""The answers so far: container name -> label -> value."""

_STEPS = re.compile(r"\[([^\]]+)\]")
_OFFSET = re.compile(r"[ \t\n\r\v\f]*[+-]?[0-9]+[ \t\n\r\v\f]*\Z", re.ASCII)


def substitute(params: Any, containers: Containers) -> Any:
    """Replace the references in every value of decoded parameters, at any depth; keys are left.

    >>> answers = {"result": {"a": {"ID": 7}}, "total": {"a": 3}}
    >>> substitute({"ID": "$result[a][ID]", "TITLE": "no. $total[a]!"}, answers)
    {'ID': 7, 'TITLE': 'no. 3'}
    """
    if is_map(params):
        return {key: substitute(value, containers) for key, value in params.items()}
    if is_list(params):
        return [substitute(value, containers) for value in params]
    if isinstance(params, str) and "$" in params:
        return _substitute_text(params, containers)
    return params


@lru_cache(maxsize=64)
def _references(names: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"\$({'|'.join(names)})(\S*)", re.IGNORECASE | re.ASCII)


def _substitute_text(text: str, containers: Containers) -> Any:
    current: Any = text
    for found in _references(tuple(containers)).finditer(text):
        path = _STEPS.findall(found[2])
        if not path:
            continue
        reached = _walk(containers.get(found[1]), path)
        if found[0] == current:
            return reached
        pasted = _as_text(reached)
        if pasted is not None:
            current = current.replace(found[0], pasted)
    return current


def _walk(container: Mapping[str, Any] | None, path: list[str]) -> Any:
    reached: Any = None if container is None else array_shape(container)
    for step in path:
        below = _below(reached, step)
        if below is None:
            break
        reached = below
    return reached


def _below(value: Any, step: str) -> Any:
    """What PHP's ``isset($value[$step])`` finds, None where it finds nothing."""
    if is_map(value):
        return _member(value, step)
    if is_list(value):
        place = array_key(step)
        return value[place] if isinstance(place, int) and 0 <= place < len(value) else None
    if isinstance(value, str) and _OFFSET.match(step):
        return _character(value.encode("utf-8"), int(step))
    return None


def _member(array: dict[Any, Any], step: str) -> Any:
    found = array.get(step)
    return array.get(array_key(step)) if found is None else found


def _character(text: bytes, offset: int) -> str | None:
    """PHP strings are bytes: a part of a longer character is no valid UTF-8."""
    if not -len(text) <= offset < len(text):
        return None
    return text[offset:][:1].decode("utf-8", "replace")


def _as_text(value: Any) -> str | None:
    """What can be pasted into text: strings and numbers, nothing else."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return str(value)
    return float_text(value) if isinstance(value, float) else None
