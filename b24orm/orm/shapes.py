"""What users get out of a page of rows: objects, dicts, tuples or single values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from b24orm.entity.base import Entity
from b24orm.entity.rows import OnInvalid, typed, typed_columns
from b24orm.orm.fetch import Shape
from b24orm.plan.calls import Row

__all__ = ["as_dicts", "as_tuples", "as_values"]


def as_dicts(model: type[Entity], names: tuple[str, ...]) -> Shape[dict[str, Any]]:
    def shape(rows: Sequence[Row], on_invalid: OnInvalid) -> list[dict[str, Any]]:
        if not names:
            return typed(model, rows, on_invalid)
        columns = typed_columns(model, names, rows, on_invalid)
        return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]

    return shape


def as_tuples(model: type[Entity], names: tuple[str, ...]) -> Shape[tuple[Any, ...]]:
    def shape(rows: Sequence[Row], on_invalid: OnInvalid) -> list[tuple[Any, ...]]:
        return list(zip(*typed_columns(model, names, rows, on_invalid), strict=True))

    return shape


def as_values(model: type[Entity], name: str) -> Shape[Any]:
    def shape(rows: Sequence[Row], on_invalid: OnInvalid) -> list[Any]:
        return list(typed_columns(model, (name,), rows, on_invalid)[0])

    return shape
