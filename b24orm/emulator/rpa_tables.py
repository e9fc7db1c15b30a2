"""The tables of robotic processes and of cash registers and deliveries of the shop."""

from __future__ import annotations

from typing import Final

from b24orm.emulator.table_specs import TableSpec
from b24orm.emulator.tables import Column, words

__all__ = ["RPA_SPECS", "SHIPPING_SPECS"]

_APP: Final = Column("APP_ID", "string", hidden=True, default="")

RPA_SPECS: Final = (
    TableSpec("rpa_type", "RpaType", defaults={"IMAGE": "list"}),
    TableSpec(
        "rpa_stage",
        "RpaStage",
        defaults={"CODE": "", "COLOR": "22B9FF", "SORT": 1000},
        indexes=("TYPE_ID",),
        omit=frozenset(
            words("TASKS ROBOTS_COUNT POSSIBLE_NEXT_STAGES PERMISSIONS IS_FIRST IS_SUCCESS IS_FAIL")
        ),
    ),
    TableSpec(
        "rpa_record",
        "RpaTimelineRecord",
        defaults={"IS_FIXED": "N"},
        indexes=("ITEM_ID",),
        omit=frozenset(words("CREATED_TIMESTAMP USERS HTML_DESCRIPTION TEXT_DESCRIPTION")),
    ),
)
SHIPPING_SPECS: Final = (
    TableSpec(
        "cashbox",
        "Cashbox",
        defaults={
            "ACTIVE": "N",
            "SORT": 100,
            "USE_OFFLINE": "N",
            "ENABLED": "N",
            "OFD": "",
            "NUMBER_KKM": "",
        },
    ),
    TableSpec("cashbox_handler", "CashboxHandler", extra=(_APP,), defaults={"SORT": 100}),
    TableSpec("delivery_handler", "DeliveryHandler", extra=(_APP,), defaults={"SORT": 100}),
    TableSpec("delivery_service", "DeliveryService", defaults={"ACTIVE": "Y", "SORT": 500}),
    TableSpec(
        "delivery_extra",
        "DeliveryExtraService",
        defaults={"ACTIVE": "Y", "SORT": 100, "DESCRIPTION": "", "CODE": ""},
        indexes=("DELIVERY_ID",),
    ),
)
