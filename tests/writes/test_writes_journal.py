"""The journal: a killed job goes on, and a file of another job is refused."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from b24orm import Portal, RateLimits
from b24orm.emulator import LocalPortal
from b24orm.emulator.answers import Answer, Refusal
from b24orm.errors import ApiError, InvalidValue, JournalFailed, OutcomeUnknown
from b24orm.executor.journal import Journal
from b24orm.models import Company, Deal
from tests.conftest import Connect
from tests.writes.test_writes_sets import deals, titles

JOB = {"method": "crm.deal.add", "portal": "acme"}


def test_what_was_sent_and_what_came_of_it_outlives_the_process(tmp_path: Path) -> None:
    first = Journal(tmp_path / "j", JOB, clock=lambda: 100.0)
    first.sending([(0, "a", "add"), (1, "b", "add"), (2, "c", "add")])
    first.done([(0, 17)])
    first.not_done([2])
    key = first.key
    first.close()
    again = Journal(tmp_path / "j", JOB, clock=lambda: 130.0)
    done, lost = again.entry(0, "a"), again.entry(1, "b")
    assert done is not None
    assert lost is not None
    assert (done.state, done.id, lost.state, lost.at) == ("done", 17, "sent", 100.0)
    assert again.entry(2, "c") is None
    assert again.key == key
    again.close()


def test_the_journal_of_another_job_is_refused(tmp_path: Path) -> None:
    Journal(tmp_path / "j", JOB).close()
    with pytest.raises(InvalidValue, match="another job: its portal is 'acme', not 'other'"):
        Journal(tmp_path / "j", {**JOB, "portal": "other"})


def test_other_items_than_before_are_refused(desk: LocalPortal, client: Portal, tmp_path: Path) -> None:
    Deal.objects.bulk_create(deals(3), journal=tmp_path / "j")
    before = desk.stats.requests
    with pytest.raises(InvalidValue, match="item 0 is not the one"):
        Deal.objects.bulk_create([Deal(title="other")], journal=tmp_path / "j")
    assert desk.stats.requests == before


def test_a_file_that_is_no_journal_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear Sir or Madam, " * 100)
    with pytest.raises(InvalidValue, match="can't be used as a journal"):
        Journal(path, JOB)
    assert path.read_text().startswith("Dear Sir")


@pytest.mark.parametrize("place", [".", "missing/journal"])
def test_a_place_where_no_file_can_be_is_named(place: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="can't be used as a journal: unable to open") as caught:
        Journal(tmp_path / place, JOB)
    assert str(caught.value).startswith(str(tmp_path / place))


def test_two_jobs_can_not_share_a_journal(tmp_path: Path) -> None:
    first = Journal(tmp_path / "j", JOB)
    try:
        with pytest.raises(InvalidValue, match="locked"):
            Journal(tmp_path / "j", JOB, patience=0.0)
    finally:
        first.close()


def test_a_job_that_is_run_again_adds_nothing(desk: LocalPortal, client: Portal, tmp_path: Path) -> None:
    first = Deal.objects.bulk_create(deals(90), journal=tmp_path / "j")
    before = desk.stats.requests
    second = Deal.objects.bulk_create(deals(90), journal=tmp_path / "j")
    assert desk.stats.requests == before
    assert [result.id for result in second] == [result.id for result in first]
    assert all(result.item.id == result.id for result in second)


def test_progress_counts_what_a_run_before_has_done(
    desk: LocalPortal, join: Connect, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    join(desk, progress=True)
    Deal.objects.bulk_create(list(deals(90)), journal=tmp_path / "j")
    capsys.readouterr()
    Deal.objects.bulk_create(list(deals(90)), journal=tmp_path / "j")
    assert "90/90" in capsys.readouterr().err


def test_what_was_refused_is_tried_again(desk: LocalPortal, client: Portal, tmp_path: Path) -> None:
    wrong = [Company(title="a"), Company(title="b", currency="XXX"), Company(title="c")]
    results = Company.objects.bulk_create(wrong, journal=tmp_path / "j", raise_on_error=False)
    assert [result.ok for result in results] == [True, False, True]
    assert isinstance(results[1].error, ApiError)
    client.call("crm.currency.add", {"fields": {"CURRENCY": "XXX", "AMOUNT_CNT": 1, "AMOUNT": 1}})
    before = Company.objects.count()
    again = [Company(title="a"), Company(title="b", currency="XXX"), Company(title="c")]
    results = Company.objects.bulk_create(again, journal=tmp_path / "j")
    assert [result.ok for result in results] == [True] * 3
    assert Company.objects.count() == before + 1


@pytest.mark.parametrize(("idempotency", "fate"), [("origin", None), (None, OutcomeUnknown)])
def test_an_item_that_left_and_never_came_back_is_looked_into(
    desk: LocalPortal, client: Portal, tmp_path: Path, idempotency: Any, fate: Any
) -> None:
    """The journal of a job that was killed between sending and its answer."""
    Deal.objects.bulk_create(deals(30), journal=tmp_path / "j", idempotency=idempotency)
    base = sqlite3.connect(tmp_path / "j")
    base.execute("UPDATE item SET state = 'sent', at = at - 100, id = NULL WHERE place >= 20")
    base.commit()
    base.close()
    results = Deal.objects.bulk_create(
        deals(30), journal=tmp_path / "j", idempotency=idempotency, raise_on_error=False
    )
    assert len(titles(desk)) == 30
    assert [type(result.error) for result in results[20:]] == [fate or type(None)] * 10
    assert all("idempotency='origin'" in str(result.error) for result in results if not result.ok)


def restarted(path: Path, first: int, desk: LocalPortal, join: Connect, change: str = "") -> None:
    """As if the job had been killed when the items from ``first`` on were under way: another process goes on."""
    hasty(desk, join)
    base = sqlite3.connect(path)
    base.execute(f"UPDATE item SET state = 'sent', id = NULL{change} WHERE place >= {first}")
    base.commit()
    base.close()


def hasty(desk: LocalPortal, join: Connect) -> Portal:
    """A client that knows that the portal ends a request after 0.3 seconds."""
    return join(desk, plan=RateLimits(1_000_000, None, None, request_limit=0.3))


def test_without_keys_what_was_done_is_found_by_its_values(
    desk: LocalPortal, join: Connect, tmp_path: Path
) -> None:
    hasty(desk, join)
    first = Deal.objects.bulk_create(deals(30), journal=tmp_path / "j")
    Deal.objects.bulk_delete([result.item for result in first[25:]])
    restarted(tmp_path / "j", 20, desk, join)
    results = Deal.objects.bulk_create(deals(30), journal=tmp_path / "j", raise_on_error=False)
    assert [result.id for result in results[:25]] == [result.item.id for result in results[:25]]
    assert [result.outcome for result in results] == ["created"] * 25 + ["unknown"] * 5
    assert len(titles(desk)) == 25


def test_equal_rows_are_shared_out_among_equal_adds(desk: LocalPortal, join: Connect, tmp_path: Path) -> None:
    hasty(desk, join)
    equal = [Deal(title="t") for _ in range(30)]
    done = {result.id for result in Deal.objects.bulk_create(equal, journal=tmp_path / "j")}
    restarted(tmp_path / "j", 20, desk, join)
    results = Deal.objects.bulk_create([Deal(title="t") for _ in range(30)], journal=tmp_path / "j")
    assert {result.id for result in results} == done


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (", at = at - 1000", "the rows were added long after the adds had left"),
        (", at = at + 1000", "the rows were there before the adds had left"),
        (", by = by + 1", "the adds were another user's"),
        (", by = NULL", "the portal was not asked what time it was"),
    ],
)
def test_without_keys_a_doubt_leaves_it_unknown(
    desk: LocalPortal, join: Connect, tmp_path: Path, change: str, why: str
) -> None:
    hasty(desk, join)
    Deal.objects.bulk_create(deals(3), journal=tmp_path / "j")
    restarted(tmp_path / "j", 0, desk, join, change)
    results = Deal.objects.bulk_create(deals(3), journal=tmp_path / "j", raise_on_error=False)
    assert {result.outcome for result in results} == {"unknown"}, why
    assert len(titles(desk)) == 3


def test_nothing_is_waited_for_that_can_not_come_any_more(
    desk: LocalPortal, join: Connect, tmp_path: Path
) -> None:
    """The portal's clock says that the add left more than a minute ago."""
    hasty(desk, join)
    first = Deal.objects.bulk_create(deals(1), journal=tmp_path / "j")
    Deal.objects.bulk_delete([result.item for result in first])
    restarted(tmp_path / "j", 0, desk, join, ", at = at - 100")
    join(desk)
    began = time.monotonic()
    results = Deal.objects.bulk_create(deals(1), journal=tmp_path / "j", raise_on_error=False)
    assert [result.outcome for result in results] == ["unknown"]
    assert time.monotonic() - began < 30


def test_a_portal_that_does_not_say_who_adds_is_asked_once(
    desk: LocalPortal, client: Portal, tmp_path: Path
) -> None:
    def refuse(call: Any) -> Answer:
        raise Refusal("ACCESS_DENIED", "Access denied!", status=403)

    desk.register("profile", refuse)
    Deal.objects.bulk_create(deals(200), journal=tmp_path / "j")
    assert desk.stats.by_method["profile"].commands == 1


def test_more_rows_than_adds_leave_it_unknown(desk: LocalPortal, join: Connect, tmp_path: Path) -> None:
    hasty(desk, join)
    Deal.objects.bulk_create([Deal(title="t")], journal=tmp_path / "j")
    Deal.objects.create(title="t")
    restarted(tmp_path / "j", 0, desk, join)
    results = Deal.objects.bulk_create([Deal(title="t")], journal=tmp_path / "j", raise_on_error=False)
    assert [result.outcome for result in results] == ["unknown"]


def test_updates_and_deletes_go_on_as_well(desk: LocalPortal, client: Portal, tmp_path: Path) -> None:
    rows = list(Deal.objects.order_by("id"))
    for row in rows:
        row.title = f"t{row.id}"
    Deal.objects.bulk_update(rows[:], ["title"], journal=tmp_path / "u")
    Deal.objects.bulk_delete(list(Deal.objects.order_by("id")), journal=tmp_path / "d")
    before = desk.stats.requests
    again = [Deal(id=number) for number in range(1, 21)]
    assert len(Deal.objects.bulk_delete(again, journal=tmp_path / "d")) == 20
    assert desk.stats.requests == before


def full(journal: Journal) -> None:
    """The disk has no room for another page."""
    journal._base.execute("PRAGMA max_page_count = 1")


def test_a_disk_that_is_full_is_an_error_of_ours(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j", JOB)
    full(journal)
    with pytest.raises(JournalFailed, match=r"can't be used any more: database or disk is full"):
        journal.sending((place, "x" * 64, "add") for place in range(1_000))
    assert journal.counts() == {}
    journal.close()


def test_a_job_whose_disk_is_full_is_gone_on_with(
    desk: LocalPortal, client: Portal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, count, done = tmp_path / "j", 400, Journal.done

    def filling(journal: Journal, items: Any) -> None:
        if desk.store.count("deal") > 300:
            full(journal)
            journal.sending((10_000 + place, "x" * 64, "add") for place in range(1_000))
        done(journal, items)

    with monkeypatch.context() as patched:
        patched.setattr(Journal, "done", filling)
        with pytest.raises(JournalFailed):
            Deal.objects.bulk_create(deals(count), idempotency="origin", journal=path)
    results = Deal.objects.bulk_create(deals(count), idempotency="origin", journal=path)
    found = titles(desk)
    assert (len(results), len(found), len(set(found))) == (count, count, count)
