"""The journal: a killed job goes on, and a file of another job is refused."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from b24orm import Portal
from b24orm.emulator import LocalPortal
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
