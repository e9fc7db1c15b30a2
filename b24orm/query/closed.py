"""Fields that take some values only: closed sets with titles, and bindings to some kinds of rows."""

from __future__ import annotations

from typing import Final

from b24orm.errors import nearest
from b24orm.query.lookups import kind_of
from b24orm.schema import FieldSchema
from b24orm.values import Binding

__all__ = ["allowed", "among", "is_closed", "targets", "value_of_title"]

_SHOWN: Final = 40
"""Values of a closed set that a message names."""


def is_closed(field: FieldSchema) -> bool:
    """Whether the field takes no other values than those of its closed set."""
    if not field.enum or kind_of(field) == "boolean":
        return False
    return kind_of(field) in ("status", "string") or bool(field.titles) or field.type == "enumeration"


def value_of_title(field: FieldSchema, text: str) -> str | int:
    """The value that people call so; the text itself where none is called so."""
    value = field.by_title.get(text)
    if value is None or text in field.enum:
        return text
    return int(value) if kind_of(field) in ("integer", "reference") else value


def allowed(field: FieldSchema, value: object) -> str:
    """The values of a closed set, and the nearest to one that is not among them.

    >>> color = FieldSchema(name="x", wire="X", type="enumeration", enum=("1", "2"), titles=("Red", ""))
    >>> allowed(color, "Rad")
    "one of 1 ('Red'), 2; did you mean 'Red'?"
    """
    titles = field.titles or ("",) * len(field.enum)
    named = [f"{code} ({title!r})" if title else code for code, title in zip(field.enum, titles, strict=True)]
    shown = named if len(named) <= _SHOWN else [*named[:_SHOWN], "..."]
    return f"one of {', '.join(shown)}{nearest(str(value), (*field.enum, *filter(None, field.titles)))}"


def among(field: FieldSchema, found: Binding) -> Binding | None:
    """A binding to what the field may point to, by the id alone where that is one thing; else None."""
    letters = field.enum
    if not letters:
        return found
    if (found.letters or letters[0]) not in letters or (not found.letters and len(letters) > 1):
        return None
    return Binding("", found.id) if len(letters) == 1 else found


def targets(field: FieldSchema) -> str:
    """What a binding of the field may be, in words."""
    return f"a binding to one of {', '.join(field.enum)}, as in '{field.enum[0]}_12'"
