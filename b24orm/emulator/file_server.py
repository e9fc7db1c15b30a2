"""What a portal does at the addresses of files: methods of signed links, and pages for browsers.

Links are not metered: no operating time is looked at or entered (``processTokenCheckCall``). Pages are no
part of REST at all. Whoever opens one without a session and without a token gets the page to log in, with
HTTP 200; a token that is no good is as none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from b24orm.emulator import crm_files
from b24orm.emulator.answers import Call, Refusal
from b24orm.emulator.credentials import Credentials, Identity
from b24orm.emulator.file_bodies import FileBody, file_reply, uploaded
from b24orm.emulator.methods import disk
from b24orm.emulator.php import intval, parse_str
from b24orm.emulator.reply import CONTENT_TYPES, Reply, json_reply
from b24orm.emulator.request import Incoming
from b24orm.emulator.store import Store
from b24orm.emulator.tables import Table
from b24orm.emulator.values import to_int, to_list, to_text

__all__ = ["FileServer"]

_LOGIN: Final = (
    "<!DOCTYPE html><html><head><title>Authorization</title></head><body>"
    '<form name="form_auth" method="post" action="/auth/?login=yes"><input type="hidden" name="AUTH_FORM" '
    'value="Y"><input name="USER_LOGIN"><input type="password" name="USER_PASSWORD"></form></body></html>'
)


class FileServer:
    """The files of one portal.

    Args:
        store: the portal's data.
        credentials: the credentials that it has given out.
    """

    def __init__(self, store: Store, credentials: Credentials) -> None:
        self._store = store
        self._credentials = credentials

    # -- signed links ---------------------------------------------------------------------

    def serves(self, name: str) -> bool:
        """Whether a lower-cased method is one that links lead to."""
        return name in {"download", "upload", crm_files.GET_FILE.lower()}

    def by_link(self, scope: str, call: Call, incoming: Incoming) -> Any:
        """What a link's method gives: a :class:`FileBody`, or the result of an upload.

        Raises:
            Refusal: there is no such file, or the method is of another scope.
        """
        if call.method == "upload" and scope == "disk":
            return self._taken(call, incoming)
        if call.method == "download" and scope == "disk":
            return self._of_disk(call.params)
        if call.method == "download" and scope == "catalog":
            return self._of_catalog(call.params)
        if call.method == crm_files.GET_FILE.lower():
            return self._of_item(call.params)
        raise Refusal("ERROR_METHOD_NOT_FOUND", "Method not found!", status=404)

    def _taken(self, call: Call, incoming: Incoming) -> Any:
        """A new file of a folder: its name is the form's, not that of the first step."""
        folder = disk.needed_object(self._store, call, "folder")
        sent = uploaded(incoming, "file")
        if sent is None:
            text = "Error: required parameter file (DISK_BASE_SERVICE_22001)."
            raise Refusal("DISK_BASE_SERVICE_22001", text)
        named = replace(call, params={**call.params, "data": {"NAME": sent.name}})
        return disk.new_file(self._store, named, folder, sent.content).result

    def _of_disk(self, params: Mapping[str, Any]) -> FileBody:
        table = "disk_version" if params.get("service") == "version" else "disk_object"
        row = self._store.get(table, intval(params.get("id")))
        if row is None or row.get("TYPE", "file") != "file":
            raise disk.absent(params.get("id"))
        return FileBody(row["NAME"], disk.content_of(self._store, row))

    def _of_catalog(self, params: Mapping[str, Any]) -> FileBody:
        """A picture of a product."""
        row = self._store.get("catalog_image", intval(params.get("id"))) or {}
        found = crm_files.content(self._store, to_int(row.get("CONTENT_ID")))
        if found is None:
            raise Refusal("0", "Image was not found")
        return FileBody(*found)

    def _of_item(self, params: Mapping[str, Any]) -> FileBody | None:
        """A file of an item; a number that its field does not hold is no error, and no file."""
        number, field = intval(params.get("fileId")), to_text(params.get("fieldName"))
        table = self._table(intval(params.get("entityTypeId")))
        row = None if table is None else self._store.get(table.name, intval(params.get("id")))
        if table is None or row is None:
            raise Refusal("NOT_FOUND", "Item not found", status=400)
        column = table.columns.get(field)
        if column is None or column.type != "file" or not column.user:
            raise Refusal("0", f"Field {field} is not a file field")
        return self._held(row, field, number)

    def _table(self, owner_type: int) -> Table | None:
        return next((t for t in self._store.tables.values() if t.owner_type_id == owner_type), None)

    def _held(self, row: Mapping[str, Any], field: str, number: int) -> FileBody | None:
        """The file, if the field of the row holds it."""
        held = to_list(row.get(field)) if isinstance(row.get(field), list) else [row.get(field)]
        found = (
            crm_files.content(self._store, number) if number in [to_int(value) for value in held] else None
        )
        return None if found is None else FileBody(*found)

    # -- pages ----------------------------------------------------------------------------

    def page(self, incoming: Incoming, now: float) -> Reply | None:
        """What a page of the portal answers; None where there is none."""
        query = parse_str(incoming.query)
        if incoming.path.endswith("/show_file.php"):
            return self._show_file(incoming, query, now)
        if incoming.path.endswith("/disk/uf.php"):
            return self._attached(incoming, query, now)
        if incoming.path.endswith("/services/main/ajax.php"):
            error = {"message": "Session expired", "code": "invalid_authentication"}
            return json_reply(401, {"status": "error", "data": None, "errors": [error]})
        return None

    def _show_file(self, incoming: Incoming, query: Mapping[str, Any], now: float) -> Reply:
        """A file of a row, for who has its token; with HTTP 200 whatever it is."""
        if not query.get("auth"):
            return _page(_LOGIN)
        if self._identity({"auth": query["auth"]}, "crm", now) is None:
            return _page("Access denied.")
        kind = incoming.path.split("/")[-2].removeprefix("crm.").removesuffix(".show")
        field, number = to_text(query.get("fieldName")), intval(query.get("fileId"))
        row = self._store.get(kind, intval(query.get("ownerId"))) if kind in self._store.tables else None
        column = self._store.tables[kind].columns.get(field) if row is not None else None
        dynamic = to_text(query.get("dynamic")) == "Y"
        if row is None or column is None or column.type != "file" or column.user != dynamic:
            return _page("File not found")
        found = self._held(row, field, number)
        return _page("File not found") if found is None else file_reply(found, incoming)

    def _attached(self, incoming: Incoming, query: Mapping[str, Any], now: float) -> Reply:
        auth = query.get("auth")
        identity = self._identity(auth if isinstance(auth, Mapping) else {"auth": auth or ""}, "disk", now)
        row = self._store.get("disk_attached", intval(query.get("attachedId")))
        file = None if row is None else self._store.get("disk_object", to_int(row["OBJECT_ID"]))
        if file is None:
            return _refused("Could not find attached object")
        if identity is None:
            return _refused("Bad permission. Could not read this file")
        return file_reply(FileBody(file["NAME"], disk.content_of(self._store, file)), incoming)

    def _identity(self, params: Mapping[str, Any], scope: str, now: float) -> Identity | None:
        try:
            return self._credentials.identify(params, "", now, scope)
        except Refusal:
            return None


def _page(text: str) -> Reply:
    return Reply(
        status=200, body=text.encode(), content_type=f"{CONTENT_TYPES['html']}; charset=UTF-8", headers=()
    )


def _refused(text: str) -> Reply:
    """The answer of the disk's own pages: an error with HTTP 200."""
    body = json.dumps({"status": "error", "errors": [{"message": text, "code": 0}]}).encode()
    return Reply(status=200, body=body)
