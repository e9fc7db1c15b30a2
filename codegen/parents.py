"""Finds in the documented parameters what methods take beside their filter, or beside the row's id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final, get_args

from b24orm.schema import Api, EntitySchema, MethodSchema
from codegen.method_source import Method, read_methods

__all__ = ["Documented", "documented", "methods_with_parents", "parent_types"]

Documented = Mapping[Api, Mapping[str, Method]]
"""Methods by REST and by their names in small letters."""


def documented(folder: Path) -> Documented:
    """Every documented method of a folder; none where there is no such folder."""
    return {
        api: {m.name.lower(): m for found in read_methods(folder, v3=api == "v3").values() for m in found}
        for api in get_args(Api)
    }


def methods_with_parents(schema: EntitySchema, methods: Documented) -> Mapping[str, MethodSchema]:
    """The methods of an entity, whose get says which of the entity's ``parent_params`` it takes."""
    get = schema.method("get")
    if get is None or not schema.parent_params or get.parents is not None:
        return schema.methods
    page = methods[schema.api].get(get.name.lower())
    params = page.params if page is not None else {}
    beside = [param for param in schema.parent_params if param != get.id_param]
    taken = [
        param
        for param in beside
        if not param.startswith("filter.") and (not params or param.partition(".")[0] in params)
    ]
    return (
        schema.methods if taken == beside else {**schema.methods, "get": replace(get, parents=tuple(taken))}
    )


_LISTS: Final = frozenset({"array", "list"})


def parent_types(schema: EntitySchema, methods: Documented) -> Mapping[str, str]:
    """What the parameters that no field stands for take; what the overlay says comes first."""
    page = methods[schema.api].get(schema.list.name.lower()) if schema.list is not None else None
    if page is None:
        return schema.parent_types
    found = {
        param: kind
        for param in schema.parent_params
        if param not in schema.by_wire and (kind := _kind(param, page.params.get(param, "")))
    }
    return {**found, **schema.parent_types}


def _kind(param: str, documented: str) -> str:
    """A documented kind as facts have it.

    >>> _kind("ID", "array|str!"), _kind("USER_ID", "int|array!"), _kind("FIND", "str")
    ('ints', 'int|ints', 'str')
    """
    parts = documented.removesuffix("!").split("|")
    several = "ints" if param.upper().endswith("ID") else "strs"
    if not _LISTS.isdisjoint(parts):  # a text beside a list is the list as JSON
        return f"int|{several}" if "int" in parts else several
    return "|".join(parts) if {*parts} <= {"int", "str"} else ""
