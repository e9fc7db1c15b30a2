"""The order of a query as a plan has to know it: the ids' own or another, and what makes it total."""

from __future__ import annotations

from dataclasses import replace

from b24orm.plan.listing import Listing
from b24orm.query.nodes import Order, Query

__all__ = ["by_id", "descending", "selecting_keys", "total_order"]


def by_id(query: Query) -> bool:
    """Whether the rows are wanted in the order of their ids, upwards or downwards."""
    key = query.schema.key
    return key is not None and (not query.order or query.order[0].field is key)


def descending(query: Query) -> bool:
    """Whether the first sort key descends."""
    return bool(query.order) and query.order[0].descending


def total_order(query: Query, listing: Listing) -> tuple[Order, ...]:
    """The order asked for, made total by the id so that pages don't overlap."""
    style, key = listing.spec.order_style, query.schema.key
    if style is None:
        return ()
    if key is None or not key.sortable:
        return query.order
    order = query.order or listing.by_id()
    one_key = style == "sort_order"
    return order if one_key or any(found.field is key for found in order) else (*order, Order(key))


def selecting_keys(query: Query, listing: Listing) -> Listing:
    """The listing with the fields selected that the rows are to be sorted by here."""
    if query.select is None or listing.select is None:  # every field comes anyway
        return listing
    keys = (key.field.select_name for key in query.order)
    return replace(listing, select=tuple(dict.fromkeys((*listing.select, *keys))))
