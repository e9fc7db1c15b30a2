"""Turns rows into objects with their related objects attached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, TypeVar

from b24orm.entity.base import Entity
from b24orm.entity.rows import OnInvalid, hydrate
from b24orm.orm.loads import Load
from b24orm.orm.owner import remember
from b24orm.orm.related import RelatedPage
from b24orm.plan.calls import Row

__all__ = ["Attacher"]

_E = TypeVar("_E", bound=Entity)


class Attacher:
    """Makes the objects of one query; a related row that many point to is one object."""

    def __init__(self, loads: Sequence[Load], portal: Any) -> None:
        self._loads = loads
        self._portal = portal
        self._rows: dict[str, dict[Any, Any]] = {}
        self._made: dict[str, dict[Any, Entity]] = {}

    def shape(self, model: type[_E], page: RelatedPage, on_invalid: OnInvalid) -> list[_E]:
        """The objects of a page."""
        objects = hydrate(model, page, on_invalid)
        self.attach(objects, page.found, on_invalid)
        return objects

    def attach(
        self, objects: Sequence[Entity], found: Mapping[str, Mapping[Any, Any]], on_invalid: OnInvalid
    ) -> None:
        """Gives objects their related ones, out of what was found for them by path."""
        for path, rows in found.items():
            self._rows.setdefault(path, {}).update(rows)
        self._fill(objects, self._loads, on_invalid)

    def _fill(self, objects: Sequence[Entity], loads: Sequence[Load], on_invalid: OnInvalid) -> None:
        for load in loads:
            rows = self._rows.get(load.path, {})
            for made in objects:
                key = made.pk if load.field is None else getattr(made, load.field.name)
                found = rows.get(key)
                if load.many:
                    vars(made)[load.name] = [self._object(load, row, on_invalid) for row in found or ()]
                else:
                    vars(made)[load.name] = None if found is None else self._object(load, found, on_invalid)

    def _object(self, load: Load, row: Row, on_invalid: OnInvalid) -> Entity:
        made = self._made.setdefault(load.path, {})
        key = str(row[load.query.schema.id_field.wire])
        if key not in made:
            model = load.model or getattr(import_module("b24orm.models"), load.query.schema.name)
            made[key] = hydrate(model, [row], on_invalid)[0]
            remember(made[key], self._portal)
            self._fill([made[key]], load.children, on_invalid)
        return made[key]
