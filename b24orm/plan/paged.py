"""Plans of lists that are paged as their method pages: all at once, by a cursor, by offset."""

from __future__ import annotations

from collections.abc import Callable

from b24orm.errors import Unsupported
from b24orm.plan.calls import Call
from b24orm.plan.filters import Branch
from b24orm.plan.flow import Flow
from b24orm.plan.listing import Listing, with_ids
from b24orm.plan.ordering import by_id, selecting_keys, total_order
from b24orm.plan.plan import Plan
from b24orm.plan.steps.by_cursor import ByCursor
from b24orm.plan.steps.offset import OffsetPages
from b24orm.plan.steps.ordered import Ordered, sortable_here
from b24orm.plan.steps.single import Single
from b24orm.plan.steps.sizes import BATCH, PAGE
from b24orm.plan.steps.stretch import identity
from b24orm.plan.steps.until_empty import UntilEmpty
from b24orm.plan.top import first_rows
from b24orm.query.nodes import Query
from b24orm.schema import ListSchema

__all__ = ["at_once", "by_cursor", "by_offset"]


def at_once(query: Query, branch: Branch, listing: Listing) -> Plan:
    """All rows by one call, of a method that has no pages or no way from one to the next.

    Raises:
        Unsupported: the call brings only so many rows, and more are wanted.
    """
    _enough(query, listing.spec)
    here = bool(query.order) and listing.spec.order_style is None
    if here and not sortable_here(query.order):
        raise Unsupported(
            f"{listing.spec.name} sorts nothing, and an order of texts is not made here: "
            f"sort the rows in Python, as in sorted(rows, key=lambda row: row.{query.order[0].field.name})"
        )
    if here:
        listing = selecting_keys(query, listing)
    call = listing.call(with_ids(query.schema, branch), order=query.order)
    bare = query.schema.id_field.wire if listing.spec.bare else None
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


def by_cursor(query: Query, branch: Branch, listing: Listing) -> Plan:
    """Page after page, each behind the last row of the one before."""
    listing = selecting_keys(query, listing)
    spec = listing.spec
    conditions = with_ids(query.schema, branch)

    def flow() -> Flow:
        pages = ByCursor(lambda last: listing.call(conditions, start=last), listing.id_of)
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


def by_offset(query: Query, branch: Branch, listing: Listing) -> Plan:
    """Pages by offset, in the server's order where it knows one, else sorted here.

    Raises:
        Unsupported: the method can't sort, and sorting here would mean something else.
    """
    if query.order and listing.spec.order_style is None:
        return _sorted_here(query, branch, listing)
    if (short := first_rows(query, branch, listing)) is not None:
        return short
    conditions, order = with_ids(query.schema, branch), total_order(query, listing)

    def call(start: int) -> Call:
        return listing.call(conditions, order=order, start=start)

    why = _why_offset(query, listing.spec)
    if listing.spec.total:
        return _by_total(query, call, listing.spec, why)
    return _until_empty(query, call, listing.spec, why)


def _sorted_here(query: Query, branch: Branch, listing: Listing) -> Plan:
    """All rows of a method that knows no order, sorted and sliced here."""
    if not sortable_here(query.order):
        raise Unsupported(f"{listing.spec.name} can't sort; sort the rows in Python")
    return by_offset(query.whole, branch, selecting_keys(query, listing)).sorted_here(
        query, "the rows are sorted here"
    )


def _why_offset(query: Query, spec: ListSchema) -> str:
    if not query.order or (by_id(query) and not spec.keyset):
        return f"{spec.name} has no keyset"
    if by_id(query):
        return "so many rows are skipped that the server does it"
    return f"the order {', '.join(map(str, query.order))} can't be followed by id"


def _by_total(query: Query, call: Callable[[int], Call], spec: ListSchema, why: str) -> Plan:
    size = spec.page_size or PAGE
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
            identify=identity(query.schema),
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


def _until_empty(query: Query, call: Callable[[int], Call], spec: ListSchema, why: str) -> Plan:
    size = spec.page_size or PAGE
    start, stop = (0, None) if spec.repeats_rows else (query.start, query.stop)  # repeats shift the rest
    return Plan(
        query,
        "UntilEmpty",
        (why, "it tells no total"),
        lambda: UntilEmpty(
            call,
            identify=identity(query.schema),
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
