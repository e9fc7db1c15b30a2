"""bulk_upsert: rows of another system, by a key of its own; what is there is changed, what is not is added."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import date
from typing import Any

import pytest

from b24orm import Portal, Q, WriteErrors
from b24orm.emulator import LocalPortal
from b24orm.errors import (
    InvalidRow,
    InvalidValue,
    JournalFailed,
    MultipleObjects,
    UnknownName,
    Unsupported,
    UsageError,
)
from b24orm.executor.seen import Seen
from b24orm.models import Company, Contact, Deal
from tests.conftest import Connect, Serve


@pytest.fixture
def desk(serve: Serve) -> LocalPortal:
    return serve()


@pytest.fixture
def client(desk: LocalPortal, join: Connect) -> Portal:
    return join(desk)


def orders(count: int, *, total: int = 10) -> Iterator[Deal]:
    """What another system has."""
    return (Deal(origin_id=f"A{n}", title=f"Order {n}", opportunity=total) for n in range(count))


def outcomes(results: Any) -> Counter[str]:
    return Counter(result.outcome for result in results)


def test_what_is_missing_is_added(desk: LocalPortal, client: Portal) -> None:
    assert outcomes(Deal.objects.bulk_upsert(orders(130), key="origin_id")) == {"created": 130}
    assert desk.store.count("deal") == 130


def test_what_is_as_it_should_be_costs_one_request_for_thousands(desk: LocalPortal, client: Portal) -> None:
    Deal.objects.bulk_upsert(orders(130), key="origin_id")
    before = client.requests
    assert outcomes(Deal.objects.bulk_upsert(orders(130), key="origin_id")) == {"unchanged": 130}
    assert client.requests - before == 1


def test_only_what_differs_is_sent(desk: LocalPortal, client: Portal) -> None:
    Deal.objects.bulk_upsert(orders(60), key="origin_id")
    rows = [*orders(58), *(Deal(origin_id=f"A{n}", title=f"Order {n}", opportunity=99) for n in (58, 59))]
    results = Deal.objects.bulk_upsert(rows, key="origin_id")
    assert outcomes(results) == {"unchanged": 58, "updated": 2}
    assert {result.changed for result in results} == {(), ("opportunity",)}
    changed = Deal.objects.filter(opportunity=99).order_by("id")
    assert list(changed.values_list("origin_id", flat=True)) == ["A58", "A59"]


def test_all_of_it_travels_in_few_requests(desk: LocalPortal, client: Portal) -> None:
    Deal.objects.bulk_upsert(orders(40), key="origin_id")
    before = client.requests
    rows = [*orders(20), *(Deal(origin_id=f"A{n}", title="new") for n in range(20, 80))]
    results = Deal.objects.bulk_upsert(rows, key="origin_id")
    assert outcomes(results) == {"unchanged": 20, "updated": 20, "created": 40}
    assert client.requests - before == 3  # one lookup, two batches of writes


def test_every_object_becomes_its_row(desk: LocalPortal, client: Portal) -> None:
    Deal.objects.bulk_upsert(orders(3), key="origin_id")
    rows = [*orders(2), Deal(origin_id="A2", title="changed"), Deal(origin_id="A3", title="new")]
    results = Deal.objects.bulk_upsert(rows, key="origin_id")
    there = dict(Deal.objects.values_list("origin_id", "id"))
    assert [row.id for row in rows] == [result.id for result in results] == [there[f"A{n}"] for n in range(4)]
    assert [row.changed for row in rows] == [()] * 4


def test_fields_that_are_not_to_be_updated_are_left_alone(desk: LocalPortal, client: Portal) -> None:
    Deal.objects.bulk_upsert(orders(2), key="origin_id")
    rows = [Deal(origin_id="A0", title="x", opportunity=77), Deal(origin_id="A9", title="y", opportunity=77)]
    Deal.objects.bulk_upsert(rows, key="origin_id", update_fields=["opportunity"])
    found = dict(Deal.objects.filter(opportunity=77).values_list("origin_id", "title"))
    assert found == {"A0": "Order 0", "A9": "y"}


def test_what_was_not_saved_of_an_object_stays_a_change_of_it(desk: LocalPortal, client: Portal) -> None:
    Deal.objects.bulk_upsert(orders(1), key="origin_id")
    row = Deal(origin_id="A0", title="x", opportunity=77)
    Deal.objects.bulk_upsert([row], key="origin_id", update_fields=["opportunity"])
    assert row.changed == ("title",)


def test_nothing_to_update_adds_what_is_missing(desk: LocalPortal, client: Portal) -> None:
    Deal.objects.bulk_upsert(orders(2), key="origin_id")
    rows = [Deal(origin_id=f"A{n}", title="other") for n in range(3)]
    results = Deal.objects.bulk_upsert(rows, key="origin_id", update_fields=[])
    assert outcomes(results) == {"unchanged": 2, "created": 1}
    assert Deal.objects.filter(title="other").count() == 1


def test_a_key_may_be_of_several_fields(desk: LocalPortal, client: Portal) -> None:
    def rows(title: str) -> list[Deal]:
        return [
            Deal(originator_id=whose, origin_id=f"{n}", title=title)
            for whose in ("erp", "shop")
            for n in range(30)
        ]

    key = ["originator_id", "origin_id"]
    Deal.objects.bulk_upsert(rows("old"), key)
    results = Deal.objects.bulk_upsert(
        [*rows("new")[:31], Deal(originator_id="web", origin_id="1", title="new")], key
    )
    assert outcomes(results) == {"updated": 31, "created": 1}
    assert desk.store.count("deal") == 61


def test_keys_are_told_apart_letter_by_letter(desk: LocalPortal, client: Portal) -> None:
    """Databases find ``A1`` for ``a1``; two systems' keys may differ by just that."""
    Deal.objects.bulk_upsert([Deal(origin_id="A1", title="x")], key="origin_id")
    results = Deal.objects.bulk_upsert(
        [Deal(origin_id="a1", title="y"), Deal(origin_id="A1", title="x")], "origin_id"
    )
    assert [result.outcome for result in results] == ["created", "unchanged"]


def test_two_objects_with_one_key_are_both_refused(desk: LocalPortal, client: Portal) -> None:
    rows = [Deal(origin_id="A0", title="one"), *orders(2), Deal(origin_id="A7", title="seven")]
    results = Deal.objects.bulk_upsert(rows, key="origin_id", raise_on_error=False)
    assert [result.outcome for result in results] == ["failed", "failed", "created", "created"]
    assert "two objects have the key origin_id='A0': the items 0 and 1" in str(results[0].error)
    assert Deal.objects.filter(origin_id="A0").count() == 0


def test_of_a_list_the_first_of_two_is_known_before_anything_is_sent(
    desk: LocalPortal, client: Portal
) -> None:
    rows = [*orders(6_000), Deal(origin_id="A0", title="again")]
    before = desk.stats.requests
    with pytest.raises(InvalidValue, match=r"the items 0 and 6000"):
        Deal.objects.bulk_upsert(rows, key="origin_id", raise_on_error="first")
    assert desk.stats.requests == before


def test_of_a_generator_the_second_of_two_is_refused(desk: LocalPortal, client: Portal) -> None:
    def source() -> Iterator[Deal]:
        yield from (Deal(origin_id=f"A{n}", title="x") for n in range(5_000))
        yield Deal(origin_id="A1", title="again")

    results = Deal.objects.bulk_upsert(source(), key="origin_id", raise_on_error=False)
    assert [result.number for result in results if not result.ok] == [5_000]
    assert desk.store.count("deal") == 5_000


def test_two_rows_with_one_key_are_an_error_and_stay_as_they_are(desk: LocalPortal, client: Portal) -> None:
    Deal.objects.bulk_create([Deal(origin_id="A1", title="one"), Deal(origin_id="A1", title="two")])
    results = Deal.objects.bulk_upsert(
        [Deal(origin_id="A1", title="new"), Deal(origin_id="A2", title="new")],
        key="origin_id",
        raise_on_error=False,
    )
    assert isinstance(results[0].error, Deal.MultipleObjects)
    assert str(results[0].error).startswith("2 Deal have the key origin_id='A1': 1, 2")
    assert Deal.objects.filter(title="new").count() == 1


def test_more_rows_than_a_page_share_a_key(desk: LocalPortal, client: Portal) -> None:
    Deal.objects.bulk_create([Deal(origin_id="A1", title="one") for _ in range(120)])
    with pytest.raises(WriteErrors) as caught:
        Deal.objects.bulk_upsert([Deal(origin_id="A1", title="new")], key="origin_id")
    assert "120 Deal have the key" in str(caught.value.exceptions[0])
    assert isinstance(caught.value.exceptions[0], MultipleObjects)


@pytest.mark.parametrize(
    ("wrong", "why"), [("", "has none"), (" A1", "begins or ends with a space"), (None, "has none")]
)
def test_an_object_without_a_proper_key_is_refused(
    desk: LocalPortal, client: Portal, wrong: str | None, why: str
) -> None:
    results = Deal.objects.bulk_upsert(
        [Deal(origin_id=wrong, title="x")], key="origin_id", raise_on_error=False
    )
    assert why in str(results[0].error)
    assert desk.store.count("deal") == 0


@pytest.mark.parametrize(
    ("key", "kind", "why"),
    [
        ("orign_id", UnknownName, "did you mean 'origin_id'"),
        ("id", Unsupported, "the portal sets it; such can be origin_id, title,"),
        ("opportunity", Unsupported, "may come back otherwise"),
        ("closedate", Unsupported, "may come back otherwise"),
        ([], InvalidValue, "key takes the name of a field"),
        (["origin_id", "ORIGIN_ID"], InvalidValue, "twice"),
    ],
)
def test_what_can_be_no_key_is_refused(
    desk: LocalPortal, client: Portal, key: Any, kind: type[Exception], why: str
) -> None:
    with pytest.raises(kind, match=why):
        Deal.objects.bulk_upsert(orders(1), key=key)
    assert desk.stats.requests == 0


def test_phones_can_be_no_key(desk: LocalPortal, client: Portal) -> None:
    with pytest.raises(Unsupported, match="can't be a key"):
        Contact.objects.bulk_upsert([Contact(phone=["1"])], key="phone")


def test_objects_that_were_written_can_be_given_again(desk: LocalPortal, client: Portal) -> None:
    rows = list(orders(3))
    Deal.objects.bulk_upsert(rows, key="origin_id")
    rows[1].title = "changed"
    results = Deal.objects.bulk_upsert([*rows, Deal(origin_id="A3", title="new")], key="origin_id")
    assert [result.outcome for result in results] == ["unchanged", "updated", "unchanged", "created"]


@pytest.mark.parametrize(("key", "there"), [("A1", "the row 1"), ("A2", "no row")])
def test_a_row_whose_key_another_has_is_refused(
    desk: LocalPortal, client: Portal, key: str, there: str
) -> None:
    Deal.objects.create(origin_id="A1", title="one")
    results = Deal.objects.bulk_upsert([Deal(id=5, origin_id=key)], key="origin_id", raise_on_error=False)
    assert f"this Deal is the row 5, and {there} has its key origin_id='{key}'" in str(results[0].error)


def test_a_slice_is_refused(desk: LocalPortal, client: Portal) -> None:
    with pytest.raises(UsageError, match="can't follow a slice"):
        Deal.objects.all()[:5].bulk_upsert(orders(1), key="origin_id")


def test_conditions_say_where_a_row_is_looked_for(desk: LocalPortal, client: Portal) -> None:
    Deal.objects.bulk_create([Deal(origin_id="A1", title="won", stage="WON")])
    unfinished = Deal.objects.exclude(stage="WON")
    results = unfinished.bulk_upsert([Deal(origin_id="A1", title="next")], key="origin_id")
    assert outcomes(results) == {"created": 1}
    assert outcomes(unfinished.bulk_upsert([Deal(origin_id="A1", title="next")], "origin_id")) == {
        "unchanged": 1
    }


def test_phones_become_what_the_object_has(desk: LocalPortal, client: Portal) -> None:
    def people(*phones: str) -> list[Contact]:
        return [Contact(origin_id="P1", name="Ann", phone=list(phones))]

    Contact.objects.bulk_upsert(people("1", "2"), key="origin_id")
    assert outcomes(Contact.objects.bulk_upsert(people("2", "1"), key="origin_id")) == {"unchanged": 1}
    assert outcomes(Contact.objects.bulk_upsert(people("2", "3"), key="origin_id")) == {"updated": 1}
    assert sorted(entry.value for entry in Contact.objects.get(origin_id="P1").phone) == ["2", "3"]


def test_a_row_without_phones_gets_them(desk: LocalPortal, client: Portal) -> None:
    """The portal leaves an empty list out of its answer."""
    Contact.objects.bulk_upsert([Contact(origin_id="P1", name="Ann")], key="origin_id")
    results = Contact.objects.bulk_upsert([Contact(origin_id="P1", phone=["1"])], key="origin_id")
    assert outcomes(results) == {"updated": 1}
    assert [entry.value for entry in Contact.objects.get(origin_id="P1").phone] == ["1"]


def company(**values: Any) -> Company:
    """One with fields that only a portal has."""
    return Company(**values)


def test_a_user_field_may_be_the_key(desk: LocalPortal, client: Portal) -> None:
    client.call("crm.company.userfield.add", {"fields": {"FIELD_NAME": "ERP", "USER_TYPE_ID": "string"}})

    def rows(title: str) -> list[Company]:
        return [company(uf_crm_erp=f"{n}", title=title) for n in range(60)]

    Company.objects.bulk_upsert(rows("old"), key="uf_crm_erp")
    assert outcomes(Company.objects.bulk_upsert(rows("new"), key="uf_crm_erp")) == {"updated": 60}
    assert outcomes(Company.objects.bulk_upsert(rows("new"), key="uf_crm_erp")) == {"unchanged": 60}


def test_a_user_field_that_there_is_not_is_refused(desk: LocalPortal, client: Portal) -> None:
    with pytest.raises(UnknownName, match="UF_CRM_ERP"):
        Company.objects.bulk_upsert([company(uf_crm_erp="1")], key="uf_crm_erp")
    assert desk.store.count("company") == 0


def test_what_the_portal_refuses_fails_alone(desk: LocalPortal, client: Portal) -> None:
    rows = [Company(origin_id="1", title="a"), Company(origin_id="2", title="b", currency="XXX")]
    results = Company.objects.bulk_upsert(rows, key="origin_id", raise_on_error=False)
    assert [result.outcome for result in results] == ["created", "failed"]


def test_a_row_that_can_not_be_read_fails_alone(desk: LocalPortal, client: Portal) -> None:
    desk.store.load(
        "deal",
        ("ID", "ORIGIN_ID", "TITLE", "CLOSEDATE"),
        [(1, "A1", "x", "soon"), (2, "A2", "x", "2026-03-01")],
    )
    rows = [Deal(origin_id=f"A{n}", title="x", closedate=date(2026, 3, 1)) for n in (1, 2, 3)]
    results = Deal.objects.bulk_upsert(rows, key="origin_id", raise_on_error=False)
    assert [result.outcome for result in results] == ["failed", "unchanged", "created"]
    assert isinstance(results[0].error, InvalidRow)


def test_nothing_is_upserted_without_a_request(desk: LocalPortal, client: Portal) -> None:
    assert Deal.objects.bulk_upsert([], key="origin_id") == []
    assert desk.stats.requests == 0


def test_keys_that_can_not_be_remembered_are_an_error_of_ours() -> None:
    seen = Seen()
    seen._base.execute("PRAGMA max_page_count = 3")
    with pytest.raises(JournalFailed, match="can't be remembered any more"):
        seen.note((f"{n:0100}", n) for n in range(10_000))
    seen.close()


def test_results_come_while_it_works(desk: LocalPortal, client: Portal) -> None:
    taken: list[int] = []

    def source() -> Iterator[Deal]:
        for n in range(6_000):
            taken.append(n)
            yield Deal(origin_id=f"A{n}", title="x")

    stream = Deal.objects.stream_upsert(source(), key="origin_id", update_fields=[])
    assert next(stream).outcome == "created"
    assert len(taken) < 6_000


async def test_asynchronous_code_has_twins(desk: LocalPortal, client: Portal) -> None:
    async def source() -> AsyncIterator[Deal]:
        for row in orders(60):
            yield row

    assert outcomes(await Deal.objects.abulk_upsert(source(), key="origin_id")) == {"created": 60}
    found = [result async for result in Deal.objects.astream_upsert(orders(60, total=7), key="origin_id")]
    assert outcomes(found) == {"updated": 60}


def test_a_lookup_that_finds_other_rows_adds_nothing(desk: LocalPortal, client: Portal) -> None:
    """A condition that the server ignores finds everything, and would make every key look missing."""
    Deal.objects.bulk_create([Deal(title=f"{n}", origin_id=f"Z{n}") for n in range(5)])
    assert Deal.objects.filter(Q(origin_id="A1")).count() == 0


def test_update_or_create_sends_only_what_differs(desk: LocalPortal, client: Portal) -> None:
    Deal.objects.create(title="Roof", opportunity=5)
    found, made = Deal.objects.update_or_create({"opportunity": 5}, title="Roof")
    assert (found.opportunity, made, "crm.deal.update" in desk.stats.by_method) == (5, False, False)
