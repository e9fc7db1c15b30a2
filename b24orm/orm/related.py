"""Fetches related rows beside a scan, in as few requests as possible.

The ids that a chunk of rows points to are gathered, and all relations of one level travel in
the same batches: 50 ids a command, 50 commands a batch. While one chunk's relations are
fetched the scan already fetches the next chunk.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final, TypeAlias

from b24orm.errors import B24Error, Unsupported
from b24orm.executor.executor import Executor
from b24orm.executor.userfields import check_asked
from b24orm.orm.loads import Load
from b24orm.plan.calls import Call, Reply, Row, rows_of
from b24orm.plan.filters import branches
from b24orm.plan.flow import Page
from b24orm.plan.listing import Listing
from b24orm.plan.steps.order import check_order, strangers
from b24orm.plan.steps.sizes import BATCH_ROWS, PAGE
from b24orm.query.nodes import Condition
from b24orm.schema import FieldSchema, LinkSchema

__all__ = ["RelatedPage", "related_to", "with_relations"]

_CHUNK: Final = BATCH_ROWS
"""Rows whose relations are fetched together: what one batch of the scan brings."""
_WHOLE: Final = re.compile(r"-?[0-9]{1,18}", re.ASCII)

_Found: TypeAlias = "dict[str, dict[Any, Any]]"
_Steps: TypeAlias = "Generator[list[Call], list[Reply], list[Row]]"


class RelatedPage(list[Row]):
    """Rows, and the related rows that came with them.

    Attributes:
        found: by path: the related row (or rows) of each key; only what earlier pages lack.
    """

    found: _Found


async def with_relations(
    executor: Executor, pages: AsyncGenerator[Page, None], loads: Sequence[Load]
) -> AsyncGenerator[Page, None]:
    """The pages of a scan in chunks, each with its related rows."""
    loader = _Loader(executor)
    chunks = _chunks(pages)
    ahead: asyncio.Task[Page | None] | None = None
    try:
        chunk = await anext(chunks, None)
        while chunk is not None:
            ahead = asyncio.ensure_future(_next(chunks))
            page = RelatedPage(chunk)
            page.found = await loader.load(chunk, loads)
            yield page
            chunk = await ahead
    finally:
        if ahead is not None and not ahead.done():
            ahead.cancel()
            with suppress(asyncio.CancelledError, B24Error):
                await ahead
        await chunks.aclose()
        await pages.aclose()


async def related_to(executor: Executor, rows: Page, loads: Sequence[Load]) -> dict[str, dict[Any, Any]]:
    """The related rows of these rows, by path: what they need and nothing else."""
    return await _Loader(executor).load(rows, loads)


async def _next(chunks: AsyncIterator[Page]) -> Page | None:
    return await anext(chunks, None)


async def _chunks(pages: AsyncIterator[Page]) -> AsyncGenerator[Page, None]:
    chunk: Page = []
    async for page in pages:
        chunk += page
        if len(chunk) >= _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


class _Loader:
    """Remembers what was fetched, so that nothing is fetched twice."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._known: _Found = {}

    async def load(self, rows: Page, loads: Sequence[Load]) -> _Found:
        """The related rows that these rows need and earlier ones did not."""
        found: _Found = {}
        level = [(load, rows) for load in loads]
        while level:
            for load, _ in level:
                await check_asked(self._executor, load.query)
            fetched = await self._level(level, found)
            level = [
                (child, related)
                for (load, _), related in zip(level, fetched, strict=True)
                for child in load.children
                if related
            ]
        return found

    async def _level(self, level: Sequence[tuple[Load, Page]], found: _Found) -> list[Page]:
        """Runs the steps of all relations of one level side by side, their calls packed together."""
        steps = [self._steps(load, rows, found) for load, rows in level]
        results: list[Page] = [[] for _ in steps]
        waiting: dict[int, list[Call]] = {}
        for number, step in enumerate(steps):
            _advance(step, None, number, waiting, results)
        while waiting:
            outcomes = iter(await self._executor.many([c for calls in waiting.values() for c in calls]))
            asked, waiting = waiting, {}
            for number, calls in asked.items():
                replies = [_good(next(outcomes)) for _ in calls]
                _advance(steps[number], replies, number, waiting, results)
        return results

    def _steps(self, load: Load, rows: Page, found: _Found) -> _Steps:
        known, new = self._known.setdefault(load.path, {}), found.setdefault(load.path, {})
        if load.field is not None:
            whole = load.query.schema.list is not None and load.query.schema.list.page_size is None
            step = _directory if whole else _by_key
            return step(load, load.field, rows, known, new)
        assert load.link is not None
        owners = [key for key in dict.fromkeys(_own_ids(rows)) if key not in known]
        if load.link.method is not None:
            targets = self._known.setdefault(f"{load.path}#", {})
            return _bound(load, load.link, owners, known, new, targets)
        return _reverse(load, load.link, owners, known, new)


def _advance(
    step: _Steps,
    replies: list[Reply] | None,
    number: int,
    waiting: dict[int, list[Call]],
    results: list[Page],
) -> None:
    try:
        while True:
            calls = next(step) if replies is None else step.send(replies)
            if calls:
                waiting[number] = calls
                return
            replies = []
    except StopIteration as stop:
        results[number] = stop.value


def _good(outcome: Reply | B24Error) -> Reply:
    if isinstance(outcome, B24Error):
        raise outcome
    return outcome


def _own_ids(rows: Page) -> Iterable[int]:
    wire = "ID" if rows and "ID" in rows[0] else "id"
    return (int(row[wire]) for row in rows)


def _keys(field: FieldSchema, rows: Page) -> list[Any]:
    """The values of a field that point somewhere."""
    values = (row.get(field.wire) for row in rows)
    return list(dict.fromkeys(_key(value) for value in values if value not in (None, "", "0", 0, False, [])))


def _key(value: Any) -> Any:
    text = str(value)
    return int(text) if _WHOLE.fullmatch(text) else text


def _listing(load: Load, condition: Condition | None) -> tuple[Listing, Mapping[str, Any]]:
    """The related rows' list method, with the conditions of the query and one more."""
    query = load.query if condition is None else load.query.narrowed(condition)
    found = branches(query.schema, query.where)
    if len(found) != 1:
        raise Unsupported(f"Prefetch({load.path!r}): its conditions can't be read in one go")
    (branch,) = found
    listing = Listing.of(query, branch.filter)
    return listing, {listing.ids_key: list(branch.ids)} if branch.ids is not None else {}


def _calls_for(load: Load, ids: Sequence[Any]) -> list[Call]:
    """The calls that list the related rows with these ids."""
    calls = []
    for start in range(0, len(ids), PAGE):
        condition = Condition(load.query.schema.id_field, "in", tuple(ids[start : start + PAGE]))
        listing, named = _listing(load, condition)
        calls.append(listing.call(named, start=listing.uncounted))
    return calls


def _by_key(load: Load, field: FieldSchema, rows: Page, known: dict[Any, Any], new: dict[Any, Any]) -> _Steps:
    """To-one, by lists of ids."""
    wanted = [key for key in _keys(field, rows) if key not in known]
    calls = _calls_for(load, wanted)
    replies = yield calls
    wire = load.query.schema.id_field.wire
    fetched = {_key(row.get(wire)): row for row in _rows(calls, replies)}
    if not fetched.keys() <= set(wanted):
        raise strangers(calls[0].method)
    for key in wanted:
        known[key] = True
        new[key] = fetched.get(key)
    return list(fetched.values())


def _directory(
    load: Load, field: FieldSchema, rows: Page, known: dict[Any, Any], new: dict[Any, Any]
) -> _Steps:
    """To-one, into a table that is read whole (statuses, currencies)."""
    wanted = [key for key in _keys(field, rows) if key not in known]
    if not wanted:
        return []
    if None not in known:  # the table itself, read once
        listing, _ = _listing(load, None)
        call = listing.call()
        replies = yield [call]
        known[None] = _rows([call], replies)
    fits = _fits(load, field)
    fetched: list[Row] = []
    for key in wanted:
        known[key] = True
        new[key] = next((row for row in known[None] if fits(row, key)), None)
        fetched += [new[key]] if new[key] is not None else []
    return fetched


def _fits(load: Load, field: FieldSchema) -> Callable[[Row, Any], bool]:
    wire = load.query.schema.fields[field.relation_key].wire
    if field.status_type is None:
        return lambda row, key: str(row.get(wire)) == str(key)
    directory = field.status_type.partition("{")[0]
    return lambda row, key: (
        str(row.get(wire)) == str(key) and str(row.get("ENTITY_ID", "")).startswith(directory)
    )


def _bound(
    load: Load,
    link: LinkSchema,
    owners: Sequence[int],
    known: dict[Any, Any],
    new: dict[Any, Any],
    targets: dict[Any, Row],
) -> _Steps:
    """To-many, by bindings: first which ids, then the rows."""
    assert link.method is not None
    assert link.key is not None
    calls = [Call(link.method, {link.id_param: owner}) for owner in owners]
    replies = yield calls
    bound = {
        owner: [
            _number(binding, link.key, call) for binding in rows_of(reply.result, (), call.method, null=True)
        ]
        for owner, call, reply in zip(owners, calls, replies, strict=True)
    }
    wanted = [key for key in dict.fromkeys(k for keys in bound.values() for k in keys) if key not in targets]
    calls = _calls_for(load, wanted)
    replies = yield calls
    wire = load.query.schema.id_field.wire
    fetched = {_number(row, wire, calls[0]): row for row in _rows(calls, replies)}
    targets.update(fetched)
    for owner, keys in bound.items():
        known[owner] = True
        new[owner] = [targets[key] for key in keys if key in targets]
    return list(fetched.values())


def _reverse(
    load: Load, link: LinkSchema, owners: Sequence[int], known: dict[Any, Any], new: dict[Any, Any]
) -> _Steps:
    """To-many, by the field of the other rows that holds our id; full pages are followed up."""
    related = load.query.schema
    field = related.fields[link.field or ""]
    size = 1 if link.each else PAGE
    pending = [(tuple(owners[i : i + size]), 0) for i in range(0, len(owners), size)]
    rows: list[Row] = []
    while pending:
        calls = [_reverse_call(load, link, field, chunk, after) for chunk, after in pending]
        replies = yield calls
        follow = []
        for (chunk, after), call, reply in zip(pending, calls, replies, strict=True):
            page = _rows([call], [reply])
            rows += page
            if len(page) >= PAGE:
                check_order(Listing(related), page, after or None, None, repeats=True)
                follow.append((chunk, int(page[-1][related.id_field.wire])))
        pending = follow
    for owner in owners:
        known[owner] = True
        new[owner] = []
    for row in rows:
        if (owner := _key(row.get(field.wire))) not in new:
            raise strangers(Listing(related).spec.name)
        new[owner].append(row)
    return rows


def _reverse_call(
    load: Load, link: LinkSchema, field: FieldSchema, owners: tuple[int, ...], after: int
) -> Call:
    lookup, value = ("exact", owners[0]) if link.each else ("in", owners)
    query = load.query
    for name, constant in link.constants.items():
        query = query.narrowed(Condition(query.schema.fields[name], "exact", constant))
    listing, _ = _listing(replace(load, query=query), Condition(field, lookup, value))
    conditions = {f">{listing.id_name}": after} if after else {}
    return listing.call(conditions, order=listing.by_id(), start=listing.uncounted)


def _rows(calls: Sequence[Call], replies: Sequence[Reply]) -> list[Row]:
    found: list[Row] = []
    for call, reply in zip(calls, replies, strict=True):
        page: list[Any] = rows_of(reply.result, call.envelope, call.method)
        if not all(isinstance(row, Mapping) for row in page):
            raise strangers(call.method)
        found += page
    return found


def _number(row: Any, name: str, call: Call) -> int:
    """The id in a row, which may be anything that a portal answers."""
    try:
        return int(row[name])
    except (LookupError, TypeError, ValueError):
        raise strangers(call.method) from None
