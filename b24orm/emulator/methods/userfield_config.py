"""``userfieldconfig.*``: user fields of a module, by camelCase names; scope ``userfieldconfig``.

The fields are those of ``crm.deal.userfield.*`` and its kin. The caller needs the module's scope, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from b24orm.emulator import user_fields
from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.methods.controller import array_argument, int_argument, optional_array
from b24orm.emulator.methods.params import as_map, required
from b24orm.emulator.paging import controller
from b24orm.emulator.store import Store
from b24orm.emulator.tables import words
from b24orm.emulator.user_fields import UserField
from b24orm.emulator.values import is_array, to_list, to_text
from b24orm.errors import InvalidValue, UnknownName

__all__ = ["methods"]

_MODULES: Final[Mapping[str, str]] = {"crm": "CRM_", "rpa": "RPA_", "tasks": "TASKS_"}
"""What the names of a module's entities begin with."""
_LABELS: Final[Mapping[str, str]] = {
    "editFormLabel": "EDIT_FORM_LABEL",
    "listColumnLabel": "LIST_COLUMN_LABEL",
    "listFilterLabel": "LIST_FILTER_LABEL",
    "errorMessage": "ERROR_MESSAGE",
    "helpMessage": "HELP_MESSAGE",
}
_FLAGS: Final[Mapping[str, str]] = {
    "mandatory": "MANDATORY",
    "showFilter": "SHOW_FILTER",
    "editInList": "EDIT_IN_LIST",
    "isSearchable": "IS_SEARCHABLE",
}
_KNOWN: Final = frozenset(
    words("id entityId fieldName userTypeId xmlId sort multiple mandatory showFilter showInList editInList")
    + words("isSearchable settings")
)
_CHOICE: Final = {"id": "ID", "value": "VALUE", "def": "DEF", "sort": "SORT", "xmlId": "XML_ID"}
_Row = dict[str, Any]


def methods(store: Store) -> Registry:
    """The methods."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "gettypes": _types,
        "list": _list,
        "get": _get,
        "add": _add,
        "update": _update,
        "delete": _delete,
    }
    return registered(store, "userfieldconfig", handlers, family="userfieldconfig.")


def _module(call: Call) -> str:
    module = to_text(required(call, "moduleId"))
    if module not in _MODULES:
        raise Refusal("0", "No settings for UserFieldAccess")
    scope = "task" if module == "tasks" else module
    if call.scope and scope not in call.scope:
        text = f"The current method required more scopes. ({module})"
        raise Refusal("insufficient_scope", text)
    return module


def _types(store: Store, call: Call) -> Answer:
    del store
    _module(call)
    found = {
        name: {"userTypeId": name, "description": name.replace("_", " ").capitalize()}
        for name in sorted(user_fields.TYPES)
    }
    return Answer({"types": found})


# ---- reading


def _all(store: Store, module: str) -> list[UserField]:
    entities = {table.uf_entity for table in store.tables.values() if table.uf_entity}
    own = sorted(entity for entity in entities if entity.startswith(_MODULES[module]))
    return [known for entity in own for known in user_fields.fields_of(store, entity)]


def _row(known: UserField) -> _Row:
    detail = known.detail
    return {
        "id": str(known.id),
        "entityId": known.entity,
        "fieldName": known.name,
        "userTypeId": known.type,
        "xmlId": detail.get("XML_ID") or None,
        "sort": to_text(detail.get("SORT")) or "100",
        "multiple": "Y" if known.multiple else "N",
        "mandatory": detail.get("MANDATORY", "N"),
        "showFilter": detail.get("SHOW_FILTER", "N"),
        "showInList": detail.get("SHOW_IN_LIST", "Y"),
        "editInList": detail.get("EDIT_IN_LIST", "Y"),
        "isSearchable": detail.get("IS_SEARCHABLE", "N"),
        "settings": detail.get("SETTINGS", {}),
    }


def _whole(known: UserField) -> _Row:
    """A single field comes with its labels by language, and with the choices of a list."""
    labels = {name: _by_language(known.detail.get(code)) for name, code in _LABELS.items()}
    languages = sorted({language for texts in labels.values() for language in texts} or {"en"})
    told: _Row = {"languageId": {language: language for language in languages}}
    told |= {
        name: {language: texts.get(language) for language in languages} for name, texts in labels.items()
    }
    if known.type == "enumeration":
        told["enum"] = [
            {
                "id": item["ID"],
                "userFieldId": str(known.id),
                "value": item["VALUE"],
                "def": item["DEF"],
                "sort": item["SORT"],
                "xmlId": item["XML_ID"],
            }
            for item in known.items
        ]
    return {**_row(known), **told}


def _by_language(sent: Any) -> dict[str, Any]:
    if isinstance(sent, Mapping):
        return {str(language): text for language, text in sent.items()}
    return {"en": sent} if sent else {}


def _list(store: Store, call: Call) -> Answer:
    """Plain rows by pages; only equality is heard of in a filter. A language brings its labels."""
    module = _module(call)
    select = optional_array(call, "select") or {}
    sent, order = optional_array(call, "filter") or {}, optional_array(call, "order") or {}
    rows = [row for row in map(_row, _all(store, module)) if _fits(row, sent)]
    for name, word in reversed(list(order.items())):
        rows.sort(key=lambda row: _sort_key(row, name), reverse=to_text(word).upper() == "DESC")
    window = controller(call.start, lambda: len(rows))
    page = rows[window.offset : window.offset + window.limit]
    language = to_text(select.get("language"))
    asked = [to_text(name) for key, name in select.items() if key != "language"]
    if asked and "*" not in asked:
        page = [{name: row[name] for name in row if name in asked} for row in page]
    elif language:
        by_id = {str(known.id): known for known in _all(store, module)}
        page = [{**row, **_labelled(by_id[row["id"]], language)} for row in page]
    cost = Cost("page", window.counted, window.offset, len(page))
    return Answer({"fields": page}, window.total, window.next_start(len(page)), cost)


def _labelled(known: UserField, language: str) -> _Row:
    texts = {name: _by_language(known.detail.get(code)).get(language) for name, code in _LABELS.items()}
    return {
        "languageId": {language: language},
        **{name: text and {language: text} for name, text in texts.items()},
    }


def _fits(row: _Row, sent: Mapping[str, Any]) -> bool:
    for key, value in sent.items():
        name = key.lstrip("=@")
        if name not in _KNOWN:
            raise Refusal("100", f"Unknown field definition `{name}`")
        wanted = {to_text(one) for one in (to_list(value) if is_array(value) else [value])}
        if to_text(row[name]) not in wanted:
            return False
    return True


def _sort_key(row: _Row, name: str) -> tuple[int, str]:
    value = to_text(row.get(name))
    return (int(value), "") if value.isdigit() else (0, value)


def _kept(store: Store, call: Call, text: str) -> UserField:
    module, number = _module(call), int_argument(call, "id")
    known = user_fields.find(store, number)
    if known is None or not known.entity.startswith(_MODULES[module]) or not call.admin:
        raise Refusal("0", text)
    return known


def _get(store: Store, call: Call) -> Answer:
    known = _kept(store, call, "You do not have permission to view user field settings")
    return Answer({"field": _whole(known)}, cost=Cost("get", rows=1))


# ---- writing


def _detail(fields: Mapping[str, Any], known: UserField | None) -> _Row:
    row: _Row = {}
    for name, code in _FLAGS.items():
        if name in fields:
            row[code] = "Y" if fields[name] in (True, "Y", "E", 1, "1") else "N"
    if row.get("SHOW_FILTER") == "Y":
        row["SHOW_FILTER"] = "E"
    row |= {
        code: to_text(fields[name])
        for name, code in (("xmlId", "XML_ID"), ("sort", "SORT"))
        if name in fields
    }
    for name in ("editFormLabel", "helpMessage"):
        if is_array(fields.get(name)):
            row[_LABELS[name]] = as_map(fields[name])
    if isinstance(fields.get("settings"), Mapping):
        row["SETTINGS"] = dict(fields["settings"])
    if is_array(fields.get("enum")):
        row["LIST"] = _choices(fields["enum"], known)
    return row


def _choices(sent: Any, known: UserField | None) -> list[_Row]:
    """The choices as they shall be: those that are not named go."""
    items = [as_map(one) for one in to_list(sent)]
    named = {to_text(one.get("id")) for one in items}
    gone = [item["ID"] for item in (known.items if known else []) if item["ID"] not in named]
    kept = [
        {
            key: one[name]
            for name, key in (
                ("id", "ID"),
                ("value", "VALUE"),
                ("def", "DEF"),
                ("sort", "SORT"),
                ("xmlId", "XML_ID"),
            )
            if one.get(name)
        }
        for one in items
    ]
    return [*kept, *({"ID": number, "DEL": "Y"} for number in gone)]


def _add(store: Store, call: Call) -> Answer:
    module, fields = _module(call), array_argument(call, "field")
    if not call.admin:
        raise Refusal("0", "You cannot create custom fields")
    entity, name = to_text(fields.get("entityId")), to_text(fields.get("fieldName"))
    table = next((one for one in store.tables.values() if one.uf_entity and one.uf_entity == entity), None)
    if table is None or not entity.startswith(_MODULES[module]):
        raise Refusal("0", "You cannot create custom fields")
    if not name.startswith(f"UF_{entity}_"):
        raise Refusal("0", f"The name of a field must begin with UF_{entity}_")
    if not fields.get("userTypeId"):
        raise Refusal("0", "The 'USER_TYPE_ID' field is not found.")
    detail = _detail(fields, None)
    choices = detail.pop("LIST", [])
    try:
        number = user_fields.add(
            store,
            table.name,
            name,
            to_text(fields["userTypeId"]),
            multiple=fields.get("multiple") in (True, "Y", 1, "1"),
            items=choices,
            detail=detail,
        )
    except (UnknownName, InvalidValue) as problem:
        raise Refusal("0", str(problem)) from None
    made = user_fields.find(store, number)
    assert made is not None
    return Answer({"field": _whole(made)}, cost=Cost("write", rows=1))


def _update(store: Store, call: Call) -> Answer:
    """Changes a field; its choices only if its type is sent along."""
    known = _kept(store, call, "You cannot change the settings of the user field")
    fields = array_argument(call, "field")
    detail = _detail(fields, known)
    if fields.get("userTypeId") != "enumeration":
        detail.pop("LIST", None)
    user_fields.change(store, known, detail)
    changed = user_fields.find(store, known.id)
    assert changed is not None
    return Answer({"field": _whole(changed)}, cost=Cost("write", rows=1))


def _delete(store: Store, call: Call) -> Answer:
    user_fields.remove(store, _kept(store, call, "You cannot delete the user field"))
    return Answer(None, cost=Cost("write", rows=1))
