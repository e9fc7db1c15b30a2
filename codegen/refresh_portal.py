"""Compares a live portal with the metadata."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias, cast

from b24orm.errors import B24Error, TransportError
from b24orm.plan.calls import Call, Outcome
from b24orm.schema import EntitySchema, FieldSchema, MethodSchema
from codegen.load import Entity
from codegen.method_source import Method

__all__ = ["Many", "compare_portal"]

Many: TypeAlias = Callable[[Sequence[Call]], Sequence[Outcome]]
"""Sends calls, packed into batches: what each came to."""

_FLAGS: Final[Mapping[str, str]] = {
    "isReadOnly": "read_only",
    "isMultiple": "multiple",
    "isImmutable": "immutable",
}


def compare_portal(
    many: Many, entities: Iterable[Entity], methods: Mapping[str, Sequence[Method]]
) -> Sequence[str]:
    """One line for each difference, in order; user fields are the portal's own and left out.

    A method that is missing on the portal is no difference: its answer of ``methods`` leaves
    controllers out and follows the webhook's scopes.

    Args:
        many: sends calls to the portal.
        entities: the metadata.
        methods: the documented methods by their first word.

    Raises:
        B24Error: no answer arrived, or the portal does not tell its methods.
    """
    asked = {
        entity.schema.name: (entity.schema, call) for entity in entities for call in _calls(entity.schema)
    }
    listed, *told = many([Call("methods", {}), *(call for _, call in asked.values())])
    if isinstance(listed, B24Error):
        raise listed
    known = {method.name.lower() for found in methods.values() for method in found}
    served = {str(name).lower() for name in listed.result}
    lines = [f"new: method {name}" for name in sorted(served - known)]
    for (schema, _), outcome in zip(asked.values(), told, strict=True):
        lines += _entity(schema, outcome)
    return lines


def _calls(schema: EntitySchema) -> list[Call]:
    """The call that tells an entity's fields, if there is one."""
    method = schema.methods.get("fields")
    if method is None or schema.api != "v2" or (schema.parent_params and not schema.fixed_params):
        return []
    return [Call(method.name, dict(schema.fixed_params))]


def _entity(schema: EntitySchema, outcome: Outcome) -> list[str]:
    if isinstance(outcome, TransportError):
        raise outcome
    if isinstance(outcome, B24Error):
        return []
    answer = _opened(outcome.result, schema.methods["fields"])
    if not isinstance(answer, Mapping):
        return []
    told = cast("Mapping[str, Any]", answer)
    return _fields(schema, {name: spec for name, spec in told.items() if not _is_own(name)})


def _opened(answer: Any, method: MethodSchema) -> Any:
    """What stands in the envelope of an answer."""
    for part in method.envelope:
        answer = answer.get(part, answer) if isinstance(answer, Mapping) else answer
    return answer


def _is_own(name: str) -> bool:
    return name.upper().startswith(("UF_", "UFCRM", "PARENTID", "PARENT_ID_"))


def _fields(schema: EntitySchema, told: Mapping[str, Any]) -> list[str]:
    fields = schema.by_wire
    lines = [f"new: {schema.name}.{name}" for name in told if name not in fields]
    lines += [
        f"gone: {schema.name}.{field.wire}"
        for field in schema.fields.values()
        if field.wire not in told and not _is_own(field.wire) and not {field.write, field.query} & set(told)
    ]
    for name, spec in told.items():
        if name in fields and isinstance(spec, Mapping):
            lines += _differences(schema.name, fields[name], cast("Mapping[str, Any]", spec))
    return lines


def _differences(entity: str, field: FieldSchema, told: Mapping[str, Any]) -> list[str]:
    lines: list[str] = []
    kind = told.get("type")
    if isinstance(kind, str) and kind != field.type:
        lines.append(f"different: {entity}.{field.wire}: type {field.type} -> {kind}")
    for flag, name in _FLAGS.items():
        known = getattr(field, name)
        if isinstance(told.get(flag), bool) and told[flag] != known:
            lines.append(f"different: {entity}.{field.wire}: {name} {known} -> {told[flag]}")
    return lines
