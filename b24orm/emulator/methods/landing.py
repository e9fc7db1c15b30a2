"""``landing.*``: sites, their folders and pages, blocks on them; scope ``landing``.

Names of fields are in capitals, times are the portal's own. What a call lacks is MISSING_PARAMS; a row that
is not there counts as one that the user must not touch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.conditions import Where
from b24orm.emulator.methods.families import Family, Row, absent, methods_of, param
from b24orm.emulator.methods.params import as_map
from b24orm.emulator.store import Store
from b24orm.emulator.values import to_int, to_list, to_text, truthy

__all__ = ["lacking", "methods"]

_SLUG: Final = re.compile(r".+_\d+_\d+")
_DOMAIN: Final = re.compile(r"[a-z0-9.\-]*", re.IGNORECASE)
_TYPES: Final = frozenset({"PAGE", "STORE", "SMN", "KNOWLEDGE", "GROUP", "MAINPAGE"})


def methods(store: Store) -> Registry:
    """The methods of sites and pages."""
    found = methods_of(store, _FAMILIES)
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        **{
            f"{family}.{name}": partial(_mark, table=table, column=column, value=value, key=key)
            for family, table, key in (("site", "landing_site", "id"), ("landing", "landing_page", "lid"))
            for name, column, value in (
                ("markdelete", "DELETED", "Y"),
                ("markundelete", "DELETED", "N"),
                ("publication", "ACTIVE", "Y"),
                ("unpublic", "ACTIVE", "N"),
            )
        },
        "site.markfolderdelete": partial(
            _mark, table="landing_folder", column="DELETED", value="Y", key="id"
        ),
        "site.markfolderundelete": partial(
            _mark, table="landing_folder", column="DELETED", value="N", key="id"
        ),
        "site.getpublicurl": partial(_url, table="landing_site", key="id"),
        "landing.getpublicurl": partial(_url, table="landing_page", key="lid"),
        "landing.addblock": _add_block,
        "landing.deleteblock": _delete_block,
        "block.getlist": _blocks,
        "block.getbyid": _block,
        "site.bindingtogroup": partial(_bind, kind="group", key="groupId"),
        "site.unbindingfromgroup": partial(_unbind, kind="group", key="groupId"),
        "site.bindingtomenu": partial(_bind, kind="menu", key="menuCode"),
        "site.unbindingfrommenu": partial(_unbind, kind="menu", key="menuCode"),
        "site.getgroupbindings": partial(_bindings, kind="group", key="groupId"),
        "site.getmenubindings": partial(_bindings, kind="menu", key="menuCode"),
        "syspage.get": _special,
        "syspage.set": _set_special,
    }
    return found | registered(store, "landing", handlers, family="landing.")


def lacking(name: str) -> Refusal:
    """What is answered to a call without a parameter that it needs."""
    return Refusal("MISSING_PARAMS", f"Required parameters are missing: {name}")


_DENIED: Final = ("ACCESS_DENIED", "Access denied")


def _kept(store: Store, call: Call, table: str, key: str) -> Row:
    sent = param(call.params, key)
    if sent is None:
        raise lacking(key)
    row = store.get(table, to_int(sent))
    if row is None:
        raise Refusal(*_DENIED)
    return row


# ---- sites, folders, pages


def _check_site(store: Store, call: Call, row: Row, before: Row | None) -> None:
    del store
    if before is None and not row.get("TITLE"):
        raise Refusal("BX_EMPTY_REQUIRED", 'Required field "TITLE" is not filled')
    code = to_text(row.get("CODE"))
    if "/" in code.strip("/"):
        raise Refusal("SLASH_IS_NOT_ALLOWED", "Slash is not allowed in the site address.")
    if not _DOMAIN.fullmatch(code.strip("/").replace("_", "-")):
        raise Refusal("DOMAIN_IS_INCORRECT", "The site address is entered incorrectly.")
    if row.get("TYPE", "PAGE") not in _TYPES:
        raise Refusal(*_DENIED)
    if "CODE" in row or before is None:
        row["CODE"] = f"/{code.strip('/') or 'site'}/"
    row["MODIFIED_BY_ID"] = call.user_id


def _emptied(store: Store, call: Call, number: Any, row: Row | None) -> None:
    del call
    if row is None and store.count("landing_page", "SITE_ID = ?", (number,)):
        raise Refusal("SITE_IS_NOT_EMPTY", "The site has pages and can not be deleted.")


def _show_site(store: Store, call: Call, row: Row) -> Row:
    """ID and TYPE come along whatever is selected; addresses only if they are named."""
    asked = [to_text(name) for name in to_list(param(call.params, "params.select") or [])]
    stored = store.get("landing_site", to_int(row["ID"])) if "ID" in row else None
    url = {"PUBLIC_URL": _address(stored)} if stored and "PUBLIC_URL" in asked else {}
    return {**row, **url}


def _select_site(store: Store, call: Call) -> None:
    del store
    selected = param(call.params, "params.select")
    if call.method == "landing.site.getlist" and selected is not None and "*" not in to_list(selected):
        inner = as_map(call.params.get("params"))
        more = [name for name in ("ID", "TYPE") if name not in to_list(selected)]
        assert isinstance(call.params, dict)
        call.params["params"] = {**inner, "select": [*to_list(selected), *more]}


def _address(row: Row) -> str:
    return f"https://portal.example{row['CODE']}"


def _site_of(store: Store, call: Call) -> Where:
    if call.method != "landing.site.getfolders":
        return Where()
    return Where("SITE_ID = ?", (_kept(store, call, "landing_site", "siteId")["ID"],))


def _check_folder(store: Store, call: Call, row: Row, before: Row | None) -> None:
    site = _kept(store, call, "landing_site", "siteId")["ID"]
    if before is None and not row.get("TITLE"):
        raise Refusal("BX_EMPTY_REQUIRED", 'Required field "TITLE" is not filled')
    if before is not None and before["SITE_ID"] != site:
        raise Refusal(*_DENIED)
    row |= {
        "SITE_ID": site,
        "CODE": to_text(row.get("CODE") or (before or {}).get("CODE") or row.get("TITLE")).lower(),
    }
    parent = row.get("PARENT_ID") or None
    row["PARENT_ID"] = parent
    if parent and not store.count("landing_folder", "ID = ? AND SITE_ID = ?", (parent, site)):
        raise Refusal("FOLDER_NOT_FOUND", "Folder not found.")


def _check_page(store: Store, call: Call, row: Row, before: Row | None) -> None:
    del call
    site = row.get("SITE_ID", (before or {}).get("SITE_ID"))
    if not store.exists("landing_site", site or 0):
        raise Refusal("SITE_NOT_FOUND", "Site not found.")
    if before is None and not row.get("TITLE"):
        raise Refusal("BX_EMPTY_REQUIRED", 'Required field "TITLE" is not filled')
    folder = row.get("FOLDER_ID")
    if folder and not store.count("landing_folder", "ID = ? AND SITE_ID = ?", (folder, site)):
        raise Refusal("FOLDER_NOT_FOUND", "Folder not found.")
    code = row.get("CODE")
    if code is not None:
        if "/" in code:
            raise Refusal("SLASH_IS_NOT_ALLOWED", "Slash is not allowed in the landing address.")
        if code == "":
            raise Refusal("CANT_BE_EMPTY", "The landing address can not be empty.")
        if _SLUG.fullmatch(code):
            raise Refusal("WRONG_CODE_FORMAT", "The landing address is wrong.")
    elif before is None:
        row["CODE"] = re.sub(r"[^a-z0-9]+", "-", to_text(row["TITLE"]).lower()).strip("-") or "page"


def _show_page(store: Store, call: Call, row: Row) -> Row:
    if "ID" not in row:
        return row
    stored = store.get("landing_page", to_int(row["ID"])) or {}
    more: Row = {"DOMAIN_ID": "0"}
    if truthy(param(call.params, "params.get_urls")):
        site = store.get("landing_site", stored["SITE_ID"]) or {"CODE": "/"}
        more["PUBLIC_URL"] = f"{_address(site)}{stored['CODE']}/"
    if truthy(param(call.params, "params.check_area")):
        more["IS_AREA"] = False
    return {**row, **more}


def _without_blocks(store: Store, call: Call, number: Any, row: Row | None) -> None:
    del call
    if row is None:
        store.execute("DELETE FROM landing_block WHERE LID = ?", (number,))


def _mark(store: Store, call: Call, table: str, column: str, value: str, key: str) -> Answer:
    """``mark`` false turns it round. Answers the number of a page that is published, true otherwise."""
    row = _kept(store, call, table, key)
    mark = truthy(call.params.get("mark", True)) and call.params.get("mark") != "false"
    told = value if mark else ("N" if value == "Y" else "Y")
    store.update(table, row["ID"], {column: told})
    return Answer(result=True, cost=Cost("write", rows=1))


def _url(store: Store, call: Call, table: str, key: str) -> Answer:
    row = _kept(store, call, table, key)
    if table == "landing_site":
        return Answer(_address(row), cost=Cost("get"))
    site = store.get("landing_site", row["SITE_ID"]) or {"CODE": "/"}
    return Answer(f"{_address(site)}{row['CODE']}/", cost=Cost("get"))


# ---- blocks


def _told(row: Row, call: Call) -> Row:
    shown: Row = {
        "id": row["ID"],
        "lid": row["LID"],
        "code": row["CODE"],
        "name": row["NAME"],
        "active": row["ACTIVE"] == "Y",
        "meta": {},
    }
    if truthy(param(call.params, "params.get_content")):
        shown |= {"content": row["CONTENT"] or "", "css": [], "js": []}
    return shown


def _blocks(store: Store, call: Call) -> Answer:
    """The blocks of a page, or of several; a page that is not there has none."""
    sent = call.params.get("lid")
    if sent is None:
        raise lacking("lid")
    found: list[Row] = []
    for number in to_list(sent):
        found += store.rows("landing_block", where="LID = ?", params=(to_int(number),), order="SORT, ID")
    return Answer([_told(row, call) for row in found], cost=Cost("page", rows=len(found)))


def _block(store: Store, call: Call) -> Answer:
    sent = call.params.get("block")
    if sent is None:
        raise lacking("block")
    row = store.get("landing_block", to_int(sent))
    if row is None:
        raise Refusal("BLOCK_NOT_FOUND", "Block not found.")
    return Answer(_told(row, call), cost=Cost("get", rows=1))


def _add_block(store: Store, call: Call) -> Answer:
    """A block at the end of a page; answers its number."""
    page = _kept(store, call, "landing_page", "lid")
    fields = as_map(call.params.get("fields"))
    code = to_text(fields.get("CODE"))
    if not code:
        raise Refusal("BLOCK_NOT_FOUND", "Block not found.")
    place = store.count("landing_block", "LID = ?", (page["ID"],)) + 1
    row = {"LID": page["ID"], "CODE": code, "NAME": code, "CONTENT": to_text(fields.get("CONTENT"))}
    number = store.insert("landing_block", {**row, "SORT": place})
    return Answer(number, cost=Cost("write", rows=1))


def _delete_block(store: Store, call: Call) -> Answer:
    page = _kept(store, call, "landing_page", "lid")
    row = store.get("landing_block", to_int(call.params.get("block")))
    if row is None or row["LID"] != page["ID"]:
        raise Refusal("BLOCK_NOT_FOUND", "Block not found.")
    store.delete("landing_block", row["ID"])
    return Answer(result=True, cost=Cost("write", rows=1))


# ---- where sites show themselves, and pages for a purpose


def _place(call: Call, key: str) -> str:
    if call.params.get(key) is None:
        raise lacking(key)
    return to_text(call.params[key])


def _bind(store: Store, call: Call, kind: str, key: str) -> Answer:
    row, code = _kept(store, call, "landing_site", "id"), _place(call, key)
    if kind == "group" and not store.exists("workgroup", to_int(code)):
        raise Refusal(*_DENIED)
    where = "KIND = ? AND CODE = ? AND ENTITY_ID = ?"
    known = store.count("landing_binding", where, (kind, code, row["ID"]))
    if not known:
        store.insert("landing_binding", {"ENTITY_ID": row["ID"], "KIND": kind, "CODE": code})
    return Answer(not known, cost=Cost("write", rows=1))


def _unbind(store: Store, call: Call, kind: str, key: str) -> Answer:
    row, code = _kept(store, call, "landing_site", "id"), _place(call, key)
    where = "KIND = ? AND CODE = ? AND ENTITY_ID = ?"
    found = store.ids("landing_binding", where, (kind, code, row["ID"]))
    for number in found:
        store.delete("landing_binding", number)
    return Answer(bool(found), cost=Cost("write", rows=1))


def _bindings(store: Store, call: Call, kind: str, key: str) -> Answer:
    asked = call.params.get(key)
    where = "KIND = ?" + ("" if asked is None else " AND CODE = ?")
    params = (kind,) if asked is None else (kind, to_text(asked))
    rows = store.rows("landing_binding", where=where, params=params, order="ID")
    sites = {row["ENTITY_ID"]: store.get("landing_site", row["ENTITY_ID"]) or {} for row in rows}
    shown = [
        {
            "ENTITY_ID": to_text(row["ENTITY_ID"]),
            "ENTITY_TYPE": row["ENTITY_TYPE"],
            "BINDING_ID": row["CODE"],
            "TITLE": sites[row["ENTITY_ID"]].get("TITLE"),
            "PUBLIC_URL": _address({"CODE": "/", **sites[row["ENTITY_ID"]]}),
        }
        for row in rows
    ]
    return Answer(shown, cost=Cost("page", rows=len(shown)))


def _special(store: Store, call: Call) -> Answer:
    """The pages that a site has for a purpose, by the purpose."""
    site = _kept(store, call, "landing_site", "id")
    rows = store.rows("landing_syspage", where="SITE_ID = ?", params=(site["ID"],))
    found: dict[str, Row] = {}
    for row in rows:
        page = store.get("landing_page", row["LANDING_ID"]) or {}
        if truthy(call.params.get("active")) and page.get("ACTIVE") != "Y":
            continue
        told = {"TYPE": row["TYPE"], "LANDING_ID": to_text(row["LANDING_ID"])}
        found[row["TYPE"]] = {**told, **{name: page.get(name) for name in ("TITLE", "DELETED", "ACTIVE")}}
    return Answer(found, cost=Cost("page", rows=len(found)))


def _set_special(store: Store, call: Call) -> Answer:
    """Gives a page a purpose; without a page the purpose is free again."""
    site, kind = _kept(store, call, "landing_site", "id"), _place(call, "type")
    page = to_int(call.params.get("lid"))
    with store.transaction():
        for number in store.ids("landing_syspage", "SITE_ID = ? AND TYPE = ?", (site["ID"], kind)):
            store.delete("landing_syspage", number)
        if page:
            store.insert("landing_syspage", {"SITE_ID": site["ID"], "TYPE": kind, "LANDING_ID": page})
    return Answer(result=True, cost=Cost("write", rows=1))


def _family(entity: str, table: str, **more: Any) -> Family:
    return Family(
        entity,
        table,
        "landing",
        paging="limited",
        form="portal",
        absent=absent(*_DENIED),
        lacking=lacking,
        **more,
    )


_FAMILIES: Final = (
    _family(
        "Site",
        "landing_site",
        check=_check_site,
        after=_emptied,
        show=_show_site,
        guard=_select_site,
        plain=frozenset({"ADDITIONAL_FIELDS"}),
    ),
    _family(
        "Page",
        "landing_page",
        check=_check_page,
        after=_without_blocks,
        show=_show_page,
        plain=frozenset({"ADDITIONAL_FIELDS"}),
    ),
    Family(
        "SiteFolder",
        "landing_folder",
        "landing",
        paging="whole",
        form="portal",
        absent=absent(*_DENIED),
        lacking=lacking,
        own=_site_of,
        check=_check_folder,
        order='"ID" ASC',
    ),
)
