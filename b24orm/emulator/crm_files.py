"""Files in fields of the CRM: how a write takes them, and how an answer tells of them.

Classic methods take maps of ``fileData`` (a name and base64, or base64 alone), ``id`` and ``remove``;
what is not mentioned stays. ``crm.item.*`` takes a list of a name and base64, or a map of ``id`` for
what is to stay; what is not mentioned goes.
"""

from __future__ import annotations

import binascii
import json
from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode
from uuid import uuid4

from b24orm.emulator.file_links import origin, special_url, token_of_visit
from b24orm.emulator.store import Store
from b24orm.emulator.tables import Column, Table
from b24orm.emulator.values import to_int, to_list, to_text

__all__ = [
    "GET_FILE",
    "UploadFailed",
    "classic",
    "classic_answer",
    "content",
    "item",
    "item_answer",
    "keep",
    "with_owner",
]

GET_FILE: Final = "crm.controller.item.getFile"
"""The action that gives a file of an item away."""


class UploadFailed(Exception):
    """What was sent to an item is no file. The item is saved all the same, and the answer is an error."""


def content(store: Store, number: int) -> tuple[str, bytes] | None:
    """The name and the bytes of a file."""
    found = store.fetch("SELECT NAME, CONTENT FROM stored_file WHERE ID = ?", (number,))
    return (found[0][0], bytes(found[0][1])) if found else None


def keep(store: Store, name: str, body: bytes) -> int:
    """Keeps a file and gives its number."""
    with store.transaction():
        store.execute("INSERT INTO stored_file (NAME, CONTENT) VALUES (?, ?)", (name or uuid4().hex, body))
        return int(store.fetch("SELECT MAX(ID) FROM stored_file")[0][0])


def with_owner(table: Table, expression: str) -> str:
    """The SQL of a file field with the number of its row before it: links name both."""
    return f'"{table.name}"."ID" || \' \' || {expression}'


# -- classic --------------------------------------------------------------------------------------


def classic(store: Store, column: Column, sent: Any, before: Any) -> Any:
    """The numbers that a classic field holds after a write; what is no file is not looked at."""
    values = sent if column.multiple and isinstance(sent, list) else [sent]
    entries = [value for value in values if isinstance(value, Mapping)]
    gone = {to_int(entry.get("id")) for entry in entries if _is_removed(entry) or _data(entry)}
    new = [number for entry in entries if (number := _saved(store, _data(entry)))]
    if column.multiple:
        return [number for number in before or [] if number not in gone] + new or None
    if new:
        return new[0]
    return None if before is not None and before in gone else before


def _is_removed(entry: Mapping[str, Any]) -> bool:
    return to_text(entry.get("remove")).upper() == "Y"


def _data(entry: Mapping[str, Any]) -> tuple[str, str] | None:
    """The name and the base64 of a ``fileData``."""
    data = entry.get("fileData")
    parts = to_list(data) if isinstance(data, (list, Mapping)) else [data]
    if not parts or not isinstance(parts[-1], str) or not parts[-1]:
        return None
    return (to_text(parts[0]) if len(parts) > 1 else "", to_text(parts[1] if len(parts) > 1 else parts[0]))


def classic_answer(table: Table, column: Column, value: str | None) -> Any:
    """What a classic method tells of the files of a field.

    Args:
        table: the rows' table.
        column: the field.
        value: the number of the row and what the field holds, as :func:`with_owner` has it.
    """
    owner, _, held = (value or "").partition(" ")
    if column.multiple:
        return [_shown(table, column, owner, number) for number in json.loads(held or "[]")] or None
    number = to_int(held)
    return _shown(table, column, owner, number) if number else None


def _shown(table: Table, column: Column, owner: str, number: int) -> dict[str, Any]:
    """The addresses are those of a page, and without the host; a webhook has no token to name."""
    page = f"/bitrix/components/bitrix/crm.{table.name}.show/show_file.php"
    dynamic = "Y" if column.user else "N"
    what = urlencode({"ownerId": owner, "fieldName": column.name, "dynamic": dynamic, "fileId": number})
    token = token_of_visit().get("auth", "")
    return {"id": number, "showUrl": f"{page}?{what}", "downloadUrl": f"{page}?auth={token}&{what}"}


# -- crm.item.* -----------------------------------------------------------------------------------


def item(store: Store, column: Column, sent: Any, before: Any) -> Any:
    """The numbers that an item's field holds after a write.

    Raises:
        UploadFailed: a value is no file.
    """
    if not column.multiple:
        number = _kept(sent)
        if number is None:
            return _uploaded(store, sent)
        return before if number == before else None
    found: list[int] = []
    for value in to_list(sent):
        number = _kept(value)
        if number is None:
            found.append(_uploaded(store, value))
        elif number in (before or []):
            found.append(number)
    return found or None


def _kept(value: Any) -> int | None:
    """The number of a file that is to stay."""
    if not isinstance(value, Mapping):
        return None
    number = value.get("id", value.get("ID"))
    return None if number is None else to_int(number)


def _uploaded(store: Store, value: Any) -> int:
    parts: Sequence[Any] = list(value.values()) if isinstance(value, Mapping) else to_list(value)
    number = 0
    if len(parts) == 2 and isinstance(parts[1], str):
        number = _saved(store, (to_text(parts[0]), parts[1])) or 0
    elif isinstance(value, str):
        number = _saved(store, ("", value)) or 0
    if not number:
        raise UploadFailed
    return number


def item_answer(table: Table, column: Column, value: str | None) -> Any:
    """What ``crm.item.*`` tells of the files of a field; the arguments are those of a classic answer."""
    owner, _, held = (value or "").partition(" ")
    if column.multiple:
        return [_addressed(table, column, owner, number) for number in json.loads(held or "[]")]
    number = to_int(held)
    return _addressed(table, column, owner, number) if number else None


def _addressed(table: Table, column: Column, owner: str, number: int) -> dict[str, Any]:
    where = {"entityTypeId": table.owner_type_id, "id": owner, "fieldName": column.name, "fileId": number}
    query = {"action": GET_FILE, "SITE_ID": "s1", **where}
    return {
        "id": number,
        "url": f"{origin()}/bitrix/services/main/ajax.php?{urlencode(query)}",
        "urlMachine": special_url(GET_FILE, query, "crm"),
    }


def _saved(store: Store, data: tuple[str, str] | None) -> int | None:
    """Keeps a file and gives its number; None if it is not base64, or empty."""
    if data is None:
        return None
    name, text = data
    try:
        body = b64decode(text)
    except (binascii.Error, ValueError):
        return None
    return keep(store, name, body) if body else None
