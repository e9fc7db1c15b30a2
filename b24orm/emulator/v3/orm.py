"""What a controller gets for nothing when its object is one table: list, get, tail, aggregate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from b24orm.emulator.answers import Cost
from b24orm.emulator.conditions import Where
from b24orm.emulator.store import Store
from b24orm.emulator.v3.dto import Dto, DtoField
from b24orm.emulator.v3.filtering import Condition, read_filter, where
from b24orm.emulator.v3.refusals import entity_not_found, field_required, invalid, unknown_field
from b24orm.emulator.v3.registry import V3Answer, V3Call, V3Method, V3Registry
from b24orm.emulator.v3.structures import (
    Page,
    Select,
    read_aggregate,
    read_cursor,
    read_order,
    read_page,
)

__all__ = ["Resource", "field_methods"]

_DESCRIBED = (
    "name",
    "type",
    "title",
    "description",
    "validationRules",
    "requiredGroups",
    "filterable",
    "sortable",
    "editable",
    "multiple",
    "elementType",
)


@dataclass(frozen=True, slots=True)
class Resource:
    """An object kept in one table.

    Attributes:
        store, table: where its rows are.
        dto: its fields.
        guard: raises where the caller may not see the rows.
    """

    store: Store
    table: str
    dto: Dto
    guard: Callable[[V3Call], None] = field(default=lambda _: None)

    def methods(self, prefix: str, scope: str, actions: Sequence[str]) -> V3Registry:
        """The methods of those actions (``list``, ``get``, ``tail``, ``aggregate``) and of the fields."""
        known: Mapping[str, tuple[Callable[[V3Call], V3Answer], Any, tuple[str, ...]]] = {
            "list": (self.page, "items", ("select", "filter", "order", "pagination")),
            "get": (self.get, "item", ("id", "select")),
            "tail": (self.tail, "items", ("select", "filter", "cursor")),
            "aggregate": (self.aggregate, "aggregate", ("select", "filter")),
        }
        found: V3Registry = {}
        for action in actions:
            handler, returns, takes = known[action]
            found[f"{prefix}.{action}"] = V3Method(handler, scope, dto=self.dto, returns=returns, takes=takes)
        return found | field_methods(prefix, scope, self.dto)

    def page(self, call: V3Call) -> V3Answer:
        """``*.list``: by id unless told otherwise."""
        self.guard(call)
        select = Select.read(call.params.get("select"), self.dto)
        found = where(read_filter(call.params.get("filter") or [], self.dto))
        order = read_order(call.params.get("order"), self.dto) or [(self.dto.fields["id"], "ASC")]
        page = read_page(call.params.get("pagination"))
        rows = self.rows(self.names(select), found, [(spec.column or "", way) for spec, way in order], page)
        return V3Answer({"items": rows}, Cost("page", 0, page.offset, len(rows)))

    def get(self, call: V3Call) -> V3Answer:
        """``*.get``.

        Raises:
            V3Refusal: no ``id``, or no such row.
        """
        self.guard(call)
        number = self.number(call)
        select = Select.read(call.params.get("select"), self.dto)
        rows = self.rows(self.names(select), Where('"ID" = ?', (number,)), [], Page(1))
        if not rows:
            raise entity_not_found(number)
        return V3Answer({"item": rows[0]}, Cost("get", rows=1))

    def tail(self, call: V3Call) -> V3Answer:
        """``*.tail``: what lies behind the cursor. The cursor's condition joins the filter's own level."""
        self.guard(call)
        select = Select.read(call.params.get("select"), self.dto)
        found = read_filter(call.params.get("filter") or [], self.dto)
        cursor = read_cursor(call.params.get("cursor"), self.dto)
        spec = cursor.field if cursor else self.dto.fields["id"]
        if spec.name in found.fields():
            raise invalid("filter", f"Cursor field {spec.name} cannot be used at filter.")
        direction, limit = (cursor.direction, cursor.limit) if cursor else ("ASC", Page().limit)
        if cursor is not None:
            found.parts.append(Condition(spec, ">" if direction == "ASC" else "<", cursor.value))
        rows = self.rows(self.names(select), where(found), [(spec.column or "", direction)], Page(limit))
        return V3Answer({"items": rows}, Cost("page", rows=len(rows)))

    def aggregate(self, call: V3Call) -> V3Answer:
        """``*.aggregate``: ``{"result": {"count": {"id": 5}}}``."""
        self.guard(call)
        wanted = read_aggregate(call.params.get("select"), self.dto)
        if not wanted:
            raise field_required("select")
        found = where(read_filter(call.params.get("filter") or [], self.dto))
        terms = ", ".join(_term(function, spec.column or "") for function, spec in wanted)
        source = f'"{self.table}"' + (f" WHERE {found.sql}" if found else "")
        (values,) = self.store.fetch(f"SELECT {terms} FROM {source}", found.params)
        result: dict[str, dict[str, Any]] = {}
        for (function, spec), value in zip(wanted, values, strict=True):
            result.setdefault(function, {})[spec.name] = value
        return V3Answer({"result": result}, Cost("page", self.store.count_sql(source, found.params)))

    # -- rows

    def names(self, select: Select) -> Sequence[str]:
        """The fields that a row gets: those selected, or all."""
        return select.names if select.given and select.names else tuple(self.dto.fields)

    @staticmethod
    def number(call: V3Call) -> int:
        """The ``id`` of a request.

        Raises:
            V3Refusal: it is missing, or no whole number.
        """
        value = call.params.get("id")
        if value is None:
            raise field_required("id")
        return int(DtoField("id", "int").checked(value))

    def rows(
        self, names: Sequence[str], found: Where, order: Sequence[tuple[str, str]], page: Page
    ) -> list[dict[str, Any]]:
        """Rows with these fields; a field that is kept nowhere is null."""
        kept = [spec for name in names if (spec := self.dto.fields[name]).column is not None]
        columns = ", ".join(f'"{spec.column}"' for spec in kept) or "1"
        sql = f'SELECT {columns} FROM "{self.table}"' + (f" WHERE {found.sql}" if found else "")
        if order:
            sql += " ORDER BY " + ", ".join(f'"{column}" {way}' for column, way in order)
        sql += f" LIMIT {page.limit} OFFSET {page.offset}"
        absent = {name: None for name in names if self.dto.fields[name].column is None}
        reads = [(spec.name, spec.codec.read) for spec in kept]
        return [
            {**{name: read(value) for (name, read), value in zip(reads, values, strict=False)}, **absent}
            for values in self.store.fetch(sql, found.params)
        ]


def _term(function: str, column: str) -> str:
    if function == "countDistinct":
        return f'COUNT(DISTINCT "{column}")'
    return f'{function.upper()}("{column}")'


def field_methods(prefix: str, scope: str, dto: Dto) -> V3Registry:
    """``*.field.list`` and ``*.field.get``."""
    described = {spec.name: _described(dto, spec.name) for spec in dto.fields.values()}

    def listed(call: V3Call) -> V3Answer:
        names = _wanted(call)
        return V3Answer({"items": [_part(one, names) for one in described.values()]})

    def got(call: V3Call) -> V3Answer:
        name = call.params.get("name")
        if not isinstance(name, str):
            raise field_required("name")
        if name not in described:
            raise invalid("select", name)
        return V3Answer({"item": _part(described[name], _wanted(call))})

    return {
        f"{prefix}.field.list": V3Method(listed, scope, returns="items", takes=("select",)),
        f"{prefix}.field.get": V3Method(got, scope, returns="item", takes=("name", "select")),
    }


def _described(dto: Dto, name: str) -> dict[str, Any]:
    spec = dto.fields[name]
    return {
        "name": name,
        "type": "object" if spec.type in ("DateTime", "Date") else spec.type,
        "title": name,
        "description": None,
        **({"requiredGroups": ["add"]} if spec.required else {}),
        "filterable": spec.filterable,
        "sortable": spec.sortable,
        **({"editable": True} if spec.editable else {}),
        "multiple": spec.multiple,
    }


def _wanted(call: V3Call) -> Sequence[str]:
    given = call.params.get("select") or []
    if not isinstance(given, list) or any(not isinstance(name, str) for name in given):
        raise invalid("select", given)
    for name in given:
        if name not in _DESCRIBED:
            raise unknown_field("DtoFieldDto", name)
    return given or _DESCRIBED


def _part(described: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: value for name, value in described.items() if name in names}
