"""``crm.duplicate.findbycomm``: rows that have a phone number or an e-mail address.

Numbers are compared as digits, in an international form; addresses without case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from b24orm.emulator.answers import Answer, Call, Cost, Method, Refusal, Registry
from b24orm.emulator.methods.params import find
from b24orm.emulator.owner_types import owner_name, owner_type
from b24orm.emulator.store import Store
from b24orm.emulator.values import is_array, to_list, to_text

__all__ = ["methods", "normalized_phone"]

_KINDS: Final = ("lead", "contact", "company")
_MOST: Final = 20
"""So many values are looked for, and so many rows found for each."""

_LEADING: Final = (("00", ""), ("011", ""), ("8", "7"), ("0", ""))
"""What a long number begins with when it is dialled, and what stands for it in its international form."""


def methods(store: Store) -> Registry:
    """The search for duplicates; scope ``crm``."""
    return {"crm.duplicate.findbycomm": Method(partial(_find, store), "crm")}


def normalized_phone(value: str) -> str:
    """A phone number as numbers are compared.

    >>> normalized_phone("8 (495) 123-45-67"), normalized_phone("+7 495 1234567"), normalized_phone("12-34")
    ('74951234567', '74951234567', '1234')
    """
    if len(value) >= 10 and value.startswith("+8"):
        value = "00" + value[1:]
    digits = re.sub(r"[^0-9#*,;]", "", value)
    if len(digits) >= 10 and not digits.startswith(("80", "81", "82")):
        for prefix, instead in _LEADING:
            if digits.startswith(prefix):
                digits = instead + digits[len(prefix) :]
                break
    return re.sub(r"(\d+)([;#]*)([\d,]*)", r"\1", digits)


def _find(store: Store, call: Call) -> Answer:
    """The numbers of the rows, by their kind."""
    kind = to_text(find(call, "type")).upper()
    if not kind:
        raise Refusal("", "Communication type is not defined.")
    if kind not in _NORMAL:
        raise Refusal("", f"Communication type '{kind}' is not supported in current context.")
    values = find(call, "values")
    if not is_array(values) or not to_list(values):
        raise Refusal("", "Communication values is not defined.")
    asked = owner_type(to_text(call.params.get("entity_type")))
    if owner_name(asked) == "DEAL":
        raise Refusal("", "Deal is not supported in current context.")
    normal = _NORMAL[kind]
    wanted = dict.fromkeys(normal(value) for value in to_list(values) if isinstance(value, str) and value)
    found: dict[str, list[int]] = {}
    for value in list(wanted)[:_MOST]:
        for table, row_id in _holders(store, kind, value, owner_name(asked).lower()):
            ids = found.setdefault(table.upper(), [])
            ids += [row_id] if row_id not in ids else []
    return Answer(found, cost=Cost("page", rows=sum(map(len, found.values()))))


def _holders(store: Store, kind: str, value: str, only: str) -> list[tuple[str, int]]:
    tables = [table for table in _KINDS if only in {"", table}]
    sql = "SELECT ENTITY, ELEMENT_ID, VALUE FROM field_multi WHERE TYPE_ID = ? ORDER BY ENTITY, ELEMENT_ID"
    rows = store.fetch(sql, (kind,))
    normal = _NORMAL[kind]
    found = [(table, row_id) for table, row_id, stored in rows if table in tables and normal(stored) == value]
    return found[:_MOST]


_NORMAL: Final[Mapping[str, Callable[[str], str]]] = {
    "PHONE": normalized_phone,
    "EMAIL": lambda value: value.strip().lower(),
}
