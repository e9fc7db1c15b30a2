"""The base of the generated models: an entity that knows where its rows come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from b24orm.entity.base import Entity
from b24orm.orm.instances import Saving
from b24orm.orm.queryset import PUBLIC, QuerySet, objects_of
from b24orm.query.nodes import Q

__all__ = ["Model"]


class _Objects:
    """``Deal.objects``: a fresh QuerySet each time; not to be had from an instance."""

    def __get__(self, row: Entity | None, owner: type[Entity]) -> QuerySet[Any]:
        if row is not None:
            raise AttributeError("objects belongs to the class")
        return objects_of(owner)


class Model(Saving):
    """A model: a typed row, and :attr:`objects` to find rows with."""

    __elsewhere__: ClassVar[frozenset[str]] = PUBLIC

    if not TYPE_CHECKING:
        objects: ClassVar[_Objects] = _Objects()

        @classmethod
        def q(cls, *conditions: Q, **lookups: Any) -> Q:
            """Conditions to combine with ``&``, ``|`` and ``~``: a ``Q`` whose keywords checkers know.

            >>> from b24orm.models import Deal
            >>> Deal.q(stage="WON") | ~Deal.q(opportunity__gte=100)
            (Q(stage='WON') | ~Q(opportunity__gte=100))
            """
            return Q(*conditions, **lookups)

        def __getattr__(self, name: str) -> Any:
            if name == "objects":  # its AttributeError brought us here
                raise AttributeError(f"objects belongs to the class: {type(self).__name__}.objects")
            return super().__getattr__(name)
