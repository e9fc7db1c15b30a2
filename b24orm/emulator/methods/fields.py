"""``*.fields`` of the classic entities."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from b24orm.emulator.answers import Answer, Call, Method, Registry
from b24orm.emulator.fields import classic_fields_answer
from b24orm.emulator.store import Store
from b24orm.emulator.tables import words

__all__ = ["methods"]

_ENTITIES: Final[Mapping[str, str]] = {
    **{
        name: name
        for name in words("deal lead contact company quote activity product requisite status currency")
    },
    "timeline.comment": "timeline_comment",
    "requisite.bankdetail": "bank_detail",
    "requisite.preset": "requisite_preset",
}


def methods(store: Store) -> Registry:
    """``crm.<entity>.fields`` of the entities with upper-case names; scope ``crm``."""
    return {
        f"crm.{name}.fields": Method(partial(_fields, store, table), "crm")
        for name, table in _ENTITIES.items()
    }


def _fields(store: Store, name: str, call: Call) -> Answer:
    del call
    return Answer(classic_fields_answer(store, store.table(name)))
