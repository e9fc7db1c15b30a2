"""The fields of ``crm.item``: one set of camelCase names over the tables of very different entities."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from b24orm.emulator.tables import Column, Table

__all__ = ["ItemField", "camel", "fields_of"]

_COMMON: Final[Mapping[str, str]] = {
    "DATE_CREATE": "CREATED_TIME",
    "DATE_MODIFY": "UPDATED_TIME",
    "CREATED_BY_ID": "CREATED_BY",
    "MODIFY_BY_ID": "UPDATED_BY",
    "MOVED_BY_ID": "MOVED_BY",
}
_OWN: Final[Mapping[str, Mapping[str, str]]] = {
    "lead": {"STATUS_ID": "STAGE_ID", "STATUS_SEMANTIC_ID": "STAGE_SEMANTIC_ID"},
    "quote": {"STATUS_ID": "STAGE_ID"},
    "company": {"COMPANY_TYPE": "TYPE_ID"},
}
_ABSENT: Final = re.compile(r"(REG_)?ADDRESS(_.*)?|REPEAT_SALE_SEGMENT_ID")
_BINDINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "deal": ("CONTACT_IDS",),
    "lead": ("CONTACT_IDS",),
    "quote": ("CONTACT_IDS",),
    "smart_invoice": ("CONTACT_IDS",),
    "contact": ("COMPANY_IDS",),
    "company": ("CONTACT_IDS",),
}
_TYPES: Final[Mapping[str, str]] = {"char": "boolean"}
_WRITABLE_FLAGS: Final = frozenset(
    {"IS_RECURRING", "OPENED", "EXPORT", "IS_MANUAL_OPPORTUNITY", "IS_MY_COMPANY"}
)


@dataclass(frozen=True, slots=True)
class ItemField:
    """A field of an item.

    Attributes:
        name: camelCase spelling.
        upper: upper-case spelling, which requests may use as well.
        column: the column behind it; None for a list of bound rows.
        type: Bitrix24's type.
        target: the table that a list of bound rows points at.
    """

    name: str
    upper: str
    column: Column | None
    type: str
    target: str = ""
    multiple: bool = False
    read_only: bool = False
    immutable: bool = False
    required: bool = False


@lru_cache(maxsize=4096)
def camel(name: str) -> str:
    """The camelCase spelling of an upper-case name.

    User fields whose name mixes letters and digits keep their tail as it is.

    >>> camel("ASSIGNED_BY_ID"), camel("PARENT_ID_128"), camel("UF_CRM_MY_TEXT")
    ('assignedById', 'parentId128', 'ufCrmMyText')
    >>> camel("UF_CRM_1639669411830"), camel("UF_CRM_2_163966"), camel("UF_CRM_A1_b")
    ('ufCrm_1639669411830', 'ufCrm2_163966', 'ufCrm_A1_b')
    """
    if name.startswith("UF_") and not _PLAIN.fullmatch(name):
        for prefix, short in (("UF_CRM_", "ufCrm_"), ("UF_CRM", "ufCrm"), ("UF_", "uf")):
            if name.startswith(prefix):
                return short + name[len(prefix) :]
    marked = re.sub(r"(?<=\d)_(?=\d)", "~", name)
    first, *rest = marked.lower().split("_")
    return (first + "".join(part.capitalize() for part in rest)).replace("~", "_")


_PLAIN: Final = re.compile(r"[A-Z_]+|UF_CRM_\d{1,4}_[\d_]+|UF_CRM_\d{1,4}_[A-Z_]+")


def fields_of(table: Table) -> Mapping[str, ItemField]:
    """The fields of a table's items, by camelCase name."""
    known = _CACHE.get(table.name)
    if known is None or known[0] is not table:
        known = _CACHE[table.name] = (table, {item.name: item for item in _build(table)})
    return known[1]


_CACHE: Final[dict[str, tuple[Table, Mapping[str, ItemField]]]] = {}


def _build(table: Table) -> list[ItemField]:
    classic = table.name in {"deal", "lead", "contact", "company", "quote"}
    found: list[ItemField] = []
    for column in table.columns.values():
        if classic and _ABSENT.fullmatch(column.name):
            continue
        found.append(_field(table, column, classic=classic))
    for name in _BINDINGS.get(table.name, ("CONTACT_IDS",)):
        target = "company" if name == "COMPANY_IDS" else "contact"
        found.append(ItemField(camel(name), name, None, f"crm_{target}", target, multiple=True))
    return found


def _field(table: Table, column: Column, *, classic: bool) -> ItemField:
    upper = {**_COMMON, **_OWN.get(table.name, {})}.get(column.name, column.name) if classic else column.name
    spec = table.schema.by_wire.get(column.name if classic else camel(column.name)) if table.schema else None
    flagged = column.kind == "char" and column.type == "char" and column.name not in _WRITABLE_FLAGS
    return ItemField(
        camel(upper),
        upper,
        column,
        _TYPES.get(column.type, column.type),
        multiple=column.multiple,
        read_only=(spec.read_only if spec else column.name.startswith("LAST_COMMUNICATION"))
        or (classic and flagged),
        immutable=bool(spec and spec.immutable and column.name != "CATEGORY_ID"),
        required=bool(spec and spec.required and not classic),
    )
