"""The only place where Python values meet the wire.

A value means the same alone (JSON) and inside a batch (a query string that the server reads
with PHP's ``parse_str``). What a query string can't say - null, an empty list, text that the
server would take for a ``$result[...]`` macro - is found by :func:`fits_batch`, so that such
a call travels alone as JSON.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any, Final, TypeAlias
from urllib.parse import quote

from b24orm.errors import InvalidValue
from b24orm.plan.calls import Call, Ref
from b24orm.values import Address, Binding, Booking, Money, StoredFile

__all__ = ["command", "encode", "fits_batch", "named", "sendable", "to_json"]

Wire: TypeAlias = "str | int | float | dict[str, Wire] | list[Wire] | None"

MAX_INPUT_VARS: Final = 1000
"""PHP reads no more parameters than this from one query string (its default)."""

MAX_NESTING: Final = 64
"""Brackets that PHP reads in one name; it drops what is nested deeper."""

_MACRO: Final = re.compile(
    r"\$(?:result|next|total|time|error|signature)\S*\[[^\]]+\]",
    re.IGNORECASE | re.ASCII,  # the server sees bytes: only ASCII's spaces end a macro
)
_VALUES: Final = (Address, Binding, Booking, Money, StoredFile)
_LONG: Final = 100_000
"""Characters from which a text (a file above all) travels alone: a batch of them would be huge."""
_TOP_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_BAD_KEY: Final = re.compile(r"[\[\]\x00]|\A[ \t\n\r\v\f]?\Z")
"""Keys that PHP cuts, or takes for the next number of a list."""
_SHORT: Final = 100
"""Texts up to this length are names and values that come again and again."""


def _number(value: float) -> float:
    if not math.isfinite(value):
        raise InvalidValue(f"{value!r} can't be sent: it is no finite number")
    return value


def _digits(value: Decimal) -> str:
    if not value.is_finite():
        raise InvalidValue(f"{value!r} can't be sent: it is no finite number")
    return format(value, "f")


def sendable(value: str) -> str:
    """The text.

    Raises:
        InvalidValue: it holds half of a surrogate pair, which UTF-8 can't say.
    """
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidValue(f"{value!r} can't be sent: it holds half of a surrogate pair") from None
    return value


def encode(value: Any) -> Wire:
    """A Python value as JSON can say it.

    ``bool`` becomes ``Y``/``N``, dates ISO 8601 (an aware datetime keeps its offset, a naive one is
    read by the server in its own zone), ``Decimal`` its plain digits, an Enum its value, a Money or
    a Binding the server's spelling of it; tuples and sets become lists.

    Raises:
        InvalidValue: the value has no form on the wire.

    >>> encode({"OPENED": True, "OPPORTUNITY": Decimal("10.50"), "IDS": (1, 2)})
    {'OPENED': 'Y', 'OPPORTUNITY': '10.50', 'IDS': [1, 2]}
    """
    if value is None:
        return None
    if isinstance(value, Enum):
        return encode(value.value)
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, str):
        return sendable(value)
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Decimal):
        return _digits(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Ref):
        return str(value)
    return _container(value)


def _container(value: Any) -> Wire:
    if isinstance(value, Mapping):
        return _map(value)
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return [encode(item) for item in sorted(value, key=repr)]
    if isinstance(value, _VALUES):
        return encode(value.wire())
    if (key := getattr(value, "pk", None)) is not None:
        return encode(key)
    if hasattr(value, "dtype") and getattr(value, "shape", None) == ():  # a number of numpy's
        return encode(value.item())
    raise InvalidValue(
        f"a {type(value).__name__} can't be sent; it takes str, numbers, bool, dates, None, lists and dicts"
    )


def _map(value: Mapping[Any, Any]) -> Wire:
    return {name: encode(item) for name, item in named(value).items()}


def named(value: Mapping[Any, Any]) -> dict[str, Any]:
    """The map, with its keys as the names that are sent.

    Raises:
        InvalidValue: a key can't be a name, or two are the same name.
    """
    found = {_key(key): item for key, item in value.items()}
    if len(found) < len(value):
        raise InvalidValue(f"{value!r} can't be sent: a name stands twice in it")
    return found


def _key(key: Any) -> str:
    if isinstance(key, Enum):
        key = key.value
    if isinstance(key, bool) or not isinstance(key, (str, int)):
        raise InvalidValue(f"{key!r} can't be the name of a parameter: it takes a str or an int")
    return sendable(str(key))


def to_json(params: Mapping[str, Any]) -> bytes:
    """The body of a call that travels alone."""
    return json.dumps(encode(params), ensure_ascii=False, separators=(",", ":")).encode()


def command(call: Call) -> str:
    """A call as a command of a batch: ``method?query``, each value percent-encoded once.

    >>> command(Call("crm.deal.list", {"filter": {">ID": 5}, "select": ["ID"]}))
    'crm.deal.list?filter[%3EID]=5&select[0]=ID'
    """
    query: list[str] = []
    for key, value in call.params.items():
        _flatten(_quoted(str(key)), value, query)
    return f"{call.method}?{'&'.join(query)}" if query else call.method


def _flatten(name: str, value: Any, query: list[str]) -> None:
    """Adds ``name=value``, or ``name[key]=value`` for each part of a container."""
    if type(value) is str:
        query.append(f"{name}={_quoted(value)}")
    elif type(value) is int:
        query.append(f"{name}={value}")
    elif isinstance(value, dict) and all(type(key) is str for key in value):
        for key, item in value.items():
            _flatten(f"{name}[{_quoted(key)}]", item, query)
    elif isinstance(value, (list, tuple)):
        _flatten_list(name, value, query)
    else:
        wire = encode(value)
        if isinstance(wire, (dict, list)):
            _flatten(name, wire, query)
        else:
            query.append(f"{name}={_quoted(str(wire))}")


def _flatten_list(name: str, values: Sequence[Any], query: list[str]) -> None:
    if all(type(value) is str for value in values):
        query.extend(_texts(name, tuple(values)))
        return
    for number, value in enumerate(values):
        _flatten(f"{name}[{number}]", value, query)


@lru_cache(maxsize=512)
def _texts(name: str, values: tuple[str, ...]) -> list[str]:
    """A list of texts; what a scan selects is the same in all of its commands."""
    return [f"{name}[{number}]={_quoted(value)}" for number, value in enumerate(values)]


def _quoted(text: str) -> str:
    """Percent-encoded."""
    return _quoted_short(text) if len(text) <= _SHORT else quote(sendable(text), safe="")


@lru_cache(maxsize=4096)
def _quoted_short(text: str) -> str:
    return quote(sendable(text), safe="")


def fits_batch(call: Call) -> bool:
    """Whether the call means the same inside a batch as alone.

    >>> fits_batch(Call("crm.deal.list", {"filter": {">ID": 5}}))
    True
    >>> fits_batch(Call("crm.deal.add", {"fields": {"TITLE": "costs $total[x]"}}))
    False
    """
    if "?" in call.method or "#" in call.method:
        return False
    count = 0
    for key, value in call.params.items():
        if not _is_top_name(str(key)):
            return False
        inside = _count(value, MAX_NESTING)
        if inside is None:
            return False
        count += inside
    return count <= MAX_INPUT_VARS


@lru_cache(maxsize=4096)
def _is_top_name(key: str) -> bool:
    return _TOP_NAME.match(key) is not None


@lru_cache(maxsize=4096)
def _is_bad_key(key: str) -> bool:
    return _BAD_KEY.search(key) is not None


def _count(value: Any, depth: int) -> int | None:
    """How many variables the value comes to, or None where a query string can't say it."""
    if type(value) is str:
        return _count_text(value)
    if type(value) is int:
        return 1
    if type(value) is dict and depth and value and all(type(key) is str for key in value):
        return None if any(map(_is_bad_key, value)) else _sum(value.values(), depth)
    return _count_any(value, depth)


def _count_any(value: Any, depth: int) -> int | None:
    """The same for values of any kind."""
    if value is None:
        return None
    if isinstance(value, str):
        return _count_text(value)
    if isinstance(value, Mapping):
        if any(_is_bad_key(str(key.value if isinstance(key, Enum) else key)) for key in value):
            return None
        return _sum(value.values(), depth)
    if isinstance(value, (list, tuple, set, frozenset)):
        return _sum(value, depth)
    if isinstance(value, Enum):
        return _count(value.value, depth)
    if isinstance(value, _VALUES):
        return _count(value.wire(), depth)
    return 1


def _count_text(value: str) -> int | None:
    return None if len(value) > _LONG or ("$" in value and _MACRO.search(value)) else 1


def _sum(values: Any, depth: int) -> int | None:
    total = 0
    empty = True
    for value in values:
        inside = _count(value, depth - 1) if depth else None
        if inside is None:
            return None
        total += inside
        empty = False
    return None if empty else total
