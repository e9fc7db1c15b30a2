"""What a local portal holds, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from b24orm.cli.numbers import plural

if TYPE_CHECKING:
    from b24orm.emulator import LocalPortal

__all__ = ["contents"]

_SHOWN: Final = (
    ("deal", "deal", "deals"),
    ("company", "company", "companies"),
    ("contact", "contact", "contacts"),
    ("user", "user", "users"),
)


_MORE: Final = (
    ("lead", "lead", "leads"),
    ("task", "task", "tasks"),
    ("activity", "activity", "activities"),
    ("smart_invoice", "invoice", "invoices"),
)


def contents(portal: LocalPortal) -> str:
    """The numbers of its deals, companies, contacts and users; of other rows, if there are any."""
    more = tuple(kind for kind in _MORE if portal.store.count(kind[0]))
    return ", ".join(plural(portal.store.count(table), one, many) for table, one, many in (*_SHOWN, *more))
