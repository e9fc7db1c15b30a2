"""Rows whose answers were lost are found by what was sent: never a wrong one, never twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b24orm import Portal, RateLimits
from b24orm.emulator import LocalPortal
from b24orm.emulator.faults import Fault
from b24orm.errors import OutcomeUnknown
from b24orm.executor.traces import traces_of
from b24orm.executor.writer import Writer
from b24orm.facts import load
from b24orm.models import Contact, Deal, Department, Item, SmartInvoice
from b24orm.plan.calls import Call, Outcome, Reply
from b24orm.plan.likeness import likeness_of
from b24orm.plan.writes import Write
from tests.conftest import Connect
from tests.writes.model import ModelPortal

DEAL = load("Deal")


def add(place: int, **fields: Any) -> Write:
    return Write("add", Call("crm.deal.add", {"fields": fields}, write=True), place=place)


def writer(portal: Any) -> Writer:
    return Writer(portal, ordered=False, traces=traces_of(portal, DEAL), by_values=True)


def ids(outcomes: Sequence[Outcome]) -> list[Any]:
    return [outcome.result if isinstance(outcome, Reply) else None for outcome in outcomes]


# -- what is found --------------------------------------------------------------------------------


async def test_a_row_that_was_done_is_found() -> None:
    portal = ModelPortal(["done, answer lost"])
    assert ids(await writer(portal).run([add(0, TITLE="a"), add(1, TITLE="b")])) == ["1", "2"]


async def test_a_row_that_comes_late_is_waited_for() -> None:
    portal = ModelPortal(["done late"], late=45.0)
    assert ids(await writer(portal).run([add(0, TITLE="a")])) == ["1"]


async def test_a_row_that_never_comes_is_not_sent_again() -> None:
    portal = ModelPortal(["never done"])
    (outcome,) = await writer(portal).run([add(0, TITLE="a")])
    assert isinstance(outcome, OutcomeUnknown)
    assert portal.rows == []


async def test_equal_rows_are_shared_out() -> None:
    portal = ModelPortal(["done, answer lost"])
    assert ids(await writer(portal).run([add(n, TITLE="a") for n in range(3)])) == ["1", "2", "3"]


async def test_a_row_of_an_answered_add_is_never_taken() -> None:
    portal = ModelPortal(["answered", "never done"])
    one = await writer(portal).run([add(0, TITLE="a")])
    two = await writer(portal).run([add(0, TITLE="a")])
    assert (ids(one), ids(two)) == ([1], [None])


async def test_a_row_of_somebody_else_is_never_taken() -> None:
    portal = ModelPortal(["never done"], ["colleague"])
    assert ids(await writer(portal).run([add(0, TITLE="a")])) == [None]


async def test_an_older_row_is_never_taken() -> None:
    portal = ModelPortal(["never done"])
    portal._add({"TITLE": "a"}, 7, None)
    portal.sender.clock.time += 60
    assert ids(await writer(portal).run([add(0, TITLE="a")])) == [None]


async def test_more_equal_rows_than_adds_leave_all_unknown() -> None:
    portal = ModelPortal(["done, answer lost"], ["other title"])
    assert ids(await writer(portal).run([add(0, TITLE="c")])) == [None]


async def test_rows_that_differ_in_what_no_list_tells_are_not_mistaken() -> None:
    """A user field is not compared: which of the two was done can't be told."""
    portal = ModelPortal(["half done, answer lost"])
    assert ids(await writer(portal).run([add(n, TITLE="a", UF_X=str(n)) for n in range(2)])) == [None, None]


async def test_a_row_whose_answer_is_on_its_way_is_not_taken() -> None:
    portal = ModelPortal(["never done", "answered"], gap=50)
    both = await asyncio.gather(*(writer(portal).run([add(0, TITLE="a")]) for _ in range(2)))
    assert [ids(outcomes) for outcomes in both] == [[None], [1]]


async def test_an_add_that_can_not_be_looked_for_keeps_its_claim_too() -> None:
    imported = Call("crm.deal.add", {"fields": {"TITLE": "a"}, "params": {"IMPORT": "Y"}}, write=True)
    portal = ModelPortal(["never done", "answered"], gap=50)
    lost, there = await asyncio.gather(
        writer(portal).run([add(0, TITLE="a")]), writer(portal).run([Write("add", imported)])
    )
    assert (ids(lost), ids(there)) == ([None], [1])


async def test_an_add_of_unknown_fate_keeps_its_claim() -> None:
    """The row of one of the first two comes late; the third, which was never done, must not take it."""
    portal = ModelPortal(["done late", "never done", "never done"], late=59.0)
    first = await asyncio.gather(*(writer(portal).run([add(0, TITLE="a", UF_X=x)]) for x in "12"))
    third = await writer(portal).run([add(0, TITLE="a", UF_X="3")])
    assert len(portal.rows) == 1
    assert ids([*first[0], *first[1], *third]) == [None, None, None]


async def test_a_row_that_a_robot_changed_stays_unknown() -> None:
    portal = ModelPortal(["done, answer lost"], ["robot"])
    assert ids(await writer(portal).run([add(0, TITLE="a")])) == [None]


FIELDS = st.fixed_dictionaries(
    {"TITLE": st.sampled_from("abc")},
    optional={"OPPORTUNITY": st.sampled_from([0, 5]), "UF_X": st.sampled_from("12")},
)
FATES = st.sampled_from(
    ["answered", "never done", "done, answer lost", "half done, answer lost", "done late"]
)
TURNS = st.sampled_from(["nothing", "nothing", "robot", "colleague"])


@settings(max_examples=300, deadline=None)
@given(
    jobs=st.lists(st.lists(FIELDS, min_size=1, max_size=6), min_size=1, max_size=4),
    fates=st.lists(FATES, max_size=8),
    turns=st.lists(TURNS, max_size=8),
    late=st.sampled_from([0.5, 5.0, 30.0, 59.0]),
    size=st.sampled_from([1, 2, 40]),
    gap=st.sampled_from([0, 3, 9, 30]),
)
def test_whatever_is_lost_none_is_doubled_and_none_is_told_as_done_that_is_not(
    jobs: list[list[dict[str, Any]]], fates: list[Any], turns: list[Any], late: float, size: int, gap: int
) -> None:
    portal = ModelPortal(list(fates), list(turns), late, gap)
    jobs_writes = [[add(n, **fields) for n, fields in enumerate(job)] for job in jobs]

    async def run() -> list[list[Outcome]]:
        writers = [writer(portal) for _ in jobs_writes]
        for work in writers:
            work._seconds["crm.deal.add"] = 30.0 / size
        return list(await asyncio.gather(*(w.run(ws) for w, ws in zip(writers, jobs_writes, strict=True))))

    outcomes = [o for found in asyncio.run(run()) for o in found]
    writes = [write for job in jobs_writes for write in job]
    made = Counter(id(row["call"]) for row in portal.rows if row["call"] is not None)
    assert max(made.values(), default=0) <= 1, "an add was done twice"
    rows = {str(row["ID"]): row for row in portal.rows}
    told = [(w, str(o.result)) for w, o in zip(writes, outcomes, strict=True) if isinstance(o, Reply)]
    assert len({row_id for _, row_id in told}) == len(told), "two adds have one row"
    for write, row_id in told:
        call = rows[row_id]["call"]
        assert call is not None, "somebody else's row was taken"
        assert call.params == write.call.params, "another add's row was taken"


# -- how rows are recognised ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "row", "fits"),
    [
        ({"OPPORTUNITY": Decimal("5.5")}, {"OPPORTUNITY": "5.50"}, True),
        ({"OPPORTUNITY": 5}, {"OPPORTUNITY": "5.01"}, False),
        ({"OPENED": True}, {"OPENED": "Y"}, True),
        ({"OPENED": False}, {"OPENED": "Y"}, False),
        ({"COMPANY_ID": 7}, {"COMPANY_ID": "7"}, True),
        ({"COMPANY_ID": ""}, {"COMPANY_ID": None}, True),
        ({"CLOSEDATE": date(2026, 2, 3)}, {"CLOSEDATE": "2026-02-03T03:00:00+03:00"}, True),
        ({"CLOSEDATE": date(2026, 2, 3)}, {"CLOSEDATE": "2026-02-04T03:00:00+03:00"}, False),
        ({"STAGE_ID": "NEW"}, {"STAGE_ID": "WON"}, False),
        ({"COMMENTS": "<b>x</b>"}, {"COMMENTS": "x"}, True),
        ({"UF_CRM_1": "x"}, {}, True),
        ({"SOURCE_DESCRIPTION": "x"}, {}, False),
    ],
)
def test_values_are_compared_as_they_are_meant(
    fields: dict[str, Any], row: dict[str, Any], fits: bool
) -> None:
    like = likeness_of(DEAL)
    assert like is not None
    traits = like.traits(add(0, TITLE="a", **fields).call)
    assert traits.fit({"ID": "1", "TITLE": "a", **row}) is fits


def test_phones_are_compared_by_their_values() -> None:
    like = likeness_of(load("Contact"))
    assert like is not None
    phone = [{"VALUE": "+7", "VALUE_TYPE": "WORK"}]
    traits = like.traits(Call("crm.contact.add", {"fields": {"NAME": "Ann", "PHONE": phone}}))
    assert traits.fit({"NAME": "Ann", "PHONE": [{"ID": "5", "VALUE": "+7"}]})
    assert not traits.fit({"NAME": "Ann", "PHONE": [{"ID": "5", "VALUE": "+8"}]})


@pytest.mark.parametrize(
    "call",
    [
        Call("crm.deal.add", {"fields": {"STAGE_ID": "NEW"}}),
        Call("crm.deal.add", {"fields": {"TITLE": ""}}),
        Call("crm.deal.add", {"fields": {"TITLE": "a"}, "params": {"IMPORT": "Y"}}),
    ],
)
def test_a_row_that_nothing_tells_apart_is_not_looked_for(call: Call) -> None:
    like = likeness_of(DEAL)
    assert like is not None
    assert like.traits(call).text is None


def test_entities_that_do_not_say_who_added_a_row_are_not_looked_for() -> None:
    known = ("Deal", "Lead", "Contact", "Company", "Quote", "Item", "SmartInvoice")
    assert all(likeness_of(load(name)) for name in known)
    assert not any(likeness_of(load(name)) for name in ("Department", "Task", "Product", "User"))


def test_the_call_asks_for_the_users_own_rows_of_the_moment() -> None:
    like = likeness_of(DEAL)
    assert like is not None
    adds = [add(n, TITLE=f"t{n % 2}").call for n in range(3)]
    since = datetime(2026, 2, 3, tzinfo=timezone.utc)
    call = like.look(like.space(adds[0]), [like.traits(call) for call in adds], 7, since, 5)
    assert call.params["filter"] == {
        "=CREATED_BY_ID": 7,
        ">=DATE_CREATE": since,
        "@TITLE": ["t0", "t1"],
        ">ID": 5,
    }
    assert call.params["start"] == -1


# -- over HTTP ------------------------------------------------------------------------------------


def test_a_bulk_job_finds_what_was_done(desk: LocalPortal, client: Portal) -> None:
    desk.faults.script(
        Fault("reset_after", method="crm.deal.add"), Fault("reset_after", method="crm.deal.add")
    )
    made = [Deal(title=f"t{n % 40}", opportunity=n % 3) for n in range(90)]
    Deal.objects.bulk_create(made)
    stored = {deal.id: (deal.title, deal.opportunity) for deal in Deal.objects.filter(id__gt=20)}
    assert stored == {deal.id: (deal.title, deal.opportunity) for deal in made}


@pytest.mark.parametrize("fault", ["half_done", "half_answered", "gateway_timeout"])
def test_a_batch_that_was_cut_off_is_resolved_item_by_item(
    desk: LocalPortal, join: Connect, fault: Any
) -> None:
    join(desk, plan=RateLimits(request_limit=0.5))
    desk.faults.script(Fault(fault, method="crm.deal.add"))
    made = [Deal(title=f"t{n}") for n in range(30)]
    results = Deal.objects.bulk_create(made, raise_on_error=False)
    stored = {row.title: row.id for row in Deal.objects.filter(id__gt=20)}
    told = {result.item.title: result.id for result in results if result.ok}
    unknown = {result.item.title for result in results if isinstance(result.error, OutcomeUnknown)}
    assert told == stored
    assert told.keys() | unknown == {deal.title for deal in made}
    assert len(told) == (15 if fault == "half_done" else 30)


def test_contacts_and_invoices_are_found_as_well(desk: LocalPortal, client: Portal) -> None:
    desk.faults.script(Fault("reset_after", method="crm.contact.add"))
    ann = Contact.objects.create(name="Ann", phone=["+7 1"], birthdate=date(1990, 5, 1))
    desk.faults.script(Fault("reset_after", method="crm.item.add"))
    bill = SmartInvoice.objects.create(title="Bill", opportunity=5)
    assert Contact.objects.get(name="Ann").id == ann.id
    assert SmartInvoice.objects.get(title="Bill").id == bill.id


def test_items_of_two_processes_are_not_mistaken_for_one_another(desk: LocalPortal, client: Portal) -> None:
    for number in (1038, 1042):
        client.call("crm.type.add", {"fields": {"title": f"T{number}", "entityTypeId": number}})
    desk.faults.script(Fault("reset_after", method="crm.item.add"))
    items = [Item(entity_type_id=number, title="same") for number in (1038, 1042) for _ in range(2)]
    Item.objects.bulk_create(items)
    for number in (1038, 1042):
        stored = {item.id for item in Item.objects.filter(entity_type_id=number)}
        assert {item.id for item in items if item.entity_type_id == number} == stored


def test_a_text_that_can_not_ride_in_a_batch_is_found(desk: LocalPortal, client: Portal) -> None:
    desk.faults.script(Fault("reset_after", method="crm.deal.add"))
    assert Deal.objects.create(title="$result[x][y] 100 %").id == 21


def test_what_was_not_done_is_told_as_unknown(desk: LocalPortal, join: Connect) -> None:
    join(desk, plan=RateLimits(request_limit=0.2))
    desk.faults.script("reset_before")
    with pytest.raises(OutcomeUnknown):
        Deal.objects.create(title="t")
    assert desk.store.count("deal") == 20


def test_an_entity_that_can_not_be_looked_for_is_told_as_unknown_at_once(
    desk: LocalPortal, client: Portal
) -> None:
    desk.faults.script(Fault("reset_after", method="department.add"))
    with pytest.raises(OutcomeUnknown):
        Department.objects.create(name="Roofs", parent=1)
