"""What people look for out of habit and b24orm does not have: what to write instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from b24orm.errors import UnknownAttribute, nearest

__all__ = ["GIVEN_UP", "no_attribute_of_class", "no_attribute_of_row", "no_attribute_of_set"]

_COMPUTED: Final = "the portal's lists compute nothing: compute from values() or values_list() in Python"
_READ: Final = "a set of rows is iterated; list(rows) reads it at once"

_SETS: Final[Mapping[str, str]] = {
    "annotate": f"{_COMPUTED}, with collections.Counter for instance",
    "alias": _COMPUTED,
    "aggregate": f"{_COMPUTED}, as in sum(rows.values_list('opportunity', flat=True)); count() counts",
    "sum": "add up in Python: sum(rows.values_list('opportunity', flat=True))",
    "distinct": "no row comes twice; values are told apart by set(rows.values_list('stage_id', flat=True))",
    "dates": "take them in Python: {moment.date() for moment in rows.values_list('date_create', flat=True)}",
    "datetimes": "take them in Python: set(rows.values_list('date_create', flat=True))",
    "defer": "name the fields that you want, with only(...)",
    "union": "combine conditions with filter(Q(...) | Q(...)); other rows with itertools.chain(one, two)",
    "intersection": "combine conditions with filter(Q(...) & Q(...))",
    "difference": "leave rows out with exclude(...)",
    "latest": "take order_by('-date_create').first()",
    "earliest": "take order_by('date_create').first()",
    "alatest": "take order_by('-date_create').afirst()",
    "aearliest": "take order_by('date_create').afirst()",
    "contains": "ask filter(id=row.id).exists()",
    "raw": "any method is called by portal.call('crm.deal.list', {...})",
    "extra": "any method is called by portal.call('crm.deal.list', {...})",
    "select_for_update": "rows can't be locked: save(if_unchanged=True) refuses to overwrite others' changes",
    "complex_filter": "give Q objects or keywords to filter()",
    "limit": "take a slice: rows[:10]",
    "offset": "take a slice: rows[10:]",
    "find": "narrow it with filter(...)",
    "where": "narrow it with filter(...)",
    "one": "take get(...), or first()",
    "fetch": _READ,
    "fetchall": _READ,
    "execute": _READ,
    "to_list": _READ,
    "tolist": _READ,
    "to_df": "give it to pandas: pandas.DataFrame(rows.values())",
    "to_pandas": "give it to pandas: pandas.DataFrame(rows.values())",
    "to_dataframe": "give it to pandas: pandas.DataFrame(rows.values())",
    "to_dict": "take rows.values(), or in_bulk() for a dict by id",
    "save": "change the rows with update(...), or save each of them",
}

_DUMP: Final = "take model_dump(), or model_dump(mode='json') for plain JSON values"

_ROWS: Final[Mapping[str, str]] = {
    "to_dict": _DUMP,
    "as_dict": _DUMP,
    "asdict": _DUMP,
    "to_json": "take model_dump_json()",
    "as_json": "take model_dump_json()",
    "refresh": "read it again with refresh_from_db()",
    "reload": "read it again with refresh_from_db()",
    "update": "set its attributes and save() it",
    "full_clean": "values are checked when they are given; there is nothing to call",
    "clean": "values are checked when they are given; there is nothing to call",
    "get": "read an attribute: row.title; getattr(row, name) for a name in a variable",
    "keys": "the fields that were fetched are in model_dump()",
    "items": "the fields that were fetched are in model_dump()",
}

GIVEN_UP: Final = frozenset(
    {
        "construct",
        "copy",
        "dict",
        "from_orm",
        "json",
        "parse_file",
        "parse_obj",
        "parse_raw",
        "schema",
        "schema_json",
        "update_forward_refs",
        "validate",
    }
)
"""Pydantic's methods of old, which are deprecated and only in the way of completion."""

_CLASSES: Final[Mapping[str, str]] = {"MultipleObjectsReturned": "it is called MultipleObjects"}


def no_attribute_of_set(kind: type, name: str, has: frozenset[str]) -> AttributeError:
    """The error for an attribute that a set of rows does not have.

    Args:
        kind: the class of the set.
        name: the attribute.
        has: what a set of objects has, of which values() and values_list() lack a part.
    """
    if name in has:
        hint = f"; it is for objects: call it before values() or values_list(), as in rows.{name}(...)"
    elif name in _SETS:
        hint = f"; {_SETS[name]}"
    else:
        hint = nearest(name, [*has])
    return UnknownAttribute(f"{kind.__name__} has no {name!r}{hint}")


def no_attribute_of_row(model: type, name: str, known: frozenset[str]) -> AttributeError:
    """The error for an attribute that an object does not have."""
    if name.startswith("get_") and name.endswith("_display"):
        relation = name[4:-8].removesuffix("_id")
        hint = f"; fetch it with select_related({relation!r}) and read its name"
    else:
        hint = f"; {_ROWS[name]}" if name in _ROWS else nearest(name, known)
    return UnknownAttribute(f"{model.__name__} has no attribute {name!r}{hint}")


def no_attribute_of_class(
    model: type, name: str, fields: frozenset[str], sets: frozenset[str]
) -> AttributeError:
    """The error for an attribute that a model's class does not have."""
    if name in _CLASSES:
        hint = f"; {_CLASSES[name]}"
    elif name in fields:
        hint = f"; its rows have: compare it as in {model.__name__}.objects.filter({name}=...)"
    elif name in sets or name in _SETS:
        hint = f"; take {model.__name__}.objects.{name}"
    else:
        hint = nearest(name, [*fields, "objects"])
    return UnknownAttribute(f"the class {model.__name__} has no attribute {name!r}{hint}")
