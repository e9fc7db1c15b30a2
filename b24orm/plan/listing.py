"""Builds the calls of an entity's list method: filter, order, select and paging in its own terms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from b24orm.errors import ServerFailure, Unsupported
from b24orm.plan.calls import Call, Row
from b24orm.plan.filter_v3 import conditions_of
from b24orm.plan.filters import Branch
from b24orm.query.names import list_method
from b24orm.query.nodes import Order, Query
from b24orm.schema import EntitySchema, FieldSchema, ListSchema, MethodSchema

__all__ = ["Listing", "nested", "original_names", "with_ids"]


@dataclass(frozen=True)
class Listing:
    """One query's list method.

    Attributes:
        schema: the entity.
        params: parameters that every call carries (``entityTypeId``).
        filter: the conditions that every call carries.
        select: what every call selects; None where the method selects nothing.
    """

    schema: EntitySchema
    params: Mapping[str, Any] = field(default_factory=dict)
    filter: Mapping[str, Any] = field(default_factory=dict)
    select: tuple[str, ...] | None = None

    @classmethod
    def of(cls, query: Query, conditions: Mapping[str, Any]) -> Listing:
        """The listing of a query with one of its branches' conditions."""
        spec = list_method(query.schema)
        own = {**query.schema.fixed_params, **original_names(query.schema, spec), **spec.constants}
        return cls(query.schema, {**own, **query.params}, conditions, _selected(query, spec))

    @property
    def spec(self) -> ListSchema:
        """What the list method is able to do."""
        assert self.schema.list is not None
        return self.schema.list

    @property
    def size(self) -> int:
        """Rows of a page; 1 where the method has no pages."""
        return self.spec.page_size or 1

    @property
    def uncounted(self) -> int:
        """The ``start`` of a first page: without a count, where that spares the server one."""
        return -1 if self.spec.count_free else 0

    @property
    def id_name(self) -> str:
        """The id's spelling in filters and orders."""
        return self.schema.id_field.query_name

    def id_of(self, row: Row) -> int:
        """The id of a row, as an int (classic lists answer strings).

        Raises:
            ServerFailure: there is none.
        """
        return self.ids_of((row,))[0]

    def ids_of(self, page: Iterable[Row]) -> list[int]:
        """The ids of rows.

        Raises:
            ServerFailure: one of them has none.
        """
        name = self.schema.id_field.wire
        try:
            return [int(row[name]) for row in page]
        except (KeyError, TypeError, ValueError, OverflowError):
            text = f"a row of the answer has no {name}"
            raise ServerFailure("NO_ID", text, method=self.spec.name) from None

    @property
    def ids_key(self) -> str:
        """The filter key that takes a list of ids."""
        listed = "@" in self.spec.operators or self.spec.dialect == "v3"
        return f"@{self.id_name}" if listed else self.id_name

    def ids_only(self) -> Listing:
        """The same listing that fetches nothing but ids."""
        key = self.schema.key
        if key is None:
            return self
        select = (
            None
            if self.spec.select is None
            else tuple(dict.fromkeys((*self.spec.select_always, key.select_name)))
        )
        return Listing(self.schema, self.params, self.filter, select)

    def call(
        self,
        conditions: Mapping[str, Any] | None = None,
        *,
        order: Iterable[Order] = (),
        start: int | None = None,
        limit: int | None = None,
    ) -> Call:
        """A call for one page.

        Args:
            conditions: further filter keys, beside the listing's own.
            order: the sort keys.
            start: the paging parameter; -1 asks for the first rows without a count. Of a cursor: the
                least id of the page before.
            limit: rows wanted, of a method that can be told; a whole page when None.
        """
        spec = self.spec
        params: dict[str, Any] = dict(self.params)
        wanted = {**self.filter, **(conditions or {})}
        if spec.dialect == "flat":
            params.update(wanted)
        elif wanted and spec.filter and spec.dialect == "v3":
            params[spec.filter] = conditions_of(wanted)
        elif wanted and spec.filter:
            params[spec.filter] = wanted
        if self.select is not None and spec.select:
            params[spec.select] = list(self.select)
        params.update(_ordered(spec, tuple(order)))
        params.update(_placed(spec, start, limit))
        params = nested(params)
        if spec.positional:
            params = _in_place(spec.positional, params)
        return Call(spec.name, params, envelope=spec.envelope, api=self.schema.api)

    def by_id(self, *, descending: bool = False) -> tuple[Order, ...]:
        """The order by id."""
        return (Order(self.schema.id_field, descending),)


def with_ids(schema: EntitySchema, branch: Branch) -> dict[str, object]:
    """A branch's conditions with its bounds on the id put back."""
    conditions: dict[str, object] = dict(branch.filter)
    if branch.ids is not None:
        conditions[Listing(schema).ids_key] = branch.ids
        return conditions
    if branch.lower is not None:
        conditions[f">{schema.id_field.query_name}"] = branch.lower
    if branch.upper is not None:
        conditions[f"<={schema.id_field.query_name}"] = branch.upper
    return conditions


def _placed(spec: ListSchema, start: int | None, limit: int | None) -> dict[str, Any]:
    """Where the page begins, in the method's own terms."""
    if spec.paging == "pagination" and spec.start:
        offset = {"offset": start} if start is not None and start > 0 else {}
        return {spec.start: {"limit": limit or spec.page_size, **offset}}
    if start is None or not spec.start:
        return {}
    size = spec.page_size or 1
    terms = {"page": max(start, 0) // size + 1, "offset": max(start, 0)}
    first = spec.paging == "cursor" and start <= 0
    placed: dict[str, Any] = {} if first else {spec.start: terms.get(spec.paging, start)}
    return {**placed, spec.limit: spec.page_size} if spec.limit else placed


def nested(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters with dotted names put where the dots lead.

    >>> nested({"ID": 1, "PARAMS.NAV.page": 2})
    {'ID': 1, 'PARAMS': {'NAV': {'page': 2}}}
    """
    if not any("." in name for name in params):
        return dict(params)
    found: dict[str, Any] = {}
    for name, value in params.items():
        *path, last = name.split(".")
        inner = found
        for part in path:
            inner = inner.setdefault(part, {})
        both = isinstance(value, Mapping) and isinstance(inner.get(last), Mapping)
        inner[last] = {**inner[last], **value} if both else value
    return found


def _in_place(names: Sequence[str], params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters in the order of a method that reads no names; what is left out is empty.

    >>> _in_place(["TASKID", "ORDER", "FILTER", "SELECT"], {"FILTER": {"ID": 1}, "TASKID": 7})
    {'TASKID': 7, 'ORDER': [], 'FILTER': {'ID': 1}}
    """
    last = max((names.index(name) for name in params if name in names), default=-1)
    ordered: dict[str, Any] = {name: params.get(name, []) for name in names[: last + 1]}
    return {**ordered, **{name: value for name, value in params.items() if name not in ordered}}


def original_names(schema: EntitySchema, method: ListSchema | MethodSchema | None) -> dict[str, str]:
    """What makes a method spell user fields as they are, ``UF_...``; nothing where it does anyway."""
    asked = method is not None and "useOriginalUfNames" in method.extra_params and schema.user_fields
    return {"useOriginalUfNames": "Y"} if asked else {}


def _selected(query: Query, spec: ListSchema) -> tuple[str, ...] | None:
    if spec.select is None:
        return None
    if query.select is None:
        return (*spec.select_always, *spec.select_all) or None
    key = (query.schema.key,) if query.schema.key else ()
    fields: dict[FieldSchema, None] = dict.fromkeys((*key, *query.select))
    names = [name for found in fields for name in _spelled(found.select_name)]
    return tuple(dict.fromkeys((*spec.select_always, *names)))


def _spelled(name: str) -> tuple[str, ...]:
    """``creator.name`` is answered if ``creator`` is selected as well."""
    head, dot, _ = name.partition(".")
    return (head, name) if dot else (name,)


def _ordered(spec: ListSchema, order: tuple[Order, ...]) -> dict[str, Any]:
    if not order or spec.order_style is None:
        return {}
    key, *others = order
    if others and (spec.order_style == "sort_order" or spec.page_size is None):
        raise Unsupported(f"{spec.name} sorts by one field only")
    if spec.order_style == "sort_order":
        sort, direction = spec.order_params
        return {sort: key.field.query_name, direction: _direction(key)}
    assert spec.order is not None
    return {spec.order: {key.field.query_name: _direction(key) for key in order}}


def _direction(key: Order) -> str:
    return "DESC" if key.descending else "ASC"
