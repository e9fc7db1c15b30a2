"""Product rows: what a deal, a lead, a quote or an item is about, and what its sum comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from b24orm.emulator.store import Store
from b24orm.emulator.tables import DYNAMIC_PREFIX
from b24orm.emulator.values import to_flag, to_float, to_int, to_text

__all__ = ["FIELDS", "owner_table", "recalculate", "replace_rows", "row_values", "type_code"]

_CODES: Final[Mapping[str, str]] = {"D": "deal", "L": "lead", "Q": "quote", "SI": "smart_invoice"}
FIELDS: Final[Mapping[str, str]] = {
    "PRODUCT_ID": "int",
    "PRODUCT_NAME": "string",
    "PRICE": "double",
    "QUANTITY": "double",
    "DISCOUNT_TYPE_ID": "int",
    "DISCOUNT_RATE": "double",
    "DISCOUNT_SUM": "double",
    "TAX_RATE": "double",
    "TAX_INCLUDED": "char",
    "CUSTOMIZED": "char",
    "MEASURE_CODE": "int",
    "MEASURE_NAME": "string",
    "SORT": "int",
}
"""What a write can set."""


def owner_table(code: str) -> str:
    """The table of an owner type (``D``, ``L``, ``Q``, ``SI``, ``T80`` for smart process 128); "" if unknown.

    >>> owner_table("D"), owner_table("T80"), owner_table("?")
    ('deal', 'dynamic_128', '')
    """
    if code in _CODES:
        return _CODES[code]
    try:
        return f"{DYNAMIC_PREFIX}{int(code[1:], 16)}" if code.startswith("T") else ""
    except ValueError:
        return ""


def type_code(table: str) -> str:
    """The owner type of a table, the opposite of :func:`owner_table`."""
    for code, name in _CODES.items():
        if name == table:
            return code
    return f"T{int(table.removeprefix(DYNAMIC_PREFIX)):x}" if table.startswith(DYNAMIC_PREFIX) else ""


def row_values(store: Store, sent: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that a row with upper-case names sets, with the prices that follow from them."""
    row: dict[str, Any] = {}
    for name, kind in FIELDS.items():
        if sent.get(name) is not None:
            row[name] = _CASTS[kind](sent[name])
    if row.get("PRODUCT_ID") and not row.get("PRODUCT_NAME"):
        product = store.get("product", row["PRODUCT_ID"])
        row["PRODUCT_NAME"] = (product or {}).get("NAME") or ""
    if "PRICE" in row:
        price, discount = row["PRICE"], row.get("DISCOUNT_SUM", 0.0)
        rate = row.get("TAX_RATE") or 0.0
        exclusive = price / (1 + rate / 100) if row.get("TAX_INCLUDED") == "Y" else price
        row |= {
            "PRICE_ACCOUNT": price,
            "PRICE_EXCLUSIVE": exclusive,
            "PRICE_NETTO": exclusive + discount,
            "PRICE_BRUTTO": price + discount,
        }
    return row


def replace_rows(store: Store, table: str, owner: int, rows: Sequence[Mapping[str, Any]]) -> None:
    """Replace the product rows of an owner; a row that keeps its ``ID`` keeps it."""
    code = type_code(table)
    known = set(store.ids("product_row", "OWNER_TYPE = ? AND OWNER_ID = ?", (code, owner)))
    with store.transaction():
        kept: set[int] = set()
        for position, sent in enumerate(rows, start=1):
            values = {"SORT": 10 * position, "QUANTITY": 1.0, "PRICE": 0.0, **row_values(store, sent)}
            number = to_int(sent.get("ID"))
            if number in known:
                kept.add(number)
                store.update("product_row", number, values)
            else:
                owned = {
                    "OWNER_ID": owner,
                    "OWNER_TYPE": code,
                    "TYPE": 1,
                    "CUSTOMIZED": "Y",
                    "MEASURE_CODE": 796,
                }
                store.insert("product_row", {**owned, "MEASURE_NAME": "pcs", "DISCOUNT_TYPE_ID": 2, **values})
        for number in known - kept:
            store.delete("product_row", number)
        recalculate(store, table, owner)


def recalculate(store: Store, table: str, owner: int) -> None:
    """Make an owner's sum the sum of its rows, unless it was entered by hand."""
    columns = store.table(table).columns
    known = store.get(table, owner)
    if known is None or "OPPORTUNITY" not in columns or known.get("IS_MANUAL_OPPORTUNITY") == "Y":
        return
    sql = "SELECT SUM(PRICE * QUANTITY) FROM product_row WHERE OWNER_TYPE = ? AND OWNER_ID = ?"
    total = store.fetch(sql, (type_code(table), owner))[0][0]
    store.update(table, owner, {"OPPORTUNITY": round(total or 0.0, 2)})


_CASTS: Final = {"int": to_int, "double": to_float, "string": to_text, "char": to_flag}
