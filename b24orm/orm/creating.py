"""What a QuerySet makes of one row: create, get_or_create, update_or_create."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, cast

from typing_extensions import TypeVar

from b24orm.entity.base import Entity
from b24orm.errors import InvalidValue
from b24orm.orm.checks import check_mapping
from b24orm.orm.comparing import same
from b24orm.orm.saving import asave, save
from b24orm.query.names import find_field

__all__ = ["Creates"]

M = TypeVar("M", bound=Entity)


class Creates(Generic[M]):
    """The making of one row.

    The generated QuerySets add the types of the keywords; at run time they are here.
    """

    if TYPE_CHECKING:
        _model: type[Entity]

        @property
        def _backend(self) -> Any: ...

    else:

        def _checked(self, defaults: Mapping[str, Any] | None, lookups: Mapping[str, Any]) -> None:
            """Refuses what can't be a row's values, also where the row turns out to be there."""
            _equalities(lookups)
            check_mapping("defaults", defaults)
            self._model(**(defaults or {}))

        def create(self, **values: Any) -> M:
            """A new row, saved. Rule: the entity's ``add``.

            >>> Deal.objects.create(title="Roof", stage="NEW", company=company)     # doctest: +SKIP

            Raises:
                InvalidValue: a value does not fit, a required field is missing; nothing was sent.
                OutcomeUnknown: the answer was lost; it was not sent again.
            """
            made = self._model(**values)
            save(made, using=self._backend, force_add=True)
            return cast("M", made)

        async def acreate(self, **values: Any) -> M:
            """As :meth:`create`, awaited."""
            made = self._model(**values)
            await asave(made, using=self._backend, force_add=True)
            return cast("M", made)

        def get_or_create(self, defaults: Mapping[str, Any] | None = None, **lookups: Any) -> tuple[M, bool]:
            """The row with these values, made if there is none; and whether it was made.

            The portal knows no unique fields: two programs at the same time may both make one.

            Args:
                defaults: further values for a new row.
                lookups: values that the row has, by equality; a new row gets them too.

            Raises:
                MultipleObjects: several rows have these values.
            """
            self._checked(defaults, lookups)
            try:
                return cast("Any", self).get(**lookups), False
            except self._model.DoesNotExist:
                return self.create(**_of_new_row(defaults, lookups)), True

        async def aget_or_create(
            self, defaults: Mapping[str, Any] | None = None, **lookups: Any
        ) -> tuple[M, bool]:
            """As :meth:`get_or_create`, awaited."""
            self._checked(defaults, lookups)
            try:
                return await cast("Any", self).aget(**lookups), False
            except self._model.DoesNotExist:
                return await self.acreate(**_of_new_row(defaults, lookups)), True

        def update_or_create(
            self, defaults: Mapping[str, Any] | None = None, **lookups: Any
        ) -> tuple[M, bool]:
            """The row with these values, changed to hold ``defaults`` too; made if there is none.

            Only what differs is sent. For many rows there is :meth:`bulk_upsert`.
            """
            found, made = self.get_or_create(defaults, **lookups)
            if not made:
                _assign(found, defaults or {})
                save(found, using=self._backend)
            return found, made

        async def aupdate_or_create(
            self, defaults: Mapping[str, Any] | None = None, **lookups: Any
        ) -> tuple[M, bool]:
            """As :meth:`update_or_create`, awaited."""
            found, made = await self.aget_or_create(defaults, **lookups)
            if not made:
                _assign(found, defaults or {})
                await asave(found, using=self._backend)
            return found, made


def _equalities(lookups: Mapping[str, Any]) -> None:
    for name in lookups:
        if "__" in name:
            raise InvalidValue(
                f"get_or_create() compares by equality: {name!r} can't be given to a new row; "
                "use filter(...).first() and create()"
            )


def _of_new_row(defaults: Mapping[str, Any] | None, lookups: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a row that is made because none has what was looked for."""
    return {**lookups, **(defaults or {})}


def _assign(row: Entity, values: Mapping[str, Any]) -> None:
    """Gives a row the values that it does not have."""
    wanted = type(row)(**values)
    for name, value in values.items():
        field = find_field(row.__schema__, name)
        if field is None or field.name not in wanted.changed or not same(wanted, row, field.name):
            setattr(row, name, value)
