"""Seeded rows: interlinked, plausible, repeatable."""

from __future__ import annotations

import pytest

from b24orm.emulator.seed import seed_portal
from b24orm.emulator.store import Store


@pytest.fixture(scope="module")
def store() -> Store:
    store = Store()
    seed_portal(store, deals=400, leads=50, tasks=60, activities=70, invoices=80, users=12)
    return store


def test_every_entity_has_the_rows_asked_for(store: Store) -> None:
    names = ("deal", "lead", "task", "activity", "smart_invoice", "user")

    assert [store.count(name) for name in names] == [400, 50, 60, 70, 80, 12]


def test_companies_and_contacts_come_in_proportion(store: Store) -> None:
    assert (store.count("company"), store.count("contact")) == (50, 133)


@pytest.mark.parametrize(
    ("column", "table"),
    [("COMPANY_ID", "company"), ("CONTACT_ID", "contact"), ("ASSIGNED_BY_ID", "user")],
)
def test_deals_refer_to_rows_that_exist(store: Store, column: str, table: str) -> None:
    assert store.count("deal", f'"{column}" NOT IN (SELECT ID FROM "{table}")') == 0


def test_deals_stand_in_stages_that_exist(store: Store) -> None:
    assert store.count("deal", "STAGE_ID NOT IN (SELECT STATUS_ID FROM status)") == 0


def test_won_and_lost_deals_are_closed(store: Store) -> None:
    assert store.count("deal", "(STAGE_SEMANTIC_ID = 'P') = (CLOSED = 'Y')") == 0


def test_the_first_user_is_there_and_active(store: Store) -> None:
    assert store.count("user", "ID = 1 AND ACTIVE = 'Y'") == 1


def test_one_seed_one_portal() -> None:
    first, second = Store(), Store()
    for portal in (first, second):
        seed_portal(portal, deals=60, seed=7)

    assert first.rows("deal") == second.rows("deal")


def test_another_seed_another_portal() -> None:
    first, second = Store(), Store()
    seed_portal(first, deals=60, seed=7)
    seed_portal(second, deals=60, seed=8)

    assert first.rows("deal") != second.rows("deal")


def test_many_rows_are_loaded_before_their_indexes_and_the_indexes_are_there() -> None:
    store = Store()
    made = "SELECT name, sql FROM sqlite_master WHERE type = 'index' ORDER BY 1"
    before = store.fetch(made)
    seed_portal(store, deals=6_000)

    assert (store.count("deal"), store.fetch(made)) == (6_000, before)


def test_sparse_ids_leave_holes() -> None:
    store = Store()
    seed_portal(store, deals=4, contacts=2, companies=1, sparse=10)

    assert (store.ids("deal"), store.ids("contact")) == ([10, 20, 30, 40], [10, 20])


def test_titles_hold_what_breaks_careless_encoders(store: Store) -> None:
    titles = "".join(row["TITLE"] for row in store.rows("deal", ["TITLE"]))

    assert all(mark in titles for mark in ('"', "<", "&", "é", "П"))


def test_items_of_a_smart_process_come_with_its_type() -> None:
    store = Store()
    seed_portal(store, items=30)
    stages = "SELECT STATUS_ID FROM status WHERE ENTITY_ID LIKE 'DYNAMIC_128_STAGE_%'"

    assert (store.count("dynamic_128"), store.count("dynamic_128", f"STAGE_ID NOT IN ({stages})")) == (30, 0)
