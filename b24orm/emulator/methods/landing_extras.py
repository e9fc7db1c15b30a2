"""What applications bring for sites: blocks, widgets, templates of sites and pages; views and roles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.conditions import Where
from b24orm.emulator.methods.families import Family, absent, methods_of
from b24orm.emulator.methods.landing import lacking
from b24orm.emulator.methods.params import as_map
from b24orm.emulator.store import Store
from b24orm.emulator.tables import words
from b24orm.emulator.values import is_array, to_list, to_text

__all__ = ["methods"]

_TEXTS: Final = tuple(words("NAME DESCRIPTION SECTIONS PREVIEW CONTENT SITE_TEMPLATE_ID"))
_VIEWS: Final = (
    ("empty", "Empty", 0),
    ("sidebar_left", "Sidebar on the left", 1),
    ("sidebar_right", "Sidebar on the right", 1),
    ("header_footer", "Header and footer", 2),
)
_ROLES: Final = (("admin", "Administrator"), ("manager", "Manager"))


def methods(store: Store) -> Registry:
    """The methods; scope ``landing``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "repo.register": partial(_register, table="landing_repo", needed=("NAME", "PREVIEW", "SECTIONS")),
        "repo.unregister": partial(_unregister, table="landing_repo"),
        "repowidget.register": partial(_register, table="landing_widget", needed=("WIDGET_PARAMS",)),
        "repowidget.unregister": partial(_unregister, table="landing_widget"),
        "demos.register": _register_demo,
        "demos.unregister": partial(_unregister, table="landing_demo"),
        "demos.getsitelist": partial(_demos, kind="S"),
        "demos.getpagelist": partial(_demos, kind="P"),
        "role.getlist": _roles,
    }
    found = methods_of(store, _FAMILIES)
    views = found["landing.template.getlist"].handler
    own: Mapping[str, Callable[[Store, Call], Answer]] = {"template.getlist": partial(_views, views)}
    return (
        found
        | registered(store, "landing", handlers, family="landing.")
        | registered(store, "landing", own, family="landing.")
    )


def _views(handler: Callable[[Call], Answer], store: Store, call: Call) -> Answer:
    """The views that every portal has are there from the first look on."""
    if not store.count("landing_template"):
        for code, title, areas in _VIEWS:
            store.insert("landing_template", {"XML_ID": code, "TITLE": title, "AREA_COUNT": areas})
    return handler(call)


def _roles(store: Store, call: Call) -> Answer:
    if not call.admin:
        raise Refusal("IS_NOT_ADMIN", "You have to be an administrator")
    if not store.count("landing_role"):
        for code, title in _ROLES:
            store.insert("landing_role", {"XML_ID": code, "TITLE": title})
    rows = store.rows("landing_role")
    shown = [{"ID": to_text(row["ID"]), "TITLE": row["TITLE"], "XML_ID": row["XML_ID"]} for row in rows]
    return Answer(shown, cost=Cost("page", rows=len(shown)))


def _code(call: Call) -> str:
    code = to_text(call.params.get("code")).strip()
    if not code:
        raise lacking("code")
    return code


def _own(call: Call) -> Where:
    return Where("APP_CODE = ?", (call.client_id,))


def _put(store: Store, call: Call, table: str, code: str, row: Mapping[str, Any]) -> int:
    """A row of the application; one of the same code is changed."""
    found = store.ids(table, "XML_ID = ? AND APP_CODE = ?", (code, call.client_id))
    made = {
        "XML_ID": code,
        "APP_CODE": call.client_id,
        "CREATED_BY_ID": call.user_id,
        "DATE_CREATE": store.now(),
    }
    changed = {"MODIFIED_BY_ID": call.user_id, "DATE_MODIFY": store.now()}
    if found:
        store.update(table, found[0], {**row, **changed})
        return int(found[0])
    return store.insert(table, {**made, **changed, **row})


def _register(store: Store, call: Call, table: str, needed: tuple[str, ...]) -> Answer:
    """A block, or a widget; answers its number."""
    code, sent = _code(call), call.params.get("fields")
    if not is_array(sent):
        raise lacking("fields")
    fields = as_map(sent)
    for name in needed:
        if not fields.get(name):
            raise Refusal("REQUIRED_FIELD_NO_EXISTS", f"The field {name} is required")
    if "<script" in to_text(fields.get("CONTENT")).lower():
        raise Refusal("CONTENT_IS_BAD", "The content is not safe")
    row: dict[str, Any] = {name: to_text(fields[name]) for name in _TEXTS if name in fields}
    row |= {"MANIFEST": as_map(call.params.get("manifest"))}
    row |= {"ACTIVE": "N" if fields["ACTIVE"] == "N" else "Y"} if "ACTIVE" in fields else {}
    return Answer(_put(store, call, table, code, row), cost=Cost("write", rows=1))


def _unregister(store: Store, call: Call, table: str) -> Answer:
    """Whether there was one."""
    found = store.ids(table, "XML_ID = ? AND APP_CODE = ?", (_code(call), call.client_id))
    for number in found:
        store.delete(table, number)
    return Answer(bool(found), cost=Cost("write", rows=len(found)))


def _register_demo(store: Store, call: Call) -> Answer:
    """A site with its pages, as an export gives them; answers their numbers."""
    data = as_map(call.params.get("data"))
    if not data:
        raise lacking("data")
    items = as_map(data.get("items"))
    if not data.get("code") or not items:
        raise Refusal("REGISTER_ERROR_DATA", "The data of the template is wrong")
    kind = to_text(data.get("type")) or "PAGE"
    parts = [("S", to_text(data["code"]), data)]
    parts += [("P", to_text(as_map(one).get("code")) or code, as_map(one)) for code, one in items.items()]
    with store.transaction():
        numbers = [
            _put(
                store,
                call,
                "landing_demo",
                code,
                {
                    "TPL_TYPE": letter,
                    "TYPE": kind,
                    "TITLE": to_text(one.get("name")),
                    "DESCRIPTION": to_text(one.get("description")),
                    "MANIFEST": one,
                },
            )
            for letter, code, one in parts
        ]
    return Answer(numbers, cost=Cost("write", rows=len(numbers)))


def _demos(store: Store, call: Call, kind: str) -> Answer:
    """Templates of a type of sites that can be chosen from."""
    if call.params.get("type") is None:
        raise lacking("type")
    wanted = to_text(call.params["type"]).upper()
    rows = store.rows("landing_demo", where="TPL_TYPE = ? AND ACTIVE = 'Y'", params=(kind,))
    shown = [
        {
            "ID": row["XML_ID"],
            "XML_ID": row["XML_ID"],
            "TYPE": to_list(row["TYPE"]),
            "TITLE": row["TITLE"],
            "ACTIVE": True,
            "AVAILABLE": True,
            "SECTION": [],
            "DESCRIPTION": row["DESCRIPTION"],
            "APP_CODE": row["APP_CODE"],
            "REST": row["ID"],
            "DATA": row["MANIFEST"] or {},
        }
        for row in rows
        if row["TYPE"].upper() == wanted
    ]
    return Answer(shown, cost=Cost("page", rows=len(shown)))


def _listed(entity: str, table: str, *, own: bool = True) -> Family:
    return Family(
        entity,
        table,
        "landing",
        paging="limited",
        form="portal",
        absent=absent("NOT_FOUND", "Not found"),
        own=(lambda _, call: _own(call)) if own else (lambda *_: Where()),
        only=("list",),
    )


_FAMILIES: Final = (
    _listed("RepoBlock", "landing_repo"),
    _listed("RepoWidget", "landing_widget"),
    _listed("DemoTemplate", "landing_demo"),
    _listed("ViewTemplate", "landing_template", own=False),
)
