"""What an object does by itself: save, delete, and read its row again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from typing_extensions import Self

from b24orm.entity.base import Entity
from b24orm.entity.habits import familiar
from b24orm.entity.types import MultiField
from b24orm.errors import InvalidValue
from b24orm.orm.checks import check_fields
from b24orm.orm.linked import RelatedRows, rows_of_link
from b24orm.orm.owner import Owned, portal_of
from b24orm.orm.refresh import refreshed
from b24orm.orm.saving import Idempotency, adelete, asave, delete, save
from b24orm.portal import AsyncPortal, Portal
from b24orm.schema import LinkSchema
from b24orm.values import StoredFile

__all__ = ["Saving"]


class Saving(Owned):
    """An object that saves itself."""

    @familiar
    def save(
        self,
        *,
        using: Portal | AsyncPortal | str | None = None,
        params: Mapping[str, Any] | None = None,
        if_unchanged: bool = False,
        idempotency: Idempotency = "values",
    ) -> None:
        """Adds a new object, or sends what was changed in it; without changes nothing is sent.

        >>> deal.opportunity = 500                                              # doctest: +SKIP
        >>> deal.save()                                                         # doctest: +SKIP

        Args:
            using: the portal to add a new object to, or its name; for a row, other credentials of its
                own portal.
            params: ``params`` of the method: ``{"REGISTER_SONET_EVENT": "N"}``.
            if_unchanged: look first whether somebody else changed the row since it was fetched.
                A small gap remains between the look and the change.
            idempotency: how a new row is found when the answer is lost: by what was sent (``values``), by
                a key that it carries (``origin``), or not at all (None).

        Raises:
            InvalidValue: a field is read-only, can't be changed any more, or is missing; nothing was sent.
            StaleObject: somebody else changed the row; nothing was sent.
            OutcomeUnknown: the answer to an add was lost; it was not sent again.
        """
        save(self, using=using, params=params, if_unchanged=if_unchanged, idempotency=idempotency)

    @familiar
    async def asave(
        self,
        *,
        using: Portal | AsyncPortal | str | None = None,
        params: Mapping[str, Any] | None = None,
        if_unchanged: bool = False,
        idempotency: Idempotency = "values",
    ) -> None:
        """As :meth:`save`, awaited."""
        await asave(self, using=using, params=params, if_unchanged=if_unchanged, idempotency=idempotency)

    @familiar
    def delete(self, *, using: Portal | AsyncPortal | str | None = None) -> None:
        """Deletes the row; the object keeps its values and loses its id.

        >>> deal.delete()                                                       # doctest: +SKIP

        Raises:
            NotFound: there is no such row.
        """
        delete(self, using)

    @familiar
    async def adelete(self, *, using: Portal | AsyncPortal | str | None = None) -> None:
        """As :meth:`delete`, awaited."""
        await adelete(self, using)

    @familiar
    def refresh_from_db(self, fields: Sequence[str] = ()) -> None:
        """Reads the row again: every field, or these; changes that were not saved are lost.

        >>> deal.refresh_from_db(["opportunity", "date_modify"])                # doctest: +SKIP

        Raises:
            DoesNotExist: the row is gone.
            UnknownName: there is no such field.
        """
        portal, names = portal_of(self), check_fields(type(self), fields)
        portal.run(lambda: refreshed(self, portal, names))

    @familiar
    async def arefresh_from_db(self, fields: Sequence[str] = ()) -> None:
        """As :meth:`refresh_from_db`, awaited."""
        portal, names = portal_of(self), check_fields(type(self), fields)
        await portal.arun(lambda: refreshed(self, portal, names))

    def belonging(self, link: LinkSchema) -> RelatedRows[Any]:
        return rows_of_link(self, link)

    def readable(self, files: Any) -> Any:
        if isinstance(files, StoredFile):
            return files.bound_to(lambda: portal_of(self).files)
        if isinstance(files, tuple):
            return tuple(self.readable(file) for file in files)
        return files

    # -- entries of phone, email, web, im, by their value ----------------------------

    def add_value(
        self, field: str, value: str, value_type: str = "WORK", *, type_id: str | None = None
    ) -> Self:
        """One entry more in a list of values; saved by :meth:`save`.

        >>> contact.add_value("phone", "+7 900 000-00-00", "MOBILE").save()     # doctest: +SKIP
        >>> item.add_value("fm", "ann@acme.org", type_id="EMAIL").save()        # doctest: +SKIP

        Args:
            field: ``phone``, ``email``, ``web``, ``im``; ``fm`` of an item.
            value: the number or address.
            value_type: ``WORK``, ``HOME``, ``MOBILE`` ...
            type_id: ``PHONE``, ``EMAIL``, ``WEB`` or ``IM``: for ``fm``, which holds them all.
        """
        _text(field, value)
        entries = _values(self, field)
        setattr(self, field, [*entries, MultiField(value=value, value_type=value_type, type_id=type_id)])
        return self

    def change_value(self, field: str, old: str, new: str, value_type: str | None = None) -> Self:
        """Another value for an entry.

        >>> contact.add_value("phone", "+7 900 1").save()                       # doctest: +SKIP
        >>> contact.change_value("phone", "+7 900 1", "+7 900 2").save()        # doctest: +SKIP

        Raises:
            InvalidValue: there is no entry with this value.
        """
        _text(field, new)
        entries = _values(self, field)
        _need(self, field, entries, old)
        changes = {"value": new} | ({"value_type": value_type} if value_type else {})
        setattr(self, field, [e.model_copy(update=changes) if e.value == old else e for e in entries])
        return self

    def remove_value(self, field: str, value: str) -> Self:
        """One entry less.

        >>> contact.add_value("email", "ann@acme.org").save()                   # doctest: +SKIP
        >>> contact.remove_value("email", "ann@acme.org").save()                # doctest: +SKIP

        Raises:
            InvalidValue: there is no entry with this value.
        """
        entries = _values(self, field)
        _need(self, field, entries, value)
        setattr(self, field, [entry for entry in entries if entry.value != value])
        return self


def _values(row: Entity, field: str) -> Sequence[MultiField]:
    spec = row.__schema__.fields.get(field)
    if spec is None or spec.type != "crm_multifield":
        lists = [f.name for f in row.__schema__.fields.values() if f.type == "crm_multifield"]
        raise InvalidValue(
            f"{type(row).__name__}.{field} is no list of values; such are {', '.join(lists) or 'none'}"
        )
    found: Sequence[MultiField] = getattr(row, field) if field in vars(row) or row.pk is not None else ()
    return found


def _text(field: str, value: object) -> None:
    if not isinstance(value, str) or not value.strip():
        raise InvalidValue(f"a value of {field} is a text, not {value!r}")


def _need(row: Entity, field: str, entries: Sequence[MultiField], value: str) -> None:
    if not any(entry.value == value for entry in entries):
        known = ", ".join(repr(entry.value) for entry in entries) or "none"
        raise InvalidValue(f"{type(row).__name__}.{field} has no entry {value!r}; it has {known}")
