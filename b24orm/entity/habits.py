"""What people look for out of habit and b24orm does not have: what to write instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from inspect import iscoroutinefunction, signature
from typing import Any, Final, TypeVar, cast

from b24orm.errors import UnknownAttribute, UnknownParameter, nearest

__all__ = [
    "ELSEWHERE",
    "GIVEN_UP",
    "familiar",
    "no_attribute_of_class",
    "no_attribute_of_row",
    "no_attribute_of_set",
]

_F = TypeVar("_F", bound=Callable[..., Any])

_COMPUTED: Final = "the portal's lists compute nothing: compute from values() or values_list() in Python"
_READ: Final = "a set of rows is iterated; list(rows) reads it at once"

_UPSERT: Final = "it is called bulk_upsert(rows, key=...)"

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
    "to_dicts": "take list(rows.values())",
    "to_records": "take list(rows.values())",
    "to_csv": "write rows.values_list(...).iterator() with the module csv",
    "columns": "name the fields, as in values('id', 'title'); all there are stand in rows.model.model_fields",
    "fields": "all there are stand in rows.model.model_fields",
    "ordered": "see what it is ordered by in rows.query.order",
    "db": "name a portal with using(...)",
    "get_queryset": "it is one already: Deal.objects.filter(...)",
    "as_manager": "it is one already: Deal.objects.filter(...)",
    "get_or_none": "take filter(...).first()",
    "len": "take len(rows), or count(), which fetches nothing",
    "group_by": f"{_COMPUTED}, with collections.Counter for instance",
    "join": "fetch what rows point to with select_related(...)",
    "save": "change the rows with update(...), or save each of them",
    "upsert": _UPSERT,
    "bulk_update_or_create": _UPSERT,
    "bulk_create_or_update": _UPSERT,
    "bulk_get_or_create": f"{_UPSERT}; update_fields=[] adds what is missing, and changes nothing",
}

_ONE_BY_ONE: Final = "leave it out: how much travels together is found while it runs"
_NO_CONFLICTS: Final = "Bitrix24 has no unique fields, so nothing conflicts: take bulk_upsert(rows, key=...)"

_UPDATE_FIELDS: Final = "it is called update_fields, as in Django's bulk_create()"

_PARAMETERS: Final[Mapping[str, Mapping[str, str]]] = {
    "save": {
        "update_fields": "leave it out: what was changed is sent, and nothing else",
        "force_insert": "leave it out: an object without an id is added",
        "force_update": "leave it out: an object with an id is changed",
    },
    "values_list": {
        "named": "declare a NamedTuple and give it, values_list(Line); or take values() for dicts"
    },
    "in_bulk": {"id_list": "give the ids alone, as in in_bulk([1, 2])"},
    "bulk_create": {
        "batch_size": _ONE_BY_ONE,
        "ignore_conflicts": _NO_CONFLICTS,
        "update_conflicts": _NO_CONFLICTS,
        "update_fields": _NO_CONFLICTS,
        "unique_fields": _NO_CONFLICTS,
    },
    "bulk_update": {"batch_size": _ONE_BY_ONE},
    "bulk_upsert": {"batch_size": _ONE_BY_ONE, "unique_fields": "it is called key", "fields": _UPDATE_FIELDS},
    "iterator": {"chunk_size": "leave it out: a page is what the portal says"},
    "explain": {"format": "it is a text; explain(analyze=True) says what it took"},
    "Prefetch": {
        "to_attr": "the rows stand in the attribute of the relation",
        "lookup": "give the relation alone, as in Prefetch('contacts')",
    },
    "call": dict.fromkeys(
        ("filter", "select", "order", "start", "id", "fields", "params"),
        "give the method's own parameters as one dict, as in call('crm.deal.list', {'filter': ...}), "
        "or by name, as in portal.crm.deal.list(filter=...)",
    ),
    "get_all": dict.fromkeys(
        ("filter", "select", "order"),
        "give the method's own parameters as one dict, as in get_all('crm.deal.list', {'filter': ...})",
    ),
}
"""Parameters of Django and of others, by the function that is thought to have them."""

_FIELDS: Final = "conditions compare fields with values: read both fields, and compare in Python"
_ROWS_IN: Final = "give rows to __in, as in company__in=Company.objects.filter(...)"

ELSEWHERE: Final[Mapping[str, str]] = {
    "F": _FIELDS,
    "Value": _FIELDS,
    "Case": _COMPUTED,
    "When": _COMPUTED,
    "Count": f"{_COMPUTED}, with collections.Counter for instance; count() counts",
    **dict.fromkeys(
        ("Sum", "Avg", "Min", "Max"), f"{_COMPUTED}, as in sum(rows.values_list('opportunity', flat=True))"
    ),
    "Exists": _ROWS_IN,
    "Subquery": _ROWS_IN,
    "OuterRef": _ROWS_IN,
    **dict.fromkeys(
        ("ContentFile", "File", "SimpleUploadedFile"), "it is called NewFile: NewFile(name, bytes)"
    ),
    **dict.fromkeys(
        ("FieldFile", "ImageFieldFile"), "it is called StoredFile, and is what a file field holds"
    ),
    "Bitrix": "it is called Portal: portal = b24orm.connect(url)",
    "BitrixAsync": "it is called AsyncPortal",
    "Client": "it is called Portal: portal = b24orm.connect(url)",
    "QuerySet": "take it from a model: Deal.objects",
    "Manager": "take it from a model: Deal.objects",
    "Model": "the models are in b24orm.models: from b24orm.models import Deal",
}
"""Names that people import from Django, or from the clients they had, and that b24orm does without."""

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

_CONTENTS: Final = frozenset(("content", "contents", "chunks", "download", "file", "open", "read", "save_to"))
"""What people look for on a row that is a file, as those of the disk are."""

_CLASSES: Final[Mapping[str, str]] = {
    "MultipleObjectsReturned": "it is called MultipleObjects",
    "ObjectDoesNotExist": "it is called DoesNotExist",
    "_meta": "its fields stand in model_fields",
}


def familiar(function: _F) -> _F:
    """Makes a public function refuse parameters that it does not have, saying what to do instead.

    >>> @familiar
    ... def iterator(self): ...
    >>> iterator(None, chunk_size=5)
    Traceback (most recent call last):
        ...
    b24orm.errors.UnknownParameter: iterator() has no parameter 'chunk_size'; leave it out: a page is ...
    """
    known = frozenset(signature(function).parameters)
    owner, _, own = function.__qualname__.rpartition(".")
    name = owner.rpartition(".")[2] if own == "__init__" else own

    @wraps(function)
    def checking(*given: Any, **named: Any) -> Any:
        if not known.issuperset(named):
            raise _no_parameter(name, known, named)
        return function(*given, **named)

    @wraps(function)
    async def awaiting(*given: Any, **named: Any) -> Any:
        return await checking(*given, **named)

    return cast("_F", awaiting if iscoroutinefunction(function) else checking)


def _no_parameter(function: str, known: frozenset[str], named: Mapping[str, Any]) -> UnknownParameter:
    wrong = next(name for name in named if name not in known)
    hints = {**_PARAMETERS.get(function[1:], {}), **_PARAMETERS.get(function, {})}
    hint = f"; {hints[wrong]}" if wrong in hints else nearest(wrong, known - {"self"})
    return UnknownParameter(f"{function}() has no parameter {wrong!r}{hint}")


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
    elif name in _CONTENTS and "download_url" in known:
        hint = "; what is in it is read by portal.files.of(row).read(), and written by save_to(path)"
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
