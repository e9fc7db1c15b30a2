"""Lists of phones, addresses and the like, as a write changes them: the server merges what it is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from b24orm.entity.types import MultiField
from b24orm.errors import InvalidValue

__all__ = ["adds_entries", "merged", "merged_fm"]


def merged(before: Sequence[MultiField], after: Sequence[MultiField]) -> list[Any]:
    """What turns the entries of a classic field from before into those after.

    Rule: an entry with an ``ID`` is changed, or removed by ``DELETE``; one without is added; those
    that are not mentioned stay.

    >>> old = [MultiField(value="+1", id=5), MultiField(value="+2", id=6)]
    >>> merged(old, [old[0], MultiField(value="+3")])
    [{'ID': 6, 'DELETE': 'Y'}, {'VALUE': '+3'}]
    """
    old, kept = _by_id(before), _by_id(after)
    sent: list[Any] = [{"ID": number, "DELETE": "Y"} for number in old if number not in kept]
    for entry in _changed(old, after):
        kind = {"VALUE_TYPE": entry.value_type} if entry.value_type else {}
        identity = {"ID": entry.id} if entry.id in old else {}
        sent.append({**identity, "VALUE": entry.value, **kind})
    return sent


def merged_fm(before: Sequence[MultiField], after: Sequence[MultiField]) -> dict[str, Any]:
    """The same for ``fm`` of ``crm.item.*``, which holds entries of every type.

    Rule: a map; a key that is an id changes that entry, or removes it if the value is empty; ``n0``,
    ``n1`` ... add one.

    >>> old = [MultiField(value="+1", id=5, type_id="PHONE")]
    >>> merged_fm(old, [MultiField(value="a@x.org", type_id="EMAIL")])
    {'5': {'typeId': 'PHONE', 'value': ''}, 'n0': {'typeId': 'EMAIL', 'value': 'a@x.org'}}

    Raises:
        InvalidValue: an entry does not say its type.
    """
    old, kept = _by_id(before), _by_id(after)
    gone = [entry for number, entry in old.items() if number not in kept]
    sent: dict[str, Any] = {str(entry.id): {"typeId": entry.type_id, "value": ""} for entry in gone}
    new = 0
    for entry in _changed(old, after):
        if entry.type_id is None:
            raise InvalidValue(
                f"fm holds entries of every type, so {entry.value!r} needs a type_id: "
                "MultiField(value=..., type_id='PHONE')"
            )
        kind = {"valueType": entry.value_type} if entry.value_type else {}
        key = str(entry.id) if entry.id in old else f"n{new}"
        new += entry.id not in old
        sent[key] = {"typeId": entry.type_id, "value": entry.value, **kind}
    return sent


def adds_entries(value: Any) -> bool:
    """Whether a sent value adds entries: sending it twice would add them twice."""
    if isinstance(value, Mapping):
        return any(isinstance(entry, Mapping) and str(key)[:1] == "n" for key, entry in value.items())
    entries = [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []
    return any("VALUE" in entry and "ID" not in entry for entry in entries)


def _by_id(entries: Sequence[MultiField]) -> dict[int | None, MultiField]:
    return {entry.id: entry for entry in entries if entry.id is not None}


def _changed(old: Mapping[int | None, MultiField], after: Sequence[MultiField]) -> list[MultiField]:
    return [entry for entry in after if entry.id is None or old.get(entry.id) != entry]
