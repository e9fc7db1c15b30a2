"""What users get out of a page of rows: objects, dicts, tuples or single values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from b24orm.entity.base import Entity
from b24orm.entity.rows import OnInvalid, typed
from b24orm.orm.fetch import Shape
from b24orm.plan.calls import Row

__all__ = ["as_dicts", "as_tuples", "as_values"]


def as_dicts(model: type[Entity], names: tuple[str, ...]) -> Shape[dict[str, Any]]:
    def shape(rows: Sequence[Row], on_invalid: OnInvalid) -> list[dict[str, Any]]:
        found = typed(model, rows, on_invalid)
        if not names:
            return found
        return [{name: _value(row, name) for name in names} for row in found]

    return shape


def as_tuples(model: type[Entity], names: tuple[str, ...]) -> Shape[tuple[Any, ...]]:
    def shape(rows: Sequence[Row], on_invalid: OnInvalid) -> list[tuple[Any, ...]]:
        return [tuple(_value(row, name) for name in names) for row in typed(model, rows, on_invalid)]

    return shape


def as_values(model: type[Entity], name: str) -> Shape[Any]:
    def shape(rows: Sequence[Row], on_invalid: OnInvalid) -> list[Any]:
        return [_value(row, name) for row in typed(model, rows, on_invalid)]

    return shape


def _value(row: dict[str, Any], name: str) -> Any:
    """A value of a typed row; user fields keep the server's spelling."""
    return row[name] if name in row else row.get(name.upper())
