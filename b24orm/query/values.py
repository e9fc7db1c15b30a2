"""Checks a lookup's value before anything is sent, and brings it into one shape.

What comes out is plain Python: int, Decimal, str, bool, date, datetime or None, or a tuple
of those for the lookups that take several. How such a value is written on the wire is the
business of :mod:`b24orm.transport.encoding`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final, TypeVar

from b24orm.errors import InvalidValue
from b24orm.query.closed import allowed, among, is_closed, targets, value_of_title
from b24orm.query.lookups import LOOKUPS, Kind, kind_of
from b24orm.schema import FieldSchema
from b24orm.values import Binding, Money

__all__ = ["check_value", "is_missing", "plain"]

_T = TypeVar("_T")


class _Refused(Exception):
    """The value doesn't fit; holds what would, and the part that doesn't, if it is only a part."""

    def __init__(self, wanted: str, *part: object) -> None:
        super().__init__(wanted)
        self.wanted = wanted
        self.part = part


def _integer(value: object) -> int:
    key = getattr(value, "pk", value)
    if isinstance(key, bool) or not isinstance(key, int):
        raise _Refused("an int")
    return key


def _number(value: object) -> Decimal | int:
    if isinstance(value, bool) or not isinstance(value, (Decimal, int, float)):
        raise _Refused("a Decimal, an int or a float")
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise _Refused("a finite number")
        return Decimal(float.__repr__(value))  # numpy's say more than the number
    if not value.is_finite():
        raise _Refused("a finite number")
    return value


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise _Refused("a str")
    return value


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("Y", "N"):
        return value == "Y"
    raise _Refused("True or False")


def _date(value: object) -> date:
    if isinstance(value, datetime):
        raise _Refused("a date without a time")
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise _Refused("a date, or 'YYYY-MM-DD'") from None
    raise _Refused("a date")


def _datetime(value: object) -> date:
    if isinstance(value, date):  # a date is its midnight in the portal's zone
        return value
    if isinstance(value, str):
        try:
            return date.fromisoformat(value) if len(value) <= 10 else _moment(value)
        except ValueError:
            raise _Refused("a datetime, or an ISO 8601 string") from None
    raise _Refused("a datetime or a date")


def _moment(text: str) -> datetime:
    """Python 3.10 does not know ``Z``."""
    return datetime.fromisoformat(f"{text[:-1]}+00:00" if text.endswith("Z") else text)


_A_SUM: Final = "a Money with its currency, or '1500.5|USD'"
_A_BINDING: Final = "a Binding, an object of a CRM model, 'D_12', or an id"


def _money(value: object) -> str:
    """The server's own spelling, which texts are compared with."""
    found = _made(Money.parse, value, _A_SUM) if isinstance(value, str) else value
    if not isinstance(found, Money) or not found.currency:
        raise _Refused(_A_SUM)
    return found.wire()


def _binding(value: object) -> str:
    """The server's own spelling, which texts are compared with."""
    return _made(Binding.read, value, _A_BINDING).wire()


def _among(field: FieldSchema, text: str) -> str:
    found = among(field, Binding.parse(text))
    if found is None:
        raise _Refused(targets(field))
    return found.wire()


def _made(make: Callable[[Any], _T], value: object, wanted: str) -> _T:
    try:
        return make(value)
    except InvalidValue:
        raise _Refused(wanted) from None


def _any(value: object) -> Any:
    if isinstance(value, (bool, int, str, date)):
        return value
    if isinstance(value, (float, Decimal)):
        return _number(value)
    if isinstance(value, Money):
        return _money(value)
    if isinstance(value, Binding):
        return value.wire()
    raise _Refused("a str, number, bool or date")


_CHECKS: Final[Mapping[Kind, Callable[[object], Any]]] = {
    "integer": _integer,
    "reference": _integer,
    "number": _number,
    "string": _string,
    "status": _string,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
    "multifield": _string,
    "money": _money,
    "address": _string,
    "binding": _binding,
    "any": _any,
    "none": _any,  # what a list needs beside its filter may be called as such a field
}


def _one(entity: str, field: FieldSchema, kind: Kind, value: object, *, whole: bool = True) -> Any:
    """One value; ``whole``: it is compared as it is, not looked for within the field's."""
    if isinstance(value, Enum):
        value = value.value
    value = plain(value)
    if isinstance(value, date) and is_missing(value):
        raise _Refused("a value")
    if field.titles and isinstance(value, str):
        value = value_of_title(field, value)
    if hasattr(value, "__schema__") and kind not in ("binding", "any"):
        value = _key(entity, field, value)
    closed = whole and is_closed(field)
    if closed and isinstance(value, str) and kind in ("integer", "reference"):
        if value in field.enum:
            raise _Refused(f"an int, as {value}")
        raise _Refused(allowed(field, value))
    checked = _CHECKS[kind](value)
    if kind == "binding" and field.enum:
        checked = _among(field, str(checked))
    if closed and str(checked) not in field.enum and checked != "":
        raise _Refused(allowed(field, checked))
    return checked


def plain(value: Any) -> Any:
    """The Python value of one of numpy's; anything else as it is.

    >>> plain(5)
    5
    """
    return value.item() if hasattr(value, "dtype") and getattr(value, "shape", None) == () else value


def is_missing(value: object) -> bool:
    """Whether it is "not a number", or pandas' "not a time": what no portal can keep.

    >>> is_missing(float("nan")), is_missing(0.0)
    (True, False)
    """
    if isinstance(value, Decimal):
        return value.is_nan()
    return isinstance(value, (float, date)) and value != value  # only these differ from themselves


def _key(entity: str, field: FieldSchema, value: Any) -> object:
    """The key of a related object; one of another entity is no key of this one."""
    schema = value.__schema__
    if schema.name != (field.relation or entity):
        raise _Refused(f"an int, or a {field.relation or entity}")
    key = vars(value).get(field.relation_key) if field.relation else getattr(value, "pk", None)
    if key is None:
        raise _Refused(f"an int, or a {field.relation or schema.name} that was saved")
    return key


def _many(entity: str, field: FieldSchema, kind: Kind, value: object) -> tuple[Any, ...]:
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
        raise _Refused("a list, tuple or set")
    return tuple(dict.fromkeys(_each(entity, field, kind, value)))


def _each(entity: str, field: FieldSchema, kind: Kind, values: Iterable[object]) -> Iterator[Any]:
    item = None
    try:
        for item in values:
            yield _one(entity, field, kind, item)
    except _Refused as error:
        raise _Refused(f"{error.wanted} in its list", item) from None


def _pair(entity: str, field: FieldSchema, kind: Kind, value: object) -> tuple[Any, Any]:
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise _Refused("a pair (lower, upper)")
    if None in value:
        raise _Refused("two bounds; for one alone there are __gte and __lte")
    # bounds need not be values of a closed set
    return _one(entity, field, kind, value[0], whole=False), _one(entity, field, kind, value[1], whole=False)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise _Refused("True or False")
    return value


def check_value(entity: str, field: FieldSchema, lookup: str, value: object) -> Any:
    """The value, checked against the field's type and normalised.

    Args:
        entity: the entity's name, for the message.
        field: the field that is compared.
        lookup: a key of :data:`b24orm.query.lookups.LOOKUPS`.
        value: what the user gave; None only where it is a missing value (``exact``, ``ne``).

    Raises:
        InvalidValue: the value does not fit; the message names field, value and what would.

    >>> from b24orm.schema import FieldSchema
    >>> check_value("Deal", FieldSchema(name="id", wire="ID", type="integer"), "in", [3, 1, 3])
    (3, 1)
    """
    shape = LOOKUPS[lookup]
    kind = kind_of(field) if field.type != "any" else "any"
    try:
        if shape == "flag":
            return _flag(value)
        if shape == "many":
            keys_of = getattr(value, "_keys_for", None)  # a set of rows
            return _many(entity, field, kind, value if keys_of is None else keys_of(entity, field))
        if shape == "pair":
            return _pair(entity, field, kind, value)
        if value is None and lookup in ("exact", "ne"):
            return None
        checked = _one(entity, field, kind, value, whole=lookup in ("exact", "ne"))
        if lookup not in ("exact", "ne") and checked == "":
            raise _Refused("a text that is not empty")
        return checked
    except _Refused as error:
        name = field.name if lookup == "exact" else f"{field.name}__{lookup}"
        (part,) = error.part or (value,)
        hint = _instead(field.name, lookup, part)
        raise InvalidValue(f"{entity}.{name} takes {error}, not {_described(part)}{hint}") from None


def _instead(name: str, lookup: str, value: object) -> str:
    """What to write to compare with such a value."""
    if lookup == "exact" and isinstance(value, (list, tuple, set, frozenset)):
        return f"; one of several is {name}__in"
    if value is None:
        return f"; rows without a value are found by {name}=None"
    return ""


def _described(value: object) -> str:
    shown = repr(value)
    return f"{shown if len(shown) <= 80 else shown[:77] + '...'} ({type(value).__name__})"
