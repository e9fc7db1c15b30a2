"""Recognises a row that was added by what was sent: the values, who added it, and when.

It serves an add whose answer was lost. Whatever the server stores otherwise than it was sent makes
a row unlike, never like: so an error here leaves a fate unknown, and never tells a wrong one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any, Final

from b24orm.plan.calls import Call, Row
from b24orm.plan.listing import Listing
from b24orm.query.lookups import Kind, kind_of
from b24orm.schema import EntitySchema, FieldSchema

__all__ = ["REWRITTEN", "Likeness", "Traits", "likeness_of"]

_STAMPS: Final = (("created_by_id", "date_create"), ("created_by", "created_time"))
"""Who added a row and when, as the entities call it."""


REWRITTEN: Final = frozenset({"comments", "user_description", "content", "terms"})
"""Texts that the server cleans or converts before it stores them."""


@dataclass(frozen=True)
class Traits:
    """What a row must have to be the one that an add made.

    Attributes:
        values: fields and their values, brought to one form.
        text: the field that rows are looked for by, and its value; None if there is none.
        whole: everything that was sent: rows that differ in it are not the same.
    """

    values: tuple[tuple[FieldSchema, Any], ...]
    text: tuple[FieldSchema, str] | None
    whole: str

    def fit(self, row: Row) -> bool:
        """Whether a row has all of them."""
        return all(
            field.wire in row and _form(field, row[field.wire]) == value for field, value in self.values
        )


@dataclass(frozen=True)
class Likeness:
    """How rows of an entity are recognised.

    Attributes:
        schema: the entity.
        creator: the field that says who added a row.
        created: the field that says when.
    """

    schema: EntitySchema
    creator: FieldSchema
    created: FieldSchema

    def traits(self, call: Call) -> Traits:
        """The traits of the row that an add makes."""
        fields: Mapping[str, Any] = call.params.get(self.schema.methods["add"].fields_param or "", {})
        known = [(self._by_name[name], value) for name, value in fields.items() if name in self._by_name]
        values = tuple((spec, form) for spec, value in known if (form := _form(spec, value)) is not None)
        text = next(((spec, form) for spec, form in values if _tells(spec, form)), None)
        return Traits(values, None if _imported(call) else text, repr(sorted(fields.items())))

    def moment(self, row: Row) -> float | None:
        """When a row was added, in unix seconds; None if it does not say."""
        return _moment(row.get(self.created.wire))

    @cached_property
    def _by_name(self) -> Mapping[str, FieldSchema]:
        return {spec.write_name: spec for spec in self.schema.fields.values()}

    @cached_property
    def _scope(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.schema.fixed_params, *self.schema.parent_params)))

    def space(self, call: Call) -> tuple[Any, ...]:
        """Where the row of an add gets its id: the method, and what its rows have in common."""
        return (call.method, *((name, call.params.get(name)) for name in self._scope))

    def look(
        self, space: tuple[Any, ...], traits: Sequence[Traits], user: int, since: datetime, after: int
    ) -> Call:
        """A page of the rows that may have these traits.

        Args:
            space: where they are.
            traits: up to :data:`PAGE`, all with the same field of text.
            user: who added the rows.
            since: when, at the earliest.
            after: the last id of the page before.
        """
        texts = [trait.text for trait in traits if trait.text is not None]
        field = texts[0][0]
        spoken = {spec.select_name: None for trait in traits for spec, _ in trait.values}
        select = (self.schema.id_field.select_name, self.created.select_name, *spoken)
        params = {name: value for name, value in space[1:] if value is not None}
        listing = Listing(self.schema, params, select=tuple(dict.fromkeys(select)))
        conditions = {
            f"={self.creator.query_name}": user,
            f">={self.created.query_name}": since,
            f"@{field.query_name}": list(dict.fromkeys(text for _, text in texts)),
            f">{self.schema.id_field.query_name}": after,
        }
        return listing.call(conditions, order=listing.by_id(), start=-1)


def likeness_of(schema: EntitySchema) -> Likeness | None:
    """How rows of an entity are recognised; None if they say not who added them and when."""
    spec, fields = schema.list, schema.fields
    if spec is None or spec.dialect not in ("classic", "orm") or not {"@", ">=", ">"} <= {*spec.operators}:
        return None
    for creator, created in _STAMPS:
        found = [fields[name] for name in (creator, created) if name in fields]
        if len(found) == 2 and all(field.read_only and field.filterable for field in found):
            return Likeness(schema, *found)
    return None


def _imported(call: Call) -> bool:
    """An import may say itself who added a row and when."""
    options = call.params.get("params")
    return isinstance(options, Mapping) and "IMPORT" in options


def _tells(spec: FieldSchema, form: Any) -> bool:
    """A text of one's own tells rows apart; a stage or a flag doesn't."""
    return isinstance(form, str) and bool(form) and kind_of(spec) == "string" and not spec.enum


def _form(spec: FieldSchema, value: Any) -> Any:
    """A value as it is compared, sent or answered; None if it is not compared."""
    kind = kind_of(spec)
    if (spec.multiple and kind != "multifield") or spec.name in REWRITTEN:
        return None
    form = _FORMS.get(kind)
    try:
        return form(value) if form is not None else None
    except (ValueError, TypeError, InvalidOperation):
        return None


def _text(value: Any) -> str | None:
    return "" if value is None else value if isinstance(value, str) else None


def _code(value: Any) -> str:
    return "" if value is None else str(value)


def _whole(value: Any) -> int:
    return 0 if value in (None, "", False) else int(value)


def _number(value: Any) -> Decimal:
    return Decimal(0) if value in (None, "", False) else Decimal(str(value))


def _flag(value: Any) -> bool:
    return value in (True, "Y", "1", 1, "true")


def _day(value: Any) -> str | None:
    text = value.isoformat() if isinstance(value, date) else value
    return text[:10] if isinstance(text, str) and text else None


def _moment(value: Any) -> float | None:
    moment = datetime.fromisoformat(value) if isinstance(value, str) and value else value
    return moment.timestamp() if isinstance(moment, datetime) and moment.tzinfo is not None else None


def _entries(value: Any) -> tuple[str, ...] | None:
    entries: Iterable[Any] = value if isinstance(value, (list, tuple)) else ()
    return tuple(sorted(str(entry["VALUE"]) for entry in entries if "VALUE" in entry)) or None


_FORMS: Final[Mapping[Kind, Callable[[Any], Any]]] = {
    "string": _text,
    "status": _code,
    "integer": _whole,
    "reference": _whole,
    "number": _number,
    "boolean": _flag,
    "date": _day,
    "datetime": _moment,
    "multifield": _entries,
}
