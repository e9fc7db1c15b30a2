"""Reads what a portal says of REST 3.0: its OpenAPI document, and the fields of each object.

The document knows methods and types; which fields can be filtered only ``*.field.list`` tells. Names are
taken only if they look like names, for they are text of strangers.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol, cast

from b24orm import facts
from b24orm.errors import ApiError, ServerFailure
from b24orm.facts.index import PLACES
from b24orm.plan.page_v3 import page_of
from b24orm.rendering.names import field_names
from b24orm.schema import EntitySchema, FieldSchema, ListSchema, MethodSchema

__all__ = ["RestV3", "differing", "entities", "read_document", "read_v3"]

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,60}", re.ASCII)
_METHOD: Final = re.compile(r"[a-z][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)+", re.ASCII)
_PATIENCE: Final = 120.0
"""Seconds that the document is waited for: the portal makes it once an hour, for one caller at a time."""
_PAUSE: Final = 3.0
_OPERATORS: Final = ("=", "!=", ">", ">=", "<", "<=", "in", "between")
_TYPES: Final[Mapping[str, str]] = {
    "integer": "integer",
    "string": "string",
    "boolean": "boolean",
    "float": "double",
    "number": "double",
    "array": "array",
}
_FORMATS: Final[Mapping[str, str]] = {"date-time": "datetime", "date": "date"}


class RestV3(Protocol):
    """What answers calls of REST 3.0: ``portal.v3``."""

    def call(self, method: str, items: Any = None, /) -> Any:
        """The answer of a method."""
        ...


def read_document(v3: RestV3, *, sleep: Callable[[float], None] = time.sleep) -> Mapping[str, Any]:
    """The portal's OpenAPI document.

    While the portal makes it for somebody else, it answers "Generation in progress.": that is waited for.

    Args:
        v3: ``portal.v3`` of a synchronous portal.
        sleep: waits so many seconds.

    Raises:
        ServerFailure: the document did not come within two minutes.
        ApiError: the portal refused it.
    """
    waited = 0.0
    while True:
        try:
            return cast("Mapping[str, Any]", v3.call("documentation"))
        except ServerFailure:
            if waited >= _PATIENCE:
                raise
        sleep(_PAUSE)
        waited += _PAUSE


def read_v3(v3: RestV3, *, sleep: Callable[[float], None] = time.sleep) -> tuple[EntitySchema, ...]:
    """The entities of REST 3.0 that the portal serves, as it describes them, ordered by name.

    >>> read_v3(portal.v3)                                                      # doctest: +SKIP

    Args:
        v3: ``portal.v3`` of a synchronous portal.
        sleep: waits so many seconds.

    Raises:
        ApiError: the portal refused the document.
    """
    document = read_document(v3, sleep=sleep)

    def described(method: str) -> Sequence[Mapping[str, Any]]:
        try:
            return cast("Sequence[Mapping[str, Any]]", v3.call(method))
        except ServerFailure:
            raise
        except ApiError:  # no rights or no scope: what the document says is all there is
            return ()

    return entities(document, described)


def differing(found: Iterable[EntitySchema]) -> tuple[EntitySchema, ...]:
    """Those of the entities that the package does not know, or knows otherwise."""
    known = set(facts.names())
    return tuple(e for e in found if e.name not in known or e != facts.load(e.name))


def entities(
    document: Mapping[str, Any], described: Callable[[str], Sequence[Mapping[str, Any]]]
) -> tuple[EntitySchema, ...]:
    """The entities of a document, ordered by name.

    Args:
        document: the portal's OpenAPI document.
        described: what a ``*.field.list`` method answers; nothing where it may not be asked.
    """
    paths = {path.lstrip("/"): value for path, value in document.get("paths", {}).items()}
    methods = {name: operation["post"] for name, operation in paths.items() if "post" in operation}
    found = []
    for name in methods:
        prefix, _, action = name.rpartition(".")
        if action == "list" and _METHOD.fullmatch(name) and not prefix.endswith(".field"):
            fields = described(f"{prefix}.field.list") if f"{prefix}.field.list" in methods else ()
            found.append(_entity(prefix, methods, document, fields))
    return tuple(sorted((entity for entity in found if entity is not None), key=lambda e: e.name))


def _entity(
    prefix: str,
    methods: Mapping[str, Mapping[str, Any]],
    document: Mapping[str, Any],
    described: Iterable[Mapping[str, Any]],
) -> EntitySchema | None:
    """The entity behind a list method; None where the document says nothing of its fields."""
    listed = methods[f"{prefix}.list"]
    properties = _properties(document, _item_of(listed))
    abilities = {str(field.get("name")): field for field in described}
    if not properties:
        return None
    known = _known(f"{prefix}.list")
    sortable = set(_parameter(listed, "order").get("properties", {}))
    names = field_names([wire for wire in properties if _NAME.fullmatch(wire)])
    required = set(_parameter(methods.get(f"{prefix}.add", {}), "fields").get("required", ()))
    fields = [
        _field(wire, name, properties[wire], abilities.get(wire), sortable, required)
        for wire, name in names.items()
    ]
    made = _made(prefix, methods, fields)
    return made if known is None else _joined(known, made, abilities)


def _known(method: str) -> EntitySchema | None:
    """The entity of REST 3.0 whose list the method is, if the package has one."""
    places = [name for name, (place, _) in PLACES.items() if place.endswith("_v3")]
    for schema in map(facts.load, places):
        if schema.list is not None and schema.list.name == method:
            return schema
    return None


def _joined(
    known: EntitySchema, told: EntitySchema, abilities: Mapping[str, Mapping[str, Any]]
) -> EntitySchema:
    """What the package knows of an entity, with the portal's own word on fields and abilities."""
    assert known.list is not None
    assert told.list is not None
    fields = dict(known.fields)
    wires = {spec.wire: name for name, spec in known.fields.items()}
    for spec in told.fields.values():
        name = wires.get(spec.wire)
        if name is None:
            fields[spec.name] = spec
        elif spec.wire in abilities:
            sortable = fields[name].sortable or spec.sortable
            fields[name] = replace(fields[name], filterable=spec.filterable, sortable=sortable)
    listing = replace(known.list, tail=told.list.tail, aggregate=told.list.aggregate)
    return replace(known, fields=fields, list=listing)


def _made(
    prefix: str, methods: Mapping[str, Mapping[str, Any]], fields: Sequence[FieldSchema]
) -> EntitySchema:
    by_name = {field.name: field for field in fields}
    key = by_name.get("id")
    words = [word for part in prefix.split(".") for word in re.split(r"[_\W]+", part) if word]
    siblings = {word: f"{prefix}.{word}" for word in ("tail", "aggregate") if f"{prefix}.{word}" in methods}
    keyset = key is not None and key.type == "integer" and key.filterable and key.sortable
    return EntitySchema(
        name="".join(word[:1].upper() + word[1:] for word in words) + "V3",
        scope=prefix.partition(".")[0],
        module=prefix.partition(".")[0],
        api="v3",
        fields=by_name,
        list=ListSchema(
            name=f"{prefix}.list",
            dialect="v3",
            paging="pagination",
            envelope=("items",),
            select="select",
            filter="filter",
            order="order",
            order_style="map",
            start="pagination",
            page_size=page_of(f"{prefix}.list"),
            keyset=keyset,
            operators=_OPERATORS,
            select_all=tuple(field.wire for field in fields if field.type != "object" and not field.multiple),
            tail=siblings.get("tail"),
            aggregate=siblings.get("aggregate"),
        ),
        methods=dict(_writes(prefix, methods)),
        id_name="id" if key is not None else "",
        user_field_prefix="uf",
    )


def _writes(prefix: str, methods: Mapping[str, Mapping[str, Any]]) -> Iterable[tuple[str, MethodSchema]]:
    shapes = {
        "get": {"envelope": ("item",), "id_param": "id"},
        "add": {"envelope": ("item",), "fields_param": "fields", "returns": "item"},
        "update": {"envelope": ("result",), "id_param": "id", "fields_param": "fields", "returns": "true"},
        "delete": {"id_param": "id", "returns": "true"},
    }
    for kind, shape in shapes.items():
        if f"{prefix}.{kind}" in methods:
            yield kind, MethodSchema(name=f"{prefix}.{kind}", **cast("dict[str, Any]", shape))


def _field(
    wire: str,
    name: str,
    told: Mapping[str, Any],
    ability: Mapping[str, Any] | None,
    sortable: set[str],
    required: set[str],
) -> FieldSchema:
    inner = told.get("items", {}) if told.get("type") == "array" else told
    multiple = told.get("type") == "array" and "$ref" in inner
    able = ability or {}
    return FieldSchema(
        name=name,
        wire=wire,
        type=_type(told, multiple=multiple),
        required=wire in required,
        read_only=not able.get("editable", wire in required) and wire not in required,
        multiple=multiple,
        nullable=name != "id",
        filterable=bool(able.get("filterable")),
        sortable=wire in sortable or bool(able.get("sortable")),
    )


def _type(told: Mapping[str, Any], *, multiple: bool) -> str:
    if multiple:
        return "array"
    if "$ref" in told:
        return "object"
    return _FORMATS.get(str(told.get("format")), _TYPES.get(str(told.get("type")), "object"))


def _parameter(operation: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """What a method's body says of a parameter."""
    found = _dig(operation, "requestBody", "content", "application/json", "schema", "properties", name)
    return found if isinstance(found, Mapping) else {}


def _item_of(operation: Mapping[str, Any]) -> str:
    """The name of the object that a list answers."""
    path = ("responses", "200", "content", "application/json", "schema", "properties", "result")
    result = _dig(operation, *path)
    reference = _dig(result, "items", "$ref") if isinstance(result, Mapping) else None
    return str(reference or "").rpartition("/")[2]


def _properties(document: Mapping[str, Any], name: str) -> Mapping[str, Mapping[str, Any]]:
    found = _dig(document, "components", "schemas", name, "properties")
    return found if isinstance(found, Mapping) else {}


def _dig(value: Any, *path: str) -> Any:
    for key in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key, value.get(int(key)) if key.isdigit() else None)
    return value
