"""The rules by which a metadata file tells what a list method is able to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from b24orm.schema import Dialect, ListSchema, Paging
from codegen.source import WILDCARD

__all__ = ["list_schema"]

_PAGE: Final = 50


def list_schema(entity: Mapping[str, Any]) -> ListSchema | None:
    """What the list method of a metadata file is able to do; None where there is none."""
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
    return [(wire, f) for wire, f in fields if WILDCARD not in wire and f.get("selectable", True)]
