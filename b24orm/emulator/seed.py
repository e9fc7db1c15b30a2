"""Rows for a portal to begin with: plausible, interlinked, and the same for the same seed."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from random import Random
from typing import Final

from b24orm.emulator.furnish import furnish
from b24orm.emulator.seed_clients import add_companies, add_contacts
from b24orm.emulator.seed_dice import make_dice
from b24orm.emulator.seed_history import add_history
from b24orm.emulator.seed_modules import add_modules
from b24orm.emulator.seed_work import add_activities, add_deals, add_invoices, add_items, add_leads, add_tasks
from b24orm.emulator.store import Store

__all__ = ["seed_portal"]

_EQUIPMENT: Final = 128
"""The entity type of the seeded smart process."""
_FEW: Final = 5_000
"""Rows that are added faster with their indexes than before them."""


def seed_portal(
    store: Store,
    *,
    deals: int = 0,
    companies: int | None = None,
    contacts: int | None = None,
    users: int = 20,
    leads: int = 0,
    tasks: int = 0,
    activities: int = 0,
    invoices: int = 0,
    items: int = 0,
    seed: int = 1,
    sparse: int = 1,
    rows: Mapping[str, int] | None = None,
) -> None:
    """Fill an empty store.

    Directories, currencies, departments and users are there in any case. The journal of stages tells how each
    row came where it stands.

    Args:
        store: an empty store.
        deals, leads, tasks, activities, invoices: numbers of rows.
        items: rows of the smart process Equipment, entity type 128, which is there with them.
        companies: one for eight deals when None.
        contacts: one for three deals when None.
        users: employees; at least one.
        seed: the same seed gives the same rows.
        sparse: deals, contacts, companies and leads have only every n-th number.
        rows: numbers of rows of other modules: ``elements``, ``files``, ``events``, ``products`` ...;
            those left out get a few.

    Raises:
        UnknownName: no rows of such a kind can be seeded.
    """
    dice = make_dice(Random(seed))
    firms = deals // 8 if companies is None else companies
    people = deals // 3 if contacts is None else contacts
    numbers = (deals, firms, people, leads, tasks, activities, invoices, items, *(rows or {}).values())
    with store.transaction(), store.without_indexes() if sum(numbers) > _FEW else nullcontext():
        furnish(store, users=max(users, 1), seed=seed)
        staff = store.ids("user")
        company_ids = range(sparse, firms * sparse + 1, sparse)
        contact_ids = range(sparse, people * sparse + 1, sparse)
        deal_ids = range(sparse, deals * sparse + 1, sparse)
        add_companies(store, dice, company_ids, staff)
        add_contacts(store, dice, contact_ids, company_ids, staff)
        add_deals(store, dice, deal_ids, company_ids, contact_ids, staff)
        add_leads(store, dice, range(sparse, leads * sparse + 1, sparse), staff)
        add_tasks(store, dice, range(1, tasks + 1), staff)
        add_activities(store, dice, range(1, activities + 1), deal_ids, staff)
        add_invoices(store, dice, range(1, invoices + 1), company_ids, contact_ids, staff)
        add_modules(store, make_dice(Random(seed)), staff, range(1, tasks + 1), rows or {})
        if items:
            number = store.add_smart_type("Equipment", _EQUIPMENT)
            add_items(store, dice, f"dynamic_{number}", range(1, items + 1), company_ids, staff)
        add_history(store)
