"""``booking.v1.*``: bookings, what is booked, its kinds, and who waits. The four are handled alike.

``start`` counts whole pages; the total is always 0, and there is no ``next``. Names that are not known are
dropped from filter, order and fields without a word.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Method, Refusal, Registry
from b24orm.emulator.conditions import EVERYTHING, Where, every
from b24orm.emulator.methods.controller import array_argument, int_argument, optional_array
from b24orm.emulator.pages import answered, order_sql, read, read_one, shape_of
from b24orm.emulator.paging import PAGE, Window
from b24orm.emulator.store import Store
from b24orm.emulator.tables import upper_snake
from b24orm.emulator.text_search import compare, contains
from b24orm.emulator.values import is_array, to_flag, to_int, to_list, to_text
from b24orm.emulator.view_fields import read_row

__all__ = ["methods"]

_Check = Callable[[Store, Mapping[str, Any], int], None]


def _anything(store: Store, row: Mapping[str, Any], number: int) -> None:
    del store, row, number


@dataclass(frozen=True, slots=True)
class _Kind:
    """One of the four.

    Attributes:
        family: what its methods begin with, after ``booking.v1.``.
        table: where its rows are.
        key: what an answer holds the rows under.
        absent: code and text for a row that isn't there, by method.
        filters: the names that a filter knows.
        searched: the names that ``searchQuery`` looks into.
        check: looks at a row as it will be, with its number or 0.
    """

    family: str
    table: str
    key: str
    absent: Mapping[str, tuple[str, str]]
    filters: tuple[str, ...] = ()
    searched: str = ""
    check: _Check = field(default=_anything)


def methods(store: Store) -> Registry:
    """The methods of bookings; scope ``booking``."""
    handlers: Mapping[str, Callable[[Store, _Kind, Call], Answer]] = {
        "list": _list,
        "get": _get,
        "add": _add,
        "update": _update,
        "delete": _delete,
    }
    return {
        f"booking.v1.{kind.family}.{name}": Method(partial(handler, store, kind), "booking")
        for kind in _KINDS
        for name, handler in handlers.items()
    }


# ---- lists


def _list(store: Store, kind: _Kind, call: Call) -> Answer:
    table = store.table(kind.table)
    sent = _either(call, "filter")
    where = every(_condition(kind, upper_snake(name), value) for name, value in sent.items())
    order = {upper_snake(name): word for name, word in _either(call, "order").items()}
    by = order_sql(order, shape_of(table).table.columns) or '"ID" ASC'
    window = Window(max(call.start or 0, 0) // PAGE * PAGE, PAGE, 0, 0, "controller")
    rows = read(store, shape_of(table, "values"), where, by, window)
    return answered({kind.key: rows}, window, len(rows))


def _either(call: Call, name: str) -> dict[str, Any]:
    """A map under its name, or under that in capitals."""
    found = optional_array(call, name)
    return found if found is not None else optional_array(call, name.upper()) or {}


def _condition(kind: _Kind, name: str, value: Any) -> Where:
    if name == "SEARCH_QUERY" and kind.searched:
        return contains(f'"{kind.searched}"', to_text(value))
    if name not in kind.filters:
        return EVERYTHING
    if name.endswith("_ID"):
        numbers = [to_int(item) for item in (to_list(value) if is_array(value) else [value])]
        return Where(f'"{name}" IN ({", ".join("?" * len(numbers))})', tuple(numbers))
    return compare(f'"{name}"', "=", to_text(value))


# ---- single rows


def _row(store: Store, kind: _Kind, call: Call, method: str) -> dict[str, Any]:
    row = read_one(store, shape_of(store.table(kind.table), "values"), int_argument(call, "id"))
    if row is None:
        raise Refusal(*kind.absent[method])
    return row


def _get(store: Store, kind: _Kind, call: Call) -> Answer:
    return Answer({kind.key: _row(store, kind, call, "get")}, cost=Cost("get", rows=1))


def _written(store: Store, kind: _Kind, call: Call, *, update: bool) -> dict[str, Any]:
    table = store.table(kind.table)
    assert table.schema is not None
    fields = array_argument(call, "fields")
    row = read_row(shape_of(table, "values"), fields, table.schema, store.clock(), update=update)
    sent = {upper_snake(name): value for name, value in fields.items()}
    flags = {name: to_flag(value) for name, value in row.items() if table.columns[name].kind == "char"}
    maps = {name: sent[name] for name in row if table.columns[name].kind == "json"}
    return {**row, **flags, **maps}


def _add(store: Store, kind: _Kind, call: Call) -> Answer:
    """A new row; answers its number."""
    row = _written(store, kind, call, update=False)
    _need(store, kind, row)
    kind.check(store, row, 0)
    return Answer({"id": store.insert(kind.table, row)}, cost=Cost("write", rows=1))


def _need(store: Store, kind: _Kind, row: Mapping[str, Any]) -> None:
    schema = store.table(kind.table).schema
    assert schema is not None
    needed = [item.wire for item in schema.fields.values() if item.required and not item.read_only]
    lacking = [name for name in needed if row.get(upper_snake(name)) in (None, "", 0)]
    if lacking and not (kind.table == "booking_resource" and lacking == ["typeId"]):
        raise Refusal("0", f"Required fields: {', '.join(lacking)}")


def _update(store: Store, kind: _Kind, call: Call) -> Answer:
    number = int_argument(call, "id")
    row = _written(store, kind, call, update=True)
    known = store.get(kind.table, number)
    if known is None:
        raise Refusal(*kind.absent["update"])
    kind.check(store, {**known, **row}, number)
    store.update(kind.table, number, row)
    return Answer(result=True, cost=Cost("write", rows=1))


def _delete(store: Store, kind: _Kind, call: Call) -> Answer:
    number = _row(store, kind, call, "delete")["id"]
    store.delete(kind.table, number)
    return Answer(result=True, cost=Cost("write", rows=1))


# ---- what each of them looks at


def _check_type(store: Store, row: Mapping[str, Any], number: int) -> None:
    """One kind of resources a code."""
    if store.count("booking_resource_type", "CODE = ? AND ID <> ?", (row["CODE"], number)):
        code = "1011" if number else "1010"
        raise Refusal(code, f"Resource type with code {row['CODE']} already exists")


def _check_resource(store: Store, row: Mapping[str, Any], number: int) -> None:
    del number
    kind = to_int(row.get("TYPE_ID"))
    if not kind:
        raise Refusal("1006", "ResourceType not found")
    if not store.exists("booking_resource_type", kind):
        raise Refusal("1013", f"Resource type with id {kind} does not exist")


def _check_booking(store: Store, row: Mapping[str, Any], number: int) -> None:
    del number
    known = [item for item in to_list(row["RESOURCE_IDS"]) if store.exists("booking_resource", to_int(item))]
    if not known:
        raise Refusal("1018", "Empty resource collection")
    begin, end = (_moment(row["DATE_PERIOD"], name) for name in ("from", "to"))
    if not begin or begin >= end:
        raise Refusal("422", "Invalid date period")


def _moment(period: Any, name: str) -> int:
    point = period.get(name) if isinstance(period, Mapping) else None
    return to_int(point.get("timestamp")) if isinstance(point, Mapping) else 0


def _absent(
    get: tuple[str, str], update: tuple[str, str], delete: tuple[str, str]
) -> Mapping[str, tuple[str, str]]:
    return {"get": get, "update": update, "delete": delete}


_KINDS: Final = (
    _Kind(
        "booking",
        "booking",
        "booking",
        _absent(
            ("1021", "Booking not found"),
            ("1019", "Booking not found"),
            ("1020", "Booking has not been found"),
        ),
        check=_check_booking,
    ),
    _Kind(
        "resource",
        "booking_resource",
        "resource",
        _absent(
            ("1009", "Resource not found"),
            ("1007", "Resource not found"),
            ("1008", "Resource has not been found"),
        ),
        ("IS_MAIN", "TYPE_ID", "NAME", "DESCRIPTION"),
        "NAME",
        _check_resource,
    ),
    _Kind(
        "resourcetype",
        "booking_resource_type",
        "resourceType",
        _absent(
            ("1013", "Resource type not found"),
            ("1007", "Resource type not found"),
            ("1012", "Resource type has not been found"),
        ),
        ("CODE", "NAME"),
        "NAME",
        _check_type,
    ),
    _Kind(
        "waitlist",
        "booking_waitlist",
        "waitList",
        _absent(
            ("1040", "Wait list not found"),
            ("1040", "Wait list not found"),
            ("1036", "wait list item not found"),
        ),
    ),
)
