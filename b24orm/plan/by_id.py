"""Plans that read a list in the order of its ids, without an offset: by known ids, by ``>ID``, merged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from b24orm.plan.calls import Call
from b24orm.plan.filters import Branch
from b24orm.plan.flow import Flow
from b24orm.plan.listing import Listing, with_ids
from b24orm.plan.ordering import descending, selecting_keys
from b24orm.plan.plan import Plan
from b24orm.plan.steps.by_ids import ByIds
from b24orm.plan.steps.keyset import KeysetScan
from b24orm.plan.steps.ordered import Ordered
from b24orm.plan.steps.single import Single
from b24orm.plan.steps.sizes import BATCH, BATCH_ROWS, PAGE
from b24orm.plan.steps.spans import Spans
from b24orm.plan.steps.union import Union
from b24orm.query.nodes import Query

__all__ = ["known_ids", "merged", "merged_and_sorted", "scanned", "scanned_and_sorted"]


def known_ids(query: Query, branch: Branch, listing: Listing) -> Plan:
    """The rows whose ids the condition names."""
    assert branch.ids is not None
    ids = branch.ids
    commands = -(-len(ids) // PAGE)
    return Plan(
        query,
        "ByIds",
        (f"{len(ids):,} ids are known: {PAGE} a command, {BATCH} commands a batch",),
        lambda: _scan(query, branch, listing),
        sample=listing.call({listing.ids_key: ids[:PAGE]}, start=-1),
        requests=f"{-(-commands // BATCH):,}",
        commands=f"{commands:,}",
        skip=query.start,
        take=query.limit,
    )


def scanned(query: Query, branch: Branch, listing: Listing) -> Plan:
    """The rows in the order of their ids, by keyset."""
    first_page = query.stop is not None and query.stop <= PAGE and not branch.joins
    return _first_page(query, branch, listing) if first_page else _keyset(query, branch, listing)


def _first_page(query: Query, branch: Branch, listing: Listing) -> Plan:
    sample, spans = _sample(query, branch, listing), Spans(listing, descending(query))
    bounds = spans.steps(branch.lower, branch.upper)
    return Plan(
        query,
        "Single",
        (*_why_keyset(listing), "the slice lies within the first page"),
        lambda: Single(sample, check=lambda page: spans.check(page, *bounds)),
        sample=sample,
        counts=_counted(listing),
        skip=query.start,
        take=query.limit,
    )


def _keyset(query: Query, branch: Branch, listing: Listing) -> Plan:
    why, stop = _why_keyset(listing), query.stop
    if branch.joins:
        why.append("the filter joins a one-to-many table: pages are read until one is empty")
    requests, commands = "1 + 1 for each 2,500 rows", "1 for each 50 rows, 2 at least"
    if stop is None:
        why.append("while the bucket has room, it is sent in more and smaller requests")
    else:
        requests, commands = f"at most {-(-stop // BATCH_ROWS) + 2:,}", f"about {-(-stop // PAGE):,}"
    return Plan(
        query,
        "KeysetScan",
        tuple(why),
        lambda: _scan(query, branch, listing),
        sample=_sample(query, branch, listing),
        requests=requests,
        commands=commands,
        counts=_counted(listing),
        skip=query.start,
        take=query.limit,
    )


def scanned_and_sorted(query: Query, branch: Branch, listing: Listing) -> Plan:
    """The whole result by keyset, sorted and sliced here."""
    plan = scanned(query.whole, branch, selecting_keys(query, listing))
    why = "the whole result is wanted"
    if query.sliced:
        why = "pages by offset would make the portal count more often than there are pages by id"
    return replace(
        plan,
        query=query,
        strategy="OrderedScan",
        why=(f"{why}: fetched by id, sorted by {', '.join(map(str, query.order))} here", *plan.why),
        flow=lambda: Ordered(plan.flow(), query.order, query.stop),
        skip=query.start,
        take=query.limit,
    )


def merged(query: Query, found: Sequence[Branch], listing: Sequence[Listing], why: str) -> Plan:
    """Several scans by id, one a branch, whose rows are merged.

    Args:
        query: what is fetched.
        found: the branches.
        listing: the list of each branch.
        why: what one filter can't do.
    """
    return Plan(
        query,
        "Union",
        (f"{why}: {len(found)} scans, merged by id",),
        lambda: Union(
            [_scan(query, branch, part) for branch, part in zip(found, listing, strict=True)],
            listing[0].id_of,
            descending=descending(query),
        ),
        sample=_sample(query, found[0], listing[0]),
        requests=f"{len(found)} + 1 for each 2,500 rows of each scan",
        commands=f"{2 * len(found)} + 1 for each 50 rows of each scan",
        counts=_counted(listing[0]),
        skip=query.start,
        take=query.limit,
    )


def merged_and_sorted(query: Query, found: Sequence[Branch], listing: Sequence[Listing], why: str) -> Plan:
    """The whole result of several scans, merged by id, sorted and sliced here."""
    plan = merged(query.whole, found, [selecting_keys(query, part) for part in listing], why)
    shown = ", ".join(map(str, query.order))
    return plan.sorted_here(query, f"all that matches is fetched, and sorted by {shown} here")


def _scan(query: Query, branch: Branch, listing: Listing) -> Flow:
    if branch.ids is not None:
        return ByIds(listing, branch.ids, descending=descending(query))
    return KeysetScan(
        listing,
        lower=branch.lower,
        upper=branch.upper,
        descending=descending(query),
        limit=query.stop,
        joins=branch.joins,
    )


def _sample(query: Query, branch: Branch, listing: Listing) -> Call:
    order = listing.by_id(descending=descending(query))
    return listing.call(with_ids(query.schema, branch), order=order, start=-1)


def _why_keyset(listing: Listing) -> list[str]:
    spec = listing.spec
    return [
        f"rows can be filtered by >{listing.id_name} and sorted by it",
        "start=-1 spares the COUNT" if spec.count_free else f"{spec.name} counts even so",
    ]


def _counted(listing: Listing) -> str:
    return "nothing" if listing.spec.count_free else "every row that is left, for each page"
