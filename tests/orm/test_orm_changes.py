"""``changed_since()``: every version once, none lost, whatever happens meanwhile."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b24orm import AsyncPortal, Portal
from b24orm.emulator import LocalPortal
from b24orm.errors import InvalidValue, Unsupported, UsageError
from b24orm.models import (
    Activity,
    Company,
    Contact,
    Currency,
    Deal,
    Department,
    Item,
    Lead,
    Product,
    Quote,
    Requisite,
    SmartInvoice,
    Task,
    User,
)
from b24orm.orm.changes import Changes, modified_field
from tests.emulator.toy import Clock

ZONE = timezone(timedelta(hours=3))
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def local(clock: Clock) -> Iterator[LocalPortal]:
    """A portal whose clock the test moves."""
    with LocalPortal(clock=clock, users=3) as portal:
        yield portal


@pytest.fixture
def portal(local: LocalPortal) -> Iterator[Portal]:
    client = Portal(local.url, plan="unlimited", progress=False)
    yield client
    client.close()


def add(local: LocalPortal, clock: Clock, *titles: str) -> list[int]:
    """Deals of one moment; the next second begins then."""
    ids = [local.store.insert("deal", {"TITLE": title}) for title in titles]
    clock.sleep(1)
    return ids


def titles(sync: Changes[Deal]) -> list[Any]:
    return [deal.title for deal in sync]


# -- which rows


def test_the_rows_since_a_moment(local: LocalPortal, portal: Portal, clock: Clock) -> None:
    add(local, clock, "old")
    moment = datetime.fromtimestamp(clock.now, ZONE)
    add(local, clock, "new")
    assert titles(Deal.objects.using(portal).changed_since(moment)) == ["new"]


def test_a_moment_without_a_zone_is_the_portal_s(local: LocalPortal, portal: Portal, clock: Clock) -> None:
    add(local, clock, "old")
    moment = datetime.fromtimestamp(clock.now, ZONE).replace(tzinfo=None)
    add(local, clock, "new")
    assert titles(Deal.objects.using(portal).changed_since(moment)) == ["new"]


def test_a_moment_of_another_zone(local: LocalPortal, portal: Portal, clock: Clock) -> None:
    add(local, clock, "old")
    moment = datetime.fromtimestamp(clock.now, timezone(timedelta(hours=-8)))
    add(local, clock, "new")
    assert titles(Deal.objects.using(portal).changed_since(moment)) == ["new"]


def test_all_rows_to_begin_with(local: LocalPortal, portal: Portal, clock: Clock) -> None:
    add(local, clock, "a", "b")
    assert titles(Deal.objects.using(portal).changed_since(None)) == ["a", "b"]


def test_only_some_of_the_rows(local: LocalPortal, portal: Portal, clock: Clock) -> None:
    add(local, clock, "a", "b", "c")
    some = Deal.objects.using(portal).filter(title__in=["a", "c"])
    assert titles(some.changed_since(None)) == ["a", "c"]


def test_only_some_of_the_fields(local: LocalPortal, portal: Portal, clock: Clock) -> None:
    add(local, clock, "a")
    (deal,) = Deal.objects.using(portal).only("title").changed_since(None)
    assert (deal.title, deal.date_modify) == ("a", datetime.fromtimestamp(clock.now - 1, ZONE))


async def test_the_same_awaited(local: LocalPortal, clock: Clock) -> None:
    add(local, clock, "a", "b")
    async with AsyncPortal(local.url, plan="unlimited", progress=False) as client:
        sync = Deal.objects.using(client).changed_since(None)
        assert [deal.title async for deal in sync] == ["a", "b"]
        assert [deal.title async for deal in sync] == []


def test_what_the_present_second_brings_comes_next_time(
    local: LocalPortal, portal: Portal, clock: Clock
) -> None:
    local.store.insert("deal", {"TITLE": "now"})
    sync = Deal.objects.using(portal).changed_since(None)
    first = titles(sync)
    clock.sleep(1)
    assert (first, titles(sync)) == ([], ["now"])


def test_two_changes_of_one_second_are_one_version(local: LocalPortal, portal: Portal, clock: Clock) -> None:
    sync = Deal.objects.using(portal).changed_since(None)
    deal = local.store.insert("deal", {"TITLE": "first"})
    found = titles(sync)
    local.store.update("deal", deal, {"TITLE": "second"})
    clock.sleep(1)
    assert (found, titles(sync)) == ([], ["second"])


# -- the cursor


def test_nothing_comes_twice(local: LocalPortal, portal: Portal, clock: Clock) -> None:
    add(local, clock, "a", "b")
    sync = Deal.objects.using(portal).changed_since(None)
    assert (titles(sync), titles(sync)) == (["a", "b"], [])


def test_a_change_comes_again(local: LocalPortal, portal: Portal, clock: Clock) -> None:
    deal, _ = add(local, clock, "a", "b")
    sync = Deal.objects.using(portal).changed_since(None)
    titles(sync)
    local.store.update("deal", deal, {"TITLE": "c"})
    clock.sleep(1)
    assert titles(sync) == ["c"]


def test_a_cursor_survives_as_text(local: LocalPortal, portal: Portal, clock: Clock) -> None:
    deal, _ = add(local, clock, "a", "b")
    sync = Deal.objects.using(portal).changed_since(None)
    titles(sync)
    local.store.update("deal", deal, {"TITLE": "c"})
    clock.sleep(1)
    cursor = json.loads(json.dumps(sync.cursor))
    assert titles(Deal.objects.using(portal).changed_since(cursor)) == ["c"]


def test_a_change_behind_the_scan_comes_next_time(local: LocalPortal, portal: Portal, clock: Clock) -> None:
    first, *_ = add(local, clock, *(f"deal {number}" for number in range(120)))
    sync = Deal.objects.using(portal).changed_since(None)
    for number, _ in enumerate(sync):
        if number == 60:
            local.store.update("deal", first, {"TITLE": "behind"})
    clock.sleep(1)
    assert titles(sync) == ["behind"]


def test_a_change_ahead_of_the_scan_comes_next_time_only(
    local: LocalPortal, portal: Portal, clock: Clock
) -> None:
    *_, last = add(local, clock, *(f"deal {number}" for number in range(120)))
    sync = Deal.objects.using(portal).changed_since(None)
    loop = iter(sync)
    found = [next(loop)]
    local.store.update("deal", last, {"TITLE": "ahead"})
    found += loop
    clock.sleep(1)
    assert (len({deal.pk for deal in found}), titles(sync)) in [(119, ["ahead"]), (120, ["ahead"])]


def test_a_change_that_shows_late_is_not_lost(local: LocalPortal, portal: Portal, clock: Clock) -> None:
    add(local, clock, "a")
    clock.sleep(10)
    sync = Deal.objects.using(portal).changed_since(None, overlap=MINUTE)
    found = titles(sync)
    local.store.insert("deal", {"TITLE": "late", "DATE_MODIFY": datetime.fromtimestamp(clock.now - 5, ZONE)})
    clock.sleep(1)
    assert (found, titles(sync)) == (["a"], ["late"])


def test_what_was_handed_out_is_forgotten_when_it_is_old(
    local: LocalPortal, portal: Portal, clock: Clock
) -> None:
    add(local, clock, *"abcdef")
    sync = Deal.objects.using(portal).changed_since(None, overlap=MINUTE)
    titles(sync)
    before = len(sync.cursor["seen"])
    clock.sleep(120)
    titles(sync)
    assert (before, len(sync.cursor["seen"])) == (6, 0)


def test_a_loop_that_was_left_goes_on_where_it_was(local: LocalPortal, portal: Portal, clock: Clock) -> None:
    add(local, clock, *"abcd")
    sync = Deal.objects.using(portal).changed_since(None)
    for deal in sync:
        if deal.title == "b":
            break
    assert titles(sync) == ["b", "c", "d"]


def test_a_saved_cursor_goes_on_behind_the_row_in_hand(
    local: LocalPortal, portal: Portal, clock: Clock
) -> None:
    add(local, clock, *"abcd")
    sync = Deal.objects.using(portal).changed_since(None)
    for deal in sync:
        if deal.title == "b":
            break
    again = Deal.objects.using(portal).changed_since(json.loads(json.dumps(sync.cursor)))
    assert titles(again) == ["c", "d"]


def test_a_window_that_was_begun_keeps_its_end(local: LocalPortal, portal: Portal, clock: Clock) -> None:
    *_, last = add(local, clock, *"abcd")
    sync = Deal.objects.using(portal).changed_since(None)
    next(iter(sync))
    clock.sleep(60)
    local.store.update("deal", last, {"TITLE": "e"})
    clock.sleep(1)
    again = Deal.objects.using(portal).changed_since(sync.cursor)
    assert (titles(again), titles(again)) == (["b", "c"], ["e"])


# -- chance


class Others:
    """Other people at work between requests; the clock stands still, creeps or jumps."""

    def __init__(self, clock: Clock, chance: random.Random) -> None:
        self.clock, self.chance = clock, chance
        self.number = 0
        self.versions: dict[tuple[int, int], str] = {}

    def step(self, store: Any) -> None:
        for _ in range(self.chance.randrange(4)):
            self.clock.sleep(self.chance.choice([0, 0, 0.3, 0.7, 1, 5]))
            self._change(store)

    def _change(self, store: Any) -> None:
        self.number += 1
        late = self.chance.choice([0, 0, 0, 2, 20])  # seconds: how late a change shows
        moment = int(self.clock.now) - late
        values: dict[str, Any] = {
            "TITLE": f"change {self.number}",
            "DATE_MODIFY": datetime.fromtimestamp(moment, ZONE),
        }
        if self.chance.random() < 0.3:
            self.versions[store.insert("deal", values), moment] = values["TITLE"]
            return
        ids = store.ids("deal")
        row = self.chance.choice(ids[:5] if self.chance.random() < 0.6 else ids)
        before = datetime.fromisoformat(store.get("deal", row)["DATE_MODIFY"] + "+03:00").timestamp()
        if moment > before or (late == 0 and moment == before):
            store.update("deal", row, values)
            self.versions[row, moment] = values["TITLE"]


@settings(max_examples=12)
@given(st.integers(0, 2**32))
def test_after_the_last_sync_the_mirror_is_the_table(seed: int) -> None:
    clock, chance = Clock(), random.Random(seed)
    others = Others(clock, chance)
    with LocalPortal(clock=clock, users=3, churn=others) as local:  # type: ignore[arg-type]
        local.store.insert_many("deal", [{"TITLE": f"deal {number}"} for number in range(180)])
        client = Portal(local.url, plan="unlimited", progress=False)
        versions: list[tuple[int, int]] = []
        handed: dict[tuple[int, int], str] = {}
        mirror: dict[int, str] = {}

        def sync(cursor: Any, stop: int) -> Any:
            changes = Deal.objects.using(client).changed_since(cursor, overlap=MINUTE)
            for number, deal in enumerate(changes):
                assert deal.date_modify is not None
                versions.append((deal.pk, int(deal.date_modify.timestamp())))
                handed[versions[-1]] = str(deal.title)
                mirror[deal.pk] = str(deal.title)
                if number == stop:
                    break
            return json.loads(json.dumps(changes.cursor))

        cursor = None
        for _ in range(8):
            cursor = sync(cursor, chance.choice([-1, -1, 0, 7, 60]))
        local.churn = None
        for _ in range(2):  # a window that was begun, and the one after it
            clock.sleep(1)
            cursor = sync(cursor, -1)
        client.close()
        table = {row["ID"]: row["TITLE"] for row in local.store.rows("deal", ["ID", "TITLE"])}
    assert mirror == table
    assert len(versions) == len(set(versions))
    assert {key: title for key, title in handed.items() if others.versions.get(key, title) != title} == {}


# -- which entities


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (Deal, "date_modify"),
        (Lead, "date_modify"),
        (Contact, "date_modify"),
        (Company, "date_modify"),
        (Quote, "date_modify"),
        (SmartInvoice, "updated_time"),
        (Item, "updated_time"),
        (Task, "changed_date"),
        (Activity, "last_updated"),
        (Product, "timestamp_x"),
        (User, "timestamp_x"),
    ],
)
def test_the_field_of_an_entity(model: Any, name: str) -> None:
    assert modified_field(model.__schema__).name == name


@pytest.mark.parametrize("model", [Department, Currency])
def test_an_entity_without_one_is_refused(model: Any) -> None:
    with pytest.raises(Unsupported, match=model.__name__):
        model.objects.changed_since(None)


@pytest.mark.parametrize(
    ("model", "table", "column"),
    [
        (Lead, "lead", "TITLE"),
        (Contact, "contact", "NAME"),
        (Company, "company", "TITLE"),
        (Quote, "quote", "TITLE"),
        (SmartInvoice, "smart_invoice", "TITLE"),
        (Task, "task", "TITLE"),
        (Activity, "activity", "SUBJECT"),
        (Product, "product", "NAME"),
        (User, "user", "NAME"),
    ],
)
def test_other_entities_are_synced_too(
    local: LocalPortal, portal: Portal, clock: Clock, model: Any, table: str, column: str
) -> None:
    number = local.store.insert(table, {column: "a"})
    clock.sleep(1)
    sync = model.objects.using(portal).changed_since(None)
    for _ in sync:
        pass
    local.store.update(table, number, {column: "b"})
    clock.sleep(1)
    assert [row.pk for row in sync] == [number]


def test_items_of_a_smart_process(local: LocalPortal, portal: Portal, clock: Clock) -> None:
    kind = local.store.add_smart_type("Claims")
    item = local.store.insert(f"dynamic_{kind}", {"TITLE": "a"})
    clock.sleep(1)
    sync = Item.objects.using(portal).filter(entity_type_id=kind).changed_since(None)
    assert ([row.pk for row in sync], [row.pk for row in sync]) == ([item], [])


def test_a_task_that_was_never_changed_counts_from_when_it_was_made(
    local: LocalPortal, portal: Portal, clock: Clock
) -> None:
    task = local.store.insert("task", {"TITLE": "a", "CHANGED_DATE": None})
    clock.sleep(1)
    sync = Task.objects.using(portal).only("title").changed_since(datetime.fromtimestamp(clock.now - 9, ZONE))
    assert ([row.pk for row in sync], [row.pk for row in sync]) == ([task], [])


def test_an_entity_whose_new_rows_have_no_moment_is_refused() -> None:
    with pytest.raises(Unsupported, match="empty until"):
        Requisite.objects.changed_since(None)


# -- refusals


def test_a_slice_is_refused() -> None:
    with pytest.raises(UsageError, match="slice"):
        Deal.objects.all()[:10].changed_since(None)


def test_an_order_is_refused() -> None:
    with pytest.raises(UsageError, match="order_by"):
        Deal.objects.order_by("title").changed_since(None)


@pytest.mark.parametrize(
    ("since", "says"),
    [
        ({"page": 3}, "no cursor"),
        ({"format": 1, "entity": "Lead"}, "Lead"),
        ({"format": 1, "entity": "Deal", "since": "soon"}, "damaged"),
        ("2024-08-30", "since"),
    ],
)
def test_what_is_no_beginning_is_refused(since: Any, says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        Deal.objects.changed_since(since)


def test_an_overlap_of_nothing_is_refused() -> None:
    with pytest.raises(InvalidValue, match="overlap"):
        Deal.objects.changed_since(None, overlap=timedelta(0))
