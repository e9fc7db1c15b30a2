"""Rows for a portal to begin with: plausible, interlinked, and the same for the same seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import cycle, islice
from random import Random
from typing import Any, Final

from b24orm.emulator.furnish import DEAL_STAGES, INVOICE_STAGES, LEAD_STAGES, furnish
from b24orm.emulator.seed_words import FIRMS, FORMS, GOODS, NAMES, SOURCES, SURNAMES
from b24orm.emulator.store import Store
from b24orm.emulator.tables import words

__all__ = ["seed_portal"]

_FIRST_DAY: Final = date(2022, 1, 10)
_DAYS: Final = 900
_SAMPLE: Final = 4001


@dataclass(frozen=True, slots=True)
class _Dice:
    """Cheap random columns."""

    random: Random
    days: tuple[str, ...]
    times: tuple[str, ...]

    def pick(self, values: Sequence[Any], count: int) -> list[Any]:
        """So many values; a long column of few values repeats a sample of odd length."""
        if count <= _SAMPLE or len(values) > _SAMPLE:
            return self.random.choices(values, k=count)
        sample = self.random.choices(values, k=_SAMPLE + 2 * self.random.randrange(500))
        return list(islice(cycle(sample), count))

    def moments(self, count: int) -> list[str]:
        return [
            day + time
            for day, time in zip(self.pick(self.days, count), self.pick(self.times, count), strict=True)
        ]


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
    seed: int = 1,
    sparse: int = 1,
) -> None:
    """Fill an empty store.

    Directories, currencies, departments and users are there in any case.

    Args:
        store: an empty store.
        deals, leads, tasks, activities, invoices: numbers of rows.
        companies: one for eight deals when None.
        contacts: one for three deals when None.
        users: employees; at least one.
        seed: the same seed gives the same rows.
        sparse: deals, contacts, companies and leads have only every n-th number.
    """
    dice = _dice(Random(seed))
    firms = deals // 8 if companies is None else companies
    people = deals // 3 if contacts is None else contacts
    with store.transaction(), store.without_indexes():
        furnish(store, users=max(users, 1), seed=seed)
        staff = store.ids("user")
        company_ids = range(sparse, firms * sparse + 1, sparse)
        contact_ids = range(sparse, people * sparse + 1, sparse)
        deal_ids = range(sparse, deals * sparse + 1, sparse)
        _companies(store, dice, company_ids, staff)
        _contacts(store, dice, contact_ids, company_ids, staff)
        _deals(store, dice, deal_ids, company_ids, contact_ids, staff)
        _leads(store, dice, range(sparse, leads * sparse + 1, sparse), staff)
        _tasks(store, dice, range(1, tasks + 1), staff)
        _activities(store, dice, range(1, activities + 1), deal_ids, staff)
        _invoices(store, dice, range(1, invoices + 1), company_ids, contact_ids, staff)


def _dice(random: Random) -> _Dice:
    days = tuple((_FIRST_DAY + timedelta(days=number)).isoformat() for number in range(_DAYS))
    times = tuple(
        f"T{hour:02}:{minute:02}:{(hour * 7 + minute) % 60:02}"
        for hour in range(9, 19)
        for minute in range(60)
    )
    return _Dice(random, days, times)


def _companies(store: Store, dice: _Dice, ids: range, staff: Sequence[int]) -> None:
    count = len(ids)
    created = dice.moments(count)
    assigned = dice.pick(staff, count)
    titles = [f"{firm} {number} {form}" for firm, form, number in _zip(dice, count, FIRMS, FORMS, ids)]
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
            _always("Y", count),
            _always("Y", count),
            strict=True,
        ),
    )  # fmt: skip
    phones = ((("company", number, "PHONE", "WORK", f"+1555{number:07}")) for number in ids)
    mails = ((("company", number, "EMAIL", "WORK", f"info{number}@example.com")) for number in ids)
    _communications(store, phones, mails)


def _contacts(store: Store, dice: _Dice, ids: range, companies: range, staff: Sequence[int]) -> None:
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
            _always("Y", count),
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
    _communications(store, phones, mails)
    bound = (
        ("contact", number, "company", firm) for number, firm in zip(ids, employers, strict=True) if firm
    )
    _bindings(store, bound)


def _deals(
    store: Store, dice: _Dice, ids: range, companies: range, contacts: range, staff: Sequence[int]
) -> None:
    count = len(ids)
    created = dice.moments(count)
    began = dice.pick(dice.days, count)
    assigned = dice.pick(staff, count)
    stages = dice.pick(DEAL_STAGES, count)
    people = dice.pick(contacts or (None,), count)
    titles = [f"{what} {number}" for what, number in zip(dice.pick(GOODS, count), ids, strict=True)]
    amounts = [round(amount, 2) for amount in map(_amount, (dice.random.random() for _ in ids))]
    store.load(
        "deal",
        words(
            "ID TITLE TYPE_ID CATEGORY_ID STAGE_ID STAGE_SEMANTIC_ID CLOSED PROBABILITY "
            "CURRENCY_ID OPPORTUNITY COMPANY_ID CONTACT_ID BEGINDATE CLOSEDATE COMMENTS "
            "ASSIGNED_BY_ID CREATED_BY_ID MODIFY_BY_ID MOVED_BY_ID DATE_CREATE DATE_MODIFY "
            "MOVED_TIME LAST_ACTIVITY_TIME SOURCE_ID UTM_SOURCE"
        ),
        zip(
            ids,
            titles,
            dice.pick(("SALE", "COMPLEX", "SERVICES", "GOODS"), count),
            [stage.category for stage in stages],
            [stage.code for stage in stages],
            [stage.semantics for stage in stages],
            ["N" if stage.semantics == "P" else "Y" for stage in stages],
            dice.pick((None, 0, 10, 50, 90, 100), count),
            dice.pick(("USD", "USD", "USD", "EUR", "RUB"), count),
            amounts,
            dice.pick(companies or (0,), count),
            people,
            began,
            dice.pick((*dice.days[-200:], None), count),
            dice.pick((None, None, "", "Call back [B]after[/B] lunch", "просил скидку"), count),
            assigned,
            assigned,
            assigned,
            assigned,
            created,
            created,
            created,
            created,
            dice.pick(SOURCES, count),
            dice.pick((None, None, "google", "newsletter"), count),
            strict=True,
        ),
    )  # fmt: skip
    bound = (
        ("deal", number, "contact", person) for number, person in zip(ids, people, strict=True) if person
    )
    _bindings(store, bound)


def _leads(store: Store, dice: _Dice, ids: range, staff: Sequence[int]) -> None:
    count = len(ids)
    created = dice.moments(count)
    stages = dice.pick(LEAD_STAGES, count)
    assigned = dice.pick(staff, count)
    store.load(
        "lead",
        words(
            "ID TITLE NAME LAST_NAME COMPANY_TITLE STATUS_ID STATUS_SEMANTIC_ID SOURCE_ID "
            "OPPORTUNITY ASSIGNED_BY_ID CREATED_BY_ID MODIFY_BY_ID DATE_CREATE DATE_MODIFY "
            "MOVED_TIME LAST_ACTIVITY_TIME HAS_PHONE"
        ),
        zip(
            ids,
            [f"{what}?" for what in dice.pick(GOODS, count)],
            dice.pick(NAMES, count),
            dice.pick(SURNAMES, count),
            dice.pick((*FIRMS, None), count),
            [stage.code for stage in stages],
            [stage.semantics for stage in stages],
            dice.pick(SOURCES, count),
            dice.pick((0.0, 100.0, 5000.0), count),
            assigned,
            assigned,
            assigned,
            created,
            created,
            created,
            created,
            _always("Y", count),
            strict=True,
        ),
    )  # fmt: skip
    _communications(
        store, (("lead", number, "PHONE", "WORK", f"+1888{number:07}") for number in ids), iter(())
    )


def _tasks(store: Store, dice: _Dice, ids: range, staff: Sequence[int]) -> None:
    count = len(ids)
    created = dice.moments(count)
    store.load(
        "task",
        words(
            "ID TITLE DESCRIPTION PRIORITY STATUS CREATED_BY RESPONSIBLE_ID CHANGED_BY "
            "CREATED_DATE CHANGED_DATE ACTIVITY_DATE DEADLINE GUID"
        ),
        zip(
            ids,
            [f"{what}: step {number}" for what, number in zip(dice.pick(GOODS, count), ids, strict=True)],
            dice.pick(("", "See the [B]brief[/B]"), count),
            dice.pick(("0", "1", "1", "2"), count),
            dice.pick((2, 2, 3, 4, 5, 6), count),
            dice.pick(staff, count),
            dice.pick(staff, count),
            dice.pick(staff, count),
            created,
            created,
            created,
            [moment if number % 3 else None for number, moment in enumerate(dice.moments(count))],
            [f"{{{number:08x}-0000-4000-8000-{number:012x}}}" for number in ids],
            strict=True,
        ),
    )


def _activities(store: Store, dice: _Dice, ids: range, deals: range, staff: Sequence[int]) -> None:
    count = len(ids)
    owners = dice.pick(deals or (1,), count)
    created = dice.moments(count)
    assigned = dice.pick(staff, count)
    store.load(
        "activity",
        words(
            "ID OWNER_ID OWNER_TYPE_ID TYPE_ID PROVIDER_ID PROVIDER_TYPE_ID SUBJECT START_TIME "
            "END_TIME DEADLINE COMPLETED STATUS RESPONSIBLE_ID AUTHOR_ID EDITOR_ID CREATED "
            "LAST_UPDATED DIRECTION BINDINGS"
        ),
        zip(
            ids,
            owners,
            _always(2, count),
            dice.pick((1, 2, 2, 4), count),
            _always("CRM_CALL", count),
            _always("CALL", count),
            dice.pick(("Call", "Meeting", "Письмо"), count),
            created,
            created,
            created,
            dice.pick(("Y", "N"), count),
            dice.pick((1, 2), count),
            assigned,
            assigned,
            assigned,
            created,
            created,
            dice.pick((1, 2), count),
            [f'[{{"OWNER_ID": {owner}, "OWNER_TYPE_ID": 2}}]' for owner in owners],
            strict=True,
        ),
    )


def _invoices(
    store: Store, dice: _Dice, ids: range, companies: range, contacts: range, staff: Sequence[int]
) -> None:
    count = len(ids)
    created = dice.moments(count)
    assigned = dice.pick(staff, count)
    people = dice.pick(contacts or (0,), count)
    store.load(
        "smart_invoice",
        words(
            "ID TITLE ACCOUNT_NUMBER STAGE_ID OPPORTUNITY COMPANY_ID CONTACT_ID BEGINDATE "
            "CLOSEDATE ASSIGNED_BY_ID CREATED_BY UPDATED_BY CREATED_TIME UPDATED_TIME MOVED_TIME "
            "LAST_ACTIVITY_TIME"
        ),
        zip(
            ids,
            [f"Invoice #{number}" for number in ids],
            [str(number) for number in ids],
            [stage.code for stage in dice.pick(INVOICE_STAGES, count)],
            [round(_amount(dice.random.random()), 2) for _ in ids],
            dice.pick(companies or (0,), count),
            people,
            dice.pick(dice.days, count),
            dice.pick((*dice.days, None), count),
            assigned,
            assigned,
            assigned,
            created,
            created,
            created,
            created,
            strict=True,
        ),
    )
    bound = (
        ("smart_invoice", number, "contact", person)
        for number, person in zip(ids, people, strict=True)
        if person
    )
    _bindings(store, bound)


def _amount(share: float) -> float:
    """Many small sums, few large ones, some nothing."""
    return 0.0 if share < 0.05 else 50.0 / (1.0001 - share)


def _zip(dice: _Dice, count: int, first: Sequence[Any], second: Sequence[Any], ids: range) -> Iterator[Any]:
    return zip(dice.pick(first, count), dice.pick(second, count), ids, strict=True)


def _always(value: Any, count: int) -> list[Any]:
    return [value] * count


def _communications(store: Store, phones: Iterator[Any], mails: Iterator[Any]) -> None:
    columns = ("ENTITY", "ELEMENT_ID", "TYPE_ID", "VALUE_TYPE", "VALUE")
    store.load("field_multi", columns, phones)
    store.load("field_multi", columns, mails)


def _bindings(store: Store, rows: Iterator[Any]) -> None:
    columns = ("OWNER", "OWNER_ID", "TARGET", "TARGET_ID", "IS_PRIMARY")
    store.load("binding", columns, ((*row, "Y") for row in rows))
