"""Writes of what belongs to a row: bound contacts and companies, product rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from b24orm.plan.calls import Call
from b24orm.plan.writes import Write, add
from b24orm.schema import EntitySchema, LinkSchema

__all__ = ["add_row", "bind", "replace_rows", "set_bound", "unbind"]

_GET: Final = ".items.get"


def _binding(link: LinkSchema, kind: str, owner: Any, params: Mapping[str, Any], place: int = 0) -> Write:
    assert link.method is not None
    name = link.method.removesuffix(_GET) + kind
    call = Call(name, {link.id_param: owner, **params}, write=True)
    # what is bound can't be bound twice
    return Write("update", call, repeatable=True, idle=True, place=place)


def bind(link: LinkSchema, owner: Any, other: Any, place: int) -> Write:
    """One more bound row."""
    return _binding(link, ".add", owner, {"fields": {link.key: other}}, place)


def unbind(link: LinkSchema, owner: Any, other: Any, place: int) -> Write:
    """One bound row less; the row itself stays."""
    return _binding(link, ".delete", owner, {"fields": {link.key: other}}, place)


def set_bound(link: LinkSchema, owner: Any, others: Sequence[Any]) -> Write:
    """These bound rows and no others; the first is the primary."""
    if not others:
        return _binding(link, ".items.delete", owner, {})
    return _binding(link, ".items.set", owner, {"items": [{link.key: other} for other in others]})


def replace_rows(link: LinkSchema, owner: Any, rows: Sequence[Mapping[str, Any]]) -> Write:
    """These product rows and no others. Rule: ``crm.item.productrow.set``."""
    params = {"ownerId": owner, "ownerType": link.constants["owner_type"], "productRows": list(rows)}
    return Write("update", Call("crm.item.productrow.set", params, write=True), repeatable=True)


def add_row(link: LinkSchema, schema: EntitySchema, owner: Any, row: Mapping[str, Any], place: int) -> Write:
    """One product row more. Rule: ``crm.item.productrow.add``."""
    owned = {"ownerId": owner, "ownerType": link.constants["owner_type"]}
    return Write("add", add(schema, {**row, **owned}, {}, {}), place=place)
