"""``*.fields`` of the classic entities."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from b24orm.emulator.answers import Answer, Call, Method, Registry
from b24orm.emulator.fields import classic_fields_answer, entity_fields_answer
from b24orm.emulator.store import Store
from b24orm.emulator.tables import words
from b24orm.facts import load
from b24orm.schema import EntitySchema

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

_OF_FACTS: Final[Mapping[str, str]] = {
    "address": "Address",
    "catalog": "Catalog",
    "dealcategory": "DealCategory",
    "measure": "Measure",
    "multifield": "Multifield",
    "productrow": "LegacyProductRow",
    "productsection": "ProductSection",
    "requisite.link": "RequisiteLink",
    "timeline.bindings": "TimelineBinding",
    "vat": "Vat",
}
"""Entities that share a table, or have none of their own."""


def methods(store: Store) -> Registry:
    """``crm.<entity>.fields`` of the entities with upper-case names; scope ``crm``."""
    tables = {
        f"crm.{name}.fields": Method(partial(_fields, store, table), "crm")
        for name, table in _ENTITIES.items()
    }
    others = {
        f"crm.{name}.fields": Method(partial(_known, load(entity)), "crm")
        for name, entity in _OF_FACTS.items()
    }
    return tables | others


def _known(schema: EntitySchema, call: Call) -> Answer:
    del call
    return Answer(entity_fields_answer(schema))


def _fields(store: Store, name: str, call: Call) -> Answer:
    del call
    return Answer(classic_fields_answer(store, store.table(name)))
