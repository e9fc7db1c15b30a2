"""``crm.deal.userfield.*`` and its kin: user fields that come and go while the portal runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from b24orm.emulator import user_fields
from b24orm.emulator.answers import Answer, Call, Cost, Method, Refusal, Registry
from b24orm.emulator.methods.params import find, id_param, list_param
from b24orm.emulator.store import Store
from b24orm.emulator.user_fields import UserField
from b24orm.emulator.values import is_blank, to_list, to_text
from b24orm.errors import InvalidValue, UnknownName

__all__ = ["methods"]

_ENTITIES: Final = ("deal", "lead", "contact", "company", "quote", "requisite", "invoice")
_PREFIXES: Final[Mapping[str, str]] = {"user": "UF_USR_", "task": "UF_"}
"""What the names of user fields begin with; ``UF_CRM_`` for the CRM."""
_LABELS: Final = (
    "EDIT_FORM_LABEL",
    "LIST_COLUMN_LABEL",
    "LIST_FILTER_LABEL",
    "ERROR_MESSAGE",
    "HELP_MESSAGE",
)
_KEPT: Final = (
    "XML_ID",
    "SORT",
    "SHOW_IN_LIST",
    "EDIT_IN_LIST",
    "IS_SEARCHABLE",
    "SETTINGS",
    "LIST",
    *_LABELS,
)
_SETTINGS: Final[Mapping[str, Mapping[str, Any]]] = {
    "string": {"DEFAULT_VALUE": "", "ROWS": 1},
    "integer": {"DEFAULT_VALUE": ""},
    "double": {"DEFAULT_VALUE": "", "PRECISION": 2},
    "boolean": {"DEFAULT_VALUE": 0, "DISPLAY": "CHECKBOX"},
    "date": {"DEFAULT_VALUE": {"VALUE": "", "TYPE": "NONE"}},
    "datetime": {"DEFAULT_VALUE": {"VALUE": "", "TYPE": "NONE"}},
    "enumeration": {"DISPLAY": "LIST", "LIST_HEIGHT": 1},
}


def methods(store: Store) -> Registry:
    """The methods of user fields: of the CRM, of users and of tasks."""
    handlers: Mapping[str, Callable[[Store, str, Call], Answer]] = {
        "add": _add,
        "get": _get,
        "list": _list,
        "update": _update,
        "delete": _delete,
    }
    found = {
        f"crm.{entity}.userfield.{kind}": Method(partial(handler, store, entity), "crm")
        for entity in _ENTITIES
        for kind, handler in handlers.items()
    }
    for kind, handler in handlers.items():
        if kind != "get":
            found[f"user.userfield.{kind}"] = Method(partial(handler, store, "user"), "user.userfield")
        name = "getlist" if kind == "list" else kind
        found[f"task.item.userfield.{name}"] = Method(partial(handler, store, "task"), "task")
    return found


def _add(store: Store, entity: str, call: Call) -> Answer:
    """Adds a field; its name gets its prefix (``UF_CRM_``) if it has none. Answers its number."""
    sent = find(call, "PARAMS" if entity == "task" else "fields")
    fields: Mapping[str, Any] = sent if isinstance(sent, Mapping) else call.params
    name, type_ = to_text(fields.get("FIELD_NAME")).strip(), to_text(fields.get("USER_TYPE_ID")).strip()
    missing = [key for key, value in (("USER_TYPE_ID", type_), ("FIELD_NAME", name)) if not value]
    if missing:
        raise Refusal("", "\n".join(f"The '{key}' field is not found." for key in missing))
    choices = [item for item in to_list(fields.get("LIST") or []) if isinstance(item, Mapping)]
    try:
        number = user_fields.add(
            store,
            entity,
            _full_name(entity, name),
            type_,
            multiple=to_text(fields.get("MULTIPLE")).upper() == "Y",
            items=choices,
            detail=_detail(fields, type_, _full_name(entity, name)),
        )
    except (UnknownName, InvalidValue) as problem:
        raise Refusal("ERROR_CORE", str(problem)) from None
    return Answer(number, cost=Cost("write", rows=1))


def _get(store: Store, entity: str, call: Call) -> Answer:
    return Answer(_row(_require(store, entity, call), labels=True), cost=Cost("get", rows=1))


def _list(store: Store, entity: str, call: Call) -> Answer:
    """Every field at once. Only equality filters; labels come with the filter key LANG."""
    filter_, order = dict(list_param(call, "filter")), list_param(call, "order")
    labels = not is_blank(filter_.pop("LANG", None))
    rows = [_row(known, labels=labels) for known in user_fields.fields_of(store, _uf_entity(store, entity))]
    fitting = [row for row in rows if all(_fits(row, name, value) for name, value in filter_.items())]
    for name, direction in reversed(list(order.items())):
        fitting.sort(key=lambda row: _sort_key(row, name), reverse=to_text(direction).upper() == "DESC")
    return Answer(fitting, len(fitting), cost=Cost("page", rows=len(fitting)))


def _update(store: Store, entity: str, call: Call) -> Answer:
    known = _require(store, entity, call)
    fields = list_param(call, "DATA" if entity == "task" else "fields")
    detail = {name: fields[name] for name in _KEPT if name in fields}
    if "MANDATORY" in fields:
        detail["MANDATORY"] = "Y" if to_text(fields["MANDATORY"]).upper() == "Y" else "N"
    user_fields.change(store, known, detail)
    return Answer(result=True, cost=Cost("write", rows=1))


def _delete(store: Store, entity: str, call: Call) -> Answer:
    user_fields.remove(store, _require(store, entity, call))
    return Answer(result=True, cost=Cost("write", rows=1))


def _require(store: Store, entity: str, call: Call) -> UserField:
    number = id_param(call)
    known = user_fields.find(store, number)
    if known is None:
        raise Refusal("ERROR_NOT_FOUND", f"The entity with ID '{number}' is not found.")
    if known.entity != _uf_entity(store, entity):
        raise Refusal("", "Access denied.")
    return known


def _uf_entity(store: Store, entity: str) -> str:
    return store.table(entity).uf_entity or ""


def _full_name(entity: str, name: str) -> str:
    upper, prefix = name.upper(), _PREFIXES.get(entity, "UF_CRM_")
    return upper if upper.startswith(prefix) else prefix + upper.removeprefix("UF_")


def _detail(fields: Mapping[str, Any], type_: str, name: str) -> dict[str, Any]:
    settings = fields.get("SETTINGS")
    label = to_text(fields.get("LABEL")).strip() or name
    return {
        "XML_ID": to_text(fields.get("XML_ID")),
        "SORT": to_text(fields.get("SORT")) or "100",
        "MANDATORY": "Y" if to_text(fields.get("MANDATORY")).upper() == "Y" else "N",
        "SHOW_FILTER": "E" if to_text(fields.get("SHOW_FILTER")).upper() == "Y" else "N",
        "SHOW_IN_LIST": "N" if to_text(fields.get("SHOW_IN_LIST")).upper() == "N" else "Y",
        "EDIT_IN_LIST": "N" if to_text(fields.get("EDIT_IN_LIST")).upper() == "N" else "Y",
        "IS_SEARCHABLE": "Y" if to_text(fields.get("IS_SEARCHABLE")).upper() == "Y" else "N",
        "SETTINGS": {**_SETTINGS.get(type_, {}), **(settings if isinstance(settings, Mapping) else {})},
        "LABEL": label,
        **{key: _labels(fields.get(key), label) for key in _LABELS},
    }


def _labels(sent: Any, default: str) -> dict[str, str]:
    if isinstance(sent, Mapping):
        return {str(language): to_text(text) for language, text in sent.items()}
    return {"en": to_text(sent) or default}


def _row(known: UserField, *, labels: bool) -> dict[str, Any]:
    detail = known.detail
    row: dict[str, Any] = {
        "ID": str(known.id),
        "ENTITY_ID": known.entity,
        "FIELD_NAME": known.name,
        "USER_TYPE_ID": known.type,
        "XML_ID": detail.get("XML_ID") or None,
        "SORT": to_text(detail.get("SORT")) or "100",
        "MULTIPLE": "Y" if known.multiple else "N",
        "MANDATORY": detail.get("MANDATORY", "N"),
        "SHOW_FILTER": detail.get("SHOW_FILTER", "N"),
        "SHOW_IN_LIST": detail.get("SHOW_IN_LIST", "Y"),
        "EDIT_IN_LIST": detail.get("EDIT_IN_LIST", "Y"),
        "IS_SEARCHABLE": detail.get("IS_SEARCHABLE", "N"),
        "SETTINGS": detail.get("SETTINGS", {}),
    }
    if labels:
        row |= {key: detail.get(key, {"en": known.name}) for key in _LABELS}
    return {**row, "LIST": known.items} if known.type == "enumeration" else row


def _fits(row: Mapping[str, Any], name: str, value: Any) -> bool:
    """Names that are no column and values that are lists don't count."""
    return name not in row or isinstance(value, (list, Mapping)) or row[name] == to_text(value)


def _sort_key(row: Mapping[str, Any], name: str) -> tuple[int, str]:
    text = to_text(row.get(name.upper()))
    return (int(text), "") if text.isdigit() else (0, text)
