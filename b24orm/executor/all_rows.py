"""Whole lists by the name of their method, whatever the paging."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Any, Final, NamedTuple

from b24orm.errors import Incomplete, InvalidValue
from b24orm.executor.executor import Executor
from b24orm.executor.rest_v3 import all_rows_v3, api_of
from b24orm.facts import listed_by
from b24orm.plan.calls import Ask, Call, Reply, rows_of
from b24orm.plan.flow import Flow, Page
from b24orm.plan.listing import Listing
from b24orm.plan.steps.keyset import KeysetScan
from b24orm.plan.steps.offset import OffsetPages
from b24orm.plan.steps.sizes import PAGE
from b24orm.schema import ListSchema

__all__ = ["all_rows"]

_READINGS: Final = 3
"""How often a list that shifted under our hands is read before we give up."""
_NUMBER: Final = re.compile(r"\s*[+-]?[0-9]{1,18}\s*", re.ASCII)


def all_rows(executor: Executor, method: str, params: Mapping[str, Any]) -> AsyncGenerator[Page, None]:
    """Every row of a list method: each once, none lost, equals kept, in the order asked.

    By keyset where the method has one and no order is asked; by offset else.
    """
    if api_of(method) == "v3":
        return all_rows_v3(executor, method, params)
    start = _start(method, _spelled(params).get("start"))
    rest = {key: value for key, value in params.items() if str(key).lower() != "start"}
    scan = _keyset(method, rest) if start == 0 else None
    return _by_offset(executor, method, rest, start) if scan is None else executor.stream(scan)


def _start(method: str, given: Any) -> int:
    """Rows to skip. A negative number asks the portal not to count, which is seen to here.

    Raises:
        InvalidValue: it is no number.
    """
    if given is None or given == "":
        return 0
    if isinstance(given, bool) or not isinstance(given, (int, str)) or not _NUMBER.fullmatch(str(given)):
        raise InvalidValue(f"{method}: start is a number of rows to skip, not {given!r}")
    return max(0, int(given))


async def _by_offset(
    executor: Executor, method: str, params: Mapping[str, Any], start: int
) -> AsyncGenerator[Page, None]:
    """All pages of a list; one that shifts while it is read is read again as a whole."""
    for reading in range(1, _READINGS + 1):
        try:
            pages = [page async for page in executor.stream(await _offset(executor, method, params, start))]
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
    if schema is None or schema.list is None or not {"order", "sort"}.isdisjoint(spelled):
        return None
    spec = schema.list
    if spec.positional or spec.start != "start":
        return None
    if not (spec.keyset and spec.count_free and spec.order_style and schema.id_field.type == "integer"):
        return None
    conditions = spelled.get("filter") or {}
    select = spelled.get("select") or ()
    if not isinstance(conditions, Mapping) or not isinstance(select, (list, tuple, set, frozenset)):
        return None
    if any(str(key).strip(":").lower() == "logic" for key in conditions):
        if spec.dialect != "orm":
            return None
        conditions = {"0": conditions}  # the bounds of a scan hold beside an OR, and are none of its parts
    names = [_bare(key) for key in conditions]
    if schema.id_field.query_name.upper() in map(str.upper, names):
        return None
    if select and spec.dialect != "classic" and not {"*", schema.id_field.query_name} & set(select):
        return None
    rest = {key: value for key, value in params.items() if str(key).lower() not in ("filter", "select")}
    chosen = tuple(select) if select else None
    joins = any(schema.by_wire[name].joins for name in names if name in schema.by_wire)
    return KeysetScan(Listing(schema, rest, conditions, chosen), joins=joins)


def _bare(key: Any) -> str:
    """The name in the key of a filter."""
    return str(key).lstrip("!=<>@%?*+")


async def _offset(executor: Executor, method: str, params: Mapping[str, Any], start: int) -> Flow:
    """An offset scan that has already been given its first page, which tells the envelope."""
    rest = dict(params)
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

    async def page(begin: int) -> _FirstPage:
        reply = await executor.call(Call(method, {**rest, "start": begin}))
        envelope = spec.envelope if spec is not None else _envelope(reply.result)
        return _FirstPage(reply, begin, envelope, rows_of(reply.result, envelope, method, null=True))

    first, size = await _found(page, start, spec)

    def call(offset: int) -> Call:
        return Call(method, {**rest, "start": offset}, envelope=first.envelope)

    hides = spec is not None and spec.hides_rows
    flow = OffsetPages(call, identify=_identity(first.rows), start=start, page_size=size, hides=hides)
    (ask,) = flow.asks(1)
    flow.receive(Ask(ask.calls, key=ask.key), [first.reply])
    return flow


class _FirstPage(NamedTuple):
    """The page that was asked for first, and how it was read."""

    reply: Reply
    begin: int
    envelope: tuple[str | int, ...]
    rows: Page

    def size(self, spec: ListSchema | None) -> int:
        """How many rows a page counts, by this one."""
        if spec is not None and spec.hides_rows and spec.page_size:
            return spec.page_size  # its pages are counted with the rows that they do not hold
        if self.reply.next is not None and self.reply.next > self.begin:
            return self.reply.next - self.begin
        return max(PAGE, len(self.rows))


async def _found(
    page: Callable[[int], Awaitable[_FirstPage]], start: int, spec: ListSchema | None
) -> tuple[_FirstPage, int]:
    """The page that holds the first row wanted, and how many rows pages count.

    Of a method that nobody knows only the very first page tells that, for a portal may round the start.
    """
    first = await page(start - start % PAGE if spec is not None else 0)
    size = first.size(spec)
    if first.begin and size != PAGE:
        first = await page(0)
        size = first.size(spec)
    begin = start - start % size
    return first if first.begin == begin else await page(begin), size


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
