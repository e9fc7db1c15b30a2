"""Whole lists by the name of their method, whatever the paging."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any, Final

from b24orm.errors import Incomplete
from b24orm.executor.executor import Executor
from b24orm.executor.rest_v3 import all_rows_v3, api_of
from b24orm.facts import listed_by
from b24orm.plan.calls import Ask, Call, rows_of
from b24orm.plan.flow import Flow, Page
from b24orm.plan.listing import Listing
from b24orm.plan.steps.keyset import KeysetScan
from b24orm.plan.steps.offset import OffsetPages

__all__ = ["all_rows"]

_READINGS: Final = 3
"""How often a list that shifted under our hands is read before we give up."""


def all_rows(executor: Executor, method: str, params: Mapping[str, Any]) -> AsyncGenerator[Page, None]:
    """Every row of a list method: each once, none lost, equals kept, in the order asked.

    By keyset where the method has one and no order is asked; by offset else.
    """
    if api_of(method) == "v3":
        return all_rows_v3(executor, method, params)
    scan = _keyset(method, params)
    return _by_offset(executor, method, params) if scan is None else executor.stream(scan)


async def _by_offset(
    executor: Executor, method: str, params: Mapping[str, Any]
) -> AsyncGenerator[Page, None]:
    """All pages of a list; one that shifts while it is read is read again as a whole."""
    for reading in range(1, _READINGS + 1):
        try:
            pages = [page async for page in executor.stream(await _offset(executor, method, params))]
        except Incomplete:
            if reading == _READINGS:
                raise
            continue
        for page in pages:
            yield page
        return


def _spelled(params: Mapping[str, Any]) -> dict[str, Any]:
    return {str(key).lower(): value for key, value in params.items()}


def _keyset(method: str, params: Mapping[str, Any]) -> Flow | None:
    schema = listed_by(method)
    spelled = _spelled(params)
    if schema is None or schema.list is None or not {"order", "start", "sort"}.isdisjoint(spelled):
        return None
    spec = schema.list
    if spec.positional or spec.start != "start":
        return None
    if not (spec.keyset and spec.count_free and spec.order_style and schema.id_field.type == "integer"):
        return None
    conditions = spelled.get("filter") or {}
    if not isinstance(conditions, Mapping):
        return None
    names = [_bare(key) for key in conditions]
    if schema.id_field.query_name.upper() in map(str.upper, names):
        return None
    select = spelled.get("select")
    if select and spec.dialect != "classic" and not {"*", schema.id_field.query_name} & set(select):
        return None
    rest = {key: value for key, value in params.items() if str(key).lower() not in ("filter", "select")}
    chosen = tuple(select) if select else None
    joins = any(schema.by_wire[name].joins for name in names if name in schema.by_wire)
    return KeysetScan(Listing(schema, rest, conditions, chosen), joins=joins)


def _bare(key: Any) -> str:
    """The name in the key of a filter."""
    return str(key).lstrip("!=<>@%?*+")


async def _offset(executor: Executor, method: str, params: Mapping[str, Any]) -> Flow:
    """An offset scan that has already been given its first page, which tells the envelope."""
    start = int(_spelled(params).get("start") or 0)
    rest = {key: value for key, value in params.items() if str(key).lower() != "start"}
    schema = listed_by(method)
    spec = schema.list if schema is not None else None
    if (
        spec is not None
        and spec.order == "order"
        and "order" not in _spelled(rest)
        and spec.order_style == "map"
    ):
        assert schema is not None
        rest["order"] = {schema.id_field.query_name: "ASC"}
    first = await executor.call(Call(method, {**rest, "start": start}))
    envelope = spec.envelope if spec is not None else _envelope(first.result)
    rows = rows_of(first.result, envelope, method, null=True)

    def call(offset: int) -> Call:
        return Call(method, {**rest, "start": offset}, envelope=envelope)

    hides = spec is not None and spec.hides_rows
    size = first.next - start if first.next is not None and first.next > start else max(50, len(rows))
    if spec is not None and hides:  # its pages are counted with the rows that they do not hold
        size = spec.page_size or size
    flow = OffsetPages(call, identify=_identity(rows), start=start, page_size=size, hides=hides)
    (ask,) = flow.asks(1)
    flow.receive(Ask(ask.calls, key=ask.key), [first])
    return flow


def _envelope(result: Any) -> tuple[str | int, ...]:
    if isinstance(result, dict) and len(result) == 1:
        ((name, inner),) = result.items()
        return (name,) if isinstance(inner, (list, dict)) else ()
    return ()


def _identity(rows: Page) -> Any:
    """What tells rows apart, if they have an id; without one equal rows are all kept."""
    for name in ("ID", "id"):
        named = bool(rows) and all(isinstance(row, Mapping) and name in row for row in rows)
        if named and len({str(row[name]) for row in rows}) == len(rows):
            return lambda row: str(row[name])
    return None
