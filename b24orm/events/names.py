"""The documented events: how they are called, and which row they are about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from b24orm.errors import UnknownName, nearest

__all__ = ["CRM_KINDS", "EVENTS", "SMART_INVOICE", "Action", "Subject", "checked_name", "subject_of", "whole"]

Action: TypeAlias = Literal["add", "update", "delete", "other"]
"""What happened to a row."""

CRM_KINDS: Final[Mapping[str, str]] = {
    "DEAL": "Deal",
    "LEAD": "Lead",
    "CONTACT": "Contact",
    "COMPANY": "Company",
    "QUOTE": "Quote",
    "SMART_INVOICE": "SmartInvoice",
}
"""Entities of the CRM by the kinds that documents and placements are called after."""

_ENTITIES: Final[Mapping[str, str]] = {
    "ONCRMDEAL": "Deal",
    "ONCRMDEALRECURRING": "DealRecurring",
    "ONCRMLEAD": "Lead",
    "ONCRMCONTACT": "Contact",
    "ONCRMCOMPANY": "Company",
    "ONCRMQUOTE": "Quote",
    "ONCRMINVOICE": "Invoice",
    "ONCRMINVOICERECURRING": "InvoiceRecurring",
    "ONCRMDYNAMICITEM": "Item",
    "ONCRMTYPE": "SmartProcessType",
    "ONCRMACTIVITY": "Activity",
    "ONCRMPRODUCT": "Product",
    "ONCRMPRODUCTSECTION": "ProductSection",
    "ONCRMPRODUCTPROPERTY": "ProductProperty",
    "ONCRMREQUISITE": "Requisite",
    "ONCRMBANKDETAIL": "BankDetail",
    "ONCRMCURRENCY": "Currency",
    "ONCRMMEASURE": "Measure",
    "ONCRMTIMELINECOMMENT": "TimelineComment",
    "ONCRMDOCUMENTGENERATORDOCUMENT": "Document",
    "ONTASK": "Task",
    "ONTASKCOMMENT": "TaskComment",
    "ONUSER": "User",
    "ONCALENDARENTRY": "CalendarEvent",
    "ONCALENDARSECTION": "CalendarSection",
    "ONSONETGROUP": "Workgroup",
    "ONLIVEFEEDPOST": "BlogPost",
    "ONBOOKING": "Booking",
    "ONBOOKINGRESOURCE": "BookingResource",
    "ONBOOKINGRESOURCETYPE": "BookingResourceType",
    "ONBOOKINGWAITLISTITEM": "WaitlistItem",
    "CATALOG.MEASURE.ON.": "CatalogMeasure",
    "CATALOG.PRICE.ON.": "Price",
    "CATALOG.PRICE.TYPE.ON.": "PriceType",
    "CATALOG.PRODUCT.ON.": "CatalogProduct",
    "CATALOG.ROUNDING.ON.": "RoundingRule",
}
"""The entity of the events whose names are made of this and ADD, UPDATE or DELETE."""

_USER_FIELDS: Final = "DEAL LEAD CONTACT COMPANY QUOTE INVOICE REQUISITE TYPE"
_OTHERS: Final = """
ONAPPINSTALL ONAPPUPDATE ONAPPUNINSTALL ONAPPPAYMENT ONAPPMETHODCONFIRM ONAPPTEST ONSUBSCRIPTIONRENEW
ONOFFLINEEVENT ONCRMDEALMOVETOCATEGORY ONCRMDEALRECURRINGEXPOSE ONCRMINVOICERECURRINGEXPOSE
ONCRMINVOICESETSTATUS ONCRMADDRESSREGISTER ONCRMADDRESSUNREGISTER
ONSALEORDERSAVED ONSALEBEFOREORDERDELETE ONORDERENTITYSAVED ONORDERDELETED ONPAYMENTENTITYSAVED
ONPAYMENTDELETED ONSHIPMENTENTITYSAVED ONSHIPMENTDELETED ONPROPERTYVALUEENTITYSAVED
ONPROPERTYVALUEDELETED
ONSONETGROUPSUBJECTADD ONSONETGROUPSUBJECTUPDATE ONSONETGROUPSUBJECTDELETE
ONVOXIMPLANTCALLINIT ONVOXIMPLANTCALLSTART ONVOXIMPLANTCALLEND ONEXTERNALCALLSTART
ONEXTERNALCALLBACKSTART
ONIMBOTMESSAGEADD ONIMBOTMESSAGEUPDATE ONIMBOTMESSAGEDELETE ONIMBOTJOINCHAT ONIMBOTDELETE
ONIMBOTV2MESSAGEADD ONIMCOMMANDADD
ONIMCONNECTORMESSAGEADD ONIMCONNECTORMESSAGEUPDATE ONIMCONNECTORMESSAGEDELETE
ONIMCONNECTORDIALOGSTART ONIMCONNECTORDIALOGFINISH ONIMCONNECTORLINEDELETE ONIMCONNECTORSTATUSDELETE
ONOPENLINEMESSAGEADD ONOPENLINEMESSAGEUPDATE ONOPENLINEMESSAGEDELETE ONSESSIONSTART ONSESSIONFINISH
ONSIGNB2EDOCUMENTSTATUSCHANGED ONSIGNB2EMEMBERSTATUSCHANGED ONSIGNHCMLINKB2EDOCUMENTSIGNED
"""
_ACTIONS: Final[Mapping[str, Action]] = {"ADD": "add", "UPDATE": "update", "DELETE": "delete"}
_OF_TYPE: Final = re.compile(r"(ONCRMDYNAMICITEM(?:ADD|UPDATE|DELETE))_([1-9][0-9]{0,17})\Z")
_WHOLE: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
SMART_INVOICE: Final = 31


def _names() -> Iterator[str]:
    for stem in _ENTITIES:
        yield from (f"{stem}{action}" for action in _ACTIONS if stem != "ONUSER" or action == "ADD")
    for stem in _USER_FIELDS.split():
        yield from (f"ONCRM{stem}USERFIELD{action}" for action in (*_ACTIONS, "SETENUMVALUES"))
    yield from _OTHERS.split()


EVENTS: Final = frozenset(_names())
"""The names of the documented events. Events of one smart process have its number behind them."""


def checked_name(name: str) -> str:
    """The name of an event as the server spells it.

    Raises:
        UnknownName: there is no such event.

    >>> checked_name("onCrmDealAdd"), checked_name("ONCRMDYNAMICITEMADD_128")
    ('ONCRMDEALADD', 'ONCRMDYNAMICITEMADD_128')
    """
    upper = name.strip().upper()
    if upper in EVENTS or _OF_TYPE.match(upper):
        return upper
    raise UnknownName(f"there is no event {name!r}{nearest(upper, EVENTS)}")


@dataclass(frozen=True, slots=True)
class Subject:
    """The row that an event is about.

    Attributes:
        entity: the name of its model; None if the event is about no row of a model.
        action: what happened to it.
        id: its id, where the event says it.
        entity_type_id: the number of its smart process.
    """

    entity: str | None
    action: Action
    id: int | str | None
    entity_type_id: int | None = None


def subject_of(name: str, data: Mapping[str, Any]) -> Subject:
    """The row that an event is about, from its name and its data.

    >>> subject_of("ONCRMDEALUPDATE", {"FIELDS": {"ID": "7"}})
    Subject(entity='Deal', action='update', id=7, entity_type_id=None)
    """
    plain = name.partition("_")[0]
    for word, action in _ACTIONS.items():
        entity = _ENTITIES.get(plain.removesuffix(word)) if plain.endswith(word) else None
        if entity is not None:
            kind = _entity_type(name, data) if entity == "Item" else None
            shown = "SmartInvoice" if kind == SMART_INVOICE else entity
            return Subject(shown, action, _row_id(data), kind)
    return Subject(None, "other", _row_id(data))


def _row_id(data: Mapping[str, Any]) -> int | str | None:
    """The id, wherever the event's family puts it."""
    for place in (*(data.get(name) for name in ("FIELDS", "FIELDS_AFTER", "FIELDS_BEFORE")), data):
        if isinstance(place, Mapping):
            for name in ("ID", "id", "POST_ID"):
                if isinstance(place.get(name), (int, str)):
                    return _number(place[name])
    return None


def whole(text: str) -> int | None:
    """The number that a text is; None if it is none, or longer than any id: anybody may post events.

    >>> whole("7"), whole("9" * 5000)
    (7, None)
    """
    return int(text) if _WHOLE.fullmatch(text) else None


def _number(value: int | str) -> int | str:
    found = whole(value) if isinstance(value, str) else value
    return value if found is None else found


def _entity_type(name: str, data: Mapping[str, Any]) -> int | None:
    fields = data.get("FIELDS")
    told = fields.get("ENTITY_TYPE_ID") if isinstance(fields, Mapping) else None
    found = _OF_TYPE.match(name)
    number = _number(told) if isinstance(told, (int, str)) else int(found[2]) if found else None
    return number if isinstance(number, int) else None
