"""Values as REST 3.0 wants them: JSON types as they are, moments with their zone, null where nothing is.

The classic rules (``Y``/``N``, texts for numbers) would be refused: each value has to be of its field's
own type.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from b24orm.errors import InvalidValue
from b24orm.transport.encoding import named, sendable

__all__ = ["encode_v3", "to_json_v3"]


def encode_v3(value: Any) -> Any:
    """A Python value as JSON can say it to REST 3.0.

    Raises:
        InvalidValue: the value has no form there; a datetime has to know its zone.

    >>> from datetime import timezone
    >>> encode_v3({"needsControl": True, "deadline": datetime(2025, 12, 31, 20, tzinfo=timezone.utc)})
    {'needsControl': True, 'deadline': '2025-12-31T20:00:00+00:00'}
    """
    if value is None or isinstance(value, (bool, int)):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, Enum):
        return encode_v3(value.value)
    if isinstance(value, str):
        return sendable(value)
    if isinstance(value, (float, Decimal)):
        return _number(value)
    if isinstance(value, date):
        return _moment(value)
    if isinstance(value, Mapping):
        return {name: encode_v3(item) for name, item in named(value).items()}
    if isinstance(value, (list, tuple)):
        return [encode_v3(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return [encode_v3(item) for item in sorted(value, key=repr)]
    if (key := getattr(value, "pk", None)) is not None:
        return encode_v3(key)
    if hasattr(value, "dtype") and getattr(value, "shape", None) == ():  # a number of numpy's
        return encode_v3(value.item())
    raise InvalidValue(
        f"a {type(value).__name__} can't be sent; it takes str, numbers, bool, dates, None, lists and dicts"
    )


def _number(value: float | Decimal) -> float:
    found = math.nan if isinstance(value, Decimal) and value.is_snan() else float(value)
    if not math.isfinite(found):
        raise InvalidValue(f"{value!r} can't be sent: it is no finite number")
    return found


def _moment(value: date) -> str:
    if not isinstance(value, datetime):
        return value.isoformat()
    if value.tzinfo is None:
        raise InvalidValue(f"{value!r} can't be sent to REST 3.0 without its zone: give it a tzinfo")
    return value.isoformat(timespec="seconds")


def to_json_v3(body: Any) -> bytes:
    """The body of a call, or of a batch."""
    return json.dumps(encode_v3(body), ensure_ascii=False, separators=(",", ":")).encode()
