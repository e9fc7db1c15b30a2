"""Finds what the method that gets one row takes beside the row's id, in the documented parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import get_args

from b24orm.schema import Api, EntitySchema, MethodSchema
from codegen.method_source import Method, read_methods

__all__ = ["Documented", "documented", "methods_with_parents"]

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
    parents = tuple(
        param
        for param in schema.parent_params
        if not param.startswith("filter.")
        and param != get.id_param
        and (not params or param.partition(".")[0] in params)
    )
    return {**schema.methods, "get": replace(get, parents=parents)}
