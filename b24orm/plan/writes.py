"""Writes as calls: add, update and delete of an entity, and what their answers mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from b24orm.errors import ApiError, OutcomeUnknown, ServerFailure, Unsupported, nearest
from b24orm.plan.calls import Call, Reply, rows_of
from b24orm.plan.listing import nested, original_names
from b24orm.plan.parents import missing_parent
from b24orm.query.names import parent_names
from b24orm.schema import EntitySchema, MethodSchema

__all__ = [
    "REFUSED",
    "Kind",
    "Write",
    "add",
    "delete",
    "method_for",
    "new_id",
    "parents",
    "sent_fields",
    "sent_names",
    "update",
]

Kind: TypeAlias = Literal["add", "update", "delete"]

REFUSED: Final = "NOT_DONE"
"""The code of a write that was answered by 0 or ``false`` instead of an error."""


@dataclass(frozen=True, slots=True)
class Write:
    """One write of one row.

    Attributes:
        kind: what it does.
        call: what is sent.
        repeatable: doing it twice is the same as doing it once.
        origin: what the new row carries, by which it can be found again: originator and key, as a rule.
        place: the number of the item in its job, for the journal.
        digest: tells the items of a job apart, for the journal.
        target: the id of the row that it changes, for the journal.
        idle: it is answered by ``false`` where there was nothing to do, which is as good.
    """

    kind: Kind
    call: Call
    repeatable: bool = False
    origin: tuple[str, ...] | None = None
    place: int = 0
    digest: str = ""
    target: Any = None
    idle: bool = False


def method_for(schema: EntitySchema, kind: Kind) -> MethodSchema:
    method = schema.method(kind)
    if method is None:
        can = ", ".join(name for name in ("add", "update", "delete") if schema.method(name)) or "none of them"
        raise Unsupported(f"{schema.name} has no method to {kind} a row; of add, update, delete it has {can}")
    return method


def parents(
    schema: EntitySchema, known: Mapping[str, Any], kind: Kind | Literal["get"] | None = None
) -> dict[str, Any]:
    """The parameters beside the row that every method of the entity needs.

    Args:
        schema: the entity.
        known: values by Python name, of a row or of a query.
        kind: what is to be done: a method that calls the row's own id by a parent's name needs that only.

    Raises:
        InvalidValue: one is not known.
    """
    found = dict(schema.fixed_params)
    method = schema.method(kind) if kind else None
    unneeded = {*(schema.list.own_parents if schema.list else ()), method.id_param if method else None}
    if method is not None and method.parents is not None:
        unneeded |= {*schema.parent_params} - {*method.parents}
    written = {field.write_name: field.name for field in schema.fields.values()}
    for name, param in parent_names(schema).items():
        if param not in found and param not in unneeded:
            if known.get(name) is None and known.get(written.get(param, "")) is not None:
                continue  # a field of the row says it
            if known.get(name) is None:
                raise missing_parent(schema, name)
            found[param] = known[name]
    return nested(found)


def _call(
    schema: EntitySchema,
    method: MethodSchema,
    row_id: Any,
    fields: Mapping[str, Any] | None,
    params: Mapping[str, Any],
) -> Call:
    sent = {**params, **original_names(schema, method)}
    if method.id_param is not None and row_id is not None:
        sent[method.id_param] = row_id
    if fields is not None:
        beside = {name: fields[name] for name in fields if name in method.extra_params}
        inside = {name: fields[name] for name in fields if name not in beside}
        sent.update({**beside, method.fields_param: inside} if method.fields_param else fields)
    return Call(method.name, nested(sent), write=True, envelope=method.envelope, api=schema.api)


def add(
    schema: EntitySchema, fields: Mapping[str, Any], params: Mapping[str, Any], options: Mapping[str, Any]
) -> Call:
    """The call that adds a row with these fields."""
    method = method_for(schema, "add")
    return _call(schema, method, None, fields, {**params, **_options(method, options)})


def update(
    schema: EntitySchema,
    row_id: Any,
    fields: Mapping[str, Any],
    params: Mapping[str, Any],
    options: Mapping[str, Any],
) -> Call:
    """The call that changes these fields of a row."""
    method = method_for(schema, "update")
    return _call(schema, method, row_id, fields, {**params, **_options(method, options)})


def delete(schema: EntitySchema, row_id: Any, params: Mapping[str, Any]) -> Call:
    """The call that removes a row."""
    return _call(schema, method_for(schema, "delete"), row_id, None, params)


def _options(method: MethodSchema, options: Mapping[str, Any]) -> dict[str, Any]:
    """``params`` of the method (``REGISTER_SONET_EVENT`` and the like), where it takes any."""
    if not options:
        return {}
    if "params" in method.extra_params:
        return {"params": dict(options)}
    for name in options:
        if name not in method.extra_params:
            raise Unsupported(f"{method.name} takes no {name!r}{nearest(name, method.extra_params)}")
    return dict(options)


def new_id(schema: EntitySchema, call: Call, reply: Reply) -> tuple[Any, Mapping[str, Any]]:
    """The id of the row that an add made, and the row itself where the method answers it.

    The id is None where rows have none.

    Raises:
        ApiError: the answer is 0, for nothing was added.
        OutcomeUnknown: the answer is something else than an id.
    """
    method = method_for(schema, "add")
    row: Mapping[str, Any] = {}
    if schema.key is None:
        return None, row
    found: Any = reply.result
    if method.returns == "id":
        found = _inside(found, call.envelope)
    elif method.envelope or method.returns == "item":
        row = _first(reply, call)
        found = row.get(schema.id_field.wire)
    if isinstance(found, str) and found.isdecimal() and schema.id_field.type == "integer":
        found = int(found)
    if isinstance(found, (bool, int)) and not found:
        raise ApiError(REFUSED, "the portal answers no id, but 0: nothing was added", method=call.method)
    kinds = int if schema.id_field.type == "integer" else (int, str)
    if isinstance(found, bool) or not isinstance(found, kinds) or not found or str(found).startswith("-"):
        text = f"{call.method}: the answer holds no id; whether a row was added is unknown"
        raise OutcomeUnknown(text, [dict(call.params)])
    return found, row


def _inside(found: Any, path: Sequence[str | int]) -> Any:
    """The id that a path leads to; what was settled afterwards holds it one step further."""
    for part in path:
        found = found.get(part) if isinstance(found, Mapping) else None
    return found.get("id") if isinstance(found, Mapping) else found


def _first(reply: Reply, call: Call) -> Mapping[str, Any]:
    """The row that an add answers; an empty one if there is none."""
    try:
        rows: Sequence[Any] = rows_of(reply.result, call.envelope, call.method)
    except ServerFailure:
        return {}
    return rows[0] if rows and isinstance(rows[0], Mapping) else {}


def sent_fields(schema: EntitySchema, call: Call) -> Mapping[str, Any]:
    """The fields inside an update's call."""
    param = method_for(schema, "update").fields_param
    fields: Mapping[str, Any] = call.params[param] if param else call.params
    return fields


def sent_names(schema: EntitySchema, write: Write) -> tuple[str, ...]:
    """The names of the fields that an update sends, as models call them."""
    method = method_for(schema, "update")
    names = {field.write_name: field.name for field in schema.fields.values()}
    beside = {method.id_param, *method.extra_params, *schema.fixed_params, *schema.parent_params}
    return tuple(names.get(name, name) for name in sent_fields(schema, write.call) if name not in beside)
