"""Whether a page holds what was asked for: rows within bounds, in their order, each with an id.

A scan goes on behind the last row of a page. Of a portal that heeds neither bound nor order it would
lose rows, or walk in circles, and never know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from b24orm.errors import Incomplete, ServerFailure
from b24orm.plan.calls import Row
from b24orm.plan.flow import Page
from b24orm.plan.listing import Listing

__all__ = ["check_order", "identified", "strangers"]


def check_order(
    listing: Listing,
    page: Page,
    low: int | None,
    high: int | None,
    *,
    descending: bool = False,
    repeats: bool = False,
) -> None:
    """Sees that the rows of a page have ``low < step <= high``, and come in the order of their steps.

    Args:
        listing: what was asked.
        page: its answer.
        low, high: the bounds, if there are any.
        descending: a step is minus the id, instead of the id.
        repeats: a row may come several times.

    Raises:
        Incomplete: they do not.
        ServerFailure: one of them has no id.
    """
    if not page:
        return
    ids = _comparable(listing, page)
    sign = -1 if descending else 1
    first, last = sign * int(ids[0]), sign * int(ids[-1])
    within = (low is None or low < first) and (high is None or last <= high)
    ordered = sorted(ids, reverse=descending) == ids and (repeats or len(set(ids)) == len(ids))
    if not (within and ordered):
        raise strangers(listing.spec.name)


def _comparable(listing: Listing, page: Page) -> list[Any]:
    """The ids of a page; as texts if those compare as the numbers do, for a number takes its time to make."""
    name = listing.schema.id_field.wire
    with suppress(KeyError, TypeError):
        ids: list[Any] = [row[name] for row in page]
        if type(ids[0]) is str and "".join(ids).isdecimal() and len(set(map(len, ids))) == 1:
            return ids
    return listing.ids_of(page)  # or what is wrong with them


def strangers(method: str) -> Incomplete:
    """What is raised of a portal that answers something else than it was asked for."""
    return Incomplete(
        f"{method} answered other rows than it was asked for, or in another order: some may be missing; "
        "see with call() what it brings"
    )


def identified(
    page: Iterable[Row], identify: Callable[[Row], object], method: str | None = None
) -> dict[object, Row]:
    """Rows by their identities.

    Raises:
        ServerFailure: a row has none.
    """
    try:
        return {identify(row): row for row in page}
    except (KeyError, TypeError):
        raise ServerFailure("NO_ID", "a row of the answer has no id", method=method) from None
