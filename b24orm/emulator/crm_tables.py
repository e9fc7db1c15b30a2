"""The tables of what the CRM has besides its main entities: old invoices, what recurs, icons ..."""

from __future__ import annotations

from typing import Final

from b24orm.emulator.table_specs import TableSpec
from b24orm.emulator.tables import Column, words

__all__ = ["CRM_SPECS"]

_NUMBER: Final = (Column("ID", "int", "integer", hidden=True),)
"""The number of a row that its methods know nothing of."""
_APP: Final = Column("APP_ID", "string", hidden=True, default="")
"""The application that has made a row."""
_RECURRING: Final = {"ACTIVE": "Y", "IS_LIMIT": "N", "COUNTER_REPEAT": 0, "LIMIT_REPEAT": 0}

CRM_SPECS: Final = (
    TableSpec(
        "invoice",
        "Invoice",
        5,
        "CRM_INVOICE",
        extra=tuple(Column(name, "json", "object", hidden=True) for name in ("PROPERTIES", "GOODS")),
        defaults={
            "LID": "s1",
            "CURRENCY": "USD",
            "PRICE": 0.0,
            "TAX_VALUE": 0.0,
            "PAYED": "N",
            "STATUS_ID": "N",
            "IS_RECURRING": "N",
            "EMP_STATUS_ID": 1,
            "COMMENTS": "",
            "USER_DESCRIPTION": "",
            **dict.fromkeys(words("UF_COMPANY_ID UF_CONTACT_ID UF_DEAL_ID UF_QUOTE_ID UF_MYCOMPANY_ID"), 0),
        },
        omit=frozenset(
            words(
                "INVOICE_PROPERTIES PRODUCT_ROWS RESPONSIBLE_EMAIL RESPONSIBLE_LAST_NAME RESPONSIBLE_LOGIN "
                "RESPONSIBLE_NAME RESPONSIBLE_PERSONAL_PHOTO RESPONSIBLE_SECOND_NAME "
                "RESPONSIBLE_WORK_POSITION"
            )
        ),
        indexes=("STATUS_ID", "UF_DEAL_ID"),
    ),
    TableSpec(
        "deal_recurring",
        "DealRecurring",
        defaults={**_RECURRING, "CATEGORY_ID": "0"},
        extra=(Column("PARAMS", "json"),),
        omit=frozenset({"PARAMS"}),
    ),
    TableSpec(
        "invoice_recurring",
        "InvoiceRecurring",
        defaults={**_RECURRING, "SEND_BILL": "N"},
        extra=(Column("PARAMS", "json"),),
        omit=frozenset({"PARAMS"}),
    ),
    TableSpec("automated_solution", "AutomatedSolution"),
    TableSpec("activity_badge", "ActivityBadge", extra=_NUMBER),
    TableSpec("activity_type", "ActivityType", extra=(*_NUMBER, _APP), omit=frozenset({"ICON_FILE"})),
    TableSpec("automation_trigger", "AutomationTrigger", extra=(*_NUMBER, _APP)),
    TableSpec(
        "timeline_icon", "TimelineIcon", extra=_NUMBER, omit=frozenset(words("IS_SYSTEM FILE_CONTENT"))
    ),
    TableSpec(
        "timeline_logo", "TimelineLogo", extra=_NUMBER, omit=frozenset(words("IS_SYSTEM FILE_CONTENT"))
    ),
    TableSpec("log_message", "TimelineLogMessage", extra=(_APP,), indexes=("ENTITY_ID",)),
    TableSpec("configurable_activity", "ConfigurableActivity", extra=(_APP,)),
    TableSpec("call_list", "CallList", omit=frozenset(words("ENTITIES ENTITY_TYPE"))),
    TableSpec(
        "call_list_item",
        "CallListItem",
        extra=(Column("ROW_ID", "int", hidden=True), Column("LIST_ID", "int", hidden=True)),
        key="ROW_ID",
        defaults={"STATUS": "IN_WORK"},
        indexes=("LIST_ID",),
    ),
    TableSpec("tracking_trace", "TrackingTrace", extra=_NUMBER),
    TableSpec("volatile_type", "DuplicateVolatileType"),
    TableSpec("order_entity", "OrderEntity", extra=_NUMBER),
    TableSpec("external_connector", "ExternalChannelConnector", extra=_NUMBER),
)
"""What the tables of these entities are made of."""
