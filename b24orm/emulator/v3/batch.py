"""``batch`` of REST 3.0: a JSON list of calls, run one after the other until one fails.

All method names are looked up before anything runs. The first failure ends it: the whole answer is that
error, and what ran before stays done. ``{"$ref": "alias.path"}`` and ``{"$refArray": "alias.field"}``
stand for what earlier calls answered under ``item`` or ``items``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from b24orm.emulator.v3.refusals import V3Refusal, invalid
from b24orm.emulator.v3.registry import V3Answer

__all__ = ["Item", "read_items", "run_batch"]


@dataclass(frozen=True, slots=True)
class Item:
    """One call of a batch; ``alias`` is what others refer to it by."""

    method: str
    query: Mapping[str, Any]
    alias: str


def read_items(body: Any) -> list[Item]:
    """The calls of a batch.

    Raises:
        V3Refusal: one has no method or no query, or two have one alias.
    """
    listed = body if isinstance(body, list) else list(body.values()) if isinstance(body, Mapping) else []
    items: list[Item] = []
    for number, raw in enumerate(listed):
        if not isinstance(raw, Mapping) or raw.get("method") is None or raw.get("query") is None:
            raise invalid("select", 'Each request item must have a "method" and "query" attribute')
        query = {} if raw["query"] == [] else raw["query"]
        if not isinstance(query, Mapping):
            raise invalid("select", query)
        items.append(Item(str(raw["method"]), query, str(raw.get("as") or number)))
    aliases = [item.alias for item in items]
    for alias in aliases:
        if aliases.count(alias) > 1:
            raise invalid("select", f"You are can not have two aliases with same name: {alias}")
    return items


def run_batch(items: list[Item], run: Callable[[str, Mapping[str, Any]], V3Answer]) -> list[Any]:
    """The results in order.

    Raises:
        V3Refusal: what the first failing call was refused with.
    """
    context: dict[str, Any] = {}
    results: list[Any] = []
    for item in items:
        result = run(item.method, _filled(item.query, context)).result
        results.append(result)
        if isinstance(result, Mapping):
            payload = result.get("item") or result.get("items")
            if payload:
                context[item.alias] = payload
    return results


def _filled(value: Any, context: Mapping[str, Any]) -> Any:
    if isinstance(value, Mapping):
        if value.get("$ref") is not None:
            return _found(str(value["$ref"]), context)
        if value.get("$refArray") is not None:
            return _column(value["$refArray"], context)
        return {key: _filled(item, context) for key, item in value.items()}
    return [_filled(item, context) for item in value] if isinstance(value, list) else value


def _step(current: Any, key: str) -> Any:
    if isinstance(current, Mapping):
        return current.get(key)
    if isinstance(current, list):
        return current[int(key)] if key.isdigit() and int(key) < len(current) else None
    raise _lost(f"expected array at '{key}'")


def _found(path: str, context: Mapping[str, Any]) -> Any:
    current: Any = context
    for key in path.split("."):
        current = _step(current, key)
        if current is None:
            raise _lost(f"Path '{path}' not found in context")
    return current


def _column(path: Any, context: Mapping[str, Any]) -> list[Any]:
    place, dot, name = str(path).rpartition(".")
    if not isinstance(path, str) or not dot:
        raise _lost("Invalid $refArray format - expected 'path.to.array.field'")
    items = _found(place, context)
    listed = (
        items if isinstance(items, list) else list(items.values()) if isinstance(items, Mapping) else None
    )
    if listed is None:
        raise _lost(f"Path '{place}' must point to an array or iterable")
    values = [_step(item, name) for item in listed]
    if any(value is None for value in values):
        raise _lost(f"Field '{name}' not found in items")
    return values


def _lost(text: str) -> V3Refusal:
    return invalid("select", text)
