"""Query -> Plan: chooses how a query is fetched, as a pure function.

=============  =================================================================
strategy       when
=============  =================================================================
Nothing        no row can match (an empty ``__in``)
Single         everything comes in one page: unpaged methods, short slices
ByIds          the ids are known: 50 a command, 50 commands a batch
KeysetScan     in the order of the ids, by ``>ID`` without counting
Union          an OR that the method can't read: one scan a branch, merged by id
OrderedScan    another order of numbers, dates or flags, the whole result wanted
OffsetPages    no keyset, or an order that only the server can follow
UntilEmpty     the same, for methods that tell no total
ByCursor       for methods that page on from the last row seen
Count          only the number is wanted and the server counts
=============  =================================================================
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from b24orm.errors import Unsupported
from b24orm.plan.calls import Call, Row
from b24orm.plan.filters import Branch, branches, parted
from b24orm.plan.flow import Flow
from b24orm.plan.listing import Listing, with_ids
from b24orm.plan.newer import count_v3, scan_v3
from b24orm.plan.parents import with_parents
from b24orm.plan.plan import Plan
from b24orm.plan.steps.by_cursor import ByCursor
from b24orm.plan.steps.by_ids import BATCH, PAGE, ByIds
from b24orm.plan.steps.keyset import KeysetScan
from b24orm.plan.steps.offset import OffsetPages
from b24orm.plan.steps.ordered import Ordered, sortable_here
from b24orm.plan.steps.single import Count, Nothing, Single
from b24orm.plan.steps.union import Union
from b24orm.plan.steps.until_empty import UntilEmpty
from b24orm.query.nodes import NOTHING, Order, Query
from b24orm.schema import EntitySchema, ListSchema

__all__ = ["Plan", "compile_count", "compile_query", "refusal"]

_FAR: Final = PAGE * BATCH
"""Rows to skip from which on the server's offset is cheaper than reading them."""


def compile_query(query: Query) -> Plan:
    """The plan for a query's rows.

    Raises:
        Unsupported: the entity's methods can't answer it.
        InvalidValue: a parameter that the list method needs is missing.
    """
    if query.where == NOTHING or query.limit == 0:
        return _nothing(query)
    _listable(query.schema)
    query = with_parents(query)
    found = branches(query.schema, query.where)
    if len(found) == 0:
        return _nothing(query)
    listing = [Listing.of(query, branch.filter) for branch in found]
    spec = listing[0].spec
    if spec.page_size is None or spec.start is None:
        _enough(query, spec)
        return _unpaged(query, found, listing)
    if query.schema.api == "v3":
        return scan_v3(query, found[0], listing[0])
    if spec.paging == "cursor":
        return _cursor(query, found[0], listing[0])
    key = query.schema.key
    by_id = key is not None and (not query.order or query.order[0].field is key)
    if len(found) > 1:
        return _union(query, found, listing, by_id=by_id)
    parts = parted(found) if by_id and spec.keyset else found
    if len(parts) > 1:
        reason = "a list of values is too long for a batch"
        whole = [Listing.of(query, branch.filter) for branch in parts]
        return _union(query, parts, whole, by_id=by_id, reason=reason)
    if by_id and found[0].ids is not None and spec.page_size >= PAGE:
        return _by_ids(query, found[0], listing[0])
    if by_id and spec.keyset and (query.start < _FAR or query.stop is None):
        return _keyset(query, found[0], listing[0])
    if spec.keyset and spec.count_free and not query.sliced and sortable_here(query.order):
        return _ordered(query, found[0], listing[0])
    return _offset(query, found[0], listing[0], by_id=by_id)


def compile_count(query: Query) -> Plan:
    """The plan for the number of a query's rows.

    Where the method counts for itself that is one call; elsewhere the ids are read.
    """
    if query.where == NOTHING or query.limit == 0:
        return _nothing(query)
    _listable(query.schema)
    query = with_parents(query)
    found = branches(query.schema, query.where)
    if len(found) == 0:
        return _nothing(query)
    counted = count_v3(query, found[0]) if query.schema.api == "v3" else None
    if counted is not None:
        return counted
    whole = Listing.of(query, with_ids(query.schema, found[0])).ids_only()
    single = len(found) == 1 and not found[0].joins and (found[0].ids is None or len(found[0].ids) <= PAGE)
    if not (single and whole.spec.total and whole.spec.page_size) or whole.spec.hides_rows:
        key = query.schema.key
        plan = compile_query(query if key is None else replace(query, select=(key,)))
        return replace(plan, why=("the server can't count this by itself: the ids are read", *plan.why))
    call = whole.call(start=0)
    return Plan(
        query,
        "Count",
        ("the method answers the total beside its first page",),
        lambda: Count(call),
        sample=call,
        counts="every row that matches, once",
    )


def _listable(schema: EntitySchema) -> None:
    why = refusal(schema)
    if why:
        raise Unsupported(why)


def refusal(schema: EntitySchema) -> str:
    """Why no query can list an entity; empty if one can.

    >>> from b24orm.facts import load
    >>> refusal(load("ImEvent")), refusal(load("Deal"))
    ("im.v2.Event.get pages in a way of its own; use call() with 'offset'", '')
    """
    spec = schema.list
    if spec is None:
        return ""
    if schema.api == "v3" and spec.dialect == "none" and spec.filter:
        return f"{spec.name} reads its filter in a way of its own; use portal.v3.call()"
    if spec.paging == "none" and spec.start is not None:
        return f"{spec.name} pages in a way of its own; use call() with {spec.start!r}"
    return ""


def _nothing(query: Query) -> Plan:
    return Plan(query, "Nothing", ("no row can match",), Nothing, requests="0", commands="0")


def _descending(query: Query) -> bool:
    return bool(query.order) and query.order[0].descending


def _unpaged(query: Query, found: tuple[Branch, ...], listing: list[Listing]) -> Plan:
    branch, *others = found
    if others:
        raise Unsupported(
            f"{listing[0].spec.name} can't do OR; ask several times, or filter the rows in Python"
        )
    call = listing[0].call(with_ids(query.schema, branch), order=query.order)
    bare = query.schema.id_field.wire if listing[0].spec.bare else None
    here = bool(query.order) and listing[0].spec.order_style is None
    return Plan(
        query,
        "Single",
        ("the method answers all rows at once", *(("they are sorted here",) if here else ())),
        lambda: Ordered(Single(call, bare), query.order) if here else Single(call, bare),
        sample=call,
        skip=query.start,
        take=query.limit,
    )


def _enough(query: Query, spec: ListSchema) -> None:
    """A method that answers so many rows at most and knows no way on is good for a short slice only."""
    if spec.page_size is not None and (query.stop is None or query.stop > spec.page_size):
        raise Unsupported(
            f"{spec.name} answers {spec.page_size} rows at most and has no way on: "
            f"slice it ([:{spec.page_size}]), or page on with call()"
        )


def _cursor(query: Query, branch: Branch, listing: Listing) -> Plan:
    spec, key = listing.spec, query.schema.id_field
    conditions = with_ids(query.schema, branch)

    def flow() -> Flow:
        pages = ByCursor(lambda last: listing.call(conditions, start=last), lambda row: int(row[key.wire]))
        return Ordered(pages, query.order) if query.order else pages

    return Plan(
        query,
        "ByCursor",
        (f"{spec.name} pages on from the least id of the page before, newest first",),
        flow,
        sample=listing.call(conditions, start=0),
        requests=f"1 for each {spec.page_size} rows",
        commands=f"1 for each {spec.page_size} rows",
        skip=query.start,
        take=query.limit,
    )


def _by_ids(query: Query, branch: Branch, listing: Listing) -> Plan:
    assert branch.ids is not None
    ids, descending = branch.ids, _descending(query)
    commands = -(-len(ids) // PAGE)
    return Plan(
        query,
        "ByIds",
        (f"{len(ids):,} ids are known: {PAGE} a command, {BATCH} commands a batch",),
        lambda: ByIds(listing, ids, descending=descending),
        sample=listing.call({listing.ids_key: ids[:PAGE]}, start=-1),
        requests=f"{-(-commands // BATCH):,}",
        commands=f"{commands:,}",
        skip=query.start,
        take=query.limit,
    )


def _scan(query: Query, branch: Branch, listing: Listing, limit: int | None) -> Flow:
    if branch.ids is not None:
        return ByIds(listing, branch.ids, descending=_descending(query))
    return KeysetScan(
        listing,
        lower=branch.lower,
        upper=branch.upper,
        descending=_descending(query),
        limit=limit,
        joins=branch.joins,
    )


def _keyset(query: Query, branch: Branch, listing: Listing) -> Plan:
    spec, stop = listing.spec, query.stop
    order = listing.by_id(descending=_descending(query))
    sample = listing.call(with_ids(query.schema, branch), order=order, start=-1)
    why = [f"rows can be filtered by >{listing.id_name} and sorted by it"]
    why.append("start=-1 spares the COUNT" if spec.count_free else f"{spec.name} counts even so")
    counts = "nothing" if spec.count_free else "every row that is left, for each page"
    if stop is not None and stop <= PAGE and not branch.joins:
        why.append("the slice lies within the first page")
        return Plan(
            query,
            "Single",
            tuple(why),
            lambda: Single(sample),
            sample=sample,
            counts=counts,
            skip=query.start,
            take=query.limit,
        )
    if branch.joins:
        why.append("the filter joins a one-to-many table: pages are read until one is empty")
    if stop is None:
        why.append("while the bucket has room, it is sent in more and smaller requests")
    requests, commands = "1 + 1 for each 2,500 rows", "1 for each 50 rows, 2 at least"
    if stop is not None:
        requests, commands = f"at most {-(-stop // _FAR) + 2:,}", f"about {-(-stop // PAGE):,}"
    return Plan(
        query,
        "KeysetScan",
        tuple(why),
        lambda: _scan(query, branch, listing, stop),
        sample=sample,
        requests=requests,
        commands=commands,
        counts=counts,
        skip=query.start,
        take=query.limit,
    )


def _ordered(query: Query, branch: Branch, listing: Listing) -> Plan:
    plan = _keyset(replace(query, order=()), branch, _selecting(query, listing))
    shown = ", ".join(map(str, query.order))
    return replace(
        plan,
        query=query,
        strategy="OrderedScan",
        why=(f"the whole result is wanted: fetched by id, sorted by {shown} here", *plan.why),
        flow=lambda: Ordered(plan.flow(), query.order),
    )


def _selecting(query: Query, listing: Listing) -> Listing:
    """The listing with the fields selected that the rows are sorted by."""
    if query.select is None or listing.select is None:
        return listing
    keys = (key.field.select_name for key in query.order)
    return replace(listing, select=tuple(dict.fromkeys((*listing.select, *keys))))


def _union(
    query: Query, found: tuple[Branch, ...], listing: list[Listing], *, by_id: bool, reason: str = ""
) -> Plan:
    spec = listing[0].spec
    if not spec.keyset:
        raise Unsupported(
            f"{spec.name} can't do OR, and its rows can't be walked by their ids to merge its parts: "
            "ask several times, or filter the rows in Python"
        )
    if not by_id:
        raise Unsupported(
            f"{spec.name} can't do OR, and its parts can only be merged in the order of the id; "
            "drop order_by, or sort the rows in Python"
        )
    descending, stop, no_or = _descending(query), query.stop, f"{spec.name} can't do OR"
    return Plan(
        query,
        "Union",
        (f"{reason or no_or}: {len(found)} scans, merged by id",),
        lambda: Union(
            [_scan(query, branch, part, stop) for branch, part in zip(found, listing, strict=True)],
            listing[0].id_of,
            descending=descending,
        ),
        sample=listing[0].call(
            with_ids(query.schema, found[0]), order=listing[0].by_id(descending=descending), start=-1
        ),
        requests=f"{len(found)} + 1 for each 2,500 rows of each scan",
        commands=f"{2 * len(found)} + 1 for each 50 rows of each scan",
        counts="nothing" if spec.count_free else "every row that is left, for each page",
        skip=query.start,
        take=query.limit,
    )


def _offset(query: Query, branch: Branch, listing: Listing, *, by_id: bool) -> Plan:
    spec = listing.spec
    if query.order and spec.order_style is None:
        return _sorted_here(query, branch, listing)
    conditions = with_ids(query.schema, branch)
    order = _stable(query, listing)

    def call(start: int) -> Call:
        return listing.call(conditions, order=order, start=start)

    why = (
        f"{spec.name} has no keyset"
        if not query.order or (by_id and not spec.keyset)
        else "so many rows are skipped that the server does it"
        if by_id
        else f"the order {', '.join(map(str, query.order))} can't be followed by id"
    )
    size = spec.page_size or PAGE
    if not spec.total:
        return _until_empty(query, call, spec, (why, "it tells no total"))
    # rows that are left out shift what stands where: the slice is cut here
    start, stop = (0, None) if spec.hides_rows else (query.start, query.stop)
    requests = "1 + 1 for each 2,500 rows"
    if query.stop is not None:
        pages = -(-query.stop // size) - query.start // size
        requests = f"{-(-pages // BATCH):,}"
    return Plan(
        query,
        "OffsetPages",
        (why,),
        lambda: OffsetPages(
            call,
            identify=_identity(query.schema),
            start=start,
            stop=stop,
            page_size=size,
            hides=spec.hides_rows,
        ),
        sample=call(start // size * size),
        requests=requests,
        commands="1 for each 50 rows",
        counts="every row that matches, for each page; and it skips the rows before the page",
        skip=query.start if spec.hides_rows else 0,
        take=query.limit if spec.hides_rows else None,
    )


def _sorted_here(query: Query, branch: Branch, listing: Listing) -> Plan:
    """All rows of a method that knows no order, sorted and sliced here."""
    if not sortable_here(query.order):
        raise Unsupported(f"{listing.spec.name} can't sort; sort the rows in Python")
    plan = _offset(replace(query, order=(), start=0, stop=None), branch, listing, by_id=False)
    return plan.sorted_here(query, "the rows are sorted here")


def _stable(query: Query, listing: Listing) -> tuple[Order, ...]:
    """The order asked for, made total by the id so that pages don't overlap."""
    if listing.spec.order_style is None:
        return ()
    key = query.schema.key
    if key is None or not key.sortable:
        return query.order
    order = query.order or listing.by_id()
    has_id = any(found.field is key for found in order)
    if listing.spec.order_style == "sort_order" or has_id:
        return order
    return (*order, Order(key))


def _identity(schema: EntitySchema) -> Callable[[Row], object] | None:
    """What tells rows apart; None where nothing does."""
    key = schema.key
    return None if key is None else lambda row: row[key.wire]


def _until_empty(query: Query, call: Callable[[int], Call], spec: ListSchema, why: tuple[str, ...]) -> Plan:
    size = spec.page_size or PAGE
    start, stop = (0, None) if spec.repeats_rows else (query.start, query.stop)  # repeats shift the rest
    return Plan(
        query,
        "UntilEmpty",
        why,
        lambda: UntilEmpty(
            call,
            identify=_identity(query.schema),
            start=start,
            stop=stop,
            page_size=size,
            repeats=spec.repeats_rows,
        ),
        sample=call(start // size * size),
        requests="1 + 1 for each 2,500 rows",
        commands=f"1 for each {size} rows",
        counts="the rows before each page are skipped",
        skip=query.start if spec.repeats_rows else 0,
        take=query.limit if spec.repeats_rows else None,
    )
