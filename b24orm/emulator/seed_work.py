"""Seeded deals, leads, tasks, activities, invoices and items of a smart process."""

from __future__ import annotations

from collections.abc import Sequence

from b24orm.emulator.furnish import DEAL_STAGES, INVOICE_STAGES, LEAD_STAGES
from b24orm.emulator.seed_dice import Dice, add_bindings, add_communications, always
from b24orm.emulator.seed_words import FIRMS, GOODS, NAMES, SOURCES, SURNAMES
from b24orm.emulator.store import Store
from b24orm.emulator.tables import words

__all__ = ["add_activities", "add_deals", "add_invoices", "add_items", "add_leads", "add_tasks"]


def add_deals(
    store: Store, dice: Dice, ids: range, companies: range, contacts: range, staff: Sequence[int]
) -> None:
    """Deals in both pipelines, each with a company and a contact."""
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
    add_bindings(store, bound)


def add_leads(store: Store, dice: Dice, ids: range, staff: Sequence[int]) -> None:
    """Leads with a phone each."""
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
            always("Y", count),
            strict=True,
        ),
    )  # fmt: skip
    add_communications(
        store, (("lead", number, "PHONE", "WORK", f"+1888{number:07}") for number in ids), iter(())
    )


def add_tasks(store: Store, dice: Dice, ids: range, staff: Sequence[int]) -> None:
    """Tasks, one in three without a deadline."""
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


def add_activities(store: Store, dice: Dice, ids: range, deals: range, staff: Sequence[int]) -> None:
    """Calls and meetings, each bound to a deal."""
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
            always(2, count),
            dice.pick((1, 2, 2, 4), count),
            always("CRM_CALL", count),
            always("CALL", count),
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


def add_invoices(
    store: Store, dice: Dice, ids: range, companies: range, contacts: range, staff: Sequence[int]
) -> None:
    """Smart invoices, each with a company and a contact."""
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
    add_bindings(store, bound)


def add_items(
    store: Store, dice: Dice, table: str, ids: range, companies: range, staff: Sequence[int]
) -> None:
    """Items of a smart process, spread over its stages."""
    count = len(ids)
    created = dice.moments(count)
    assigned = dice.pick(staff, count)
    stages = store.fetch(
        "SELECT STATUS_ID, CATEGORY_ID FROM status WHERE ENTITY_ID LIKE ?",
        (f"DYNAMIC_{store.table(table).owner_type_id}_STAGE_%",),
    )
    places = dice.pick(stages, count)
    store.load(
        table,
        words(
            "ID TITLE STAGE_ID CATEGORY_ID OPPORTUNITY COMPANY_ID ASSIGNED_BY_ID CREATED_BY UPDATED_BY "
            "CREATED_TIME UPDATED_TIME MOVED_TIME LAST_ACTIVITY_TIME"
        ),
        zip(
            ids,
            [f"{what} {number}" for what, number in zip(dice.pick(GOODS, count), ids, strict=True)],
            [stage for stage, _ in places],
            [category for _, category in places],
            [round(_amount(dice.random.random()), 2) for _ in ids],
            dice.pick(companies or (0,), count),
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


def _amount(share: float) -> float:
    """Many small sums, few large ones, some nothing."""
    return 0.0 if share < 0.05 else 50.0 / (1.0001 - share)
