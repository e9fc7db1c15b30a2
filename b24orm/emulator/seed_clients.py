"""Seeded companies and contacts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from b24orm.emulator.seed_dice import Dice, add_bindings, add_communications, always
from b24orm.emulator.seed_words import FIRMS, FORMS, NAMES, SOURCES, SURNAMES
from b24orm.emulator.store import Store
from b24orm.emulator.tables import words

__all__ = ["add_companies", "add_contacts"]


def add_companies(store: Store, dice: Dice, ids: range, staff: Sequence[int]) -> None:
    """Companies with a phone and an address each."""
    count = len(ids)
    created = dice.moments(count)
    assigned = dice.pick(staff, count)
    titles = [f"{firm} {number} {form}" for firm, form, number in _zipped(dice, count, FIRMS, FORMS, ids)]
    store.load(
        "company",
        words(
            "ID TITLE COMPANY_TYPE INDUSTRY EMPLOYEES REVENUE ASSIGNED_BY_ID CREATED_BY_ID "
            "MODIFY_BY_ID DATE_CREATE DATE_MODIFY LAST_ACTIVITY_TIME HAS_PHONE HAS_EMAIL"
        ),
        zip(
            ids,
            titles,
            dice.pick(("CUSTOMER", "SUPPLIER", "PARTNER", "OTHER", None), count),
            dice.pick(("IT", "TELECOM", "MANUFACTURING", "OTHER", None), count),
            dice.pick(("EMPLOYEES_1", "EMPLOYEES_2", "EMPLOYEES_3", None), count),
            dice.pick((0.0, 120000.0, 2500000.5, 999.99), count),
            assigned,
            assigned,
            assigned,
            created,
            created,
            created,
            always("Y", count),
            always("Y", count),
            strict=True,
        ),
    )  # fmt: skip
    phones = ((("company", number, "PHONE", "WORK", f"+1555{number:07}")) for number in ids)
    mails = ((("company", number, "EMAIL", "WORK", f"info{number}@example.com")) for number in ids)
    add_communications(store, phones, mails)


def add_contacts(store: Store, dice: Dice, ids: range, companies: range, staff: Sequence[int]) -> None:
    """Contacts, most of them with an employer, two in three with an address."""
    count = len(ids)
    created = dice.moments(count)
    assigned = dice.pick(staff, count)
    employers = dice.pick((*companies, *([None] * (len(companies) // 4 + 1))), count)
    store.load(
        "contact",
        words(
            "ID NAME LAST_NAME POST TYPE_ID SOURCE_ID BIRTHDATE COMPANY_ID ASSIGNED_BY_ID "
            "CREATED_BY_ID MODIFY_BY_ID DATE_CREATE DATE_MODIFY LAST_ACTIVITY_TIME HAS_PHONE "
            "HAS_EMAIL"
        ),
        zip(
            ids,
            dice.pick(NAMES, count),
            dice.pick(SURNAMES, count),
            dice.pick(("Director", "Buyer", "Engineer", "", None), count),
            dice.pick(("CLIENT", "SUPPLIER", "PARTNER", None), count),
            dice.pick(SOURCES, count),
            dice.pick(("1980-02-29", "1975-07-01", "1991-12-31", None, None), count),
            employers,
            assigned,
            assigned,
            assigned,
            created,
            created,
            created,
            always("Y", count),
            ["Y" if number % 3 else "N" for number in ids],
            strict=True,
        ),
    )  # fmt: skip
    phones = (
        ("contact", number, "PHONE", "MOBILE" if number % 4 else "WORK", f"+1777{number:07}")
        for number in ids
    )
    mails = (
        ("contact", number, "EMAIL", "WORK", f"person{number}@example.com") for number in ids if number % 3
    )
    add_communications(store, phones, mails)
    bound = (
        ("contact", number, "company", firm) for number, firm in zip(ids, employers, strict=True) if firm
    )
    add_bindings(store, bound)


def _zipped(dice: Dice, count: int, first: Sequence[Any], second: Sequence[Any], ids: range) -> Iterator[Any]:
    return zip(dice.pick(first, count), dice.pick(second, count), ids, strict=True)
