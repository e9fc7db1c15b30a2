"""The table of each entity, built from the facts about it and what the server fills in by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Final

from b24orm.emulator.crm_tables import CRM_SPECS
from b24orm.emulator.document_tables import DOCUMENT_SPECS
from b24orm.emulator.landing_tables import LANDING_SPECS
from b24orm.emulator.module_tables import BARE_TABLES, MODULE_SPECS
from b24orm.emulator.rpa_tables import RPA_SPECS, SHIPPING_SPECS
from b24orm.emulator.table_specs import TableSpec, build_table
from b24orm.emulator.tables import DYNAMIC_PREFIX, Column, Table, words

__all__ = ["dynamic_table", "portal_tables"]

_COMMUNICATION: Final = tuple(
    Column(f"LAST_COMMUNICATION_{source}TIME", "datetime", "datetime", hidden=True)
    for source in ("CALL_", "EMAIL_", "IMOL_", "WEBFORM_")
)
_ITEM: Final = (
    Column("WEBFORM_ID", "int", "integer", hidden=True),
    Column("OBSERVERS", "json", "user", hidden=True, multiple=True),
    *_COMMUNICATION,
)
_CATEGORY: Final = Column("CATEGORY_ID", "int", "crm_category", default=0, hidden=True)
_NUMBER: Final = (Column("ID", "int", "integer", hidden=True),)
"""The number of a row that its methods know nothing of."""
_HAS: Final = {"HAS_PHONE": "N", "HAS_EMAIL": "N", "HAS_IMOL": "N"}

_SPECS: Final = (
    TableSpec(
        "deal",
        "Deal",
        2,
        "CRM_DEAL",
        extra=_ITEM,
        defaults={
            "STAGE_ID": "NEW",
            "STAGE_SEMANTIC_ID": "P",
            "CATEGORY_ID": 0,
            "CURRENCY_ID": "USD",
            "OPPORTUNITY": 0.0,
            "TAX_VALUE": 0.0,
            "IS_MANUAL_OPPORTUNITY": "N",
            "IS_NEW": "Y",
            "IS_RECURRING": "N",
            "IS_RETURN_CUSTOMER": "N",
            "IS_REPEATED_APPROACH": "N",
            "OPENED": "Y",
            "CLOSED": "N",
            "COMPANY_ID": 0,
        },
        indexes=("STAGE_ID", "ASSIGNED_BY_ID", "COMPANY_ID", "CONTACT_ID"),
        exception="IS_RECURRING IS NOT 'N'",
    ),
    TableSpec(
        "lead",
        "Lead",
        1,
        "CRM_LEAD",
        multifields=True,
        extra=_ITEM,
        defaults={
            "STATUS_ID": "NEW",
            "STATUS_SEMANTIC_ID": "P",
            "CURRENCY_ID": "USD",
            "OPPORTUNITY": 0.0,
            "IS_MANUAL_OPPORTUNITY": "N",
            "IS_RETURN_CUSTOMER": "N",
            "OPENED": "Y",
            "COMPANY_ID": 0,
            **_HAS,
        },
        indexes=("STATUS_ID", "ASSIGNED_BY_ID"),
    ),
    TableSpec(
        "contact",
        "Contact",
        3,
        "CRM_CONTACT",
        multifields=True,
        extra=(_CATEGORY, *_ITEM),
        defaults={"OPENED": "Y", "EXPORT": "Y", **_HAS},
        indexes=("COMPANY_ID", "ASSIGNED_BY_ID", "LAST_NAME"),
        exception="CATEGORY_ID IS NOT 0",
    ),
    TableSpec(
        "company",
        "Company",
        4,
        "CRM_COMPANY",
        multifields=True,
        extra=(_CATEGORY, *_ITEM),
        defaults={"OPENED": "Y", "IS_MY_COMPANY": "N", "REVENUE": 0.0, "CURRENCY_ID": "USD", **_HAS},
        indexes=("ASSIGNED_BY_ID", "TITLE"),
        exception="CATEGORY_ID IS NOT 0",
    ),
    TableSpec(
        "quote",
        "Quote",
        7,
        "CRM_QUOTE",
        extra=(Column("IS_MANUAL_OPPORTUNITY", "char", "char", "N", hidden=True), *_ITEM),
        defaults={
            "STATUS_ID": "DRAFT",
            "CURRENCY_ID": "USD",
            "OPPORTUNITY": 0.0,
            "TAX_VALUE": 0.0,
            "OPENED": "Y",
            "CLOSED": "N",
            "COMPANY_ID": 0,
            "MYCOMPANY_ID": 0,
        },
        indexes=("STATUS_ID",),
    ),
    TableSpec(
        "smart_invoice",
        "SmartInvoice",
        31,
        "CRM_SMART_INVOICE",
        defaults={
            "STAGE_ID": "DT31_2:N",
            "CATEGORY_ID": 2,
            "OPENED": "Y",
            "OPPORTUNITY": 0.0,
            "TAX_VALUE": 0.0,
            "IS_MANUAL_OPPORTUNITY": "N",
            "IS_RECURRING": "N",
            "CURRENCY_ID": "USD",
            "COMPANY_ID": 0,
            "CONTACT_ID": 0,
            "MYCOMPANY_ID": 0,
            "WEBFORM_ID": 0,
        },
        omit=frozenset({"ENTITY_TYPE_ID"}),
    ),
    TableSpec(
        "activity",
        "Activity",
        6,
        defaults={
            "COMPLETED": "N",
            "STATUS": 1,
            "PRIORITY": 2,
            "NOTIFY_TYPE": 0,
            "NOTIFY_VALUE": 0,
            "DIRECTION": 0,
            "DESCRIPTION_TYPE": 1,
        },
        indexes=("OWNER_ID",),
        omit=frozenset({"IS_INCOMING_CHANNEL"}),
    ),
    TableSpec(
        "product",
        "Product",
        defaults={
            "ACTIVE": "Y",
            "SORT": 500,
            "CATALOG_ID": 23,
            "DESCRIPTION_TYPE": "text",
            "VAT_INCLUDED": "N",
            "CURRENCY_ID": "USD",
        },
    ),
    TableSpec(
        "requisite",
        "Requisite",
        8,
        "CRM_REQUISITE",
        defaults={"ACTIVE": "Y", "ADDRESS_ONLY": "N", "SORT": 500},
    ),
    TableSpec(
        "status",
        "Status",
        defaults={"SORT": 0, "SYSTEM": "N", "NAME_INIT": "", "COLOR": ""},
        indexes=("ENTITY_ID",),
        omit=frozenset({"EXTRA"}),
    ),
    TableSpec("currency", "Currency", key="CURRENCY", defaults={"AMOUNT_CNT": 1, "BASE": "N", "SORT": 100}),
    TableSpec(
        "category",
        "Category",
        extra=(Column("CREATED_DATE", "date", "date", default="2021-03-01", hidden=True),),
        defaults={"SORT": 500, "IS_DEFAULT": "N", "IS_SYSTEM": "N"},
        indexes=("ENTITY_TYPE_ID",),
    ),
    TableSpec(
        "bank_detail",
        "BankDetail",
        extra=(Column("ENTITY_TYPE_ID", "int", "integer", default=8),),
        defaults={"ACTIVE": "Y", "SORT": 500},
        indexes=("ENTITY_ID",),
    ),
    TableSpec(
        "requisite_preset", "RequisitePreset", defaults={"ACTIVE": "Y", "SORT": 500, "ENTITY_TYPE_ID": 8}
    ),
    TableSpec(
        "stage_history",
        "StageHistory",
        extra=(Column("OWNER_TYPE_ID", "int", "integer", default=2, hidden=True),),
        indexes=("OWNER_ID",),
    ),
    TableSpec("timeline_comment", "TimelineComment", indexes=("ENTITY_ID",)),
    TableSpec(
        "timeline_note",
        "TimelineNote",
        extra=(*_NUMBER, *(Column(name, "int", hidden=True) for name in words("ITEM_ID ITEM_TYPE"))),
        indexes=("ITEM_ID",),
    ),
    TableSpec("timeline_binding", "TimelineBinding", extra=_NUMBER, indexes=("OWNER_ID",)),
    TableSpec("address", "Address", extra=_NUMBER, indexes=("ENTITY_ID", "ANCHOR_ID")),
    TableSpec("requisite_link", "RequisiteLink", extra=_NUMBER, indexes=("ENTITY_ID",)),
    TableSpec("product_row", "ProductRow", indexes=("OWNER_ID",), defaults={"TAX_INCLUDED": "N", "SORT": 10}),
    TableSpec("user", "User", uf_entity="USER", defaults={"ACTIVE": "Y", "USER_TYPE": "employee"}),
    TableSpec("department", "Department", defaults={"SORT": 500}),
    TableSpec(
        "task",
        "Task",
        uf_entity="TASKS_TASK",
        defaults={
            "PRIORITY": "1",
            "STATUS": 2,
            "GROUP_ID": 0,
            "PARENT_ID": 0,
            "STAGE_ID": 0,
            "MULTITASK": "N",
            "REPLICATE": "N",
            "DESCRIPTION_IN_BBCODE": "Y",
            "ALLOW_CHANGE_DEADLINE": "N",
            "ALLOW_TIME_TRACKING": "N",
            "TASK_CONTROL": "N",
            "ADD_IN_REPORT": "N",
            "MATCH_WORK_TIME": "N",
            "SUBORDINATE": "N",
            "FAVORITE": "N",
            "TIME_ESTIMATE": 0,
            "COMMENTS_COUNT": 0,
            "SITE_ID": "s1",
        },
        indexes=("RESPONSIBLE_ID", "STATUS"),
        omit=frozenset(
            words(
                "CHECKLIST GROUP CREATOR RESPONSIBLE ACCOMPLICES_DATA AUDITORS_DATA "
                "NEW_COMMENTS_COUNT ACTION SUB_STATUS NOT_VIEWED"
            )
        ),
    ),
)


def portal_tables() -> dict[str, Table]:
    """Every table of an empty portal, by name."""
    return dict(_tables())


_OTHERS: Final = (
    *CRM_SPECS,
    *DOCUMENT_SPECS,
    *RPA_SPECS,
    *SHIPPING_SPECS,
    *LANDING_SPECS,
    *MODULE_SPECS,
)


@cache
def _tables() -> Mapping[str, Table]:
    """The tables, built once: they are the same for every portal."""
    made = (build_table(spec) for spec in (*_SPECS, *_OTHERS))
    return {table.name: table for table in (*made, *BARE_TABLES)}


def dynamic_table(entity_type_id: int) -> Table:
    """The table of a smart process.

    It has the columns of a smart invoice except those only invoices have.
    """
    base = build_table(next(spec for spec in _SPECS if spec.name == "smart_invoice"))
    columns = {
        k: v for k, v in base.columns.items() if k not in {"COMMENTS", "ACCOUNT_NUMBER", "LOCATION_ID"}
    }
    columns["STAGE_ID"] = replace(columns["STAGE_ID"], default=None)
    columns["CATEGORY_ID"] = replace(columns["CATEGORY_ID"], default=None)
    return replace(
        base,
        name=f"{DYNAMIC_PREFIX}{entity_type_id}",
        columns=columns,
        owner_type_id=entity_type_id,
        uf_entity=f"CRM_{entity_type_id}",
    )
