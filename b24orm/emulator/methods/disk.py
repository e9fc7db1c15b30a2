"""``disk.*``: storages, folders and files.

Lists always count, ``start`` is an exact offset, and past the end they are empty. Names and operators that
they don't know are dropped from the filter; an unknown sort key is an error.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from itertools import chain
from itertools import count as count_from
from typing import Any, Final

from b24orm.emulator import crm_files
from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.conditions import EVERYTHING, Where, every
from b24orm.emulator.file_links import origin, special_url
from b24orm.emulator.methods.params import as_map
from b24orm.emulator.orm_filter import compile_condition
from b24orm.emulator.pages import answered, count, order_sql, read, read_one, shape_of
from b24orm.emulator.paging import PAGE, Window
from b24orm.emulator.store import Store
from b24orm.emulator.tables import Table, words
from b24orm.emulator.values import is_array, read_datetime, to_int, to_list, to_text

__all__ = [
    "FILTERED",
    "absent",
    "add_version",
    "answer_object",
    "bad_argument",
    "check_free",
    "condition_of",
    "content_of",
    "decoded",
    "map_argument",
    "methods",
    "needed",
    "needed_object",
    "needed_storage",
    "new_file",
    "shown",
    "stored",
    "window_of",
]

_OPERATIONS: Final = frozenset({"", "!", "<", "<=", ">", ">=", "><", "!><", "?", "=", "!=", "%", "!%"})
_KEY: Final = re.compile(r"([^A-Z]*)(.*)", re.DOTALL)
FILTERED: Final[Mapping[str, frozenset[str]]] = {
    "disk_storage": frozenset(words("ID NAME CODE ENTITY_ID ENTITY_TYPE")),
    "disk_object": frozenset(
        words("ID NAME CODE STORAGE_ID TYPE PARENT_ID DELETED_TYPE CREATE_TIME UPDATE_TIME DELETE_TIME")
    ),
    "disk_version": frozenset(words("ID SIZE NAME CREATE_TIME CREATED_BY")),
}
_KNOWN_TYPES: Final[Mapping[str, frozenset[str]]] = {
    "ENTITY_TYPE": frozenset({"user", "group", "common"}),
    "TYPE": frozenset({"folder", "file"}),
}
_APP: Final = "restapp"
"""The storage of an application: counted by the list of storages, but left out of its pages."""


def methods(store: Store) -> Registry:
    """The methods of the disk; scope ``disk``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "disk.storage.getlist": _storages,
        "disk.storage.get": _storage,
        "disk.storage.gettypes": lambda *_: Answer(["user", "common", "group"]),
        "disk.storage.getchildren": _storage_children,
        "disk.storage.addfolder": _add_to_storage,
        "disk.folder.getchildren": _children,
        "disk.folder.get": partial(_object, type="folder"),
        "disk.folder.addsubfolder": _add_folder,
        "disk.folder.rename": partial(_rename, type="folder"),
        "disk.folder.deletetree": _delete_tree,
        "disk.folder.uploadfile": _upload,
        "disk.file.get": partial(_object, type="file"),
        "disk.file.rename": partial(_rename, type="file"),
        "disk.file.delete": _delete_file,
    }
    return registered(store, "disk", handlers)


# ---- lists


def _storages(store: Store, call: Call) -> Answer:
    table = store.table("disk_storage")
    where, order = _query(table, call, store.clock())
    window = window_of(call.start, count(store, table, where))
    rows = read(store, shape_of(table), where, order, window)
    shown = [row for row in rows if row["ENTITY_TYPE"] != _APP]
    return answered(shown, window, len(shown))


def _children(store: Store, call: Call) -> Answer:
    return _children_of(store, call, needed_object(store, call, "folder")["ID"])


def _storage_children(store: Store, call: Call) -> Answer:
    return _children_of(store, call, needed_storage(store, call)["ROOT_OBJECT_ID"])


def _children_of(store: Store, call: Call, folder: Any) -> Answer:
    table = store.table("disk_object")
    where, order = _query(table, call, store.clock())
    where = every([where, Where("PARENT_ID = ? AND DELETED_TYPE = 0", (to_int(folder),))])
    window = window_of(call.start, count(store, table, where))
    rows = read(store, shape_of(table), where, order, window)
    return answered([shown(store, row) for row in rows], window, len(rows))


def window_of(start: int | None, counted: Callable[[], int]) -> Window:
    """Exact offsets; a negative start begins at the first row and counts all the same."""
    total = counted()
    return Window(max(start or 0, 0), PAGE, total, total, "offset")


def _query(table: Table, call: Call, now: float) -> tuple[Where, str]:
    sent, order = (map_argument(call, name) for name in ("filter", "order"))
    where = every(condition_of(table, key.upper(), value, now) for key, value in sent.items())
    for name in order:
        if name.upper() not in table.columns:
            raise Refusal("ERROR_CORE", f"Unknown field definition `{name}` ({name}) for Object Entity.")
    return where, order_sql({name.upper(): word for name, word in order.items()}, table.columns)


def map_argument(call: Call, name: str) -> dict[str, Any]:
    value = call.params.get(name)
    if value is not None and not is_array(value):
        raise bad_argument(name)
    return as_map(value)


def condition_of(table: Table, key: str, value: Any, now: float) -> Where:
    found = _KEY.fullmatch(key)
    operation, name = (found[1], found[2]) if found else ("", key)
    if operation not in _OPERATIONS or name not in FILTERED[table.name]:
        return EVERYTHING
    column = table.columns[name]
    if name in _KNOWN_TYPES:  # a list of types is no type
        value = value if to_text(value) in _KNOWN_TYPES[name] else None
    elif column.kind == "datetime":
        value = read_datetime(value, now) or False
    return compile_condition(key, to_list(value) if is_array(value) else value, column, f'"{name}"')


# ---- single rows


def _storage(store: Store, call: Call) -> Answer:
    return Answer(needed_storage(store, call), cost=Cost("get", rows=1))


def _object(store: Store, call: Call, *, type: str) -> Answer:
    return Answer(shown(store, needed_object(store, call, type)), cost=Cost("get", rows=1))


def needed_storage(store: Store, call: Call) -> dict[str, Any]:
    return needed(store, call, "disk_storage")


def needed_object(store: Store, call: Call, type: str) -> dict[str, Any]:
    row = needed(store, call, "disk_object")
    if row["TYPE"] != type:
        raise absent(call.params["id"])
    return row


def needed(store: Store, call: Call, table: str) -> dict[str, Any]:
    """The row of a table that a call names by its ``id``."""
    number = call.params.get("id")
    if number is None or is_array(number):
        raise bad_argument("id")
    row = read_one(store, shape_of(store.table(table)), to_int(number))
    if row is None:
        raise absent(number)
    return row


def absent(number: Any) -> Refusal:
    return Refusal("ERROR_NOT_FOUND", f"Could not find entity with id '{to_text(number)}'.")


def bad_argument(name: str) -> Refusal:
    return Refusal("ERROR_ARGUMENT", f"Invalid value of parameter {{ {name} }}.")


def shown(store: Store, row: Mapping[str, Any]) -> dict[str, Any]:
    """Folders have no contents, files no real object; both have an address."""
    storage = store.get("disk_storage", to_int(row["STORAGE_ID"])) or {}
    where = f"{origin()}/disk/{storage.get('CODE') or storage.get('ID')}"
    if row["TYPE"] == "folder":
        content = {"GLOBAL_CONTENT_VERSION", "FILE_ID", "SIZE"}
        kept = {name: value for name, value in row.items() if name not in content}
        return {**kept, "REAL_OBJECT_ID": row["ID"], "DETAIL_URL": f"{where}/path/{row['NAME']}"}
    download = special_url("download", {"id": row["ID"]}, "disk")
    return {**row, "DOWNLOAD_URL": download, "DETAIL_URL": f"{where}/file/{row['NAME']}"}


def content_of(store: Store, row: Mapping[str, Any]) -> bytes:
    """What is in a file or a version. Those that came with the portal hold a pattern of their size."""
    found = crm_files.content(store, to_int(row.get("CONTENT_ID")))
    if found is not None:
        return found[1]
    size = to_int(row["SIZE"])
    name = to_text(row["NAME"]).encode()
    return (name * (size // max(len(name), 1) + 1))[:size]


# ---- writes


def _add_folder(store: Store, call: Call) -> Answer:
    return _new_folder(store, call, needed_object(store, call, "folder"))


def _add_to_storage(store: Store, call: Call) -> Answer:
    root = needed_storage(store, call)["ROOT_OBJECT_ID"]
    parent = read_one(store, shape_of(store.table("disk_object")), to_int(root))
    assert parent is not None
    return _new_folder(store, call, parent)


def _new_folder(store: Store, call: Call, parent: Mapping[str, Any]) -> Answer:
    return _created(store, call, parent, {"TYPE": "folder"})


def _upload(store: Store, call: Call) -> Answer:
    """A new file of base64 content, alone or as a pair with a name; without one an address to send it to."""
    content = call.params.get("fileContent")
    if content is None:
        if call.params.get("id") is None:
            raise bad_argument("id")
        names = ("id", "data", "rights", "generateUniqueName")
        query = {name: call.params[name] for name in names if not is_array(call.params.get(name, []))}
        return Answer({"field": "file", "uploadUrl": special_url("upload", query, "disk")})
    return new_file(store, call, needed_object(store, call, "folder"), decoded(content))


def decoded(content: Any) -> bytes:
    """Base64 content, alone or as a pair with a name.

    Raises:
        Refusal: it is none.
    """
    try:
        return base64.b64decode(to_text(to_list(content)[-1]), validate=True) if content else b""
    except binascii.Error:
        raise Refusal("ERROR_CORE", "Could not save file.") from None


def stored(store: Store, name: str, content: bytes) -> dict[str, Any]:
    """The columns of a file with that content."""
    number = crm_files.keep(store, name, content)
    return {"SIZE": len(content), "FILE_ID": number, "CONTENT_ID": number}


def new_file(store: Store, call: Call, folder: Mapping[str, Any], content: bytes) -> Answer:
    """A file more in a folder, called as ``data`` says."""
    name = to_text(map_argument(call, "data").get("NAME"))
    if name and to_text(call.params.get("generateUniqueName")).lower() in {"1", "true", "y"}:
        name = _free_name(store, name, to_int(folder["ID"]))
        call = replace(call, params={**call.params, "data": {"NAME": name}})
    with store.transaction():
        return _created(store, call, folder, {"TYPE": "file", **stored(store, name, content)})


def _free_name(store: Store, name: str, parent: int) -> str:
    stem, dot, suffix = name.rpartition(".") if "." in name else (name, "", "")
    rows = store.rows("disk_object", ["NAME"], where="PARENT_ID = ?", params=(parent,))
    taken = {row["NAME"] for row in rows}
    names = chain([name], (f"{stem} ({number}){dot}{suffix}" for number in count_from(1)))
    return next(free for free in names if free not in taken)


def _created(store: Store, call: Call, parent: Mapping[str, Any], row: Mapping[str, Any]) -> Answer:
    name = to_text(map_argument(call, "data").get("NAME"))
    if not name:
        text = "Error: required parameter NAME (DISK_BASE_SERVICE_22001)."
        raise Refusal("DISK_BASE_SERVICE_22001", text)
    place = {"PARENT_ID": to_int(parent["ID"]), "STORAGE_ID": to_int(parent["STORAGE_ID"])}
    check_free(store, name, to_int(parent["ID"]))
    now, who = store.now(), call.user_id
    stamps = {"CREATE_TIME": now, "UPDATE_TIME": now, "CREATED_BY": who, "UPDATED_BY": who, "DELETED_BY": 0}
    number = store.insert("disk_object", {"NAME": name, **place, **stamps, **row})
    if row["TYPE"] == "file":
        add_version(store, number, who)
    return answer_object(store, number)


def add_version(store: Store, number: int, user: int) -> None:
    """Keep what a file holds now as a version of it."""
    file = store.get("disk_object", number) or {}
    names = words("NAME SIZE GLOBAL_CONTENT_VERSION CONTENT_ID")
    row = {**{name: file[name] for name in names}, "OBJECT_ID": number, "CREATED_BY": user}
    store.insert("disk_version", {**row, "CREATE_TIME": store.now()})


def check_free(store: Store, name: str, parent: int) -> None:
    if store.count("disk_object", "PARENT_ID = ? AND NAME = ? AND DELETED_TYPE = 0", (parent, name)):
        text = "Name is not unique (DISK_OBJ_22000)."
        raise Refusal("DISK_OBJ_22000", text)


def answer_object(store: Store, number: int) -> Answer:
    row = read_one(store, shape_of(store.table("disk_object")), number)
    assert row is not None
    return Answer(shown(store, row), cost=Cost("write", rows=1))


def _rename(store: Store, call: Call, *, type: str) -> Answer:
    row = needed_object(store, call, type)
    name = to_text(call.params.get("newName"))
    if not name:
        raise bad_argument("newName")
    if name != row["NAME"]:
        check_free(store, name, to_int(row["PARENT_ID"]))
    store.update("disk_object", to_int(row["ID"]), {"NAME": name, "UPDATE_TIME": store.now()})
    return answer_object(store, to_int(row["ID"]))


def _delete_file(store: Store, call: Call) -> Answer:
    store.delete("disk_object", to_int(needed_object(store, call, "file")["ID"]))
    return Answer(result=True, cost=Cost("write", rows=1))


def _delete_tree(store: Store, call: Call) -> Answer:
    row = needed_object(store, call, "folder")
    if not to_int(row["PARENT_ID"]):
        raise Refusal("ERROR_CORE", "Could not delete root folder.")
    _remove(store, to_int(row["ID"]))
    return Answer(result=True, cost=Cost("write", rows=1))


def _remove(store: Store, number: int) -> None:
    for child in store.ids("disk_object", "PARENT_ID = ?", (number,)):
        _remove(store, child)
    store.delete("disk_object", number)
