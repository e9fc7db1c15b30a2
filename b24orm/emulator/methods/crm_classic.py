"""``crm.deal.list`` and its kin: list, get, add, update and delete of the classic CRM entities."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from b24orm.emulator import multifields
from b24orm.emulator.answers import Answer, Call, Cost, Handler, Method, Refusal, Registry
from b24orm.emulator.classic_filter import compile_filter, parse_key, prepare
from b24orm.emulator.classic_query import ListQuery, Shape, Sorting, order_sql, shape_of
from b24orm.emulator.conditions import EVERYTHING, NOTHING, Where, every
from b24orm.emulator.methods.classic_writes import add, update
from b24orm.emulator.methods.params import fields_param, id_param, list_param
from b24orm.emulator.paging import classic
from b24orm.emulator.relations import parent_joins
from b24orm.emulator.select import rows_of
from b24orm.emulator.store import Store
from b24orm.emulator.tables import Table
from b24orm.emulator.values import to_int

__all__ = ["ENTITIES", "ClassicRows", "Entity", "methods"]


@dataclass(frozen=True)
class Entity:
    """What is particular about one entity.

    Attributes:
        name: the table and the second part of the methods' names.
        sortings: fields sorted by their directory.
        regular: what every row but the exceptional ones meets; the others stay out.
        lifted_by: keys of a filter that let the exceptional rows in.
        reduces_ids: a list under the bare ID counts only for its positive numbers.
        flexible: texts whose selection makes the list collect rows by id.
        missing: the text of get, update and delete of a row that isn't there.
    """

    name: str
    sortings: tuple[Sorting, ...] = ()
    regular: str = ""
    lifted_by: frozenset[str] = frozenset()
    reduces_ids: bool = False
    flexible: frozenset[str] = frozenset({"COMMENTS"})
    missing: Mapping[str, str] = field(default_factory=dict[str, str])


def _directory(field_name: str, table: str, entity_id: str) -> Sorting:
    return Sorting(
        field_name,
        f"(SELECT SORT FROM status WHERE ENTITY_ID = '{entity_id}' AND STATUS_ID = {table}.{field_name})",
    )


ENTITIES: Final = (
    Entity(
        "deal",
        (_directory("STAGE_ID", "deal", "DEAL_STAGE"),),
        regular='"deal"."IS_RECURRING" = \'N\'',
        lifted_by=frozenset({"IS_RECURRING", "=IS_RECURRING", "ID", "=ID", "@ID"}),
        reduces_ids=True,
    ),
    Entity(
        "lead",
        (_directory("STATUS_ID", "lead", "STATUS"),),
        missing={"update": "Lead is not found", "delete": "Lead is not found"},
    ),
    Entity("contact", regular='"contact"."CATEGORY_ID" = 0', missing={"update": "Contact is not found"}),
    Entity("company", regular='"company"."CATEGORY_ID" = 0', missing={"update": "Company is not found"}),
    Entity(
        "quote",
        (_directory("STATUS_ID", "quote", "QUOTE_STATUS"),),
        flexible=frozenset({"COMMENTS", "CONTENT", "TERMS"}),
        missing={"update": "Quote is not found"},
    ),
)


def methods(store: Store) -> Registry:
    """The methods of every classic entity."""
    registry: Registry = {}
    for entity in ENTITIES:
        rows = ClassicRows(store, entity)
        handlers: Mapping[str, Handler] = {
            "list": rows.page,
            "get": rows.get,
            "add": rows.add,
            "update": rows.update,
            "delete": rows.delete,
        }
        for kind, handler in handlers.items():
            registry[f"crm.{entity.name}.{kind}"] = Method(handler, "crm")
    return registry


class ClassicRows:
    """The five methods of one entity."""

    def __init__(self, store: Store, entity: Entity) -> None:
        self._store = store
        self._entity = entity
        self._shapes: dict[tuple[Any, ...], Shape] = {}
        self._shapes_of: Table | None = None

    def page(self, call: Call) -> Answer:
        """A page of rows, see the classic rules of filter, order, select and paging."""
        order = list_param(call, "order")
        query = self._query(list_param(call, "filter"), order, _select(call))
        window = classic(call.start, lambda: self._store.count_sql(query.count_source(), query.where.params))
        rows = self._rows(query, window.limit, window.offset)
        cost = Cost("page", window.counted, window.offset, len(rows))
        return Answer(rows, window.total, window.next_start(len(rows)), cost)

    def get(self, call: Call) -> Answer:
        """One row with its user fields, phones and addresses."""
        row_id = id_param(call)
        shape = self._shape(("*", "UF_*"))
        where = every([Where(f'"{self._entity.name}"."ID" = ?', (row_id,)), self._regular({"=ID"})])
        rows = self._rows(ListQuery(self._table, shape, where, '"ID"'), 1, 0)
        if not rows:
            raise self._missing("get")
        row = rows[0]
        for column in self._table.user_columns:
            if row[column.name] in (None, False):
                row[column.name] = [] if column.multiple else ""
                if column.type == "file" and not column.multiple:
                    del row[column.name]
        if self._table.multifields:
            row |= multifields.read(self._store, self._entity.name, [row_id]).get(row_id, {})
        return Answer(row, cost=Cost("get", rows=1))

    def add(self, call: Call) -> Answer:
        """A new row; answers its id. Without fields an empty row is added."""
        fields, params = fields_param(call), fields_param(call, "params")
        row_id = add(self._store, self._table, fields, params, call.user_id)
        return Answer(row_id, cost=Cost("write", rows=1))

    def update(self, call: Call) -> Answer:
        """Changes a row; answers true."""
        fields, params = fields_param(call), fields_param(call, "params")
        row_id = id_param(call)
        self._require(row_id, "update")
        update(self._store, self._table, row_id, fields, params, call.user_id)
        return Answer(result=True, cost=Cost("write", rows=1))

    def delete(self, call: Call) -> Answer:
        """Removes a row; answers true."""
        row_id = id_param(call)
        self._require(row_id, "delete")
        self._store.delete(self._entity.name, row_id)
        return Answer(result=True, cost=Cost("write", rows=1))

    # ---- inside

    @property
    def _table(self) -> Table:
        return self._store.table(self._entity.name)

    def _query(self, filter: Mapping[str, Any], order: Mapping[str, Any], select: Any) -> ListQuery:
        table, entity = self._table, self._entity
        joins = parent_joins(self._store, table)
        known = frozenset(multifields.TYPES if table.multifields else ()) | joins.keys()
        prepared = prepare(filter, table, known, self._store.clock())
        parts = [self._regular({name for name, value in prepared.items() if value is not None})]
        if entity.reduces_ids:
            parts.append(_reduced_ids(prepared))
        if table.multifields:
            parts.extend(multifields.condition(prepared, entity.name))
        parts.append(compile_filter(prepared, table, {name: join.expression for name, join in joins.items()}))
        filtered = {parse_key(key).name for key in prepared}
        needed = tuple(join for name, join in joins.items() if name in filtered)
        sql, sorted_by = order_sql(table, order, entity.sortings, joins)
        return ListQuery(
            table, self._shape(select), every(parts), sql, tuple(dict.fromkeys((*needed, *sorted_by)))
        )

    def _regular(self, mentioned: Collection[str]) -> Where:
        """What keeps exceptional rows out; nothing while there are none, which keeps deep pages cheap."""
        entity, exception = self._entity, self._table.exception
        if not entity.regular or not entity.lifted_by.isdisjoint(mentioned):
            return EVERYTHING
        some = self._store.fetch(f'SELECT 1 FROM "{entity.name}" WHERE {exception} LIMIT 1')
        return Where(entity.regular) if some else EVERYTHING

    def _shape(self, select: Any) -> Shape:
        table = self._table
        if table is not self._shapes_of:
            self._shapes, self._shapes_of = {}, table
        joins = parent_joins(self._store, table)
        key = (tuple(select) if isinstance(select, (list, tuple)) else repr(select), tuple(joins))
        try:
            found = self._shapes.get(key)
        except TypeError:  # a list of lists can't be a key
            key, found = (repr(select), tuple(joins)), None
        if found is None:
            types = multifields.TYPES if table.multifields else ()
            entity = self._entity
            found = shape_of(
                table,
                select,
                joins=joins,
                multifields=types,
                flexible=entity.flexible,
            )
            if len(self._shapes) < _REMEMBERED:
                self._shapes[key] = found
        return found

    def _rows(self, query: ListQuery, limit: int, offset: int) -> list[dict[str, Any]]:
        fetched = self._store.fetch(query.page_sql(limit, offset), query.where.params)
        rows = rows_of(query.shape.selection, fetched)
        if not query.shape.keyed:
            return rows
        by_id = {row["ID"]: row for row in rows}
        if query.shape.multifields:
            ids = [int(row_id) for row_id in by_id]
            found = multifields.read(self._store, self._entity.name, ids, query.shape.multifields)
            for row_id in ids:
                by_id[str(row_id)].update(found.get(row_id, {}))
        return list(by_id.values())

    def _require(self, row_id: int, kind: str) -> None:
        where = every([Where("ID = ?", (row_id,)), self._regular({"=ID"})])
        if not self._store.fetch(f'SELECT 1 FROM "{self._entity.name}" WHERE {where.sql}', where.params):
            raise self._missing(kind)

    def _missing(self, kind: str) -> Refusal:
        return Refusal("", self._entity.missing.get(kind, "Not found"))


_REMEMBERED: Final = 512


def _reduced_ids(filter: dict[str, Any]) -> Where:
    """Leave a list under the bare ID its positive numbers; with none of them nothing fits."""
    ids = filter.get("ID")
    if not isinstance(ids, (list, tuple)) or not ids:
        return EVERYTHING
    filter["ID"] = [to_int(item) for item in ids if to_int(item) > 0]
    return EVERYTHING if filter["ID"] else NOTHING


def _select(call: Call) -> Any:
    for name in ("select", "SELECT", "Select", "arSelect"):
        if call.params.get(name) is not None:
            return call.params[name]
    return ()
