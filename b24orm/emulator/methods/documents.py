"""``documentgenerator.*`` and ``crm.documentgenerator.*``: papers made of templates.

The CRM's papers and templates are a part of everybody's: each side sees its own. Lists of templates and of
countries are maps by id; lists of numbers and of roles call the rows of a page all there are. No paper is
drawn here: a paper has its number, its title and its values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Handler, Method, Refusal, Registry
from b24orm.emulator.conditions import Where
from b24orm.emulator.methods.controller import int_argument
from b24orm.emulator.methods.families import Family, Row, absent, methods_of
from b24orm.emulator.methods.params import as_map, required
from b24orm.emulator.owner_types import owner_table
from b24orm.emulator.pages import read_one, shape_of
from b24orm.emulator.store import Store
from b24orm.emulator.values import is_array, to_int, to_text, truthy

__all__ = ["methods"]

_GENERATOR: Final = "Bitrix_Main_Numerator_Generator_SequentNumberGenerator"
_PAGE: Final = "/bitrix/services/main/ajax.php?action={}.{}&SITE_ID=s1&id={}"
_COUNTRIES: Final[Mapping[str, Row]] = {
    code: {"code": code, "title": title, "languageId": language}
    for code, title, language in (
        ("de", "Germany", "de"),
        ("uk", "United Kingdom", "en"),
        ("com", "United States", "en"),
        ("fr", "France", "fr"),
        ("pl", "Poland", "pl"),
        ("br", "Brazil", "br"),
    )
}


def methods(store: Store) -> Registry:
    """The methods; scopes ``documentgenerator`` and ``crm``."""
    found = methods_of(store, _FAMILIES)
    for name in [name for name in found if name.endswith("template.list")]:
        found[name] = replace(found[name], handler=partial(_by_id, found[name].handler, "templates"))
    own: Mapping[str, Callable[[Store, Call], Answer]] = {"list": _regions, "get": _region}
    for kind, work in own.items():
        found[f"documentgenerator.region.{kind}"] = Method(
            partial(_with_templates, partial(work, store)), "documentgenerator"
        )
    for scope in ("crm", "documentgenerator"):
        prefix = "crm.documentgenerator" if scope == "crm" else scope
        paper = next(one for one in _FAMILIES if one.entity == _PAPERS[scope])
        found[f"{prefix}.document.enablepublicurl"] = Method(partial(_publish, store, paper), scope)
    return found


def _by_id(handler: Handler, key: str, call: Call) -> Answer:
    answer = handler(call)
    answer.result = {key: {row["id"]: row for row in answer.result[key]}}
    return answer


# ---- who may what


def _templates_only(store: Store, call: Call) -> None:
    del store
    if not call.admin:
        raise Refusal("", "You do not have permissions to modify templates")


def _with_templates(handler: Handler, call: Call) -> Answer:
    if not call.admin:
        raise Refusal("0", "You do not have permissions to modify templates")
    return handler(call)


def _settings_only(store: Store, call: Call) -> None:
    del store
    if not call.admin:
        raise Refusal("0", "You do not have permissions to modify settings")


def _unconstructed(what: str, text: str) -> Callable[[str], Refusal]:
    """What is missing, or {what} can't be bound: an object of the server's is made of the id."""
    return lambda name: Refusal(
        "100", text if name == what else f"Could not find value for parameter {{{name}}}"
    )


def _demand(call: Call, *names: str) -> None:
    fields = as_map(call.params.get("fields"))
    lacking = [name for name in names if not truthy(fields.get(name)) and fields.get(name) != "0"]
    if lacking:
        raise Refusal("0", f"Empty required fields: {', '.join(lacking)}")


# ---- templates


def _of_module(module: str) -> Callable[[Store, Call], Where]:
    def own(store: Store, call: Call) -> Where:
        del store
        sent = as_map(call.params.get("filter"))
        listed = call.method.endswith(".template.list")
        asked = any(key.lstrip("!@=") == "isDeleted" for key in sent)
        kept = " AND IS_DELETED = 'N'" if listed and not asked else ""
        return Where(f"MODULE_ID = ?{kept}", (module,))

    return own


def _check_template(module: str) -> Callable[[Store, Call, Row, Row | None], None]:
    def check(store: Store, call: Call, row: Row, before: Row | None) -> None:
        fields = as_map(call.params.get("fields"))
        crm = module == "crm"
        if before is None:
            _demand(call, "name", "numeratorId", "region", *(("entityTypeId",) if crm else ()))
            if not truthy(fields.get("file")) and not truthy(fields.get("fileId")):
                raise Refusal("0", "Missing file content")
            row |= {"MODULE_ID": module, "USERS": fields.get("users") or [f"U{call.user_id}"]}
        if "numeratorId" in fields and not store.exists("doc_numerator", to_int(fields["numeratorId"])):
            raise Refusal("0", "Numerator not found")
        if crm and is_array(fields.get("entityTypeId")):
            row["ENTITY_TYPE_ID"] = [to_text(one) for one in as_map(fields["entityTypeId"]).values()]

    return check


def _show_template(prefix: str) -> Callable[[Store, Call, Row], Row]:
    def show(store: Store, call: Call, row: Row) -> Row:
        stored = store.get("doc_template", to_int(row["id"])) or {}
        more: Row = {"download": _PAGE.format(prefix, "template.download", row["id"])}
        if prefix.startswith("crm"):
            more["entityTypeId"] = stored["ENTITY_TYPE_ID"] or []
        whole = not call.params.get("select") or not call.method.endswith(".list")
        users = {name: value for name, value in row.items() if name != "users" or whole}
        return {**users, **more}

    return show


def _withdraw(store: Store, call: Call, number: Any, row: Row | None) -> None:
    """A template with papers stays behind, marked."""
    del call
    if row is None and store.count("doc_document", "TEMPLATE_ID = ?", (number,)):
        raise Refusal("0", "The template has documents")


_NO_TEMPLATE: Final = "Bitrix\\DocumentGenerator\\Template constructor must be is public"
_NO_PAPER: Final = "Bitrix\\DocumentGenerator\\Document constructor must be is public"


def _templates(entity: str, scope: str, module: str, prefix: str) -> Family:
    return Family(
        entity,
        "doc_template",
        scope,
        form="texts",
        absent=absent("0", "Template not found"),
        lacking=_unconstructed("id", _NO_TEMPLATE),
        own=_of_module(module),
        guard=_templates_only,
        check=_check_template(module),
        show=_show_template(prefix),
        after=_withdraw,
        order='"ID" ASC',
    )


# ---- papers

_PAPERS: Final = {"crm": "Document", "documentgenerator": "DocumentgeneratorDocument"}


def _check_paper(module: str) -> Callable[[Store, Call, Row, Row | None], None]:
    def check(store: Store, call: Call, row: Row, before: Row | None) -> None:
        values = call.params.get("values")
        sent = as_map(values) if is_array(values) else {}
        stamped = truthy(call.params.get("stampsEnabled", 1))
        row["STAMPS_ENABLED"] = "Y" if stamped else "N"
        kept = as_map((before or {}).get("VALUES"))
        row["VALUES"] = {**kept, "_creationMethod": "rest", "stampsEnabled": stamped, **sent}
        if before is None:
            row |= _new_paper(store, call, module)
        elif truthy(sent.get("DocumentNumber")):
            row["NUMBER"] = to_text(sent["DocumentNumber"])

    return check


def _new_paper(store: Store, call: Call, module: str) -> Row:
    template = _template(store, call, module)
    if module == "crm":
        kind = to_int(required(call, "entityTypeId"))
        if owner_table(kind) not in store.tables:
            raise Refusal("0", "No provider for entityTypeId")
        value: Row = {"ENTITY_TYPE_ID": kind, "ENTITY_ID": to_int(call.params.get("entityId"))}
    else:
        value = {"VALUE": to_text(call.params.get("value"))}
    if not all(value.values()):
        raise Refusal("0", 'Empty required parameter "value"')
    number = _next_number(store, to_int(template["NUMERATOR_ID"]))
    named = {"NUMBER": number, "TITLE": f"{template['NAME']} {number}"}
    return {**value, **named, "TEMPLATE_ID": template["ID"], "MODULE_ID": module}


def _template(store: Store, call: Call, module: str) -> Row:
    if call.params.get("templateId") is None:
        raise Refusal("100", _NO_TEMPLATE)
    row = store.get("doc_template", int_argument(call, "templateId"))
    if row is None or row["MODULE_ID"] != module:
        raise Refusal("0", "Template not found")
    if row["IS_DELETED"] == "Y":
        raise Refusal("0", "Cannot create document on deleted template")
    return row


def _next_number(store: Store, number: int) -> str:
    """What the counter of a template says next."""
    row = store.get("doc_numerator", number)
    if row is None:
        raise Refusal("0", "Error getting next number")
    settings = as_map(as_map(row["SETTINGS"]).get(_GENERATOR))
    step, start = to_int(settings.get("step")) or 1, to_int(settings.get("start")) or 1
    last = to_int(row["LAST"]) + step if row["LAST"] else start
    store.update("doc_numerator", number, {"LAST": last})
    return to_text(row["TEMPLATE"]).replace("{NUMBER}", str(last))


def _show_paper(prefix: str) -> Callable[[Store, Call, Row], Row]:
    def show(store: Store, call: Call, row: Row) -> Row:
        stored = store.get("doc_document", to_int(row["id"])) or {}
        links = {
            "downloadUrl": "document.getfile",
            "pdfUrl": "document.getpdf",
            "imageUrl": "document.getimage",
        }
        shown = {**row, **{name: _PAGE.format(prefix, action, row["id"]) for name, action in links.items()}}
        shown |= {"stampsEnabled": stored["STAMPS_ENABLED"] == "Y", "values": stored["VALUES"] or {}}
        if prefix.startswith("crm"):
            place = {"entityTypeId": stored["ENTITY_TYPE_ID"], "entityId": stored["ENTITY_ID"]}
            shown = {name: value for name, value in shown.items() if name not in {"value", "provider"}}
            shown |= {name: to_text(value) for name, value in place.items()}
        if call.method.endswith(".add"):
            shown["id"] = to_int(row["id"])
        if not call.method.endswith(".list"):
            shown |= {"isTransformationError": False, "pullTag": f"TRANSFORMDOCUMENT{row['id']}"}
        return shown

    return show


def _papers(entity: str, scope: str, module: str, prefix: str) -> Family:
    return Family(
        entity,
        "doc_document",
        scope,
        form="texts",
        absent=absent("0", "Document not found"),
        lacking=_unconstructed("id", _NO_PAPER),
        own=_of_module(module),
        check=_check_paper(module),
        show=_show_paper(prefix),
        order='"ID" ASC',
    )


def _publish(store: Store, family: Family, call: Call) -> Answer:
    number = int_argument(call, "id")
    row = store.get(family.table, number)
    if row is None or row["MODULE_ID"] != ("crm" if family.scope == "crm" else "rest"):
        raise family.absent(number)
    on = to_int(call.params.get("status", 1)) == 1
    url = f"/~doc{number}" if on else None
    store.update(family.table, number, {"PUBLIC_URL": url})
    return Answer({"publicUrl": url}, cost=Cost("write", rows=1))


# ---- numbers, countries, roles


def _check_numerator(store: Store, call: Call, row: Row, before: Row | None) -> None:
    del store
    if before is None:
        _demand(call, "name", "template")
    usual = {"start": 1, "step": 1, "length": 0, "padString": "0", "periodicBy": None, "timezone": None}
    kept = as_map(as_map((before or {}).get("SETTINGS")).get(_GENERATOR))
    sent = as_map(as_map(as_map(call.params.get("fields")).get("settings")).get(_GENERATOR))
    row["SETTINGS"] = {_GENERATOR: {**usual, "isDirectNumeration": False, **kept, **sent}}


def _check_named(field: str) -> Callable[[Store, Call, Row, Row | None], None]:
    def check(store: Store, call: Call, row: Row, before: Row | None) -> None:
        del store, call
        if not row.get(field) and (before is None or field in row):
            raise Refusal("BX_EMPTY_REQUIRED", f'Required field "{field}" is not filled')

    return check


def _linked(store: Store, call: Call, number: Any, row: Row | None) -> None:
    del call
    if row is None and store.count("doc_template", "REGION = ? AND IS_DELETED = 'N'", (str(number),)):
        raise Refusal("BX_ERROR", "There are templates linked to this region")


def _regions(store: Store, call: Call) -> Answer:
    """Those of the portal by their codes, own ones by their numbers."""
    del call
    found: dict[str, Row] = dict(_COUNTRIES)
    shape = shape_of(store.table("doc_region"))
    for number in store.ids("doc_region"):
        row = read_one(store, shape, number) or {}
        found[str(number)] = {**{name: row[name] for name in row if name != "phrases"}, "code": str(number)}
    return Answer({"regions": found}, cost=Cost("page", rows=len(found)))


def _region(store: Store, call: Call) -> Answer:
    number = to_text(required(call, "id"))
    row = read_one(store, shape_of(store.table("doc_region")), to_int(number)) if number.isdigit() else None
    known = row or (None if number.isdigit() else _COUNTRIES.get(number))
    if known is None:
        raise Refusal("0", "Region not found")
    return Answer({"region": {"phrases": [], **known}}, cost=Cost("get", rows=1))


def _without_permissions(store: Store, call: Call, row: Row) -> Row:
    del store
    return {name: row[name] for name in row if name != "permissions"} if call.method.endswith("list") else row


_CONSTRUCT: Final = "Bitrix\\{} All parameters in the constructor must have real class type"


def _numerators(entity: str, scope: str) -> Family:
    return Family(
        entity,
        "doc_numerator",
        scope,
        paging="glimpse",
        form="texts",
        absent=absent("100", "Could not construct parameter {{numerator}}"),
        lacking=_unconstructed("id", "Bitrix\\Main\\Numerator\\Numerator constructor must be is public"),
        guard=_templates_only,
        check=_check_numerator,
        order='"ID" ASC',
    )


_FAMILIES: Final = (
    _templates("DocumentTemplate", "crm", "crm", "crm.documentgenerator"),
    _templates("DocumentgeneratorDocumentTemplate", "documentgenerator", "rest", "documentgenerator.api"),
    _papers("Document", "crm", "crm", "crm.documentgenerator"),
    _papers("DocumentgeneratorDocument", "documentgenerator", "rest", "documentgenerator.api"),
    _numerators("DocumentNumerator", "crm"),
    _numerators("Numerator", "documentgenerator"),
    Family(
        "Region",
        "doc_region",
        "documentgenerator",
        form="texts",
        absent=absent("0", "Region not found"),
        guard=_settings_only,
        check=_check_named("TITLE"),
        after=_linked,
        only=("add", "update", "delete"),
    ),
    Family(
        "DocumentRole",
        "doc_role",
        "documentgenerator",
        paging="glimpse",
        absent=absent("100", "Could not construct parameter {{role}}"),
        lacking=_unconstructed("id", _CONSTRUCT.format("DocumentGenerator\\Model\\Role")),
        guard=_settings_only,
        check=_check_named("NAME"),
        show=_without_permissions,
        order='"ID" ASC',
    ),
)
