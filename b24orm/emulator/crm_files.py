"""Files in fields of the CRM: how a write takes them, and how an answer tells of them.

Classic methods take maps of ``fileData`` (a name and base64, or base64 alone), ``id`` and ``remove``;
what is not mentioned stays. ``crm.item.*`` takes a list of a name and base64, or a map of ``id`` for
what is to stay; what is not mentioned goes.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from b24orm.emulator.store import Store
from b24orm.emulator.tables import Column
from b24orm.emulator.values import to_int, to_list, to_text

__all__ = ["UploadFailed", "classic", "classic_answer", "content", "item", "item_answer"]


class UploadFailed(Exception):
    """What was sent to an item is no file. The item is saved all the same, and the answer is an error."""


def content(store: Store, number: int) -> tuple[str, bytes] | None:
    """The name and the bytes of a file."""
    found = store.fetch("SELECT NAME, CONTENT FROM stored_file WHERE ID = ?", (number,))
    return (found[0][0], bytes(found[0][1])) if found else None


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


def classic_answer(column: Column, value: Any) -> Any:
    """What a classic method tells of the files of a field."""
    if isinstance(value, list):
        return [_shown(column, number) for number in value] or False
    return _shown(column, value) if value else None


def _shown(column: Column, number: int) -> dict[str, Any]:
    address = f"/bitrix/components/bitrix/crm.show/show_file.php?auth=&fieldName={column.name}"
    return {
        "id": number,
        "showUrl": f"{address}&dynamic=N&fileId={number}",
        "downloadUrl": f"{address}&dynamic=Y&fileId={number}",
    }


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


def item_answer(value: Any) -> Any:
    """What ``crm.item.*`` tells of the files of a field."""
    if isinstance(value, list):
        return [_addressed(number) for number in value]
    return _addressed(value) if value else None


def _addressed(number: int) -> dict[str, Any]:
    address = f"/bitrix/services/main/ajax.php?action=crm.controller.item.getFile&fileId={number}"
    return {"id": number, "url": address, "urlMachine": f"{address}&machine=1"}


def _saved(store: Store, data: tuple[str, str] | None) -> int | None:
    """Keeps a file and gives its number; None if it is not base64, or empty."""
    if data is None:
        return None
    name, text = data
    try:
        body = b64decode(text)
    except (binascii.Error, ValueError):
        return None
    if not body:
        return None
    with store.transaction():
        store.execute("INSERT INTO stored_file (NAME, CONTENT) VALUES (?, ?)", (name or uuid4().hex, body))
        return int(store.fetch("SELECT MAX(ID) FROM stored_file")[0][0])
