"""How rows are found by their ids, where the filter of a list can't do it.

Some lists take no condition on the id. Then the method that gets one row answers, id by id; or a list that
comes in one answer is read whole, and the rows are picked out of it.
"""

from __future__ import annotations

from b24orm.query.lookups import lookups_for
from b24orm.query.names import parent_names
from b24orm.schema import EntitySchema, FieldSchema

__all__ = ["BY_ID", "can_be_asked", "comes_whole", "gets_one", "is_found_by_id", "lookups_of"]

BY_ID = ("exact", "in")
"""The lookups of an id that no filter has to understand."""


def lookups_of(schema: EntitySchema, field: FieldSchema) -> tuple[str, ...]:
    """The lookups that are answered for a field: by the list's filter, or for the id by other ways.

    >>> from b24orm.facts import load
    >>> booking = load("Booking")  # its list takes no filter, but one booking can be got
    >>> lookups_of(booking, booking.fields["id"]), lookups_of(booking, booking.fields["name"])
    (('exact', 'in'), ())
    """
    found = lookups_for(schema.list, field) if schema.list is not None else ()
    more = BY_ID if field is schema.key and is_found_by_id(schema) else ()
    return tuple(dict.fromkeys((*found, *more)))


def is_found_by_id(schema: EntitySchema) -> bool:
    """Whether there is another way than a filter from an id to its row."""
    taken = schema.key is None or schema.key.name in parent_names(schema)  # the list's own parameter
    return not taken and (gets_one(schema) or comes_whole(schema))


def gets_one(schema: EntitySchema) -> bool:
    """Whether a method gets one row by its id."""
    method = schema.method("get")
    return method is not None and method.id_param is not None


def comes_whole(schema: EntitySchema) -> bool:
    """Whether one answer holds all rows, so that some can be picked out of it."""
    spec = schema.list
    return spec is not None and spec.page_size is None and spec.start is None


def can_be_asked(schema: EntitySchema) -> bool:
    """Whether there is a way to any of the rows: a list, or at least from their ids."""
    return schema.list is not None or is_found_by_id(schema)
