"""Whether a row of the portal holds already what an object says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from b24orm.entity.base import Entity
from b24orm.entity.filefields import is_file
from b24orm.entity.types import MultiField
from b24orm.errors import InvalidValue
from b24orm.transport.encoding import encode

__all__ = ["differing", "same"]

_NOTHING: Final = (None, "", ())


def differing(row: Entity, found: Entity, names: Iterable[str]) -> list[str]:
    """The fields of an object that its row on the portal holds otherwise.

    What the portal does not answer, or stores otherwise than it was sent, counts as different.

    Args:
        row: the object.
        found: its row, as it was fetched.
        names: the fields to compare.

    Raises:
        InvalidValue: a field holds files, which can't be compared.
    """
    names = list(names)
    for name in names:
        spec = row.__schema__.fields.get(name)
        if spec is not None and is_file(spec) and vars(row)[name] not in _NOTHING:
            raise InvalidValue(
                f"{type(row).__name__}.{name} holds files, and whether they differ can't be told: "
                "leave it out of the objects, or of update_fields"
            )
    return [name for name in names if not same(row, found, name)]


def same(row: Entity, found: Entity, name: str) -> bool:
    """Whether a field of an object and of its row hold the same; files never do."""
    spec = row.__schema__.fields.get(name)
    if spec is not None and is_file(spec):
        return False
    if name in row.extra:
        return bool(_loose(row.extra[name]) == _loose(getattr(found, name, _UNKNOWN)))
    return name in vars(found) and _equal(vars(row)[name], vars(found)[name])


class _Unknown:
    """A value that is like no other."""


_UNKNOWN: Final = _Unknown()


def _equal(given: Any, there: Any) -> bool:
    """Whether two values of a field mean the same; there is but one nothing."""
    if given in _NOTHING or there in _NOTHING:
        return given in _NOTHING and there in _NOTHING
    if isinstance(given, datetime) and isinstance(there, datetime):
        return _moment(given, there)
    if isinstance(given, (list, tuple)) and isinstance(there, (list, tuple)):
        return _lists(given, there)
    return bool(given == there)


def _moment(given: datetime, there: datetime) -> bool:
    """Portals keep whole seconds, and read a moment without a zone in their own."""
    if given.tzinfo is None:
        there = there.replace(tzinfo=None)
    return given.replace(microsecond=0) == there.replace(microsecond=0)


def _lists(given: Sequence[Any], there: Sequence[Any]) -> bool:
    if len(given) != len(there):
        return False
    if not all(isinstance(entry, MultiField) for entry in (*given, *there)):
        return all(map(_equal, given, there))
    pairs = zip(sorted(given, key=_value), sorted(there, key=_value), strict=True)
    return all(_entries(one, other) for one, other in pairs)


def _value(entry: MultiField) -> tuple[str, str]:
    return entry.value, entry.value_type or ""


def _entries(given: MultiField, there: MultiField) -> bool:
    """An entry without a kind gets the portal's own: that is no difference."""
    return (
        given.value == there.value
        and given.value_type in (None, there.value_type)
        and given.type_id in (None, there.type_id)
    )


def _loose(value: Any) -> Any:
    """A value of a field whose type is not known: portals answer numbers as texts."""
    if value is _UNKNOWN or isinstance(value, dict):
        return value
    if isinstance(value, (list, tuple)):
        return [_loose(entry) for entry in value]
    return "" if value in (None, False) else str(encode(value))
