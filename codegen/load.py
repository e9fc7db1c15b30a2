"""Turns metadata files and the overlay into :class:`b24orm.schema.EntitySchema` values.

What a file does not say follows from what it says, by the rules below; what is an exception
stands in the overlay, with its reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, cast

from b24orm.query.lookups import kind_of
from b24orm.rendering.names import constant, field_names, relation_name, snake
from b24orm.schema import Dialect, EntitySchema, FieldSchema, ListSchema, MethodSchema, Paging
from codegen.links import find_links
from codegen.overlay import apply, read_overlay
from codegen.source import METHOD_KINDS, Source, read_sources
from codegen.targets import Target, class_names, resolve_targets

__all__ = ["Entity", "load"]

_RELATION_KEYS: Final[Mapping[str, str]] = {"crm_status": "status_id"}
"""Types whose value is not the id of the related row, and the field that it equals."""

_WILDCARD: Final = "*"
_PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity as the generator sees it.

    Attributes:
        key: its metadata file (``crm/deal``).
        stem: the name of its generated modules (``deal``).
        schema: its facts.
    """

    key: str
    stem: str
    schema: EntitySchema

    @property
    def constant(self) -> str:
        """The name of the constant in the facts module."""
        return constant(self.schema.name)

    @property
    def place(self) -> str:
        """The module below ``b24orm.facts`` and ``b24orm.models`` (``crm.deal``)."""
        return f"{self.schema.module}.{self.stem}"


def load(root: Path) -> tuple[Entity, ...]:
    """Every entity below ``root``, the overlay applied, ordered by name.

    Raises:
        codegen.source.MetadataError: a file or the overlay is wrong.
    """
    sources = apply(read_sources(root), read_overlay(root))
    names = class_names(sources)
    targets = resolve_targets(sources, names)
    entities = [_entity(source, names[source.key], targets[source.key]) for source in sources]
    links = find_links({entity.key: entity.schema for entity in entities}, sources)
    entities = [replace(e, schema=replace(e.schema, links=links[e.key])) for e in entities]
    return tuple(sorted(entities, key=lambda entity: entity.schema.name))


def _entity(source: Source, name: str, targets: Mapping[str, Target]) -> Entity:
    raw = source.raw
    wires = _field_wires(raw)
    attributes = field_names(wires)
    listing = _list_schema(raw)
    fields = _Fields(raw, attributes, listing, targets).build()
    schema = EntitySchema(
        name=name,
        scope=raw["scope"],
        module=raw["module"],
        api=raw.get("api", "v2"),
        fields={field.name: field for field in fields},
        list=listing,
        methods={
            kind: _method_schema(raw["methods"][kind])
            for kind in METHOD_KINDS
            if kind != "list" and raw["methods"].get(kind)
        },
        actions={a["name"]: tuple(a["params"]) for a in raw["methods"].get("other", ())},
        id_name=attributes.get(raw["id_field"] or "", ""),
        fixed_params=raw.get("fixed_params", {}),
        parent_params=tuple(raw.get("parent_params", ())),
        parent_names=raw.get("parent_names", {}),
        user_fields=bool(raw.get("supports_user_fields")),
        user_field_prefix=raw.get("user_field_prefix") or _prefix(raw),
    )
    return Entity(source.key, source.stem, schema)


def _prefix(raw: Mapping[str, Any]) -> str:
    return "uf" if (raw["id_field"] or "")[:1].islower() else "UF_"


def _field_wires(raw: Mapping[str, Any]) -> Sequence[str]:
    return [wire for wire in raw["fields"] if _WILDCARD not in wire]  # a pattern is no field


# --- methods ----------------------------------------------------------------------------


def _method_schema(raw: Mapping[str, Any]) -> MethodSchema:
    return MethodSchema(
        name=raw["name"],
        envelope=tuple(raw.get("envelope", ())),
        id_param=raw.get("id_param"),
        fields_param=raw.get("fields_param"),
        returns=raw.get("returns", "other"),
        extra_params=tuple(raw.get("extra_params", ())),
        whole_key=raw.get("whole_key"),
    )


def _list_schema(entity: Mapping[str, Any]) -> ListSchema | None:
    raw = entity["methods"].get("list")
    if not raw:
        return None
    dialect = cast("Dialect", raw.get("dialect") or _dialect(entity, raw))
    paging = cast("Paging", raw.get("paging") or _paging(raw))
    keyset = bool(raw["keyset"]) and paging != "none" and _can_keyset(entity, raw)
    return ListSchema(
        name=raw["name"],
        dialect=dialect,
        paging=paging,
        envelope=tuple(raw["envelope"]),
        select=raw["select"],
        filter=raw["filter"],
        order=raw["order"],
        order_style=raw["order_style"],
        order_params=tuple(raw["order_params"] or ()),
        start=raw["start"],
        limit=raw.get("limit"),
        positional=tuple(raw.get("positional", ())),
        page_size=raw["page_size"],
        total=bool(raw["total"]),
        casts_lists=bool(raw.get("casts_lists")),
        bare=bool(raw.get("bare")),
        hides_rows=bool(raw.get("hides_rows")),
        repeats_rows=bool(raw.get("repeats_rows")),
        count_free=bool(raw["no_count"]) and paging != "none",
        keyset=keyset,
        operators=tuple(raw["filter_operators"]),
        select_all=tuple(raw["select_all"]) if "select_all" in raw else _select_all(entity, raw, dialect),
        select_always=tuple(raw.get("select_always", ())),
        own_parents=tuple(raw.get("own_parents", ())),
        constants=raw.get("constants", {}),
        extra_params=tuple(raw["extra_params"]),
        id_first=bool(raw.get("id_first")),
        tail=_sibling(entity, "tail"),
        aggregate=_sibling(entity, "aggregate"),
    )


def _sibling(entity: Mapping[str, Any], word: str) -> str | None:
    """The method of REST 3.0 beside the list that ends with a word, if it is documented."""
    wanted = f"{entity['methods']['list']['name'].rpartition('.')[0]}.{word}"
    return wanted if any(action["name"] == wanted for action in entity["methods"].get("other", ())) else None


def _can_keyset(entity: Mapping[str, Any], raw: Mapping[str, Any]) -> bool:
    """Whether the method knows all that a walk by id takes: both bounds, an order, whole numbers."""
    key = entity["fields"].get(entity["id_field"] or "", {})
    bounds = {">", "<", ">=", "<="} <= set(raw["filter_operators"])
    ordered = raw["order_style"] is not None
    paged = raw["page_size"] == _PAGE or _is_v3(entity)
    return bounds and ordered and paged and key.get("type") in ("integer", "int")


def _is_v3(entity: Mapping[str, Any]) -> bool:
    return bool(entity.get("api", "v2") == "v3")


def _dialect(entity: Mapping[str, Any], raw: Mapping[str, Any]) -> str:
    """The family that reads the filter; ``classic`` and ``orm`` are known one by one (the overlay)."""
    if raw["filter"] is None:
        return "none"
    if _is_v3(entity):
        return "v3" if raw["filter_operators"] else "none"
    if not raw["filter_operators"]:
        return "equality"
    return "user" if raw["envelope"] else "plain"


def _paging(raw: Mapping[str, Any]) -> str:
    """The family: controllers wrap their rows, classic methods answer a bare list."""
    if raw["start"] == "pagination":
        return "pagination"
    if raw["start"] != "start" or raw["page_size"] is None:
        return "none"
    return "controller" if raw["envelope"] else "classic"


def _select_all(entity: Mapping[str, Any], raw: Mapping[str, Any], dialect: str) -> tuple[str, ...]:
    if raw["select"] is None:
        return ()
    if _is_v3(entity):  # it knows no star; other objects' fields are read only when asked for
        return tuple(wire for wire, f in _selectable(entity) if not _embedded(f, dialect))
    if raw["envelope"]:
        return ("*",)
    if dialect == "plain" and entity["module"] != "crm":  # whether it knows a star is not known
        return tuple(dict.fromkeys(f.get("filter_name") or wire for wire, f in _selectable(entity)))
    custom = ["UF_*"] if entity.get("supports_user_fields") else []
    multifields = [w for w, f in entity["fields"].items() if f.get("type") == "crm_multifield"]
    return ("*", *custom, *multifields)


def _embedded(field: Mapping[str, Any], dialect: str) -> bool:
    """Whether a field of REST 3.0 holds another object, or a list of them."""
    return field.get("type") == "object" or (bool(field.get("multiple")) and dialect == "v3")


def _selectable(entity: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    fields = entity["fields"].items()
    return [(wire, f) for wire, f in fields if _WILDCARD not in wire and f.get("selectable", True)]


# --- fields -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Fields:
    """The fields of one entity in the making."""

    raw: Mapping[str, Any]
    attributes: Mapping[str, str]
    listing: ListSchema | None
    targets: Mapping[str, Target]

    def build(self) -> list[FieldSchema]:
        taken = set(self.attributes.values())
        built: list[FieldSchema] = []
        for wire, name in self.attributes.items():
            field = self._field(wire, name, taken)
            if field.relation_name:
                taken.add(field.relation_name)
            built.append(field)
        return built

    def _field(self, wire: str, name: str, taken: set[str]) -> FieldSchema:
        raw = self.raw["fields"][wire]
        target = self.targets.get(raw.get("relation") or "")
        field = FieldSchema(
            name=name,
            wire=wire,
            type=raw["type"],
            write=_unless_same(raw.get("write_name"), wire),
            query=_unless_same(raw.get("filter_name"), wire),
            select=_unless_same(raw.get("select_name"), raw.get("filter_name") or wire),
            required=bool(raw.get("required")),
            read_only=bool(raw.get("read_only")),
            immutable=bool(raw.get("immutable")),
            multiple=bool(raw.get("multiple")),
            nullable=raw.get("nullable") is not False,
            filterable=bool(raw.get("filterable", True)),
            selectable=bool(raw.get("selectable", True)),
            sortable=self._sortable(wire, raw),
            joins=bool(raw.get("joins")),
            relation=target.name if target else raw.get("relation"),
            relation_name=self._relation_name(raw, name, target, taken),
            relation_key=_RELATION_KEYS.get(raw["type"], target.key if target else "id"),
            status_type=raw.get("status_type"),
            enum=tuple(str(value) for value in raw.get("enum") or ()),
            inner=tuple(raw.get("inner") or ()),
            deprecated=bool(raw.get("deprecated")),
        )
        return field

    def _sortable(self, wire: str, raw: Mapping[str, Any]) -> bool:
        """The server's map of sortable fields is the one of its filterable ones, as a rule."""
        if "sortable" in raw:
            return bool(raw["sortable"])
        if self.listing is None:
            return False
        if self.listing.order_style is None:
            return bool(wire == self.raw["id_field"])
        chosen = self.raw["methods"]["list"].get("sortable")
        if chosen is not None:
            return wire in chosen
        plain = FieldSchema(name=snake(wire), wire=wire, type=raw["type"])
        scalar = not raw.get("multiple") and kind_of(plain) not in ("none", "multifield")
        return scalar and bool(raw.get("filterable", True)) and bool(raw.get("selectable", True))

    def _relation_name(
        self, raw: Mapping[str, Any], name: str, target: Target | None, taken: set[str]
    ) -> str | None:
        if "relation_name" in raw:
            return cast("str | None", raw["relation_name"])
        if target is None or not target.reachable or raw.get("multiple"):
            return None
        return relation_name(name, target.name, taken)


def _unless_same(spelling: str | None, wire: str) -> str:
    return spelling if spelling and spelling != wire else ""
