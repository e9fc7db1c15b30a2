"""The table of each entity, built from the facts about it and what the server fills in by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from b24orm.emulator.tables import DYNAMIC_PREFIX, Column, Kind, Table, upper_snake, words
from b24orm.facts import load
from b24orm.schema import FieldSchema

__all__ = ["dynamic_table", "portal_tables"]

_KINDS: Final[Mapping[str, Kind]] = {
    "integer": "int",
    "user": "int",
    "crm_company": "int",
    "crm_contact": "int",
    "crm_lead": "int",
    "crm_deal": "int",
    "crm_quote": "int",
    "crm_category": "int",
    "crm_enum_ownertype": "int",
    "crm_enum_activitytype": "int",
    "crm_enum_activitystatus": "int",
    "crm_enum_activitypriority": "int",
    "crm_enum_activitynotifytype": "int",
    "crm_enum_activitydirection": "int",
    "crm_enum_contenttype": "int",
    "file": "int",
    "enumeration": "int",
    "double": "double",
    "money": "string",
    "date": "date",
    "datetime": "datetime",
    "char": "char",
    "boolean": "char",
    "object": "json",
    "array": "json",
    "diskfile": "json",
    "crm_activity_binding": "json",
    "crm_activity_communication": "json",
    "currency_localization": "json",
}

_BOUND: Final = frozenset({"crm_contact", "crm_company"})


@dataclass(frozen=True)
class _Spec:
    name: str
    entity: str
    owner_type_id: int = 0
    uf_entity: str | None = None
    multifields: bool = False
    key: str = "ID"
    extra: tuple[Column, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict[str, Any])
    indexes: tuple[str, ...] = ()
    omit: frozenset[str] = frozenset()
    exception: str = ""


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
_HAS: Final = {"HAS_PHONE": "N", "HAS_EMAIL": "N", "HAS_IMOL": "N"}

_FIRST_USER: Final = dict.fromkeys(
    words(
        "ASSIGNED_BY_ID CREATED_BY_ID MODIFY_BY_ID CREATED_BY UPDATED_BY MODIFIED_BY "
        "RESPONSIBLE_ID AUTHOR_ID EDITOR_ID LAST_ACTIVITY_BY"
    ),
    1,
)
"""A row written directly, past the REST methods, belongs to the first user."""

_SPECS: Final = (
    _Spec(
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
    _Spec(
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
    _Spec(
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
    _Spec(
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
    _Spec(
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
    _Spec(
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
    _Spec(
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
    _Spec(
        "product",
        "Product",
        defaults={
            "ACTIVE": "Y",
            "SORT": 500,
            "CATALOG_ID": 24,
            "DESCRIPTION_TYPE": "text",
            "VAT_INCLUDED": "N",
            "CURRENCY_ID": "USD",
        },
    ),
    _Spec(
        "requisite",
        "Requisite",
        8,
        "CRM_REQUISITE",
        defaults={"ACTIVE": "Y", "ADDRESS_ONLY": "N", "SORT": 500},
    ),
    _Spec(
        "status",
        "Status",
        defaults={"SORT": 0, "SYSTEM": "N", "NAME_INIT": "", "COLOR": ""},
        indexes=("ENTITY_ID",),
        omit=frozenset({"EXTRA"}),
    ),
    _Spec("currency", "Currency", key="CURRENCY", defaults={"AMOUNT_CNT": 1, "BASE": "N", "SORT": 100}),
    _Spec(
        "category",
        "Category",
        defaults={"SORT": 500, "IS_DEFAULT": "N", "IS_SYSTEM": "N"},
        indexes=("ENTITY_TYPE_ID",),
    ),
    _Spec("product_row", "ProductRow", indexes=("OWNER_ID",), defaults={"TAX_INCLUDED": "N", "SORT": 10}),
    _Spec("user", "User", uf_entity="USER", defaults={"ACTIVE": "Y", "USER_TYPE": "employee"}),
    _Spec("department", "Department", defaults={"SORT": 500}),
    _Spec(
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
    return {spec.name: _table(spec) for spec in _SPECS}


def dynamic_table(entity_type_id: int) -> Table:
    """The table of a smart process.

    It has the columns of a smart invoice except those only invoices have.
    """
    base = _table(next(spec for spec in _SPECS if spec.name == "smart_invoice"))
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


def _table(spec: _Spec) -> Table:
    schema = load(spec.entity)
    columns: dict[str, Column] = {}
    for item in schema.fields.values():
        column = _column(item)
        if column is not None and column.name not in spec.omit:
            columns[column.name] = column
    for column in spec.extra:
        columns.setdefault(column.name, column)
    for name, value in {**_FIRST_USER, **spec.defaults}.items():
        if name in columns:
            columns[name] = replace(columns[name], default=value)
    return Table(
        spec.name,
        columns,
        schema,
        spec.key,
        spec.owner_type_id,
        spec.uf_entity,
        spec.multifields,
        spec.indexes,
        spec.exception,
    )


def _column(item: FieldSchema) -> Column | None:
    """The column of a field; None for what is kept in another table."""
    if item.type == "crm_multifield" or (item.multiple and item.type in _BOUND):
        return None
    kind = _KINDS.get(item.type, "string")
    if item.type == "enumeration" and not all(value.isdigit() for value in item.enum):
        kind = "string"
    return Column(
        upper_snake(item.wire), "json" if item.multiple else kind, item.type, multiple=item.multiple
    )
