"""Checks what is given to writes, before anything is sent."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Mapping, Sequence
from os import PathLike
from typing import Any

from b24orm.entity.base import Entity
from b24orm.errors import InvalidValue, UnknownName, nearest

__all__ = ["check_fields", "check_journal", "check_mapping", "check_others", "check_own", "check_source"]


def check_source(source: object) -> None:
    """Refuses what holds no items: a single object and a dict among it, though both can be iterated."""
    wrong = isinstance(source, (str, bytes, Mapping, Entity))
    if wrong or not isinstance(source, (Iterable, AsyncIterable)):
        raise InvalidValue(f"a bulk write takes a list, a generator or an async generator, not {source!r}")


def check_others(name: str, others: object) -> None:
    """Refuses what holds no objects to be linked."""
    if isinstance(others, (str, bytes, Mapping, Entity)) or not isinstance(others, Iterable):
        raise InvalidValue(f"{name}.set() takes a list of objects or ids, not {others!r}")


def check_mapping(name: str, value: object) -> None:
    """Refuses what is no dict; None is none."""
    if value is not None and not isinstance(value, Mapping):
        raise InvalidValue(f"{name} takes a dict, not {value!r}")


def check_journal(value: object) -> None:
    """Refuses what is no path; None is none."""
    if value is not None and not isinstance(value, (str, PathLike)):
        raise InvalidValue(f"journal takes a path, not {value!r}")


def check_fields(model: type[Entity], fields: object) -> Sequence[str]:
    """The names of fields, checked; one in the server's spelling becomes the Python one.

    Raises:
        InvalidValue: they are no list of names.
        UnknownName: the model has no such field; the message names the nearest.
    """
    if isinstance(fields, (str, bytes, Mapping)) or not isinstance(fields, Iterable):
        raise InvalidValue(f"fields are given as a list of names, not as {fields!r}")
    return [_name(model, field) for field in fields]


def check_own(model: type[Entity], row: object) -> None:
    """Refuses what is no object of the model."""
    if not isinstance(row, model):
        name, hint = model.__name__, ""
        if isinstance(row, Mapping):
            hint = f"; make one of it: {name}(**fields)"
        elif isinstance(row, int):
            hint = f"; by ids it is filter(id__in=[...]).update(...) or .delete(), or {name}(id={row!r}, ...)"
        raise InvalidValue(f"{name}.objects writes {name} objects, not {row!r}{hint}")


def _name(model: type[Entity], field: Any) -> str:
    schema = model.__schema__
    if not isinstance(field, str):
        raise InvalidValue(f"a field is named by a str, not {field!r}")
    if field in model.__field_names__:
        return field
    spec = schema.relations.get(field) or schema.by_wire.get(field)
    if spec is not None:
        return spec.name
    custom = schema.custom_wire(field)
    if custom is not None:
        return custom
    raise UnknownName(f"{model.__name__} has no field {field!r}{nearest(field, model.__field_names__)}")
