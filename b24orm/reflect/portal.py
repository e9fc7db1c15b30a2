"""Reads what is a portal's own: user fields, smart processes, pipelines, stages and other directories.

Everything a portal says is text of strangers. Names of fields are taken only if they look like
``UF_...``, numbers only if they are numbers; titles are only ever data (see
:mod:`b24orm.reflect.render`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, cast

from b24orm import facts
from b24orm.errors import AccessDenied, AuthError, NotFound
from b24orm.methods import FIRST
from b24orm.namespace import known_methods
from b24orm.reflect.openapi import RestV3, differing, read_v3
from b24orm.reflect.reading import Reading, Reflected, Source
from b24orm.reflect.userfields import Directories, from_fields, from_rows
from b24orm.schema import EntitySchema

__all__ = ["read_portal"]

_ORIGINAL: Final = {"useOriginalUfNames": "Y"}

_ENTITIES: Final[Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    "Company": ("crm.company.fields", {}),
    "Contact": ("crm.contact.fields", {}),
    "Deal": ("crm.deal.fields", {}),
    "Lead": ("crm.lead.fields", {}),
    "Quote": ("crm.quote.fields", {}),
    "Requisite": ("crm.requisite.fields", {}),
    "SmartInvoice": ("crm.item.fields", {"entityTypeId": 31, **_ORIGINAL}),
}
"""Models that user fields and directories are read for, and the method that tells them."""

_LISTED: Final[Mapping[str, str]] = {"Task": "task.item.userfield.getlist", "User": "user.userfield.list"}
"""Models whose user fields are told by a method of their own."""

_PIPELINES: Final[Mapping[str, int]] = {"Deal": 2, "SmartInvoice": 31}
_PROCESS: Final = "DynamicItem"

_Told = Mapping[str, Mapping[str, Any]]


def read_portal(portal: Source, *, language: str = "en") -> Reading:
    """What the portal has of its own, ordered by name; entities it doesn't serve are left out.

    Args:
        portal: the portal; its webhook needs the scope ``crm``, and ``user.userfield`` and ``task``
            for the user fields of users and tasks.
        language: the language of the labels of users' and tasks' fields, where they are asked by it.

    Raises:
        ApiError: the portal refused a call that it serves.
    """
    directories = _directories(_rows(portal, "crm.status.list"))
    told = {base: _asked(portal, method, params) for base, (method, params) in _ENTITIES.items()}
    pipelines = {base: _pipelines(portal, number) for base, number in _PIPELINES.items() if told[base]}
    found = [
        _entity(base, fields, directories, pipelines.get(base, ())) for base, fields in told.items() if fields
    ]
    for base, method in _LISTED.items():
        fields = from_rows(_asked_rows(portal, method, language), directories)
        found += [Reflected(base, base, None, fields)] if fields else []
    return Reading(
        (*sorted(found, key=lambda entity: entity.base), *_processes(portal, directories)),
        tuple(sorted(map(str, _list(portal, "scope")))),
        _undocumented(_list(portal, "methods")),
        _entities_v3(portal),
    )


def _entities_v3(portal: Source) -> tuple[EntitySchema, ...]:
    """The entities of REST 3.0 that differ from what is known; none where the portal has none."""
    v3: RestV3 | None = getattr(portal, "v3", None)
    try:
        return () if v3 is None else differing(read_v3(v3))
    except NotFound:
        return ()


# --- calls ------------------------------------------------------------------------------


def _rows(portal: Source, method: str) -> list[Mapping[str, Any]]:
    """The rows of a list method; none where the portal has no such method.

    The answer of ``methods`` is no help here: it leaves the controllers (``crm.item.*``) out.
    """
    try:
        return cast("list[Mapping[str, Any]]", portal.get_all(method))
    except NotFound:
        return []


def _asked_rows(portal: Source, method: str, language: str) -> list[Mapping[str, Any]]:
    """The rows of a method that answers all at once; none where the webhook may not ask for them."""
    name = "FILTER" if method.startswith("task.") else "filter"
    params = {"ORDER": {"ID": "ASC"}} if method.startswith("task.") else {}
    try:
        rows = portal.call(method, {**params, name: {"LANG": language}})
    except (NotFound, AccessDenied):
        return []
    except AuthError as error:
        if str(error.code).upper() != "INSUFFICIENT_SCOPE":
            raise
        return []
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


def _list(portal: Source, method: str) -> list[Any]:
    try:
        found = portal.call(method)
    except NotFound:
        return []
    return list(found) if isinstance(found, list) else []


def _asked(portal: Source, method: str, params: Mapping[str, Any]) -> _Told:
    """What a ``fields`` method tells; nothing where the portal has no such method."""
    try:
        return _told(portal.call(method, dict(params)))
    except NotFound:
        return {}


def _told(answer: Any) -> _Told:
    fields = answer.get("fields", answer) if isinstance(answer, Mapping) else {}
    named = cast("Mapping[str, Any]", fields if isinstance(fields, Mapping) else {})
    return {name: told for name, told in named.items() if isinstance(told, Mapping)}


def _pipelines(portal: Source, number: int) -> tuple[tuple[str, str], ...]:
    try:
        return _categories(portal.call("crm.category.list", {"entityTypeId": number}))
    except NotFound:
        return ()


def _categories(answer: Any) -> tuple[tuple[str, str], ...]:
    """Numbers and names of the pipelines that an answer tells."""
    told = answer.get("categories") if isinstance(answer, Mapping) else answer
    rows = cast("Iterable[Mapping[str, Any]]", told if isinstance(told, list) else ())
    return tuple(
        sorted(((str(int(row["id"])), str(row["name"])) for row in rows), key=lambda row: int(row[0]))
    )


def _undocumented(served: Iterable[Any]) -> tuple[str, ...]:
    known = {name.lower() for first in FIRST for name in known_methods(first)}
    return tuple(sorted({str(name) for name in served} - known))


# --- entities ---------------------------------------------------------------------------


def _entity(
    base: str, told: _Told, directories: Directories, pipelines: Sequence[tuple[str, str]]
) -> Reflected:
    closed = _closed(facts.load(base), told, directories, pipelines)
    return _reflected(base, base, None, told, directories, closed)


def _processes(portal: Source, directories: Directories) -> Iterable[Reflected]:
    """Smart processes by number; what is asked of all of them travels in batches."""
    kinds = {int(row["entityTypeId"]): row for row in _rows(portal, "crm.type.list")}
    numbers = sorted(kinds)
    split = [number for number in numbers if kinds[number].get("isCategoriesEnabled") == "Y"]
    fields = _each(portal, "crm.item.fields", [{"entityTypeId": n, **_ORIGINAL} for n in numbers])
    answers = _each(portal, "crm.category.list", [{"entityTypeId": n} for n in split])
    pipelines = dict(zip(split, map(_categories, answers), strict=True))
    for number, answer in zip(numbers, fields, strict=True):
        told = _told(answer)
        closed = _closed(facts.load(_PROCESS), told, directories, pipelines.get(number, ()))
        stages = _merged(directories, f"DYNAMIC_{number}_STAGE")
        closed |= {"stage_id": stages} if stages else {}
        title = str(kinds[number].get("title") or "")
        yield _reflected(_PROCESS, title, number, told, directories, closed)


def _each(portal: Source, method: str, params: Sequence[Mapping[str, Any]]) -> list[Any]:
    return cast("list[Any]", portal.call(method, list(params))) if params else []


_Closed = dict[str, tuple[tuple[str, str], ...]]


def _reflected(
    base: str, title: str, number: int | None, told: _Told, directories: Directories, closed: _Closed
) -> Reflected:
    return Reflected(
        base,
        title,
        number,
        from_fields(told, directories),
        {name: tuple(code for code, _ in values) for name, values in closed.items()},
        {name: tuple(called for _, called in values) for name, values in closed.items()},
    )


def _closed(
    schema: EntitySchema, told: _Told, directories: Directories, pipelines: Sequence[tuple[str, str]]
) -> _Closed:
    """The values of the fields that take one of a directory's, or the number of a pipeline."""
    found: _Closed = {}
    for name, field in schema.fields.items():
        kind = told.get(field.wire, {}).get("statusType") or field.status_type
        values = _merged(directories, str(kind)) if kind and field.type == "crm_status" else ()
        if values:
            found[name] = values
    if pipelines and "category_id" in schema.fields:
        found["category_id"] = tuple(pipelines)
    return found


def _directories(rows: Iterable[Mapping[str, Any]]) -> Directories:
    """Codes and titles by directory."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows:
        found[str(row["ENTITY_ID"])][str(row["STATUS_ID"])] = str(row.get("NAME") or "")
    return {name: tuple(sorted(codes.items())) for name, codes in sorted(found.items())}


def _merged(directories: Directories, name: str) -> tuple[tuple[str, str], ...]:
    """The values of a directory and of those of its further pipelines (``DEAL_STAGE_3``)."""
    further = re.compile(rf"{re.escape(name)}(_\d+)?", re.ASCII)
    found = {code: title for key in directories if further.fullmatch(key) for code, title in directories[key]}
    return tuple(sorted(found.items()))
