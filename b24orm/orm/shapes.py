"""What users get out of a page of rows: objects, dicts, tuples or single values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from b24orm.entity.base import Entity
from b24orm.entity.rows import OnInvalid, typed, typed_columns
from b24orm.orm.fetch import Shape
from b24orm.plan.calls import Row
from b24orm.query.nodes import Query

__all__ = ["absent_lists", "as_dicts", "as_named", "as_tuples", "as_values"]


def absent_lists(query: Query) -> tuple[str, ...]:
    """Lists of values that a query asks for; the server leaves them out of a row that has none."""
    listing = query.schema.list
    if listing is None or listing.select is None:
        return ()
    asked = query.select if query.select is not None else tuple(query.schema.fields.values())
    named = query.select is not None
    return tuple(
        field.name
        for field in asked
        if field.type == "crm_multifield" and (named or field.select_name in listing.select_all)
    )


def as_dicts(model: type[Entity], names: tuple[str, ...], keys: tuple[str, ...]) -> Shape[dict[str, Any]]:
    """Dicts of fields, each under a key of its own: a relation that was named keeps its name."""

    def shape(rows: Sequence[Row], on_invalid: OnInvalid) -> list[dict[str, Any]]:
        if not names:
            return typed(model, rows, on_invalid)
        columns = _columns(model, names, rows, on_invalid)
        return [dict(zip(keys, values, strict=True)) for values in zip(*columns, strict=True)]

    return shape


def as_tuples(model: type[Entity], names: tuple[str, ...]) -> Shape[tuple[Any, ...]]:
    def shape(rows: Sequence[Row], on_invalid: OnInvalid) -> list[tuple[Any, ...]]:
        return list(zip(*_columns(model, names, rows, on_invalid), strict=True))

    return shape


def as_named(model: type[Entity], names: tuple[str, ...], kind: type[Any]) -> Shape[Any]:
    """Rows as tuples of a named kind."""
    make: Callable[[Iterable[Any]], Any] = kind._make

    def shape(rows: Sequence[Row], on_invalid: OnInvalid) -> list[Any]:
        return list(map(make, zip(*_columns(model, names, rows, on_invalid), strict=True)))

    return shape


def as_values(model: type[Entity], name: str) -> Shape[Any]:
    def shape(rows: Sequence[Row], on_invalid: OnInvalid) -> list[Any]:
        return list(_columns(model, (name,), rows, on_invalid)[0])

    return shape


def _columns(
    model: type[Entity], names: Sequence[str], rows: Sequence[Row], on_invalid: OnInvalid
) -> list[Sequence[Any]]:
    """The values by field; a list of values that the server left out is empty."""
    fields, columns = model.__schema__.fields, typed_columns(model, names, rows, on_invalid)
    for place, name in enumerate(names):
        if name in fields and fields[name].type == "crm_multifield":
            columns[place] = [() if value is None else value for value in columns[place]]
    return columns
