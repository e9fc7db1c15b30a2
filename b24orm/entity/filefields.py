"""Files in a row's fields, as the methods of its family take them.

Classic CRM methods add what they are sent and remove only what is said to be removed. ``crm.item.*``
takes the whole list: what is not mentioned goes. Other methods take ``{"fileData": [name, base64]}``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal, TypeAlias

from b24orm.entity.files import NewFile
from b24orm.errors import InvalidValue, Unsupported
from b24orm.schema import EntitySchema, FieldSchema
from b24orm.values import StoredFile

__all__ = ["UNKNOWN", "before_of", "family", "file_value", "is_file", "loose_value", "plain", "told_files"]

Family: TypeAlias = Literal["classic", "item", "other"]

UNKNOWN: Final = object()
"""What a field held before, where that was not fetched."""
_UNFETCHED: Final = (
    "{} can't be changed: its files were not fetched, so nobody knows which to remove; "
    "call refresh_from_db() first"
)


def is_file(spec: FieldSchema) -> bool:
    """Whether a field holds files of its own."""
    return spec.type in ("file", "product_file")


def family(schema: EntitySchema) -> Family:
    """How an entity's methods take files.

    >>> from b24orm.facts import load
    >>> family(load("Contact")), family(load("SmartInvoice")), family(load("User"))
    ('classic', 'item', 'other')
    """
    method = schema.method("update") or schema.method("add")
    if method is None:
        return "other"
    if method.name.startswith("crm.item."):
        return "item"
    classic = schema.list is not None and schema.list.dialect == "classic"
    return "classic" if classic and method.name.startswith("crm.") else "other"


def told_files(value: Any) -> Any:
    """Files instead of what an answer tells of files, in a user field that the model doesn't declare.

    >>> told_files({"id": 7, "downloadUrl": "/d"}), told_files({"id": 7})
    (StoredFile(id=7, url=None, size=None), {'id': 7})
    """
    if isinstance(value, list) and value and all(_is_told(item) for item in value):
        return tuple(StoredFile.parse(item) for item in value)
    return StoredFile.parse(value) if _is_told(value) else value


def _is_told(value: Any) -> bool:
    return isinstance(value, dict) and "id" in value and ("downloadUrl" in value or "urlMachine" in value)


def before_of(held: Any) -> Any:
    """What a field held, as far as it tells which files the portal has: a new one got a number there."""
    return UNKNOWN if any(isinstance(file, NewFile) for file in _listed(held)) else held


def loose_value(schema: EntitySchema, name: str, value: Any, before: Any) -> Any:
    """A value of a user field that the model doesn't declare; there may be files in it.

    Args:
        schema: the entity.
        name: the field, as the server spells it.
        value: what it is to hold.
        before: what it held when the row was fetched; None if that is not known.

    Raises:
        InvalidValue: files are to be removed whose numbers are not known.
    """
    if family(schema) == "item":
        return [_pair(item) for item in value] if isinstance(value, (list, tuple)) else _pair(value)
    held = told_files(before)
    if family(schema) != "classic" or not _holds_files(held):
        return plain(value)
    if before_of(held) is UNKNOWN:
        raise InvalidValue(_UNFETCHED.format(f"{schema.name}.{name}"))
    if isinstance(held, StoredFile):
        return _replaced(held, value) if value is None or isinstance(value, NewFile) else plain(value)
    return _merged(held, _listed(value))


def _holds_files(held: Any) -> bool:
    return any(isinstance(file, (NewFile, StoredFile)) for file in _listed(held))


def file_value(schema: EntitySchema, spec: FieldSchema, value: Any, before: Any) -> Any:
    """What turns the files from before into those after.

    Args:
        schema: the entity.
        spec: its field.
        value: what the field is to hold.
        before: what it held, or :data:`UNKNOWN`; None for a new row.

    Raises:
        InvalidValue: files are to be removed that nobody knows of, as they were not fetched.
        Unsupported: the method can't take a file in this field.
    """
    kind = family(schema)
    if kind == "item":
        return _whole(schema, spec, value)
    if kind == "other" or not (spec.multiple or value is None or isinstance(value, NewFile)):
        return plain(value)
    if before is UNKNOWN and (spec.multiple or value is None):
        raise InvalidValue(_UNFETCHED.format(f"{schema.name}.{spec.name}"))
    if spec.multiple:
        return _merged(_listed(before), _listed(value))
    return _replaced(before, value)


def _replaced(before: Any, value: NewFile | None) -> Any:
    old = before.id if isinstance(before, StoredFile) else None
    if value is None:
        return "" if old is None else {"id": old, "remove": "Y"}
    sent = value.wire()
    return {"id": old, **sent} if old is not None and "id" not in sent else sent


def _merged(before: Iterable[Any], after: Sequence[Any]) -> list[Any]:
    kept = {file.id for file in after if isinstance(file, StoredFile)}
    replaced = {file.replaces for file in after if isinstance(file, NewFile)}
    old = [file.id for file in before if isinstance(file, StoredFile)]
    gone = [{"id": number, "remove": "Y"} for number in old if number not in kept | replaced]
    return [*gone, *(file.wire() for file in after if isinstance(file, NewFile))]


def _whole(schema: EntitySchema, spec: FieldSchema, value: Any) -> Any:
    if not spec.wire.upper().startswith("UF"):
        raise Unsupported(f"crm.item.* takes no file in {schema.name}.{spec.name}; the classic methods do")
    if spec.multiple:
        return [_pair(file) for file in _listed(value)]
    return "" if value is None else _pair(value)


def _pair(file: Any) -> Any:
    return [file.name, file.base64()] if isinstance(file, NewFile) else plain(file)


def plain(value: Any) -> Any:
    """A value as classic methods take it: ``""`` clears any field, where null would leave a date alone."""
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if value is None:
        return ""
    return value.wire() if isinstance(value, (NewFile, StoredFile)) else value


def _listed(value: Any) -> Sequence[Any]:
    if value is None:
        return ()
    return value if isinstance(value, (list, tuple)) else (value,)
