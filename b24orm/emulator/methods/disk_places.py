"""Where things of the disk are: copied, moved, thrown away and fetched back; and whose they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final
from zlib import crc32

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.file_links import origin
from b24orm.emulator.methods.app_context import application
from b24orm.emulator.methods.disk import (
    absent,
    add_version,
    answer_object,
    bad_argument,
    check_free,
    decoded,
    needed_object,
    needed_storage,
    new_file,
)
from b24orm.emulator.pages import read_one, shape_of
from b24orm.emulator.store import Store
from b24orm.emulator.tables import words
from b24orm.emulator.values import is_array, to_int, to_text

__all__ = ["methods"]

_IN_BIN, _WITH_PARENT = 3, 4
"""What DELETED_TYPE says of a thing in the bin, and of what lies in a folder there."""
_OPERATIONS: Final = words(
    "disk_read disk_add disk_edit disk_settings disk_rights disk_sharing disk_delete disk_destroy "
    "disk_restore disk_start_bp disk_create_wf"
)
_TASKS: Final = frozenset(words("disk_access_read disk_access_add disk_access_edit disk_access_full"))


def methods(store: Store) -> Registry:
    """The methods of places; scope ``disk``."""
    handlers: dict[str, Callable[[Store, Call], Answer]] = {
        "disk.storage.getforapp": _app_storage,
        "disk.storage.rename": _rename_storage,
        "disk.storage.uploadfile": _upload,
        "disk.folder.sharetouser": _share,
    }
    for kind in ("file", "folder"):
        handlers |= {
            f"disk.{kind}.copyto": partial(_copy, type=kind),
            f"disk.{kind}.moveto": partial(_move, type=kind),
            f"disk.{kind}.markdeleted": partial(_throw, type=kind),
            f"disk.{kind}.restore": partial(_fetch, type=kind),
            f"disk.{kind}.getexternallink": partial(_link, type=kind),
            f"disk.{kind}.listallowedoperations": partial(_allowed, type=kind),
        }
    return registered(store, "disk", handlers)


# ---- files and folders


def _target(store: Store, call: Call) -> dict[str, Any]:
    number = call.params.get("targetFolderId")
    if number is None or is_array(number):
        raise bad_argument("targetFolderId")
    row = store.get("disk_object", to_int(number))
    if row is None or row["TYPE"] != "folder":
        raise absent(number)
    return row


def _copy(store: Store, call: Call, *, type: str) -> Answer:
    """A copy, of a folder with all that is in it; answers the new one."""
    source, target = needed_object(store, call, type), _target(store, call)
    check_free(store, source["NAME"], target["ID"])
    with store.transaction():
        number = _copied(store, to_int(source["ID"]), target, call.user_id)
    return answer_object(store, number)


def _copied(store: Store, number: int, target: Mapping[str, Any], user: int) -> int:
    row = dict(store.get("disk_object", number) or {})
    children = store.ids("disk_object", "PARENT_ID = ? AND DELETED_TYPE = 0", (number,))
    del row["ID"]
    stamps = {"CREATE_TIME": store.now(), "UPDATE_TIME": store.now(), "CREATED_BY": user, "UPDATED_BY": user}
    place = {"PARENT_ID": target["ID"], "STORAGE_ID": target["STORAGE_ID"], "GLOBAL_CONTENT_VERSION": 1}
    made = store.insert("disk_object", {**row, **stamps, **place})
    if row["TYPE"] == "file":
        add_version(store, made, user)
    for child in children:
        _copied(store, child, {"ID": made, "STORAGE_ID": target["STORAGE_ID"]}, user)
    return made


def _rooted(row: Mapping[str, Any], what: str) -> None:
    if not to_int(row["PARENT_ID"]):
        raise Refusal("ERROR_CORE", f"Could not {what} root folder.")


def _move(store: Store, call: Call, *, type: str) -> Answer:
    source, target = needed_object(store, call, type), _target(store, call)
    if to_int(source["STORAGE_ID"]) != target["STORAGE_ID"]:
        raise Refusal("ERROR_CORE", "Could not move object to another storage")
    _rooted(source, "move")
    if to_int(source["PARENT_ID"]) != target["ID"]:
        check_free(store, source["NAME"], target["ID"])
    change = {"PARENT_ID": target["ID"], "UPDATE_TIME": store.now(), "UPDATED_BY": call.user_id}
    store.update("disk_object", to_int(source["ID"]), change)
    return answer_object(store, to_int(source["ID"]))


def _throw(store: Store, call: Call, *, type: str) -> Answer:
    """Into the bin, a folder with all that is in it."""
    row = needed_object(store, call, type)
    _rooted(row, "delete")
    thrown = {"DELETE_TIME": store.now(), "DELETED_BY": call.user_id}
    _mark(
        store,
        to_int(row["ID"]),
        {**thrown, "DELETED_TYPE": _IN_BIN},
        {**thrown, "DELETED_TYPE": _WITH_PARENT},
    )
    return answer_object(store, to_int(row["ID"]))


def _fetch(store: Store, call: Call, *, type: str) -> Answer:
    """Out of the bin."""
    number = to_int(needed_object(store, call, type)["ID"])
    back = {"DELETED_TYPE": 0, "DELETE_TIME": None, "DELETED_BY": 0}
    _mark(store, number, back, back)
    return answer_object(store, number)


def _mark(store: Store, number: int, row: Mapping[str, Any], below: Mapping[str, Any]) -> None:
    store.update("disk_object", number, row)
    for child in store.ids("disk_object", "PARENT_ID = ?", (number,)):
        _mark(store, child, below, below)


def _link(store: Store, call: Call, *, type: str) -> Answer:
    """An address for everybody; asked again it is the same."""
    number = needed_object(store, call, type)["ID"]
    return Answer(f"{origin()}/~{crc32(f'{number} {call.user_id}'.encode()):08x}", cost=Cost("get"))


def _allowed(store: Store, call: Call, *, type: str) -> Answer:
    needed_object(store, call, type)
    if not to_int(call.params.get("userId")):
        raise bad_argument("userId")
    return Answer(_OPERATIONS, cost=Cost("get"))


def _share(store: Store, call: Call) -> Answer:
    """Shares a folder with somebody of the portal."""
    needed_object(store, call, "folder")
    known = store.exists("user", to_int(call.params.get("userId")))
    if not known or to_text(call.params.get("taskName")) not in _TASKS:
        raise Refusal("ACCESS_DENIED", "Access denied!", status=403)
    return Answer(result=True, cost=Cost("write", rows=1))


# ---- storages


def _app_storage(store: Store, call: Call) -> Answer:
    """The storage of the application that asks; made when it asks first."""
    code = application(call)
    found = store.ids("disk_storage", "ENTITY_TYPE = 'restapp' AND ENTITY_ID = ?", (code,))
    number = found[0] if found else _new_storage(store, call, code)
    return Answer(_storage(store, number), cost=Cost("get", rows=1))


def _new_storage(store: Store, call: Call, code: str) -> int:
    number = store.insert(
        "disk_storage", {"NAME": call.client_id, "ENTITY_TYPE": "restapp", "ENTITY_ID": code}
    )
    stamps = {"CREATE_TIME": store.now(), "UPDATE_TIME": store.now(), "CREATED_BY": call.user_id}
    root = {"NAME": call.client_id, "STORAGE_ID": number, "PARENT_ID": 0, "TYPE": "folder", "DELETED_BY": 0}
    store.update("disk_storage", number, {"ROOT_OBJECT_ID": store.insert("disk_object", {**root, **stamps})})
    return number


def _storage(store: Store, number: int) -> dict[str, Any]:
    row = read_one(store, shape_of(store.table("disk_storage")), number)
    assert row is not None
    return row


def _rename_storage(store: Store, call: Call) -> Answer:
    row = needed_storage(store, call)
    if row["ENTITY_TYPE"] != "restapp":
        raise Refusal("ERROR_CORE", "Access denied (invalid type of storage)")
    name = to_text(call.params.get("newName"))
    if not name:
        raise bad_argument("newName")
    store.update("disk_storage", to_int(row["ID"]), {"NAME": name})
    return Answer(_storage(store, to_int(row["ID"])), cost=Cost("write", rows=1))


def _upload(store: Store, call: Call) -> Answer:
    """A new file in the root of a storage."""
    root = store.get("disk_object", to_int(needed_storage(store, call)["ROOT_OBJECT_ID"]))
    assert root is not None
    content = call.params.get("fileContent")
    if not content:
        raise Refusal("ERROR_CORE", "Could not save file.")
    return new_file(store, call, root, decoded(content))
