"""``rest.documentation.openapi``, also ``documentation``: the methods and objects as OpenAPI 3.0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from b24orm.emulator.v3.dto import Dto, DtoField
from b24orm.emulator.v3.registry import V3Method, V3Registry

__all__ = ["openapi"]

_FORMATS: Final[Mapping[str, dict[str, Any]]] = {
    "float": {"type": "float"},
    "array": {"type": "array"},
    "bool": {"type": "boolean"},
    "int": {"type": "integer", "format": "int64"},
    "string": {"type": "string"},
    "DateTime": {"type": "string", "format": "date-time"},
    "Date": {"type": "string", "format": "date"},
}
_PAGINATION: Final = {
    "type": "object",
    "properties": {name: {"type": "integer"} for name in ("page", "limit", "offset")},
}


def openapi(registry: V3Registry) -> dict[str, Any]:
    """The document over a registry, as the portal generates it."""
    modules = dict.fromkeys(name.partition(".")[0] for name, method in registry.items() if method.scope)
    dtos = {method.dto.name: method.dto for method in registry.values() if method.dto is not None}
    for dto in tuple(dtos.values()):
        dtos.update({inner.name: inner for inner in dto.relations.values()})
    return {
        "openapi": "3.0.0",
        "info": {"title": "Bitrix24 REST V3 API", "version": "1.0.0"},
        "servers": [],
        "tags": [{"name": module, "description": f"{module} module methods"} for module in modules],
        "paths": {f"/{name}": {"post": _operation(name, method)} for name, method in registry.items()},
        "components": {"schemas": {name: _object(dto) for name, dto in sorted(dtos.items())}},
    }


def _operation(name: str, method: V3Method) -> dict[str, Any]:
    properties = {param: _param(param, name, method) for param in method.takes}
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    if "id" in method.takes or "fields" in method.takes:
        schema["required"] = [param for param in ("id", "fields") if param in method.takes]
    body = {"type": "object", "properties": {"result": _answer(method)}}
    return {
        "tags": [name.partition(".")[0]],
        "requestBody": {"content": {"application/json": {"schema": schema}}},
        "responses": {
            "200": {"description": "Success response", "content": {"application/json": {"schema": body}}}
        },
    }


def _param(param: str, name: str, method: V3Method) -> dict[str, Any]:
    dto = method.dto
    if param == "id":
        return {"type": "integer", "example": 1}
    if param == "pagination":
        return _PAGINATION
    if param == "select":
        names = [spec.name for spec in dto.fields.values() if _is_plain(dto, spec)] if dto else []
        return {"type": "array", "items": {"type": "string"}, **({"example": names} if names else {})}
    if param == "order" and dto is not None:
        sortable = {
            spec.name: {"type": "string", "example": "ASC"} for spec in dto.fields.values() if spec.sortable
        }
        return {"type": "object", "properties": sortable}
    if param == "fields" and dto is not None:
        return _fields(dto, adds=name.endswith(".add"))
    if param == "filter":
        return {"type": "array", "example": [["id", ">=", 1], ["id", 1], ["id", "in", [1, 2, 3]]]}
    return {"type": "object"}


def _fields(dto: Dto, *, adds: bool) -> dict[str, Any]:
    required = [spec.name for spec in dto.fields.values() if spec.required] if adds else []
    written = {
        spec.name: _format(dto, spec)
        for spec in dto.fields.values()
        if spec.editable or spec.name in required
    }
    found: dict[str, Any] = {"type": "object", "properties": written}
    return {**found, "required": required} if required else found


def _is_plain(dto: Dto, spec: DtoField) -> bool:
    return spec.name not in dto.relations


def _reference(dto: Dto) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{dto.name}"}


def _format(dto: Dto, spec: DtoField) -> dict[str, Any]:
    if spec.name in dto.relations:
        found = _reference(dto.relations[spec.name])
    else:
        found = dict(_FORMATS.get(spec.type, {}))
    return {"type": "array", "items": found} if spec.multiple else found


def _object(dto: Dto) -> dict[str, Any]:
    properties = {spec.name: {**_format(dto, spec), "title": spec.name} for spec in dto.fields.values()}
    return {"type": "object", "properties": properties}


def _answer(method: V3Method) -> dict[str, Any]:
    dto = method.dto
    if method.returns == "item":
        return {"type": "object", "properties": {"item": _reference(dto)} if dto else {}}
    if method.returns == "items":  # the document leaves the key ``items`` out
        return {"type": "array", **({"items": _reference(dto)} if dto else {})}
    if method.returns == "boolean":
        return {"type": "object", "properties": {"result": {"type": "boolean"}}}
    if method.returns == "id":
        return {"type": "object", "properties": {"id": {"type": "integer", "format": "int64"}}}
    return {"type": "object"}
