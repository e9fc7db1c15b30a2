"""Reads the form bodies that Bitrix24 posts: PHP's bracket names become dicts and lists.

The rules are those of PHP's own reader: ``a[b][c]=1`` nests, ``a[]=1`` appends, a later value replaces an
earlier one, every value is a text. An array whose keys are 0, 1, 2 ... in order is a list here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final, TypeAlias
from urllib.parse import unquote_plus

from b24orm.errors import InvalidValue

__all__ = ["Form", "nested", "parse_form"]

Form: TypeAlias = "dict[str, Any]"

_MAX_NAMES: Final = 10_000
_MAX_DEPTH: Final = 64
_BLANK: Final = tuple(" \t\n\r\v\f")
"""Alone between brackets they count as nothing."""
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
"""A key that PHP takes for a number, up to the last it knows; ``07`` is a text."""
_LAST: Final = 2**63 - 1


class _Array(dict[str, Any]):
    """An array in the making, which knows the number of what is appended next."""

    __slots__ = ("following",)

    def __init__(self) -> None:
        super().__init__()
        self.following = 0

    def key(self, given: str) -> str:
        """The key; where it is empty the next number."""
        key = given or str(self.following)
        if _NUMBER.fullmatch(key) and int(key) <= _LAST:
            self.following = max(self.following, int(key) + 1)
        return key


def parse_form(body: bytes | str) -> Form:
    """A form body as nested dicts and lists of texts.

    Args:
        body: ``application/x-www-form-urlencoded``, UTF-8.

    Raises:
        InvalidValue: it is no UTF-8, or far larger than any event.

    >>> parse_form(b"event=ONCRMDEALADD&data%5BFIELDS%5D%5BID%5D=7&list[]=a&list[]=b")
    {'event': 'ONCRMDEALADD', 'data': {'FIELDS': {'ID': '7'}}, 'list': ['a', 'b']}
    """
    return nested(_pairs(body))


def _pairs(body: bytes | str) -> Iterable[tuple[str, str]]:
    try:
        text = body.decode() if isinstance(body, bytes) else body
        for part in text.split("&"):
            if part:
                name, _, value = part.partition("=")
                yield unquote_plus(name, errors="strict"), unquote_plus(value, errors="strict")
    except UnicodeDecodeError:
        raise InvalidValue("the body of the event is no UTF-8 text") from None


def nested(pairs: Iterable[tuple[str, str]]) -> Form:
    """Names with brackets, already decoded, as nested dicts and lists.

    Raises:
        InvalidValue: there are more names, or more brackets in one, than any event has.

    >>> nested([("data[FIELDS][ID]", "7")])
    {'data': {'FIELDS': {'ID': '7'}}}
    """
    root = _Array()
    for number, (name, value) in enumerate(pairs):
        if number >= _MAX_NAMES:
            raise InvalidValue(f"the body of the event holds more than {_MAX_NAMES:,} values")
        path = _path(name)
        if path:
            _put(root, path, value)
    return {name: _listed(value) for name, value in root.items()}


def _path(name: str) -> list[str]:
    """The keys in a name; an empty one appends. No keys at all for a name that PHP ignores."""
    head, bracket, rest = name.lstrip(" ").partition("[")
    head = head.replace(".", "_").replace(" ", "_")
    if not head:
        return []
    if not bracket:
        return [head]
    if "]" not in rest:  # a bracket that never closes is a part of the name
        return [f"{head}_{rest.replace('[', '_').replace('.', '_').replace(' ', '_')}"]
    keys = [head]
    while bracket:
        key, closed, rest = rest.partition("]")
        if not closed:
            break
        keys.append("" if key in _BLANK else key)
        if not rest.startswith("["):
            break
        rest = rest[1:]
    if len(keys) > _MAX_DEPTH:
        raise InvalidValue(f"the body of the event is nested deeper than {_MAX_DEPTH} levels")
    return keys


def _put(root: _Array, path: list[str], value: str) -> None:
    place = root
    for given in path[:-1]:
        key = place.key(given)
        below = place.get(key)
        if not isinstance(below, _Array):
            below = place[key] = _Array()
        place = below
    place[place.key(path[-1])] = value


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inside = {name: _listed(item) for name, item in value.items()}
    return list(inside.values()) if list(inside) == [str(n) for n in range(len(inside))] else inside
