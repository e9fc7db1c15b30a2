"""QuerySets: lazy, immutable, cached once evaluated; Django's names, for sync and async code."""

from __future__ import annotations

from collections.abc import (
    Callable,
    Collection,
    Iterable,
    Sequence,
)
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Generic, cast, overload

from typing_extensions import Self, TypeVar

from b24orm.entity.base import Entity
from b24orm.entity.habits import familiar
from b24orm.entity.rows import OnInvalid, hydrate
from b24orm.errors import InvalidValue
from b24orm.orm.asked import F, O
from b24orm.orm.attach import Attacher
from b24orm.orm.bulk import BulkWrites
from b24orm.orm.changes import Syncs
from b24orm.orm.creating import Creates
from b24orm.orm.fetch import Shape
from b24orm.orm.loads import Load, Prefetch, grown, loads_of
from b24orm.orm.owner import remember_all
from b24orm.orm.projection import DictRow, NamedRow, Projection, projection_of
from b24orm.orm.related import RelatedPage
from b24orm.orm.rowset import Rows
from b24orm.orm.selection import selected, selected_field
from b24orm.orm.sets import SetWrites
from b24orm.orm.shapes import absent_lists, as_dicts, as_named, as_tuples, as_values
from b24orm.orm.upserts import Upserts
from b24orm.orm.valueset import ValuesSet
from b24orm.plan.calls import Row
from b24orm.plan.parents import known_parents
from b24orm.portal import AsyncPortal, Portal
from b24orm.portal.current import used_portal
from b24orm.query.names import parent_names
from b24orm.query.nodes import Q, Query
from b24orm.schema import FieldSchema

__all__ = ["PUBLIC", "QuerySet", "objects_of"]

M = TypeVar("M", bound=Entity)
R = TypeVar("R")
K = TypeVar("K", default=Any)


class QuerySet(
    Rows[M, F, O], Syncs[M], Creates[M], BulkWrites[M, K], Upserts[M, K], SetWrites[M], Generic[M, F, O, K]
):
    """Rows of an entity as objects.

    Its parameters are the model, the names of its fields and of its orders, and the type of its ids.

    The generated subclass of each model adds the typed ``filter``, ``exclude``, ``get``, ``aget``,
    ``select_related``, ``prefetch_related`` and ``values_list``; at run time they are here.
    """

    if TYPE_CHECKING:

        @property
        def model(self) -> type[M]: ...

    else:

        def filter(self, *conditions: Q, **lookups: Any) -> Self:
            """The rows for which all conditions hold: ``field=value`` or ``field__lookup=value``.

            Lookups are ``ne``, ``in``, ``gt``, ``gte``, ``lt``, ``lte``, ``range``, ``contains``,
            ``startswith``, ``endswith``, ``isnull``; none is equality. Fields stand in ``model_fields``.

            >>> from b24orm.models import Deal
            >>> Deal.objects.filter(stage="WON", opportunity__gte=1000)
            <QuerySet Deal: where (stage_id='WON' & opportunity__gte=1000)>

            Args:
                conditions: ``Q`` objects, combined with ``&``, ``|`` and ``~``.
                lookups: conditions by name; REST's spelling, ``**{">=OPPORTUNITY": 1000}``, is one too.

            Raises:
                UnknownName: there is no such field or lookup; the message names the nearest.
                InvalidValue: the value does not fit the field.
                Unsupported: the method can't do it, or would do something else.
            """
            return self._where(conditions, lookups)

        def exclude(self, *conditions: Q, **lookups: Any) -> Self:
            """The rows for which not all conditions hold: exactly the rest of :meth:`filter`.

            >>> from b24orm.models import Deal
            >>> Deal.objects.exclude(stage="WON")
            <QuerySet Deal: where ~stage_id='WON'>
            """
            return self._where(conditions, lookups, negated=True)

        def get(self, *conditions: Q, **lookups: Any) -> M:
            """The one row for which all conditions hold, as :meth:`filter` takes them.

            >>> Deal.objects.get(id=5)                                          # doctest: +SKIP

            Raises:
                DoesNotExist: there is none; each model has its own, ``Deal.DoesNotExist``.
                MultipleObjects: there are several.
            """
            return self._get(conditions, lookups)

        async def aget(self, *conditions: Q, **lookups: Any) -> M:
            """The one row for which all conditions hold."""
            return await self._aget(conditions, lookups)

        def select_related(self, *names: str) -> Self:
            """The rows with the one row that each named relation points to.

            The ids are gathered over thousands of rows and fetched in batches beside the scan.

            >>> from b24orm.models import Deal
            >>> deals = Deal.objects.select_related("company", "company__assigned_by")

            Raises:
                UnknownName: there is no such relation.
                Unsupported: it is a relation to many rows.
            """
            return self._loading(loads_of(self._query.schema, names, to_one=True))

        def prefetch_related(self, *names: str | Prefetch) -> Self:
            """The rows with all rows of the named relations, to one or to many.

            >>> from b24orm.models import Deal
            >>> deals = Deal.objects.prefetch_related("contacts", "product_rows")
            """
            return self._loading(loads_of(self._query.schema, names, to_one=False))

        @familiar
        def values_list(
            self, *fields: F | type[NamedRow] | Callable[[M], Any], flat: bool = False
        ) -> ValuesSet[Any, F, O]:
            """The rows as tuples of these fields; with ``flat`` the values of one field.

            A ``NamedTuple`` in place of the names gives rows of that class, whose types a checker knows.

            >>> from typing import NamedTuple
            >>> from b24orm.models import Deal
            >>> class Line(NamedTuple):
            ...     id: int
            ...     title: str | None
            >>> lines = Deal.objects.values_list(Line)

            So it does from a function that names the fields; it is called once, with no row's values.

            >>> pairs = Deal.objects.values_list(lambda deal: (deal.id, deal.title))

            Raises:
                UnknownName: there is no such field.
                InvalidValue: the class declares a type that the field does not keep to; or the function
                    does something else than to name fields.
            """
            if (pick := _function(fields)) is not None:
                return self._picked(pick, flat=flat)
            if flat and len(fields) != 1:
                raise InvalidValue(f"values_list(flat=True) takes exactly one field, not {len(fields)}")
            row = projection_of(fields, dicts=False)
            if row is not None and flat:
                raise InvalidValue(
                    f"values_list(flat=True) takes the name of a field, not {row.kind.__name__}"
                )
            if row is not None:
                shape = as_named(self._model, self._declared(row), row.kind)
                return ValuesSet(self._model, self._narrowed(row.fields), self._portal, shape)
            schema = self._query.schema
            names = tuple(selected_field(schema, name).name for name in fields) or tuple(schema.fields)
            shape = as_values(self._model, names[0]) if flat else as_tuples(self._model, names)
            return ValuesSet(self._model, self._narrowed(fields), self._portal, shape)

    def _picked(self, pick: Callable[[Any], Any], *, flat: bool) -> ValuesSet[Any, F, O]:
        if flat:
            raise InvalidValue("values_list(flat=True) takes the name of a field; a function needs no flat")
        from b24orm.orm.picking import picking_of  # which most programs do without

        picking = picking_of(self._query.schema, pick)
        names = tuple(selected_field(self._query.schema, name).name for name in picking.names)
        shape: Shape[Any]
        if picking.kind is None:
            shape = as_values(self._model, names[0])
        elif hasattr(picking.kind, "_make"):
            shape = as_named(self._model, names, picking.kind)
        else:
            shape = as_tuples(self._model, names)
        return ValuesSet(self._model, self._narrowed(picking.names), self._portal, shape)

    def _get(self, conditions: tuple[Q, ...], lookups: dict[str, Any]) -> M:
        return self._single(self._where(conditions, lookups)._two()._fetched(), lookups)

    async def _aget(self, conditions: tuple[Q, ...], lookups: dict[str, Any]) -> M:
        return self._single(await self._where(conditions, lookups)._two()._afetched(), lookups)

    def _two(self) -> Self:
        return self if self._query.sliced else self[:2]

    def _single(self, found: list[M], lookups: dict[str, Any]) -> M:
        asked = ", ".join(f"{name}={value!r}" for name, value in lookups.items())
        if not found:
            raise self._model.DoesNotExist(
                f"there is no {self._model.__name__} with {asked or 'these conditions'}"
            )
        if len(found) > 1:
            raise self._model.MultipleObjects(
                f"several {self._model.__name__} match {asked or 'the conditions'}; get() wants exactly one"
            )
        return found[0]

    def _keys_for(self, entity: str, field: FieldSchema) -> list[Any]:
        """What ``__in`` compares a field with: nothing else of the rows is fetched."""
        schema, wanted = self._query.schema, field.relation or entity
        if schema.name != wanted and field.type != "any":
            raise InvalidValue(f"{entity}.{field.name}__in takes rows of {wanted}, not of {schema.name}")
        self._readable_now(f"{entity}.{field.name}__in")
        key = field.relation_key if field.relation else schema.id_name
        if self._cache is not None:
            return [getattr(row, key) for row in self._cache]
        found: list[Any] = cast("Any", self).values_list(key, flat=True)._fetched()
        return found

    def _loading(self, loads: tuple[Load, ...]) -> Self:
        made = self._with(self._query)
        made._loads = grown(self._loads, loads)
        return made

    def _shaper(self) -> Shape[M]:
        portal = self._backend
        attacher, model = Attacher(self._loads, portal), cast("type[M]", self._model)
        lists, parents = absent_lists(self._query), self._beside()

        def shape(rows: Sequence[Row], on_invalid: OnInvalid) -> list[M]:
            if self._loads:
                made = attacher.shape(model, cast("RelatedPage", rows), on_invalid)
            else:
                made = self._shape(rows, on_invalid)
            for name in lists:  # the server leaves out what is empty
                for row in made:
                    vars(row).setdefault(name, ())
            for name, value in parents.items():  # what else their methods need
                for row in made:
                    vars(row).setdefault(name, value)
            remember_all(made, portal)
            return made

        return shape

    def _beside(self) -> dict[str, object]:
        """The parameters of the list that no field of its rows holds, and that other methods need too."""
        schema = self._query.schema
        if not schema.parent_params or schema.list is None:
            return {}
        own, names = schema.list.own_parents, parent_names(schema)
        said = known_parents(self._query)
        return {k: v for k, v in said.items() if k not in schema.fields and names[k] not in own}

    @overload
    def in_bulk(self, ids: Iterable[K] | None = None) -> dict[K, M]: ...
    @overload
    def in_bulk(self, ids: Iterable[Any] | None = None, *, field_name: F) -> dict[Any, M]: ...
    @familiar
    def in_bulk(self, ids: Iterable[Any] | None = None, *, field_name: str = "") -> dict[Any, M]:
        """The rows by id, or by another field that tells them apart; all of them, or those that are named.

        >>> deals = Deal.objects.in_bulk([5, 6, 7])                            # doctest: +SKIP
        >>> deals[5].title                                                     # doctest: +SKIP

        Args:
            ids: ids, or values of the field.
            field_name: the field; without it the id.

        Raises:
            MultipleObjects: several rows have one value.
        """
        return self._by_key(self._bulk(ids, field_name)._fetched(), field_name)

    @overload
    async def ain_bulk(self, ids: Iterable[K] | None = None) -> dict[K, M]: ...
    @overload
    async def ain_bulk(self, ids: Iterable[Any] | None = None, *, field_name: F) -> dict[Any, M]: ...
    @familiar
    async def ain_bulk(self, ids: Iterable[Any] | None = None, *, field_name: str = "") -> dict[Any, M]:
        """The rows by id, or by another field that tells them apart; all of them, or those that are named."""
        return self._by_key(await self._bulk(ids, field_name)._afetched(), field_name)

    def _bulk(self, ids: Iterable[Any] | None, field_name: str) -> Self:
        name = self._key_name(field_name)
        if ids is None:
            return self
        wanted = list(ids) if isinstance(ids, Iterable) and not isinstance(ids, Collection) else ids
        return self._where((), {f"{name}__in": wanted})

    def _key_name(self, field_name: str) -> str:
        schema = self._query.schema
        return selected_field(schema, field_name).name if field_name else schema.id_field.name

    def _by_key(self, rows: list[M], field_name: str) -> dict[Any, M]:
        name = self._key_name(field_name)
        found: dict[Any, M] = {}
        for row in rows:
            key = getattr(row, name)
            if key in found:
                raise self._model.MultipleObjects(
                    f"several {self._model.__name__} have {name}={key!r}, so it does not tell them apart"
                )
            found[key] = row
        return found

    def contains(self, obj: M) -> bool:
        """Whether the row is one of these; asks for no more than its id.

        >>> Deal.objects.filter(stage="WON").contains(deal)                    # doctest: +SKIP

        Raises:
            InvalidValue: it is no row of this model, or was never saved.
        """
        return self._with_row(obj).exists()

    async def acontains(self, obj: M) -> bool:
        """Whether the row is one of these; asks for no more than its id."""
        return await self._with_row(obj).aexists()

    def _with_row(self, obj: M) -> Self:
        """The row alone, if it is one of these."""
        if not isinstance(obj, self._model):
            raise InvalidValue(f"contains() takes a {self._model.__name__}, not {obj!r}")
        if obj.pk is None:
            raise InvalidValue(f"this {self._model.__name__} was never saved, so it is in no set of rows")
        if self._cache is None:
            self._unsliced("contains")
        else:
            made = self._with(self._query)
            made._cache = [row for row in self._cache if row == obj]
            return made
        return self._where((), {self._query.schema.id_field.name: obj.pk})

    @overload
    def values(self, *fields: F) -> ValuesSet[dict[str, Any], F, O]: ...
    @overload
    def values(self, row: type[DictRow], /) -> ValuesSet[DictRow, F, O]: ...
    def values(self, *fields: Any) -> ValuesSet[Any, F, O]:
        """The rows as dicts of these fields, or of all.

        >>> from b24orm.models import Deal
        >>> rows = Deal.objects.values("id", "title", "opportunity")

        A relation that is named keeps its name, and its value is the id: ``values("company")``. A
        ``TypedDict`` in place of the names gives dicts whose types a checker knows.

        Raises:
            UnknownName: there is no such field.
            InvalidValue: the class declares a type that the field does not keep to.
        """
        schema, row = self._query.schema, projection_of(fields, dicts=True)
        if row is not None:
            names, keys, fields = self._declared(row), row.fields, row.fields
        else:
            names = tuple(selected_field(schema, name).name for name in fields)
            keys = tuple(
                given if given in schema.relations else name
                for given, name in zip(fields, names, strict=True)
            )
        shape = as_dicts(self._model, names, keys)
        return ValuesSet(self._model, self._narrowed(fields), self._portal, shape)

    def _declared(self, row: Projection) -> tuple[str, ...]:
        """The fields that a class of rows names, once its types are compared with theirs."""
        names = tuple(selected_field(self._query.schema, name).name for name in row.fields)
        row.check(self._model, names)
        return names

    def _narrowed(self, fields: Sequence[str]) -> Query:
        return replace(self._query, select=selected(self._query.schema, fields) or self._query.select)


def _function(given: Sequence[object]) -> Callable[[Any], Any] | None:
    """The function that stands alone in place of names."""
    (only,) = given if len(given) == 1 else (None,)
    return only if callable(only) and not isinstance(only, type) else None


PUBLIC: Final = frozenset(name for name in dir(QuerySet) if not name.startswith("_"))
"""What a set of objects has."""


def objects_of(model: type[M], portal: Portal | AsyncPortal | None = None) -> QuerySet[M]:
    """All rows of a model, not yet fetched: of the given portal, or of that of ``use()`` around us."""

    def shape(rows: Sequence[Row], on_invalid: OnInvalid) -> list[M]:
        return hydrate(model, rows, on_invalid)

    return QuerySet(model, Query(model.__schema__), portal or used_portal(), shape)
