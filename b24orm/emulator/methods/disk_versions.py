"""What files of the disk were, what they are attached to, and what the disk says of its fields and rights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.conditions import Where, every
from b24orm.emulator.file_links import origin, special_url, token_of_visit
from b24orm.emulator.methods.disk import (
    FILTERED,
    absent,
    add_version,
    answer_object,
    condition_of,
    decoded,
    map_argument,
    needed,
    needed_object,
    stored,
    window_of,
)
from b24orm.emulator.pages import answered, count, read, read_one, shape_of
from b24orm.emulator.store import Store
from b24orm.emulator.values import to_int

__all__ = ["methods"]

_TASKS: Final = (
    ("79", "disk_access_full", "Full Access"),
    ("75", "disk_access_edit", "Editing"),
    ("71", "disk_access_read", "Reading"),
)


def methods(store: Store) -> Registry:
    """The methods of versions, of attached files, of fields and rights; scope ``disk``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "file.getversions": _versions,
        "file.uploadversion": _upload,
        "file.restorefromversion": _restore,
        "version.get": _version,
        "attachedobject.get": _attached,
        "rights.gettasks": _tasks,
        "file.getfields": partial(_fields, table="disk_object"),
        "folder.getfields": partial(_fields, table="disk_object"),
        "storage.getfields": partial(_fields, table="disk_storage"),
    }
    return registered(store, "disk", handlers, family="disk.")


def _with_address(row: Mapping[str, Any]) -> dict[str, Any]:
    query = {"id": row["ID"], "service": "version"}
    return {**row, "DOWNLOAD_URL": special_url("download", query, "disk")}


def _versions(store: Store, call: Call) -> Answer:
    """Versions of a file, the newest first, always counted."""
    number = to_int(needed_object(store, call, "file")["ID"])
    table = store.table("disk_version")
    sent = map_argument(call, "filter")
    where = every(condition_of(table, key.upper(), value, store.clock()) for key, value in sent.items())
    where = every([where, Where("OBJECT_ID = ?", (number,))])
    window = window_of(call.start, count(store, table, where))
    rows = read(store, shape_of(table), where, '"CREATE_TIME" DESC, "ID" DESC', window)
    return answered([_with_address(row) for row in rows], window, len(rows))


def _version(store: Store, call: Call) -> Answer:
    return Answer(_with_address(needed(store, call, "disk_version")), cost=Cost("get", rows=1))


def _upload(store: Store, call: Call) -> Answer:
    """New content for a file; answers the file."""
    file = needed_object(store, call, "file")
    content = call.params.get("fileContent")
    if not content:
        raise Refusal("ERROR_CORE", "Could not save file.")
    return _renewed(store, call, file, stored(store, file["NAME"], decoded(content)))


def _renewed(store: Store, call: Call, file: Mapping[str, Any], row: Mapping[str, Any]) -> Answer:
    number = to_int(file["ID"])
    counted = {"GLOBAL_CONTENT_VERSION": to_int(file["GLOBAL_CONTENT_VERSION"]) + 1}
    stamps = {"UPDATE_TIME": store.now(), "UPDATED_BY": call.user_id}
    store.update("disk_object", number, {**row, **counted, **stamps})
    add_version(store, number, call.user_id)
    return answer_object(store, number)


def _restore(store: Store, call: Call) -> Answer:
    """The content of an old version, as a new one."""
    file = needed_object(store, call, "file")
    version = store.get("disk_version", to_int(call.params.get("versionId")))
    if version is None or version["OBJECT_ID"] != to_int(file["ID"]):
        raise absent(call.params.get("versionId"))
    return _renewed(store, call, file, {name: version[name] for name in ("SIZE", "CONTENT_ID")})


def _attached(store: Store, call: Call) -> Answer:
    """A file as something else holds it: a task, a comment."""
    row = needed(store, call, "disk_attached")
    file = read_one(store, shape_of(store.table("disk_object")), to_int(row["OBJECT_ID"]))
    if file is None:
        raise absent(row["ID"])
    auth = {f"auth[{name}]": value for name, value in token_of_visit().items()}
    query = urlencode({"attachedId": row["ID"], **auth, "action": "download", "ncc": 1})
    address = f"{origin()}/bitrix/tools/disk/uf.php?{query}"
    shown = {**row, "DOWNLOAD_URL": address, "NAME": file["NAME"], "SIZE": file["SIZE"]}
    return Answer(shown, cost=Cost("get", rows=1))


def _tasks(store: Store, call: Call) -> Answer:
    """The levels of access."""
    del store, call
    return Answer([dict(zip(("ID", "NAME", "TITLE"), task, strict=True)) for task in _TASKS])


def _fields(store: Store, call: Call, *, table: str) -> Answer:
    del call
    columns = store.table(table).columns.values()
    return Answer(
        {
            column.name: {
                "TYPE": "enum" if column.name in {"TYPE", "DELETED_TYPE"} else column.type,
                "USE_IN_FILTER": column.name in FILTERED[table],
                "USE_IN_SHOW": True,
            }
            for column in columns
            if not column.hidden
        }
    )
