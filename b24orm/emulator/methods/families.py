"""Families of methods that handle rows of one kind: worked out from the facts, told apart by a table.

The facts say how the methods of an entity are called, what they take and where their answer stands. A
:class:`Family` says the rest: where the rows are, how the list pages, what is refused and in which words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Literal

from b24orm.emulator.answers import Answer, Call, Cost, Method, Refusal, Registry
from b24orm.emulator.conditions import EVERYTHING, Where, every
from b24orm.emulator.fields import entity_fields_answer
from b24orm.emulator.orm_filter import compile_condition as compile_orm
from b24orm.emulator.orm_filter import compile_group, parse_key
from b24orm.emulator.pages import UNORDERED, Form, Shape, answered, count, order_sql, read, shape_of
from b24orm.emulator.paging import PAGE, Window, classic, controller, offset
from b24orm.emulator.store import Store
from b24orm.emulator.tables import Column, upper_snake
from b24orm.emulator.values import is_array, read_date, read_datetime, to_int, to_list, to_text
from b24orm.emulator.view_fields import stored_value
from b24orm.facts import load
from b24orm.schema import EntitySchema, FieldSchema, ListSchema, MethodSchema

__all__ = ["Family", "Row", "absent", "columns_of", "methods_of", "nowhere", "param", "wrapped"]

Row = dict[str, Any]
Check = Callable[[Store, Call, Row, Row | None], None]
"""Looks at the columns of a write, and at the row as it was; may change the columns."""
Unknown = Callable[[str, str], Refusal]
"""What is answered to a name that an entity does not have: the place (``filter``) and the name."""
Paging = Literal[
    "classic", "offset", "controller", "page", "glimpse", "untold", "limited", "whole", "counted"
]
"""The server's families; ``page`` is told the number of a page, ``whole`` answers everything at once,
``counted`` too and tells how many. ``glimpse`` pages like a controller and calls the rows of a page all;
``untold`` pages so, too, and tells no total. ``limited`` reads ``limit`` and ``offset`` beside the filter."""


def _no_check(store: Store, call: Call, row: Row, before: Row | None) -> None:
    """Refuses nothing."""
    del store, call, row, before


def nowhere(store: Store, call: Call) -> Where:
    """All rows of the table."""
    del store, call
    return EVERYTHING


def absent(code: str, text: str, status: int = 400) -> Callable[[Any], Refusal]:
    """The refusal for a row that is not there; ``{}`` in the text is its id."""
    return lambda number: Refusal(code, text.format(number), status=status)


def _controller_lack(name: str) -> Refusal:
    return Refusal("100", f"Could not find value for parameter {{{name}}}")


@dataclass(frozen=True, slots=True)
class Family:
    """The methods of one entity.

    Attributes:
        entity: whose facts name them.
        table: where the rows are.
        scope: what a credential needs.
        paging, form: of the list.
        absent: the refusal for a row that is not there.
        lacking: the refusal for a parameter that is not there.
        needed: the refusal for a required field that is not there; without it none is asked for.
        unknown: the refusal for a name that the entity does not have; without it such names are dropped.
        own: the rows that this call may see.
        guard: looks at the call before anything else.
        check: looks at a write.
        after: called when a row was written or removed (with None), with its number.
        show: the row of an answer, out of the row as read.
        fixed: columns of every new row.
        order: the SQL order of a list that asks for none.
        removed: what a delete answers.
        updated: what an update answers that answers neither the row nor its number.
        only: the kinds of methods; all that the facts know when empty.
        plain: fields that answers never hold.
        stamps: further columns that are set to now by every write.
    """

    entity: str
    table: str
    scope: str
    paging: Paging = "controller"
    form: Form = "values"
    absent: Callable[[Any], Refusal] = field(default=absent("NOT_FOUND", "Not found"))
    lacking: Callable[[str], Refusal] = _controller_lack
    needed: Callable[[str], Refusal] | None = None
    unknown: Unknown | None = None
    own: Callable[[Store, Call], Where] = nowhere
    guard: Callable[[Store, Call], None] | None = None
    check: Check = _no_check
    after: Callable[[Store, Call, Any, Row | None], None] | None = None
    show: Callable[[Store, Call, Row], Row] | None = None
    fixed: Mapping[str, Any] = field(default_factory=dict[str, Any])
    order: str = ""
    removed: Any = None
    updated: Any = True
    only: tuple[str, ...] = ()
    plain: frozenset[str] = frozenset()
    stamps: tuple[str, ...] = ()


def methods_of(store: Store, families: tuple[Family, ...]) -> Registry:
    """The methods of families, by lower-cased name."""
    found: Registry = {}
    for family in families:
        schema = load(family.entity)
        if schema.list is not None and (not family.only or "list" in family.only):
            handler = partial(_guarded, store, family, partial(_list, store, family, schema.list))
            found[schema.list.name.lower()] = Method(handler, family.scope)
        for kind, work in _SINGLE.items():
            method = schema.method(kind)
            if method is not None and (not family.only or kind in family.only):
                handler = partial(_guarded, store, family, partial(work, store, family, method))
                found.setdefault(method.name.lower(), Method(handler, family.scope))
    return found


def _guarded(store: Store, family: Family, work: Callable[[Call], Answer], call: Call) -> Answer:
    if family.guard is not None:
        family.guard(store, call)
    return work(call)


# ---- parameters


def param(source: Mapping[str, Any], path: str) -> Any:
    """A parameter; a dot leads inside, and its case matters as little as to PHP code that upper-cases it."""
    found: Any = source
    for name in path.split("."):
        if not isinstance(found, Mapping):
            return None
        names = {str(key).upper(): value for key, value in found.items()}
        found = found.get(name, names.get(name.upper()))
    return found


def _map(value: Any) -> Row:
    if isinstance(value, Mapping):
        return {str(key): item for key, item in value.items()}
    return {str(place): item for place, item in enumerate(value)} if isinstance(value, (list, tuple)) else {}


def wrapped(envelope: tuple[str | int, ...], value: Any) -> Any:
    """A value below the path of its envelope."""
    for step in reversed(envelope):
        value = [value] if isinstance(step, int) else {step: value}
    return value


# ---- lists


def _shape(store: Store, family: Family) -> Shape:
    return shape_of(store.table(family.table), family.form, hidden=family.plain)


def _query_names(schema: EntitySchema, shape: Shape) -> Mapping[str, Column]:
    """The columns by the names that filter and order know them by, and by those of the answer."""
    names = dict(shape.columns)
    for known in schema.fields.values():
        if known.wire in shape.columns:
            names[known.query_name] = shape.columns[known.wire]
    return names


def _list(store: Store, family: Family, listing: ListSchema, call: Call) -> Answer:
    shape, schema = _shape(store, family), load(family.entity)
    names = _query_names(schema, shape)
    sent = _map(param(call.params, listing.filter)) if listing.filter else {}
    order = _order(call, listing)
    select = to_list(param(call.params, listing.select) or []) if listing.select else []
    asked = [to_text(name) for name in select]
    _refuse_unknown(family, names, {"select": asked, "filter": _bare_names(sent), "order": list(order)})
    where = every([family.own(store, call), compile_group(sent, partial(_condition, names, store.clock()))])
    window = _window(family, call, listing, count(store, shape.table, where))
    selected = {column.name for name, column in names.items() if name in asked}
    wanted = [name for name, column in shape.columns.items() if column.name in selected]
    chosen = shape if not wanted or "*" in asked else shape.only(wanted)
    by = order_sql(order, names) or family.order or UNORDERED
    found = read(store, chosen, where, by, window)
    rows = [_shown(store, family, call, row) for row in found]
    return answered(wrapped(listing.envelope, rows), window, len(rows))


def _order(call: Call, listing: ListSchema) -> Row:
    if listing.order_style == "sort_order" and listing.order_params:
        by, way = (param(call.params, name) for name in listing.order_params)
        return {to_text(by): to_text(way) or "ASC"} if by else {}
    return _map(param(call.params, listing.order)) if listing.order else {}


def _bare_names(sent: Mapping[str, Any]) -> list[str]:
    return [parse_key(key)[1] for key in sent if not key.isdigit() and key.upper() != "LOGIC"]


def _refuse_unknown(family: Family, names: Mapping[str, Column], asked: Mapping[str, list[str]]) -> None:
    if family.unknown is None:
        return
    for place, mentioned in asked.items():
        for name in mentioned:
            if name not in names and name != "*":
                raise family.unknown(place, name)


def _condition(names: Mapping[str, Column], now: float, key: str, value: Any) -> Where:
    name = parse_key(key)[1]
    column = names.get(name)
    if column is None:
        return EVERYTHING
    if column.kind in {"date", "datetime"}:
        reader = read_date if column.kind == "date" else read_datetime
        value = [reader(one, now) for one in to_list(value)] if is_array(value) else reader(value, now) or ""
    prefix = key.removesuffix(name)
    return compile_orm(prefix + column.name, value, column, f'"{column.name}"')


def _window(family: Family, call: Call, listing: ListSchema, total: Callable[[], int]) -> Window:
    if family.paging == "classic":
        return classic(call.start, total)
    if family.paging == "controller":
        return controller(call.start, total)
    if family.paging in {"glimpse", "untold"}:
        begin = max(call.start or 0, 0) // PAGE * PAGE
        seen = min(max(total() - begin, 0), PAGE) if family.paging == "glimpse" else -1
        return Window(begin, PAGE, 0, -1 if call.start == -1 else seen, "controller")
    if family.paging == "page":
        page = max(to_int(param(call.params, listing.start or "page")), 1)
        return Window((page - 1) * PAGE, PAGE, 0, -1, "controller")
    if family.paging == "limited":
        limit, begin = (
            param(call.params, _beside(listing.filter or "", name)) for name in ("limit", "offset")
        )
        return Window(max(to_int(begin), 0), to_int(limit) or listing.page_size or -1, 0, -1, "offset")
    if family.paging == "offset":
        return offset(call.start, total)
    return Window(0, -1, 0, total() if family.paging == "counted" else -1, "offset")


def _beside(path: str, name: str) -> str:
    place, dot, _ = path.rpartition(".")
    return f"{place}{dot}{name}"


# ---- single rows


def _number(store: Store, family: Family, method: MethodSchema, call: Call) -> Any:
    path = method.id_param or "id"
    sent = param(call.params, path)
    if sent is None:
        raise family.lacking(path.rpartition(".")[2])
    column = store.table(family.table).columns[_key(store, family)]
    return to_text(sent) if column.kind in {"string", "char"} else to_int(sent)


def _kept(store: Store, family: Family, method: MethodSchema, call: Call) -> tuple[Any, Row]:
    """The number and the row that a call is about, if the caller may see it."""
    number = _number(store, family, method, call)
    table = store.table(family.table)
    where = every([Where(f'"{_key(store, family)}" = ?', (number,)), family.own(store, call)])
    found = store.rows(family.table, where=where.sql, params=where.params)
    if not found:
        raise family.absent(number)
    return found[0][table.key], found[0]


def _key(store: Store, family: Family) -> str:
    """The column that the methods know a row by; not always the one that the table does."""
    known, table = load(family.entity).key, store.table(family.table)
    column = upper_snake(known.wire) if known else table.key
    return column if column in table.columns else table.key


def _one(store: Store, family: Family, call: Call, number: Any) -> Row:
    shape = _shape(store, family)
    rows = read(store, shape, Where(f'"{shape.table.key}" = ?', (number,)), "1", Window(0, 1, 0, 0, "offset"))
    return _shown(store, family, call, rows[0])


def _shown(store: Store, family: Family, call: Call, row: Row) -> Row:
    return family.show(store, call, row) if family.show is not None else row


def _get(store: Store, family: Family, method: MethodSchema, call: Call) -> Answer:
    number, _ = _kept(store, family, method, call)
    return Answer(wrapped(method.envelope, _one(store, family, call, number)), cost=Cost("get", rows=1))


def _sent_fields(family: Family, method: MethodSchema, call: Call) -> Row:
    """The fields of a write: below their parameter, or all parameters; some stand beside the others."""
    if method.fields_param is None:
        return _map(call.params)
    sent = param(call.params, method.fields_param)
    if sent is None or not is_array(sent):
        raise family.lacking(method.fields_param)
    beside = {name: call.params[name] for name in method.extra_params if name in call.params}
    return {**beside, **_map(sent)}


def columns_of(store: Store, family: Family, fields: Mapping[str, Any], *, update: bool) -> Row:
    """The columns that a write sets; names that nobody knows and those only read vanish."""
    table, row = store.table(family.table), dict[str, Any]()
    names = {name.upper(): value for name, value in fields.items()}
    for known in load(family.entity).fields.values():
        column = table.columns.get(upper_snake(known.wire))
        spelled = known.write_name
        if column is None or known.read_only or (update and known.immutable):
            continue
        value = fields.get(spelled, names.get(spelled.upper(), fields.get(known.wire)))
        if value is None and not (spelled in fields and column.default is None):
            continue
        row[column.name] = _written(known, column, value, store.clock())
    return row


def _written(known: FieldSchema, column: Column, value: Any, now: float) -> Any:
    if known.type == "boolean":
        return "Y" if value is True or to_text(value).upper() in {"Y", "1", "TRUE"} else "N"
    if column.kind == "json":
        return value
    return stored_value(column, value, now)


def _lack_of_field(family: Family, fields: Mapping[str, Any]) -> None:
    if family.needed is None:
        return
    names = {name.upper(): value for name, value in fields.items()}
    for known in load(family.entity).fields.values():
        if known.required and not known.read_only and names.get(known.write_name.upper()) in (None, "", []):
            raise family.needed(known.write_name)


_MADE: Final = ("CREATED_BY", "CREATED_BY_ID", "CREATOR_ID", "AUTHOR_ID")
_MAKERS: Final = ("MODIFIED_BY", "MODIFIED_BY_ID", "UPDATED_BY", "UPDATED_BY_ID")
_BORN: Final = ("DATE_CREATE", "CREATE_TIME", "CREATED_TIME", "CREATED", "DATE_INSERT")
_CHANGED: Final = ("DATE_MODIFY", "UPDATE_TIME", "UPDATED_TIME", "DATE_UPDATE", "TIMESTAMP_X")


def _stamped(store: Store, family: Family, call: Call, row: Row, *, update: bool) -> Row:
    """What the server fills in by itself."""
    table = store.table(family.table)
    people = (*(() if update else _MADE), *_MAKERS)
    times = (*(() if update else _BORN), *_CHANGED, *family.stamps)
    stamps = {
        **{name: call.user_id for name in people if name in table.columns},
        **{name: store.now() for name in times if name in table.columns},
    }
    return {**stamps, **row}


def _add(store: Store, family: Family, method: MethodSchema, call: Call) -> Answer:
    fields = _sent_fields(family, method, call)
    _lack_of_field(family, fields)
    row = {**family.fixed, **columns_of(store, family, fields, update=False)}
    family.check(store, call, row, None)
    with store.transaction():
        number = store.insert(family.table, _stamped(store, family, call, row, update=False))
        table = store.table(family.table)
        number = row[table.key] if table.columns[table.key].kind == "string" else number
        if family.after is not None:
            family.after(store, call, number, row)
    return _told(store, family, method, call, number)


def _update(store: Store, family: Family, method: MethodSchema, call: Call) -> Answer:
    number, before = _kept(store, family, method, call)
    row = columns_of(store, family, _sent_fields(family, method, call), update=True)
    family.check(store, call, row, before)
    with store.transaction():
        store.update(family.table, number, _stamped(store, family, call, row, update=True))
        if family.after is not None:
            family.after(store, call, number, row)
    return _told(store, family, method, call, number)


def _told(store: Store, family: Family, method: MethodSchema, call: Call, number: Any) -> Answer:
    """What a write answers: the row, its number, or that it was done."""
    results: Mapping[str, Callable[[], Any]] = {
        "item": lambda: _one(store, family, call, number),
        "id": lambda: number,
    }
    result = results[method.returns]() if method.returns in results else family.updated
    return Answer(wrapped(method.envelope, result), cost=Cost("write", rows=1))


def _delete(store: Store, family: Family, method: MethodSchema, call: Call) -> Answer:
    number, _ = _kept(store, family, method, call)
    with store.transaction():
        store.delete(family.table, number)
        if family.after is not None:
            family.after(store, call, number, None)
    removed = True if method.returns == "true" else family.removed
    return Answer(wrapped(method.envelope, removed), cost=Cost("write", rows=1))


def _fields(store: Store, family: Family, method: MethodSchema, call: Call) -> Answer:
    del store, call
    return Answer(wrapped(method.envelope, entity_fields_answer(load(family.entity))))


_SINGLE: Final[Mapping[str, Callable[[Store, Family, MethodSchema, Call], Answer]]] = {
    "get": _get,
    "add": _add,
    "update": _update,
    "delete": _delete,
    "fields": _fields,
}
