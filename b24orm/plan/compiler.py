"""Query -> Plan: chooses how a query is fetched, as a pure function.

=============  =================================================================
strategy       when
=============  =================================================================
Nothing        no row can match (an empty ``__in``)
GetEach        the ids are known and only the get method takes them: 50 commands a batch
Single         everything comes in one page: unpaged methods, short slices
ByIds          the ids are known: 50 a command, 50 commands a batch
KeysetScan     in the order of the ids, by ``>ID`` without counting
Union          an OR that the method can't read: one scan a branch, merged by id; in
               another order of numbers, dates or flags sorted here, all rows or the first ones
OrderedScan    another order of numbers, dates or flags, the whole result wanted or many rows of it
TopPages       the first rows in an order that only the server can follow
OffsetPages    no keyset, or more rows of such an order
UntilEmpty     the same, for methods that tell no total
ByCursor       for methods that page on from the last row seen
Count          only the number is wanted and the server counts
=============  =================================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from b24orm.errors import Unsupported
from b24orm.plan.by_id import known_ids, merged, merged_and_sorted, scanned, scanned_and_sorted
from b24orm.plan.compiler_v3 import count_v3, scan_v3
from b24orm.plan.filters import Branch, branches, parted
from b24orm.plan.listing import Listing, with_ids
from b24orm.plan.ordering import by_id
from b24orm.plan.paged import at_once, by_cursor, by_offset
from b24orm.plan.parents import needed_names, with_parents
from b24orm.plan.plan import Plan
from b24orm.plan.steps.ordered import sortable_here
from b24orm.plan.steps.single import Count, Nothing
from b24orm.plan.steps.sizes import BATCH_ROWS, PAGE
from b24orm.plan.top import first_rows_of_each
from b24orm.query.ids import BY_ID, is_found_by_id
from b24orm.query.lookups import lookups_for
from b24orm.query.nodes import NOTHING, Query
from b24orm.schema import EntitySchema, ListSchema

__all__ = ["compile_count", "compile_query", "refusal"]

_SORTED_HERE: Final = 1_000
"""Rows of a slice above which everything is read by id and sorted here."""


def compile_query(query: Query) -> Plan:
    """The plan for a query's rows.

    Raises:
        Unsupported: the entity's methods can't answer it.
        InvalidValue: a parameter that the list method needs is missing.
    """
    if (plan := _of_known_ids(query)) is not None:
        return plan
    query, found = _asked(query)
    return _read(query, found) if found else _nothing(query)


def compile_count(query: Query) -> Plan:
    """The plan for the number of a query's rows.

    Where the method counts for itself that is one call; elsewhere the ids are read.
    """
    if (plan := _of_known_ids(query)) is not None:
        return replace(plan, why=("no method counts them: the rows are read", *plan.why))
    query, found = _asked(query)
    if not found:
        return _nothing(query)
    counted = count_v3(query, found[0]) if query.schema.api == "v3" else _by_total(query, found)
    return counted or _by_reading(query, found)


def _of_known_ids(query: Query) -> Plan | None:
    """The plan for rows that the list method can't be asked for by their ids, if there is one."""
    schema = query.schema
    if query.where == NOTHING or query.limit == 0 or not is_found_by_id(schema):
        return None
    listed = schema.list is not None and not refusal(schema)
    filtered = schema.list is not None and set(BY_ID) <= set(lookups_for(schema.list, schema.id_field))
    if listed and filtered and not needed_names(schema):
        return None
    from b24orm.plan.single_rows import got_or_picked  # which most queries do without

    return got_or_picked(query, listed=listed)


def _asked(query: Query) -> tuple[Query, tuple[Branch, ...]]:
    """The query as the method takes it, and the filters to send; none where no row can match."""
    if query.where == NOTHING or query.limit == 0:
        return query, ()
    why = refusal(query.schema)
    if why:
        raise Unsupported(why)
    query = with_parents(query)
    return query, branches(query.schema, query.where)


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


def _read(query: Query, found: tuple[Branch, ...]) -> Plan:
    """The plan for what may match, by what the list method is able to do."""
    branch = found[0]
    listing = Listing.of(query, branch.filter)
    spec = listing.spec
    if spec.page_size is None or spec.start is None:
        return at_once(query, _only(found, spec), listing)
    if query.schema.api == "v3":
        return scan_v3(query, branch, listing)
    if spec.paging == "cursor":
        return by_cursor(query, branch, listing)
    if len(found) > 1:
        _check_mergeable(query, spec)
        return _merged(query, found, f"{spec.name} can't do OR")
    if by_id(query):
        return _in_order_of_ids(query, branch, listing)
    if spec.keyset and spec.count_free and _pays_to_sort(query):
        return scanned_and_sorted(query, branch, listing)
    return by_offset(query, branch, listing)


def _pays_to_sort(query: Query) -> bool:
    """Whether all rows by id cost the server less than the slice by offset.

    A page takes about as long as counting a thousand rows, and each page by offset counts all rows. So where
    a thousand rows are wanted, both are alike, however many there are.
    """
    return sortable_here(query.order) and (query.limit is None or query.limit > _SORTED_HERE)


def _in_order_of_ids(query: Query, branch: Branch, listing: Listing) -> Plan:
    spec = listing.spec
    parts = parted((branch,)) if spec.keyset else (branch,)
    if len(parts) > 1:
        return _merged(query, parts, "a list of values is too long for a batch")
    if branch.ids is not None and (spec.page_size or 0) >= PAGE:
        return known_ids(query, branch, listing)
    if spec.keyset and (query.start < BATCH_ROWS or query.stop is None):
        return scanned(query, branch, listing)
    return by_offset(query, branch, listing)


def _merged(query: Query, found: Sequence[Branch], why: str) -> Plan:
    listings = [Listing.of(query, branch.filter) for branch in found]
    if by_id(query):
        return merged(query, found, listings, why)
    short = first_rows_of_each(query, found, listings, why)
    return short or merged_and_sorted(query, found, listings, why)


def _only(found: tuple[Branch, ...], spec: ListSchema) -> Branch:
    """The one filter of a method whose rows all come at once."""
    branch, *others = found
    if others:
        raise Unsupported(f"{spec.name} can't do OR; ask several times, or filter the rows in Python")
    return branch


def _check_mergeable(query: Query, spec: ListSchema) -> None:
    """Refuses an OR whose parts can't be put together again."""
    if not spec.keyset:
        raise Unsupported(
            f"{spec.name} can't do OR, and its rows can't be walked by their ids to merge its parts: "
            "ask several times, or filter the rows in Python"
        )
    if not by_id(query) and not sortable_here(query.order):
        raise Unsupported(
            f"{spec.name} can't do OR, and its parts can't be merged in an order of texts, which is the "
            "database's own; drop order_by, or sort the rows in Python"
        )


def _by_total(query: Query, found: tuple[Branch, ...]) -> Plan | None:
    """The plan that takes the total beside a first page; None where that is not the number of the rows."""
    branch, *others = found
    whole = Listing.of(query, with_ids(query.schema, branch)).ids_only()
    spec = whole.spec
    if not (spec.total and spec.page_size) or spec.hides_rows:
        return None
    if others or branch.joins or (branch.ids is not None and len(branch.ids) > PAGE):
        return None
    call = whole.call(start=0)
    return Plan(
        query,
        "Count",
        ("the method answers the total beside its first page",),
        lambda: Count(call),
        sample=call,
        counts="every row that matches, once",
    )


def _by_reading(query: Query, found: tuple[Branch, ...]) -> Plan:
    key = query.schema.key
    plan = _read(query if key is None else replace(query, select=(key,)), found)
    return replace(plan, why=("the server can't count this by itself: the ids are read", *plan.why))
