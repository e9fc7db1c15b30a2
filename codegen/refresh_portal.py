"""Compares a live portal with the metadata."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Protocol, cast

from b24orm.errors import ApiError
from b24orm.schema import EntitySchema, FieldSchema
from codegen.load import Entity
from codegen.method_source import Method

__all__ = ["compare_portal"]

_FLAGS: Final[Mapping[str, str]] = {
    "isReadOnly": "read_only",
    "isMultiple": "multiple",
    "isImmutable": "immutable",
}


class _Portal(Protocol):
    def call(self, method: str, items: Any = None, /) -> Any: ...


def compare_portal(
    portal: _Portal, entities: Iterable[Entity], methods: Mapping[str, Sequence[Method]]
) -> Sequence[str]:
    """One line for each difference, in order; user fields are the portal's own and left out.

    A method that is missing on the portal is no difference: its answer of ``methods`` leaves
    controllers out and follows the webhook's scopes.

    Args:
        portal: the portal.
        entities: the metadata.
        methods: the documented methods by their first word.
    """
    known = {method.name.lower() for found in methods.values() for method in found}
    served = {str(name).lower() for name in portal.call("methods")}
    lines = [f"new: method {name}" for name in sorted(served - known)]
    for entity in entities:
        lines += _entity(portal, entity.schema)
    return lines


def _entity(portal: _Portal, schema: EntitySchema) -> list[str]:
    method = schema.methods.get("fields")
    if method is None or schema.api != "v2" or (schema.parent_params and not schema.fixed_params):
        return []
    try:
        answer = portal.call(method.name, dict(schema.fixed_params))
    except ApiError:
        return []
    for part in method.envelope:
        answer = answer.get(part, answer) if isinstance(answer, Mapping) else answer
    if not isinstance(answer, Mapping):
        return []
    told = cast("Mapping[str, Any]", answer)
    return _fields(schema, {name: spec for name, spec in told.items() if not _is_own(name)})


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
