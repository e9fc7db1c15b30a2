"""Writes of what belongs to a row: bound contacts and companies, product rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from b24orm.errors import Unsupported
from b24orm.plan.calls import Call
from b24orm.plan.writes import Write
from b24orm.schema import EntitySchema, LinkSchema

__all__ = ["bind", "is_bound", "link_named", "replace_rows", "set_bound", "unbind"]

_GET: Final = ".items.get"


def link_named(schema: EntitySchema, name: str) -> LinkSchema:
    """A link of an entity that can be written.

    Raises:
        Unsupported: there is none, or its rows are written by themselves.
    """
    link = schema.links.get(name)
    if link is not None and (is_bound(link) or link.entity == "ProductRow"):
        return link
    can = [found.name for found in schema.links.values() if is_bound(found) or found.entity == "ProductRow"]
    hint = f"; it has {', '.join(can)}" if can else ""
    if link is not None:
        hint = f": change {link.field} of the {link.entity} and save it"
    raise Unsupported(f"{schema.name} has no links {name!r} to be written{hint}")


def is_bound(link: LinkSchema) -> bool:
    """Whether the link is a list of bindings, of rows that live without it."""
    return link.method is not None and link.method.endswith(_GET) and link.key is not None


def _binding(link: LinkSchema, kind: str, owner: Any, params: Mapping[str, Any]) -> Write:
    assert link.method is not None
    name = link.method.removesuffix(_GET) + kind
    call = Call(name, {link.id_param: owner, **params}, write=True)
    return Write("update", call, repeatable=True)  # what is bound can't be bound twice


def bind(link: LinkSchema, owner: Any, other: Any, place: int) -> Write:
    """One more bound row."""
    write = _binding(link, ".add", owner, {"fields": {link.key: other}})
    return Write(write.kind, write.call, repeatable=True, place=place)


def unbind(link: LinkSchema, owner: Any, other: Any, place: int) -> Write:
    """One bound row less; the row itself stays."""
    write = _binding(link, ".delete", owner, {"fields": {link.key: other}})
    return Write(write.kind, write.call, repeatable=True, place=place)


def set_bound(link: LinkSchema, owner: Any, others: Sequence[Any]) -> Write:
    """These bound rows and no others; the first is the primary."""
    if not others:
        return _binding(link, ".items.delete", owner, {})
    return _binding(link, ".items.set", owner, {"items": [{link.key: other} for other in others]})


def replace_rows(link: LinkSchema, owner: Any, rows: Sequence[Mapping[str, Any]]) -> Write:
    """These product rows and no others. Rule: ``crm.item.productrow.set``."""
    params = {"ownerId": owner, "ownerType": link.constants["owner_type"], "productRows": list(rows)}
    return Write("update", Call("crm.item.productrow.set", params, write=True), repeatable=True)
