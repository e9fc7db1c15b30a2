"""What the CRM says of its directories and of its user fields, and how currencies are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.fields import entity_fields_answer
from b24orm.emulator.methods.params import find, list_param
from b24orm.emulator.store import Store
from b24orm.emulator.tables import words
from b24orm.emulator.values import is_array, to_int, to_list, to_text
from b24orm.facts import load

__all__ = ["methods"]

_LANGUAGES: Final = "currency_lang"
_LOCALIZED: Final = words(
    "FORMAT_STRING FULL_NAME DEC_POINT THOUSANDS_SEP DECIMALS THOUSANDS_VARIANT HIDE_ZERO"
)
_USER_TYPES: Final[Mapping[str, str]] = {
    "string": "String",
    "integer": "Integer",
    "double": "Number",
    "boolean": "Yes/No",
    "enumeration": "List",
    "datetime": "Date/Time",
    "date": "Date",
    "money": "Money",
    "url": "Link",
    "address": "Address",
    "file": "File",
    "employee": "Employee",
    "crm_status": "CRM directory",
    "iblock_section": "Section of an information block",
    "iblock_element": "Element of an information block",
    "crm": "CRM item",
}
_TITLES: Final[Mapping[str, str]] = {
    "STATUS": "Lead stages",
    "SOURCE": "Sources",
    "CONTACT_TYPE": "Contact type",
    "COMPANY_TYPE": "Company type",
    "EMPLOYEES": "Number of employees",
    "INDUSTRY": "Industry",
    "DEAL_TYPE": "Deal type",
    "HONORIFIC": "Salutations",
    "QUOTE_STATUS": "Quote stages",
    "DEAL_STAGE": "Deal stages",
}
_USER_FIELD: Final[Mapping[str, tuple[str, Mapping[str, bool]]]] = {
    "ID": ("int", {"isReadOnly": True}),
    **dict.fromkeys(words("ENTITY_ID FIELD_NAME USER_TYPE_ID"), ("string", {"isImmutable": True})),
    "XML_ID": ("string", {}),
    "SORT": ("int", {}),
    **dict.fromkeys(
        words("MULTIPLE MANDATORY SHOW_FILTER SHOW_IN_LIST EDIT_IN_LIST IS_SEARCHABLE"), ("char", {})
    ),
    **dict.fromkeys(
        words("EDIT_FORM_LABEL LIST_COLUMN_LABEL LIST_FILTER_LABEL ERROR_MESSAGE HELP_MESSAGE"),
        ("string", {}),
    ),
    "LIST": ("uf_enum_element", {"isMultiple": True}),
    "SETTINGS": ("object", {}),
}


def methods(store: Store) -> Registry:
    """The methods; scope ``crm``, and ``task`` for what tasks say of their user fields."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "currency.base.get": _base,
        "currency.base.set": _set_base,
        "currency.localizations.get": _localizations,
        "currency.localizations.set": _localize,
        "currency.localizations.delete": _delocalize,
        "currency.localizations.fields": _known("CurrencyLocalization"),
        "status.entity.types": _directories,
        "type.fields": lambda *_: Answer({"fields": entity_fields_answer(load("SmartProcessType"))}),
        "userfield.fields": _user_field_fields,
        "userfield.types": _user_types,
    }
    tasks: Mapping[str, Callable[[Store, Call], Answer]] = {
        "getfields": _user_field_fields,
        "gettypes": _user_types,
    }
    return registered(store, "crm", handlers, family="crm.") | registered(
        store, "task", tasks, family="task.item.userfield."
    )


def _known(entity: str) -> Callable[[Store, Call], Answer]:
    return lambda *_: Answer(entity_fields_answer(load(entity)))


# ---- currencies


def _currency(call: Call) -> str:
    sent = call.params.get("ID", call.params.get("id"))
    if sent is not None and not isinstance(sent, str):
        raise Refusal("", "The parameter id is not string.")
    code = (sent or "").strip().upper()
    if not code:
        raise Refusal("", "The parameter id is invalid or not defined.")
    return code


def _base(store: Store, call: Call) -> Answer:
    del call
    found = store.ids("currency", "BASE = 'Y'")
    return Answer(found[0] if found else None, cost=Cost("get"))


def _set_base(store: Store, call: Call) -> Answer:
    """The currency that sums are counted in; there is one."""
    code = _currency(call)
    store.execute("UPDATE currency SET BASE = CASE CURRENCY WHEN ? THEN 'Y' ELSE 'N' END", (code,))
    return Answer(result=True, cost=Cost("write", rows=1))


def _localizations(store: Store, call: Call) -> Answer:
    """How a currency is written, by language."""
    rows = store.rows(_LANGUAGES, where="CURRENCY = ?", params=(_currency(call),), order="ID")
    found = {row["LID"]: {name: _text(row[name]) for name in _LOCALIZED} for row in rows}
    return Answer(found, cost=Cost("get", rows=len(found)))


def _text(value: Any) -> str | None:
    return None if value is None else to_text(value)


def _localize(store: Store, call: Call) -> Answer:
    code, sent = _currency(call), list_param(call, "localizations")
    if not sent or not store.exists("currency", code):
        return Answer(result=False)
    for language, fields in sent.items():
        if not isinstance(fields, Mapping):
            continue
        row = {name: _text(fields[name]) for name in _LOCALIZED if name in fields}
        found = store.ids(_LANGUAGES, "CURRENCY = ? AND LID = ?", (code, language))
        if found:
            store.update(_LANGUAGES, found[0], row)
        else:
            store.insert(_LANGUAGES, {"CURRENCY": code, "LID": language, **row})
    return Answer(result=True, cost=Cost("write", rows=len(sent)))


def _delocalize(store: Store, call: Call) -> Answer:
    code, sent = _currency(call), find(call, "lids")
    if not is_array(sent) or not to_list(sent):
        return Answer(result=False)
    for language in to_list(sent):
        for number in store.ids(_LANGUAGES, "CURRENCY = ? AND LID = ?", (code, to_text(language))):
            store.delete(_LANGUAGES, number)
    return Answer(result=True, cost=Cost("write", rows=1))


# ---- directories


def _directories(store: Store, call: Call) -> Answer:
    """Every directory; those of stages tell where rows begin and end."""
    del call
    codes = [
        row[0] for row in store.fetch("SELECT ENTITY_ID FROM status GROUP BY ENTITY_ID ORDER BY MIN(ID)")
    ]
    return Answer([_directory(store, code) for code in codes], cost=Cost("page", rows=len(codes)))


def _directory(store: Store, code: str) -> dict[str, Any]:
    named = {"ID": code, "NAME": _TITLES.get(code, code)}
    kind, category = _stages_of(code)
    if not kind:
        return named
    stages = store.rows("status", where="ENTITY_ID = ?", params=(code,), order="SORT, ID")
    meaning = {
        "START_FIELD": stages[0]["STATUS_ID"],
        "FINAL_SUCCESS_FIELD": next((s["STATUS_ID"] for s in stages if s["SEMANTICS"] == "S"), None),
        "FINAL_UNSUCCESS_FIELD": next((s["STATUS_ID"] for s in stages if s["SEMANTICS"] == "F"), None),
        "FINAL_SORT": 0,
    }
    placed = {"ENTITY_TYPE_ID": kind, **({"CATEGORY_ID": category} if category is not None else {})}
    if category:
        row = store.get("category", category)
        named["NAME"] = f"{row['NAME']} stages" if row else code
    if kind not in {1, 2, 7}:
        prefix = f"DT{kind}_{category}"
        return {**named, "SEMANTIC_INFO": [], "PREFIX": prefix, "IS_ENABLED": True, **placed}
    return {**named, "SEMANTIC_INFO": meaning, **placed}


def _stages_of(code: str) -> tuple[int, int | None]:
    """The kind of rows and the pipeline that a directory of stages belongs to; 0 for other directories."""
    plain = {"STATUS": (1, None), "QUOTE_STATUS": (7, None), "DEAL_STAGE": (2, 0)}
    if code in plain:
        return plain[code]
    stem, _, number = code.rpartition("_")
    if stem == "DEAL_STAGE":
        return 2, to_int(number)
    if stem == "SMART_INVOICE_STAGE":
        return 31, to_int(number)
    if stem.startswith("DYNAMIC_") and stem.endswith("_STAGE"):
        return to_int(stem.removeprefix("DYNAMIC_")), to_int(number)
    return 0, None


# ---- user fields


def _user_field_fields(store: Store, call: Call) -> Answer:
    del store, call
    return Answer(
        {
            name: {"type": kind, "title": name.replace("_", " ").capitalize(), **flags}
            for name, (kind, flags) in _USER_FIELD.items()
        }
    )


def _user_types(store: Store, call: Call) -> Answer:
    del store, call
    return Answer([{"ID": name, "title": title} for name, title in _USER_TYPES.items()])
