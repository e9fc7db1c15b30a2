"""Lists of the catalog and of the shop that never change, and the pictures of products."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from b24orm.emulator import crm_files
from b24orm.emulator.answers import Answer, Call, Cost, Method, Refusal, Registry, registered
from b24orm.emulator.conditions import Where
from b24orm.emulator.file_links import special_url
from b24orm.emulator.methods.controller import array_argument, int_argument
from b24orm.emulator.methods.params import required
from b24orm.emulator.pages import read, read_one, shape_of
from b24orm.emulator.paging import Window
from b24orm.emulator.store import Store
from b24orm.emulator.values import is_array, to_int, to_list, to_text

__all__ = ["methods"]

_IMAGES: Final = "catalog_image"
_LANGUAGES: Final = (("de", "Deutsch"), ("en", "English"), ("fr", "Français"), ("ru", "Русский"))
_ROUNDING: Final = ((1, "Mathematical"), (2, "In favor of the store"), (4, "In favor of the customer"))
_DOCUMENTS: Final = (
    ("A", "Goods receipt"),
    ("S", "Goods acquisition"),
    ("M", "Goods transfer between warehouses"),
    ("R", "Goods return"),
    ("D", "Goods write-off"),
)
_KINDS: Final = ("MORE_PHOTO", "DETAIL_PICTURE", "PREVIEW_PICTURE")


def methods(store: Store) -> Registry:
    """The lists and the pictures; scopes ``catalog`` and ``sale``."""
    languages = [{"active": "Y", "lid": lid, "name": name} for lid, name in _LANGUAGES]
    lists: Mapping[str, tuple[str, str, list[dict[str, Any]]]] = {
        "catalog.enum.getroundtypes": ("catalog", "enum", _entries(_ROUNDING)),
        "catalog.enum.getstoredocumenttypes": ("catalog", "enum", _entries(_DOCUMENTS)),
        "catalog.pricetypelang.getlanguages": ("catalog", "languages", languages),
        "sale.statuslang.getlistlangs": ("sale", "langs", languages),
    }
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "list": _images,
        "get": _image,
        "add": _add,
        "delete": _delete,
        "getfields": _fields,
    }
    constant = {name: Method(partial(_all, key, rows), scope) for name, (scope, key, rows) in lists.items()}
    return constant | registered(store, "catalog", handlers, family="catalog.productimage.")


def _entries(entries: tuple[tuple[Any, str], ...]) -> list[dict[str, Any]]:
    return [{"id": number, "name": name} for number, name in entries]


def _all(key: str, rows: list[dict[str, Any]], call: Call) -> Answer:
    del call
    return Answer({key: rows}, cost=Cost("page", rows=len(rows)))


# ---- pictures


def _product(store: Store, number: int) -> int:
    if not store.exists("catalog_product", number):
        raise Refusal("0", "Product was not found")
    return number


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    address = f"/upload/iblock/{row['id']}/{row['name']}"
    return {**row, "detailUrl": address, "downloadUrl": special_url("download", {"id": row["id"]}, "catalog")}


def _images(store: Store, call: Call) -> Answer:
    """Every picture of a product."""
    product = _product(store, int_argument(call, "productId"))
    shape = shape_of(store.table(_IMAGES), "values")
    rows = read(store, shape, Where("PRODUCT_ID = ?", (product,)), '"ID" ASC', Window(0, -1, 0, 0, "offset"))
    return Answer(
        {"productImages": [_shown(row) for row in rows]}, len(rows), cost=Cost("page", rows=len(rows))
    )


def _found(store: Store, call: Call) -> dict[str, Any]:
    number, product = int_argument(call, "id"), _product(store, int_argument(call, "productId"))
    row = read_one(store, shape_of(store.table(_IMAGES), "values"), number)
    if row is None or row["productId"] != product:
        raise Refusal("0", "Image was not found")
    return row


def _image(store: Store, call: Call) -> Answer:
    return Answer({"productImage": _shown(_found(store, call))}, cost=Cost("get", rows=1))


def _add(store: Store, call: Call) -> Answer:
    """A new picture of base64 content with a name; answers the picture."""
    fields, content = array_argument(call, "fields"), required(call, "fileContent")
    product = to_int(fields.get("productId"))
    if not product:
        raise Refusal("0", "Required fields: productId")
    parts = [to_text(part) for part in to_list(content)] if is_array(content) else []
    try:
        kept = base64.b64decode(parts[1], validate=True) if len(parts) == 2 else b""
    except binascii.Error:
        kept = b""
    if not kept:
        raise Refusal("0", "Could not save image.")
    kind = to_text(fields.get("type"))
    row = {"NAME": parts[0], "TYPE": kind if kind in _KINDS else "MORE_PHOTO", "CREATE_TIME": store.now()}
    owner, content_id = _product(store, product), crm_files.keep(store, parts[0], kept)
    number = store.insert(_IMAGES, {**row, "PRODUCT_ID": owner, "CONTENT_ID": content_id})
    made = read_one(store, shape_of(store.table(_IMAGES), "values"), number)
    assert made is not None
    return Answer({"productImage": _shown(made)}, cost=Cost("write", rows=1))


def _delete(store: Store, call: Call) -> Answer:
    store.delete(_IMAGES, _found(store, call)["id"])
    return Answer(result=True, cost=Cost("write", rows=1))


def _fields(store: Store, call: Call) -> Answer:
    del call
    schema = store.table(_IMAGES).schema
    assert schema is not None
    known = {
        field.wire: {
            "isImmutable": field.immutable,
            "isReadOnly": field.read_only,
            "isRequired": field.required,
            "type": field.type,
        }
        for field in schema.fields.values()
    }
    return Answer({"productImage": known})
