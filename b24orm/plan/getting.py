"""The method that gets one row: its call, and how it says that there is none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from b24orm.errors import ApiError, B24Error, NotFound
from b24orm.plan.calls import Call
from b24orm.plan.listing import nested, original_names
from b24orm.schema import EntitySchema, MethodSchema

__all__ = ["get_call", "says_absent"]

_NO_METHOD: Final = frozenset({"ERROR_METHOD_NOT_FOUND", "BITRIX_REST_V3_EXCEPTION_METHODNOTFOUNDEXCEPTION"})
"""What is not there is the method: that says nothing of the row."""


def get_call(schema: EntitySchema, row_id: object, params: Mapping[str, Any]) -> Call:
    """The call that gets one row.

    Args:
        schema: the entity, which has such a method.
        row_id: the row's id.
        params: what the method needs beside it, by REST names.
    """
    method = schema.methods["get"]
    assert method.id_param is not None
    sent = {**schema.fixed_params, **params, method.id_param: method.spelled(row_id)}
    sent |= original_names(schema, schema.list)
    return Call(method.name, nested(sent), envelope=method.envelope, api=schema.api)


def says_absent(error: B24Error, method: MethodSchema) -> bool:
    """Whether a method that gets one row says by this error that there is none.

    >>> from b24orm.facts import load
    >>> booking = load("Booking").methods["get"]
    >>> says_absent(ApiError("1021", "Booking not found"), booking)
    True
    >>> says_absent(NotFound("ERROR_METHOD_NOT_FOUND", "Method not found!"), booking)
    False
    """
    if not isinstance(error, ApiError) or error.code in _NO_METHOD:
        return False
    own = error.code in method.absent or error.description.rstrip(".") in method.absent
    return own or isinstance(error, NotFound)
