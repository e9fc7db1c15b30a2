"""An update that happens only if the row is as it was: a look and the change in one batch.

The look lists the row by its id and the moment of its last change; the change takes its id from the
answer. If the row was changed meanwhile the list is empty, the id becomes an empty array, and the
server refuses the update: it casts that to the id 0.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from b24orm.plan.calls import Ask, Call, Ref, Reply, rows_of
from b24orm.plan.listing import Listing
from b24orm.schema import EntitySchema, FieldSchema

__all__ = ["saw_it", "unchanged_then"]

_LOOK: Final = "look"


def unchanged_then(
    schema: EntitySchema, update: Call, row_id: Any, stamp: FieldSchema, known: datetime
) -> Ask | None:
    """The look and the update; None if they can't travel in one batch.

    Args:
        schema: the entity; only classic methods are known to refuse an id that is an array.
        update: the change.
        row_id: of the row.
        stamp: the field that says when it was changed.
        known: what that field said.
    """
    spec, id_param = schema.list, schema.methods["update"].id_param
    if spec is None or spec.dialect != "classic" or id_param is None or not stamp.filterable:
        return None
    if not spec.count_free:
        return None
    listing = Listing(schema, dict(schema.fixed_params), select=(schema.id_field.select_name,))
    conditions = {f"={schema.id_field.query_name}": row_id, f"={stamp.query_name}": known}
    look = listing.call(conditions, start=-1)
    found = Ref(_LOOK, (*spec.envelope, 0, schema.id_field.wire))
    change = Call(update.method, {**update.params, id_param: found}, write=True, envelope=update.envelope)
    return Ask((look, change), (_LOOK, "change"), chained=True, halt=True)


def saw_it(ask: Ask, reply: Reply) -> bool:
    """Whether the look found the row as it was."""
    return bool(rows_of(reply.result, ask.calls[0].envelope))
