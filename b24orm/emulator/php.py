"""The few PHP rules that a Bitrix24 portal cannot hide: array keys, casts, ``parse_str``, ``parse_url``.

The server reads every form body, every query string and every batch command with PHP's own
functions, so their habits are part of the REST API: ``a[]=1`` appends, ``a.b`` becomes ``a_b``,
``"7"`` is the integer key 7, and text after a raw ``#`` is gone. Nothing here knows of REST.

A PHP array is shown as a ``list`` if its keys are exactly 0, 1, 2 ... in that order and as a
``dict`` with string keys otherwise; PHP itself can't tell ``{"0": x}`` from ``[x]`` either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeGuard
from urllib.parse import unquote_to_bytes

__all__ = [
    "MAX_INPUT_VARS",
    "MAX_NESTING",
    "array_key",
    "array_shape",
    "float_text",
    "intval",
    "is_list",
    "is_map",
    "parse_str",
    "register_pairs",
    "split_url",
    "truthy",
]

MAX_INPUT_VARS: Final = 10_000
"""Variables that one query string may hold; the cloud's own value is not published."""

MAX_NESTING: Final = 64
"""Brackets that one name may hold; a deeper name is dropped."""

_INT_KEY = re.compile(r"(?:0|-?[1-9][0-9]{0,18})\Z", re.ASCII)
_INT_PREFIX = re.compile(
    r"[ \t\n\r\v\f]*([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)", re.ASCII
)
_CONTROLS: Final = dict.fromkeys((*range(32), 127), "_")
_SPACES: Final = " \t\n\r\v\f"
_INT_MAX: Final = 2**63 - 1
_INT_MIN: Final = -(2**63)


# -- arrays ---------------------------------------------------------------------------------


def array_key(text: str) -> str | int:
    """The key that PHP stores for ``text``: canonical decimal integers lose their string type.

    >>> array_key("7"), array_key("-7"), array_key("07"), array_key("-0")
    (7, -7, '07', '-0')
    """
    if _INT_KEY.match(text):
        number = int(text)
        if _INT_MIN <= number <= _INT_MAX:
            return number
    return text


def is_map(value: object) -> TypeGuard[dict[Any, Any]]:
    """Whether the value is an array shown as a dict."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any] | tuple[Any, ...]]:
    """Whether the value is an array shown as a list."""
    return isinstance(value, (list, tuple))


def array_shape(array: Mapping[Any, Any]) -> list[Any] | dict[str, Any]:
    """A list if the keys are 0..n-1 in order (so also when empty), else a dict of string keys."""
    if all(str(key) == str(place) for place, key in enumerate(array)):
        return list(array.values())
    return {str(key): value for key, value in array.items()}


# -- casts ----------------------------------------------------------------------------------


def intval(value: object) -> int:
    """PHP's ``(int)`` cast: a leading number of a string, 1 for a filled array, 0 for the rest.

    >>> intval("12abc"), intval("1e3"), intval(" 7"), intval("abc"), intval(["x"]), intval([])
    (12, 1000, 7, 0, 1, 0)
    """
    if isinstance(value, str):
        found = _INT_PREFIX.match(value)
        return _whole(found[1]) if found else 0
    if isinstance(value, float):
        return int(value) if value == value and abs(value) <= _INT_MAX else 0
    if isinstance(value, int):
        return int(value)
    return int(bool(value)) if is_list(value) or is_map(value) else 0


def _whole(number: str) -> int:
    if any(mark in number for mark in ".eE"):
        return intval(float(number))
    return max(_INT_MIN, min(_INT_MAX, int(number)))


def truthy(value: object) -> bool:
    """PHP's ``(bool)`` cast: of the strings only ``""`` and ``"0"`` are false.

    >>> truthy("false"), truthy("N"), truthy("0"), truthy("0.0"), truthy([])
    (True, True, False, True, False)
    """
    return value != "0" if isinstance(value, str) and value else bool(value)


def float_text(number: float) -> str:
    """PHP's ``(string)`` cast of a float: 14 significant digits.

    >>> float_text(1.5), float_text(10.0), float_text(0.1 + 0.2), float_text(1e20)
    ('1.5', '10', '0.3', '1.0E+20')
    """
    text = f"{number:.14G}"
    if "E" not in text:
        return text
    mantissa, _, exponent = text.partition("E")
    whole = mantissa if "." in mantissa else f"{mantissa}.0"
    return f"{whole}E{exponent[0]}{exponent[1:].lstrip('0') or '0'}"


# -- parse_str ------------------------------------------------------------------------------


def _decode_pairs(query: str) -> Iterable[tuple[str, str]]:
    """The decoded name and value of every non-empty segment between ``&``."""
    for segment in query.split("&"):
        if segment:
            name, _, value = segment.partition("=")
            yield _url_decode(name), _url_decode(value)


def _url_decode(text: str) -> str:
    if "+" in text:
        text = text.replace("+", " ")
    if "%" in text:
        return unquote_to_bytes(text).decode("utf-8", "replace")
    return text


def parse_str(query: str, *, limit: int = MAX_INPUT_VARS) -> dict[str, Any]:
    """Read a query string as PHP's ``parse_str`` does: brackets nest, all values are strings.

    Variables after the first ``limit`` are dropped.

    >>> parse_str("filter[>ID]=5&select[]=ID&select[]=TITLE&a.b=1")
    {'filter': {'>ID': '5'}, 'select': ['ID', 'TITLE'], 'a_b': '1'}
    """
    return register_pairs(_decode_pairs(query), limit=limit)


def register_pairs(pairs: Iterable[tuple[str, str]], *, limit: int = MAX_INPUT_VARS) -> dict[str, Any]:
    """Put already decoded names and values into nested arrays, as PHP fills ``$_POST``."""
    root = _Array()
    for count, (name, value) in enumerate(pairs):
        if count >= limit:
            break
        path = _name_path(name)
        if path and len(path) <= MAX_NESTING + 1:
            _store(root, path, value)
    return {str(name): _freeze(value) for name, value in root.items()}


def _name_path(name: str) -> list[str | None]:
    """The keys in a variable name; None appends. Empty if PHP would ignore the variable."""
    name = name.partition("\0")[0].lstrip(" ")
    bracket = name.find("[")
    head = name if bracket < 0 else name[:bracket]
    head = head.replace(" ", "_").replace(".", "_")
    if not head:
        return []
    if bracket < 0:
        return [head]
    return _bracket_path(head, name[bracket:])


def _bracket_path(head: str, rest: str) -> list[str | None]:
    path: list[str | None] = [head]
    while rest.startswith("["):
        end = rest.find("]")
        blank = end == 2 and rest[1] in _SPACES
        if end < 0:
            return [f"{head}_{_flatten(rest[1:])}"] if len(path) == 1 else path
        path.append(None if blank or end == 1 else rest[1:end])
        rest = rest[end + 1 :]
    return path


def _flatten(text: str) -> str:
    return text.replace(" ", "_").replace(".", "_").replace("[", "_")


class _Array(dict[Any, Any]):
    """A PHP array in the making, which knows the number of what is appended next."""

    __slots__ = ("following",)

    def __init__(self) -> None:
        super().__init__()
        self.following = 0

    def key(self, step: str | None) -> str | int:
        """The key of a step; None appends."""
        key = self.following if step is None else array_key(step)
        if isinstance(key, int):
            self.following = max(self.following, key + 1)
        return key


def _store(root: _Array, path: list[str | None], value: str) -> None:
    place = root
    for step in path[:-1]:
        place = _descend(place, step)
    place[place.key(path[-1])] = value


def _descend(place: _Array, step: str | None) -> _Array:
    key = place.key(step)
    below = place.get(key)
    if not isinstance(below, _Array):
        below = place[key] = _Array()
    return below


def _freeze(value: Any) -> Any:
    if is_map(value):
        return array_shape({key: _freeze(below) for key, below in value.items()})
    return value


# -- parse_url ------------------------------------------------------------------------------

_SCHEME = re.compile(r"([A-Za-z0-9+.\-]+):", re.ASCII)
_PORT = re.compile(r"[^/?#:]*:([0-9]{1,5})(?=/|\Z)", re.ASCII)


def split_url(url: str) -> tuple[str, str]:
    """Path and query of a URL as PHP's ``parse_url`` sees them; empty where PHP finds none.

    A raw ``#`` ends the URL, control characters become ``_``, a leading ``//name`` is a host and
    ``name:`` before the query is a scheme; the latter two never reach the path.

    >>> split_url("crm.deal.list?filter[TITLE]=a#b")
    ('crm.deal.list', 'filter[TITLE]=a')
    >>> split_url("//crm.deal.list?x=1"), split_url("crm:deal?x=1")
    (('', 'x=1'), ('deal', 'x=1'))
    """
    path, query = _tail(_without_authority(url))
    return path.translate(_CONTROLS), query.translate(_CONTROLS)


def _tail(rest: str) -> tuple[str, str]:
    path, _, query = rest.partition("#")[0].partition("?")
    return path, query


def _without_authority(url: str) -> str:
    if url.startswith("//"):
        return _after_host(url[2:])
    scheme = _SCHEME.match(url)
    if scheme is None:
        return _after_host(url) if _PORT.match(url) else url
    rest = url[scheme.end() :]
    if rest.startswith("//"):
        return _after_host(rest[2:])
    if _PORT.match(url):
        return _after_host(url)
    return rest


def _after_host(rest: str) -> str:
    found = re.search(r"[/?#]", rest)
    return rest[found.start() :] if found else ""
