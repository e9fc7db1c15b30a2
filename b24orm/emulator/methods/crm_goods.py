"""``crm.productrow.*``, ``crm.productsection.*``, ``crm.measure.*``, ``crm.vat.*`` and ``crm.catalog.*``.

They are the older door to what ``crm.item.productrow.*`` and ``catalog.*`` handle: the rows are the same,
their fields have other names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Method, Refusal, Registry
from b24orm.emulator.classic_filter import compile_filter, parse_key, prepare
from b24orm.emulator.conditions import Where, every
from b24orm.emulator.iblock_filter import compile_condition
from b24orm.emulator.iblock_filter import parse_key as parse_iblock
from b24orm.emulator.methods import plain_rows
from b24orm.emulator.methods.params import fields_param, find, id_param, list_param
from b24orm.emulator.methods.plain_rows import Rows, table_of
from b24orm.emulator.product_rows import owner_table, recalculate, row_values
from b24orm.emulator.store import Store
from b24orm.emulator.tables import Table
from b24orm.emulator.values import is_array, to_int, to_list, to_text, truthy

__all__ = ["methods"]

_VAT_OPERATIONS: Final = frozenset({"", "=", "!", "@", "~", "%", "!+", "+", "+!", ">=", "<=", ">", "<"})
_VAT_KEY: Final = re.compile(r"([^a-zA-Z]*)(.*)", re.DOTALL)
_INVALID_ID: Final = "Invalid identifier."


def methods(store: Store) -> Registry:
    """The methods of goods as the CRM has known them for long; scope ``crm``."""
    families: Mapping[str, Mapping[str, Callable[[Store, Call], Answer]]] = {
        "productrow": {
            "list": _product_rows,
            "get": _product_row,
            "add": _add_product_row,
            "update": _update_product_row,
            "delete": _delete_product_row,
        },
        "productsection": {"list": _sections, **_written(_SECTIONS)},
        "measure": {
            "list": _measures,
            **_written(_MEASURES),
            "update": _update_measure,
            "delete": _delete_measure,
        },
        "vat": {"list": _vats, "get": _vat, "add": _add_vat, "update": _update_vat, "delete": _delete_vat},
        "catalog": {"list": _catalogs, "get": lambda store, call: plain_rows.get(store, _CATALOGS, call)},
    }
    return {
        f"crm.{family}.{kind}": Method(partial(handler, store), "crm")
        for family, handlers in families.items()
        for kind, handler in handlers.items()
    }


def _written(rows: Rows) -> Mapping[str, Callable[[Store, Call], Answer]]:
    return {
        "get": lambda store, call: plain_rows.get(store, rows, call),
        "add": lambda store, call: plain_rows.add(store, rows, call),
        "update": lambda store, call: plain_rows.update(store, rows, call),
        "delete": lambda store, call: plain_rows.delete(store, rows, call),
    }


def _page(store: Store, call: Call, rows: Rows, *, always: tuple[str, ...] = ("ID",)) -> Answer:
    table = table_of(store, rows)
    where = compile_filter(prepare(list_param(call, "filter"), table, now=store.clock()), table)
    return plain_rows.page(store, call, table, where, list_param(call, "order"), always=always)


# ---- product rows


def _product_rows(store: Store, call: Call) -> Answer:
    """Rows of one owner; both parts of it must stand in the filter by their bare names."""
    sent = list_param(call, "filter")
    texts = {"OWNER_ID": to_int(sent.get("OWNER_ID")) > 0, "OWNER_TYPE": bool(sent.get("OWNER_TYPE"))}
    lacking = [f"The field {name} is required in filer." for name, there in texts.items() if not there]
    if lacking:
        raise Refusal("", "\n".join(lacking))
    answer = _page(store, call, _PRODUCT_ROWS)
    answer.result = [_exact(row) for row in answer.result]
    return answer


def _exact(row: Mapping[str, Any]) -> dict[str, Any]:
    """Quantities have four digits after the point, sums have two."""
    quantity = row.get("QUANTITY")
    return {**row, "QUANTITY": f"{quantity}00"} if quantity is not None else dict(row)


def _product_row(store: Store, call: Call) -> Answer:
    answer = plain_rows.get(store, _PRODUCT_ROWS, call)
    answer.result = _exact(answer.result)
    return answer


def _check_product_row(store: Store, fields: Mapping[str, Any]) -> None:
    del store
    texts = {"OWNER_ID": to_int(fields.get("OWNER_ID")) > 0, "OWNER_TYPE": bool(fields.get("OWNER_TYPE"))}
    lacking = [f"The field {name} is required." for name, there in texts.items() if not there]
    if lacking:
        raise Refusal("", "\n".join(lacking))
    for name, title in (("PRODUCT_ID", "Product ID"), ("PRICE", "Price"), ("QUANTITY", "Quantity")):
        if fields.get(name) is None:
            raise Refusal("", f"Could not find {title}.")


def _add_product_row(store: Store, call: Call) -> Answer:
    fields = fields_param(call)
    _check_product_row(store, fields)
    owner, code = to_int(fields["OWNER_ID"]), to_text(fields["OWNER_TYPE"])
    usual = {"OWNER_ID": owner, "OWNER_TYPE": code, "TYPE": 1, "CUSTOMIZED": "N", "SORT": 0}
    measure = {"MEASURE_CODE": 796, "MEASURE_NAME": "pcs"}
    number = store.insert("product_row", {**usual, **measure, **row_values(store, fields)})
    _sum_up(store, code, owner)
    return Answer(number, cost=Cost("write", rows=1))


def _update_product_row(store: Store, call: Call) -> Answer:
    """The owner of a row can't be changed; what says so is left out without a word."""
    row = _kept_row(store, call)
    store.update("product_row", row["ID"], row_values(store, fields_param(call)))
    _sum_up(store, row["OWNER_TYPE"], row["OWNER_ID"])
    return Answer(result=True, cost=Cost("write", rows=1))


def _delete_product_row(store: Store, call: Call) -> Answer:
    row = _kept_row(store, call)
    store.delete("product_row", row["ID"])
    _sum_up(store, row["OWNER_TYPE"], row["OWNER_ID"])
    return Answer(result=True, cost=Cost("write", rows=1))


def _kept_row(store: Store, call: Call) -> dict[str, Any]:
    row = store.get("product_row", id_param(call))
    if row is None:
        raise Refusal("", "Product Row is not found")
    return row


def _sum_up(store: Store, code: str, owner: int) -> None:
    table = owner_table(code)
    if table in store.tables:
        recalculate(store, table, owner)


# ---- sections


def _sections(store: Store, call: Call) -> Answer:
    """Sections of one catalog: of the first one, if the filter names none that is there."""
    table = table_of(store, _SECTIONS)
    prepared = prepare(list_param(call, "filter"), table, now=store.clock())
    asked = to_int(prepared.pop("CATALOG_ID", 0))
    catalog = asked if store.exists("catalog_catalog", asked) else _first_catalog(store)
    parts = [Where('"catalog_section"."IBLOCK_ID" = ?', (catalog,))]
    parts += [_section_condition(table, key, value) for key, value in prepared.items()]
    return plain_rows.page(store, call, table, every(parts), list_param(call, "order"), always=())


def _section_condition(table: Table, key: str, value: Any) -> Where:
    found = parse_key(key)
    column = table.columns[found.name]
    operation, _ = parse_iblock(f"{found.prefix}X")
    return compile_condition(operation, value, column.kind, f'"catalog_section"."{column.name}"')


def _first_catalog(store: Store) -> int:
    numbers = store.ids("catalog_catalog")
    return numbers[0] if numbers else 0


def _check_section(store: Store, fields: Mapping[str, Any]) -> None:
    del store
    if not isinstance(fields.get("NAME"), str) or not fields["NAME"]:
        raise Refusal("", "Section name is not specified.")


# ---- measures


def _measures(store: Store, call: Call) -> Answer:
    """Units; the code of a unit comes along whatever is selected, its number doesn't."""
    return _page(store, call, _MEASURES, always=("CODE",))


def _check_measure(store: Store, fields: Mapping[str, Any]) -> None:
    code = to_text(fields.get("CODE")).strip()
    if not code:
        text = (
            "Please specify a code for the unit of measurement. The code should be a positive integer number."
        )
        raise Refusal("", text)
    if not code.isdecimal():
        raise Refusal("", "The CODE of unit of measurement can include only numbers.")
    if not to_text(fields.get("MEASURE_TITLE")).strip():
        raise Refusal("", "Please provide the name for the unit of measurement.")
    if store.count("catalog_measure", "CODE = ?", (int(code),)):
        raise Refusal("", f'A unit of measurement with the CODE "{int(code)}" already exists.')
    _only_default(store, fields)


def _update_measure(store: Store, call: Call) -> Answer:
    answer = plain_rows.update(store, _MEASURES, call)
    _only_default(store, fields_param(call), id_param(call))
    return answer


def _only_default(store: Store, fields: Mapping[str, Any], number: int = 0) -> None:
    """At most one unit is the default."""
    if fields.get("IS_DEFAULT") == "Y":
        for other in store.ids("catalog_measure", "IS_DEFAULT = 'Y' AND ID <> ?", (number,)):
            store.update("catalog_measure", other, {"IS_DEFAULT": "N"})


def _delete_measure(store: Store, call: Call) -> Answer:
    """A unit that is not there counts as removed."""
    store.delete("catalog_measure", id_param(call))
    return Answer(result=True, cost=Cost("write", rows=1))


# ---- rates of VAT


def _vats(store: Store, call: Call) -> Answer:
    """Rates, unordered unless told otherwise. The case of names counts, save in the filter."""
    table = table_of(store, _VATS)
    sent = {_vat_key(str(key)): value for key, value in list_param(call, "filter").items()}
    select = find(call, "select")
    asked = [to_text(name) for name in to_list(select)] if is_array(select) else []
    if asked and "*" not in asked and not table.columns.keys() & set(asked):
        raise Refusal("", "Inadmissible fields for selection")
    order = {name: word for name, word in list_param(call, "order").items() if word in {"ASC", "DESC"}}
    known = {name: word for name, word in order.items() if name in table.columns}
    where = compile_filter(prepare(sent, table, now=store.clock()), table)
    return plain_rows.page(store, call, table, where, known, always=())


def _vat_key(key: str) -> str:
    """``~`` is a pattern; an operation that the method doesn't know makes a name that nobody knows."""
    found = _VAT_KEY.fullmatch(key.upper())
    operation, name = (found[1], found[2]) if found else ("", "")
    if operation not in _VAT_OPERATIONS:
        return ""
    return f"=%{name}" if operation == "~" else f"{'!+' if operation == '+!' else operation}{name}"


def _vat_number(call: Call) -> int:
    number = to_int(call.params.get("id", call.params.get("ID")))
    if number <= 0:
        raise Refusal("", _INVALID_ID)
    return number


def _vat(store: Store, call: Call) -> Answer:
    number = to_int(call.params.get("id", call.params.get("ID")))
    if not store.exists("catalog_vat", number):
        raise Refusal("", "VAT rate not found.")
    return plain_rows.get(store, _VATS, call)


def _vat_fields(store: Store, call: Call) -> dict[str, Any]:
    fields = fields_param(call)
    known = {name: value for name, value in fields.items() if name in table_of(store, _VATS).columns}
    if not {name for name in known if name not in {"ID", "TIMESTAMP_X"}}:
        raise Refusal("", "Invalid parameters.")
    return known


def _add_vat(store: Store, call: Call) -> Answer:
    fields = _vat_fields(store, call)
    if not truthy(fields.get("NAME")) or fields.get("RATE") in (None, ""):
        raise Refusal("", "Error on creating VAT rate.")
    return plain_rows.add(store, _VATS, call)


def _update_vat(store: Store, call: Call) -> Answer:
    """Answers the number of the rate."""
    number = _vat_number(call)
    _vat_fields(store, call)
    if not store.exists("catalog_vat", number):
        raise Refusal("", "Error on updating VAT rate.")
    plain_rows.update(store, _VATS, call)
    return Answer(number, cost=Cost("write", rows=1))


def _delete_vat(store: Store, call: Call) -> Answer:
    if not store.delete("catalog_vat", _vat_number(call)):
        raise Refusal("", "Error on deleting VAT rate.")
    return Answer(result=True, cost=Cost("write", rows=1))


# ---- catalogs


def _catalogs(store: Store, call: Call) -> Answer:
    return _page(store, call, _CATALOGS)


_PRODUCT_ROWS: Final = Rows("product_row", entity="LegacyProductRow", absent="Product Row not found")
_SECTIONS: Final = Rows(
    "catalog_section",
    _check_section,
    entity="ProductSection",
    spelled={"CATALOG_ID": "IBLOCK_ID", "SECTION_ID": "IBLOCK_SECTION_ID"},
    absent="Product section is not found.",
    unchanged="Section is not found.",
)
_MEASURES: Final = Rows("catalog_measure", _check_measure, entity="Measure", spelled={"SYMBOL_RUS": "SYMBOL"})
_VATS: Final = Rows("catalog_vat", entity="Vat", spelled={"C_SORT": "SORT"})
_CATALOGS: Final = Rows("catalog_catalog", entity="Catalog", absent="Catalog is not found.")
