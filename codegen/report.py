"""Counts what the metadata holds and what it does not know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from codegen.method_source import Method
from codegen.source import Source

__all__ = ["report"]


def report(sources: Iterable[Source], methods: Mapping[str, Sequence[Method]]) -> Sequence[str]:
    """Lines of figures.

    Args:
        sources: the metadata files.
        methods: the documented methods by their first word.
    """
    raws = [source.raw for source in sources]
    fields = [field for raw in raws for field in raw["fields"].values()]
    lists = [raw["methods"]["list"] for raw in raws if raw["methods"].get("list")]
    named = {name for raw in raws for name in _names(raw)}
    known = [method for found in methods.values() for method in found]
    classic = {method.name for method in known if not method.only_v3}
    lower = {method.name.lower() for method in known}
    params = [kind for found in methods.values() for m in found for kind in m.params.values()]
    figures = {
        "entities": len(raws),
        "entities of REST 3.0": sum(raw.get("api", "v2") == "v3" for raw in raws),
        "entities without an id": sum(not raw["id_field"] for raw in raws),
        "list methods": len(lists),
        "entities without a list method": len(raws) - len(lists),
        "methods of entities": len(named),
        "of those, methods that the docs do not list": sum(name.lower() not in lower for name in named),
        "documented methods": len(known),
        "of those, of the classic REST": len(classic),
        "parameters of those": len(params),
        "fields": len(fields),
        "unknown: whether a field may be null": _unknown(fields, "nullable"),
        "unknown: whether a field can be filtered by": _unknown(fields, "filterable"),
        "unknown: whether a list can be walked by id": sum(spec["keyset"] is None for spec in lists),
        "unknown: whether start=-1 spares the count": sum(spec["no_count"] is None for spec in lists),
        "unknown: the type of a parameter": sum(kind.removesuffix("!") == "any" for kind in params),
    }
    return [f"{count:>6,}  {what}" for what, count in figures.items()]


def _names(raw: Mapping[str, Any]) -> Iterable[str]:
    for kind, method in raw["methods"].items():
        yield from (action["name"] for action in method) if kind == "other" else [method["name"]]


def _unknown(fields: Iterable[Mapping[str, Any]], key: str) -> int:
    usual = {"nullable": None, "filterable": True}[key]
    return sum(field.get(key, usual) is None for field in fields)
