"""The journal of stages: what is written down, and how it is listed."""

from __future__ import annotations

from typing import Any

import pytest

from b24orm.emulator.seed import seed_portal
from b24orm.emulator.store import Store
from tests.emulator.calls import NOW, Calls, empty_portal, refusal

CREATED, MOVED, FINAL, OTHER_PIPELINE = 1, 2, 3, 5


@pytest.fixture
def portal() -> Calls:
    return empty_portal()


def journal(portal: Calls, kind: int = 2, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = portal("crm.stagehistory.list", entityTypeId=kind, **params)["items"]
    return found


def steps(portal: Calls, kind: int = 2) -> list[tuple[int, str]]:
    key = "STATUS_ID" if kind == 1 else "STAGE_ID"
    return [(row["TYPE_ID"], row[key]) for row in journal(portal, kind, order={"ID": "ASC"})]


def test_a_deal_s_way_is_written_down(portal: Calls) -> None:
    number = portal("crm.deal.add", fields={"TITLE": "Roof"})
    for stage in ("EXECUTING", "EXECUTING", "WON"):
        portal("crm.deal.update", id=number, fields={"STAGE_ID": stage})

    assert steps(portal) == [(CREATED, "NEW"), (MOVED, "EXECUTING"), (FINAL, "WON")]


def test_an_entry_has_numbers_for_numbers(portal: Calls) -> None:
    portal("crm.deal.add", fields={"TITLE": "Roof"})

    assert journal(portal) == [
        {
            "ID": 1,
            "TYPE_ID": CREATED,
            "OWNER_ID": 1,
            "CREATED_TIME": "2023-11-15T01:13:20+03:00",
            "CATEGORY_ID": 0,
            "STAGE_SEMANTIC_ID": "P",
            "STAGE_ID": "NEW",
        }
    ]


def test_a_lead_s_way_has_names_of_its_own(portal: Calls) -> None:
    portal("crm.lead.add", fields={"TITLE": "Call"})

    assert list(journal(portal, 1)[0]) == [
        "ID",
        "TYPE_ID",
        "OWNER_ID",
        "CREATED_TIME",
        "STATUS_SEMANTIC_ID",
        "STATUS_ID",
    ]


def test_items_are_written_down_too(portal: Calls) -> None:
    item = portal("crm.item.add", entityTypeId=2, fields={"title": "Roof"})["item"]
    portal("crm.item.update", entityTypeId=2, id=item["id"], fields={"stageId": "LOSE"})

    assert steps(portal) == [(CREATED, "NEW"), (FINAL, "LOSE")]


def test_smart_processes_have_journals_of_their_own(portal: Calls) -> None:
    kind = portal.store.add_smart_type("Equipment", 128)
    portal("crm.item.add", entityTypeId=kind, fields={"title": "Drill"})

    assert ([kind for kind, _ in steps(portal, 128)], journal(portal, 2)) == ([CREATED], [])


@pytest.fixture
def two(portal: Calls) -> Calls:
    """Two new deals and a step of the second one."""
    for title in ("Roof", "Wall"):
        portal("crm.deal.add", fields={"TITLE": title})
    portal("crm.deal.update", id=2, fields={"STAGE_ID": "WON"})
    return portal


@pytest.mark.parametrize(
    ("sent", "ids"),
    [
        ({"OWNER_ID": 2}, {2, 3}),
        ({"@OWNER_ID": [1]}, {1}),
        ({"STAGE_ID": "WO%"}, set()),
        ({">ID": 1, "TYPE_ID": [1, 3]}, {2, 3}),
        ({"0": {"LOGIC": "OR", "0": {"OWNER_ID": 1}, "1": {"STAGE_ID": "WON"}}}, {1, 3}),
    ],
)
def test_a_filter_finds_what_it_means(two: Calls, sent: dict[str, Any], ids: set[int]) -> None:
    assert {row["ID"] for row in journal(two, filter=sent)} == ids


def test_a_name_that_nobody_knows_is_refused_in_a_filter(two: Calls) -> None:
    code, text = refusal(two, "crm.stagehistory.list", entityTypeId=2, filter={"STATUS_ID": "NEW"})

    assert (code, "not allowed in filter" in text) == ("INVALID_ARG_VALUE", True)


def test_a_name_that_nobody_knows_is_left_out_of_an_order(two: Calls) -> None:
    assert len(journal(two, order={"STATUS_ID": "ASC"})) == 3


@pytest.mark.parametrize(
    ("select", "names"), [(["STAGE_ID"], {"ID", "STAGE_ID"}), (["*"], {"CATEGORY_ID", "OWNER_ID"})]
)
def test_the_number_comes_in_any_case(two: Calls, select: list[str], names: set[str]) -> None:
    assert names <= set(journal(two, select=select)[0])


def test_contacts_have_no_journal(portal: Calls) -> None:
    assert refusal(portal, "crm.stagehistory.list", entityTypeId=3)[0] == "ENTITY_TYPE_NOT_SUPPORTED"


def test_a_negative_start_spares_the_count(two: Calls) -> None:
    answer = two.answer("crm.stagehistory.list", -1, entityTypeId=2)

    assert (answer.total, answer.next, answer.cost.counted) == (-1, None, 0)


# ---- of a seeded portal


@pytest.fixture(scope="module")
def seeded() -> Calls:
    store = Store(clock=lambda: NOW)
    seed_portal(store, deals=20, leads=20, invoices=20, items=20)
    return Calls(store)


@pytest.mark.parametrize("kind", [1, 2, 31, 128])
def test_a_seeded_row_has_come_where_it_stands(seeded: Calls, kind: int) -> None:
    field = "STATUS_ID" if kind == 1 else "STAGE_ID"
    table = {1: "lead", 2: "deal", 31: "smart_invoice", 128: "dynamic_128"}[kind]
    answer = seeded("crm.stagehistory.list", entityTypeId=kind, order={"ID": "ASC"})["items"]
    last = {entry["OWNER_ID"]: entry[field] for entry in answer}

    assert last == {row["ID"]: row[field] for row in seeded.store.rows(table)}


def test_a_seeded_deal_began_where_its_pipeline_begins(seeded: Calls) -> None:
    born = seeded("crm.stagehistory.list", entityTypeId=2, filter={"TYPE_ID": 1})["items"]

    assert {(entry["CATEGORY_ID"], entry["STAGE_ID"]) for entry in born} == {(0, "NEW"), (1, "C1:NEW")}


def test_a_seeded_end_is_told_from_a_stage_in_work(seeded: Calls) -> None:
    moved = seeded("crm.stagehistory.list", entityTypeId=2, filter={"!TYPE_ID": 1})["items"]

    told = {(entry["TYPE_ID"] == 3, entry["STAGE_SEMANTIC_ID"] != "P") for entry in moved}
    assert told == {(True, True), (False, False)}


def test_a_seeded_deal_moves_after_it_came(seeded: Calls) -> None:
    rows = seeded.store.fetch("SELECT STAGE_ID, DATE_CREATE, MOVED_TIME FROM deal")
    late = {stage for stage, created, moved in rows if moved > created}
    begun = {stage for stage, created, moved in rows if moved == created}

    assert (begun - {"NEW", "C1:NEW"}, late & begun, len(late) > 2) == (set(), set(), True)
