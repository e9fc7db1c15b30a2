"""Reads what is a portal's own: user fields, smart processes, stages and other directories.

Everything a portal says is text of strangers. Names of fields are taken only if they look like
``UF_...``, numbers only if they are numbers; titles are only ever data (see
:mod:`b24orm.reflect.render`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as _field
from typing import Any, Final, Protocol, cast

from b24orm import facts
from b24orm.errors import NotFound
from b24orm.schema import EntitySchema

__all__ = ["Reflected", "Source", "UserField", "read_portal"]

_USER_FIELD: Final = re.compile(r"UF_[A-Z0-9_]{1,60}", re.ASCII)

_ENTITIES: Final[Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    "Company": ("crm.company.fields", {}),
    "Contact": ("crm.contact.fields", {}),
    "Deal": ("crm.deal.fields", {}),
    "Lead": ("crm.lead.fields", {}),
    "Quote": ("crm.quote.fields", {}),
    "Requisite": ("crm.requisite.fields", {}),
    "SmartInvoice": ("crm.item.fields", {"entityTypeId": 31, "useOriginalUfNames": "Y"}),
}
"""Models that user fields and directories are read for, and the method that tells them."""

_PROCESS: Final = "DynamicItem"

_LABELS: Final = ("formLabel", "listLabel", "title")


class Source(Protocol):
    """What answers calls: a :class:`b24orm.Portal`."""

    def call(self, method: str, items: Any = None, /) -> Any:
        """The result of a method."""
        ...

    def get_all(self, method: str, params: Any = None, /) -> list[Any]:
        """Every row of a list method."""
        ...


@dataclass(frozen=True, slots=True)
class UserField:
    """A user field as its entity's ``fields`` method tells it.

    Attributes:
        wire: its name (``UF_CRM_CONTRACT``).
        type: its type (``string``, ``enumeration`` ...).
        label: what people call it; the name where there is no label.
        multiple: it holds several values.
        required: it must be filled in.
        items: ids and titles of a list field.
    """

    wire: str
    type: str
    label: str
    multiple: bool = False
    required: bool = False
    items: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Reflected:
    """What a portal adds to an entity.

    Attributes:
        base: the model it extends.
        title: what the portal calls it: the model's name, or the smart process's title.
        entity_type_id: the number of a smart process.
        fields: its user fields, by name.
        enums: the values of its stages and other directories, by the field's Python name.
    """

    base: str
    title: str
    entity_type_id: int | None = None
    fields: tuple[UserField, ...] = ()
    enums: Mapping[str, tuple[str, ...]] = _field(default_factory=dict)


def read_portal(portal: Source) -> tuple[Reflected, ...]:
    """What the portal has of its own, ordered by name; entities it doesn't serve are left out.

    Args:
        portal: the portal; its webhook needs the scope ``crm``.

    Raises:
        ApiError: the portal refused a call that it serves.
    """
    directories = _directories(_rows(portal, "crm.status.list"))
    told = {base: _fields(portal, method, params) for base, (method, params) in _ENTITIES.items()}
    found = [_entity(base, fields, directories) for base, fields in told.items() if fields]
    types = sorted(_rows(portal, "crm.type.list"), key=_number)
    return (*found, *(_process(portal, kind, directories) for kind in types))


def _rows(portal: Source, method: str) -> list[Mapping[str, Any]]:
    """The rows of a list method; none where the portal has no such method.

    The answer of ``methods`` is no help here: it leaves the controllers (``crm.item.*``) out.
    """
    try:
        return cast("list[Mapping[str, Any]]", portal.get_all(method))
    except NotFound:
        return []


def _fields(portal: Source, method: str, params: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """What a ``fields`` method tells; nothing where the portal has no such method."""
    try:
        return _told(portal.call(method, dict(params)))
    except NotFound:
        return {}


def _number(kind: Mapping[str, Any]) -> int:
    return int(kind["entityTypeId"])


def _directories(rows: Iterable[Mapping[str, Any]]) -> Mapping[str, tuple[str, ...]]:
    """Codes by directory; the stages of all pipelines count as one directory."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        found[str(row["ENTITY_ID"])].add(str(row["STATUS_ID"]))
    return {name: tuple(sorted(codes)) for name, codes in sorted(found.items())}


def _entity(
    base: str, told: Mapping[str, Mapping[str, Any]], directories: Mapping[str, tuple[str, ...]]
) -> Reflected:
    return Reflected(base, base, None, _user_fields(told), _enums(facts.load(base), told, directories))


def _process(
    portal: Source, kind: Mapping[str, Any], directories: Mapping[str, tuple[str, ...]]
) -> Reflected:
    number = _number(kind)
    params = {"entityTypeId": number, "useOriginalUfNames": "Y"}
    told = _fields(portal, "crm.item.fields", params)
    enums = _enums(facts.load(_PROCESS), told, directories)
    stages = _merged(directories, f"DYNAMIC_{number}_STAGE")
    if stages and "stage_id" in facts.load(_PROCESS).fields:
        enums = {**enums, "stage_id": stages}
    return Reflected(_PROCESS, str(kind.get("title") or ""), number, _user_fields(told), enums)


def _told(answer: Any) -> Mapping[str, Mapping[str, Any]]:
    fields = answer.get("fields", answer) if isinstance(answer, Mapping) else {}
    named = cast("Mapping[str, Any]", fields if isinstance(fields, Mapping) else {})
    return {name: told for name, told in named.items() if isinstance(told, Mapping)}


def _user_fields(told: Mapping[str, Mapping[str, Any]]) -> tuple[UserField, ...]:
    found = {str(spec.get("upperName") or name): spec for name, spec in told.items()}
    return tuple(_user_field(name, found[name]) for name in sorted(found) if _USER_FIELD.fullmatch(name))


def _user_field(wire: str, told: Mapping[str, Any]) -> UserField:
    labels = [str(told[key]) for key in _LABELS if told.get(key) and str(told[key]) != wire]
    items = cast("Iterable[Mapping[str, Any]]", told.get("items") or ())
    listed = [(str(item["ID"]), str(item.get("VALUE", ""))) for item in items if str(item["ID"]).isdigit()]
    return UserField(
        wire,
        str(told.get("type") or "string"),
        labels[0] if labels else wire,
        bool(told.get("isMultiple")),
        bool(told.get("isRequired")),
        tuple(sorted(listed, key=lambda item: int(item[0]))),
    )


def _enums(
    schema: EntitySchema,
    told: Mapping[str, Mapping[str, Any]],
    directories: Mapping[str, tuple[str, ...]],
) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, field in schema.fields.items():
        kind = told.get(field.wire, {}).get("statusType") or field.status_type
        codes = _merged(directories, str(kind)) if kind and field.type == "crm_status" else ()
        if codes:
            found[name] = codes
    return found


def _merged(directories: Mapping[str, tuple[str, ...]], name: str) -> tuple[str, ...]:
    """The codes of a directory and of those of its further pipelines (``DEAL_STAGE_3``)."""
    further = re.compile(rf"{re.escape(name)}(_\d+)?", re.ASCII)
    return tuple(
        sorted({code for key, codes in directories.items() if further.fullmatch(key) for code in codes})
    )
