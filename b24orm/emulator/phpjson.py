"""JSON as the server's PHP writes and reads it.

Output: ``< > & ' "`` inside strings are ``\\u00XX``, a slash is ``\\/``, other characters stay raw
UTF-8, an empty map is ``[]``, a map with the keys 0..n-1 is a list, and a float without a fraction
is written as an integer. One compiled encoder does the work; replacements add the rest.

Input: strict UTF-8, no ``NaN``, at most 512 levels, integers beyond 64 bits become floats.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, Final

from pydantic_core import PydanticSerializationError, to_json

from b24orm.emulator.php import array_shape, is_list, is_map

__all__ = ["NotEncodable", "NotJson", "decode", "encode"]

_MAX_DEPTH: Final = 512

_ESCAPES: Final = (
    (b"/", b"\\/"),
    (b"<", b"\\u003C"),
    (b">", b"\\u003E"),
    (b"&", b"\\u0026"),
    (b"'", b"\\u0027"),
    ("\u2028".encode(), b"\\u2028"),
    ("\u2029".encode(), b"\\u2029"),
)
# What only a walk over the data can mend: empty maps, maps that are lists, floats like 10.0.
_SUSPECT: Final = (b"{}", b'{"0":', b".0,", b".0}", b".0]")
_NO_NUMBERS: Final = (b"NaN", b"Infinity")
_BIG_NUMBER = re.compile(rb"[0-9]{19}")


class NotJson(ValueError):
    """PHP's ``json_decode`` would refuse the text."""


class NotEncodable(ValueError):
    """PHP's ``json_encode`` would refuse the value."""


def encode(value: Any) -> bytes:
    """Encode a value as the portal would.

    Raises:
        NotEncodable: for NaN and infinity; the portal then answers WRONG_ENCODING.

    >>> encode({"a": {}, "b": {"0": 1.0}, "c": "</b> \\"x\\" é"}).decode()
    '{"a":[],"b":[1],"c":"\\\\u003C\\\\/b\\\\u003E \\\\u0022x\\\\u0022 é"}'
    """
    text = _dump(value)
    if any(mark in text for mark in _SUSPECT):
        text = _dump(_as_php(value))
    return _escape(text)


def _dump(value: Any) -> bytes:
    try:
        text = to_json(value, inf_nan_mode="constants")
    except PydanticSerializationError:  # half of a surrogate pair
        return _dumped_in_python(value)
    return _dumped_in_python(value) if any(word in text for word in _NO_NUMBERS) else text


def _dumped_in_python(value: Any) -> bytes:
    try:
        text = json.dumps(
            value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), check_circular=False
        )
    except ValueError as refused:
        raise NotEncodable(str(refused)) from refused
    return text.encode("utf-8", "replace")


def _escape(text: bytes) -> bytes:
    """The text with PHP's escapes: none of the bytes replaced is ever a part of another character."""
    if b"\\" in text:
        # A raw control character can't occur in JSON text, so NUL may stand for a kept backslash.
        text = text.replace(b"\\\\", b"\0").replace(b'\\"', b"\\u0022").replace(b"\0", b"\\\\")
    for raw, escaped in _ESCAPES:
        if raw in text:
            text = text.replace(raw, escaped)
    return text


def _as_php(value: Any) -> Any:
    if is_map(value):
        return array_shape({key: _as_php(below) for key, below in value.items()})
    if is_list(value):
        return [_as_php(below) for below in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    return value


def decode(body: bytes) -> Any:
    """Decode a JSON text as the portal would.

    Raises:
        NotJson: wherever PHP refuses; the portal then ignores the body without a word.
    """
    try:
        text = body.decode("utf-8")
        hook = _bounded_int if _BIG_NUMBER.search(body) else None
        value = json.loads(text, parse_constant=_no_constant, parse_int=hook)
        if "\\ud" in text.lower():
            json.dumps(value, ensure_ascii=False).encode("utf-8")  # a lone surrogate is refused
    except (ValueError, RecursionError) as refused:
        raise NotJson(str(refused)) from refused
    if body.count(b"[") + body.count(b"{") > _MAX_DEPTH and _depth(value) > _MAX_DEPTH:
        raise NotJson("Maximum stack depth exceeded")
    return value


def _no_constant(name: str) -> Any:
    raise NotJson(f"{name} is no JSON")


def _bounded_int(digits: str) -> int | float:
    number = int(digits)
    return number if -(2**63) <= number < 2**63 else float(digits)


def _depth(value: Any) -> int:
    deepest, level = 0, [value]
    while level:
        nested = [_items(item) for item in level if is_list(item) or is_map(item)]
        deepest += bool(nested)
        level = [below for items in nested for below in items]
    return deepest


def _items(array: Any) -> Iterable[Any]:
    return array.values() if is_map(array) else array
