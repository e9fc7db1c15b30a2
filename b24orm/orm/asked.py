"""What a set of rows asks for, and how that is refined: each method makes a new set; nothing is sent."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from typing import Any, Generic

from typing_extensions import Self, TypeVar

from b24orm.entity.base import Entity
from b24orm.errors import InvalidValue, UsageError
from b24orm.orm.selection import check_names, selected
from b24orm.portal import AsyncPortal, Portal, current_portal, portal_named
from b24orm.query.nodes import NOTHING, Order, Q, Query
from b24orm.query.resolving import resolve, resolve_order

__all__ = ["Asked", "F", "O"]

F = TypeVar("F", bound=str, default=str)
"""The names of an entity's fields."""
O = TypeVar("O", bound=str, default=str)  # noqa: E741
"""The names of an entity's orders."""


class Asked(Generic[F, O]):
    """Rows of an entity as a question: which, in what order, with what fields, of what portal."""

    def __init__(self, model: type[Entity], query: Query, portal: Portal | AsyncPortal | None) -> None:
        self._model = model
        self._query = query
        self._portal = portal

    def _with(self, query: Query) -> Self:
        made = copy(self)
        made._query = query
        return made

    @property
    def query(self) -> Query:
        """What is asked for."""
        return self._query

    @property
    def model(self) -> type[Entity]:
        """The class of the rows."""
        return self._model

    @property
    def _backend(self) -> Any:
        return self._portal if self._portal is not None else current_portal()

    def _where(self, conditions: tuple[Q, ...], lookups: dict[str, Any], *, negated: bool = False) -> Self:
        for condition in conditions:
            if not isinstance(condition, Q):
                raise InvalidValue(_no_condition(self._query.schema.id_name, condition))
        if not conditions and not lookups:
            return self.all()
        self._unsliced("filter")
        node = resolve(self._query.schema, Q(*conditions, **lookups), negated=negated)
        return self._with(self._query.narrowed(node))

    def _unsliced(self, what: str) -> None:
        if self._query.sliced:
            raise UsageError(f"{what}() can't follow a slice: put it before the slice")

    def all(self) -> Self:
        """The same rows, not yet fetched."""
        return self._with(self._query)

    def none(self) -> Self:
        """No rows at all, without a request."""
        return self._with(replace(self._query, where=NOTHING))

    def order_by(self, *fields: O) -> Self:
        """The rows sorted; ``-name`` descends. Without arguments: by id again.

        >>> from b24orm.models import Deal
        >>> Deal.objects.order_by("stage_id", "-date_create")
        <QuerySet Deal: where everything, order by stage_id, -date_create>
        """
        check_names("order_by()", fields)
        self._unsliced("order_by")
        order = tuple(resolve_order(self._query.schema, field) for field in fields)
        return self._with(replace(self._query, order=order))

    def reverse(self) -> Self:
        """The rows in the opposite order."""
        self._unsliced("reverse")
        order = self._query.order or (Order(self._query.schema.id_field),)
        return self._with(replace(self._query, order=tuple(key.reversed() for key in order)))

    def only(self, *fields: F) -> Self:
        """The rows with nothing but these fields (and the id) fetched.

        >>> from b24orm.models import Deal
        >>> short = Deal.objects.only("title", "stage_id")

        Of a related object that REST 3.0 answers inside the row its fields are named with two
        underscores: ``only("title", "creator__name")``.
        """
        return self._with(replace(self._query, select=selected(self._query.schema, fields)))

    def using(self, portal: Portal | AsyncPortal | str | None) -> Self:
        """The rows of another portal than the current one.

        Args:
            portal: a portal, or the name of one in ``b24orm.portals``; None: whichever is the current
                one when the rows are asked for.
        """
        made = self._with(self._query)
        made._portal = None if portal is None else portal_named(portal)
        return made

    def _sliced(self, key: slice) -> Self:
        for bound in (key.start, key.stop, key.step):
            if bound is not None and (isinstance(bound, bool) or not isinstance(bound, int)):
                raise InvalidValue(f"a slice takes ints, not {bound!r}")
        if (key.start or 0) < 0 or (key.stop or 0) < 0:
            raise InvalidValue("negative slices are not supported; use reverse(), as in rows.reverse()[:5]")
        if key.step not in (None, 1):
            raise InvalidValue("a slice with a step is not supported; take the step in Python")
        return self._with(self._query.sliced_to(key.start or 0, key.stop))

    def __copy__(self) -> Self:
        made = type(self).__new__(type(self))
        vars(made).update(vars(self))
        return made


def _no_condition(id_name: str, given: object) -> str:
    """What to write instead of a condition that is none."""
    hint = ""
    if isinstance(given, Mapping):
        hint = "; unpack the dict: filter(**conditions)"
    elif isinstance(given, int) and not isinstance(given, bool) and id_name:
        hint = f"; say {id_name}={given!r}"
    elif isinstance(given, str):
        hint = "; name a field and say what it is compared with, as in opportunity__gte=1000"
    elif callable(given) and not isinstance(given, type):
        hint = "; what no method can do is done in Python: [row for row in rows if ...]"
    return f"filter() and get() take Q objects and keywords, not {given!r}{hint}"
