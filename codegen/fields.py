"""The rules by which a metadata file tells what the fields of an entity are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from b24orm.query.lookups import kind_of
from b24orm.rendering.names import relation_name, snake
from b24orm.schema import FieldSchema, ListSchema
from codegen.targets import Target

__all__ = ["Fields"]

_RELATION_KEYS: Final[Mapping[str, str]] = {"crm_status": "status_id"}
"""Types whose value is not the id of the related row, and the field that it equals."""


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of one entity in the making.

    Attributes:
        raw: the entity's metadata.
        attributes: Python's names by the server's spelling.
        listing: what its list method is able to do.
        targets: what its relations point to.
    """

    raw: Mapping[str, Any]
    attributes: Mapping[str, str]
    listing: ListSchema | None
    targets: Mapping[str, Target]

    def build(self) -> list[FieldSchema]:
        """The facts about each field, in the order of the file."""
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
        return FieldSchema(
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
