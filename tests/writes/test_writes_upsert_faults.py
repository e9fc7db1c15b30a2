"""bulk_upsert where something fails: a bad line, a killed job, a portal that is down. No row comes twice."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from b24orm import Portal, RateLimits, WriteErrors
from b24orm.emulator import LocalPortal
from b24orm.emulator.faults import EXECUTED, Fault, FaultKind
from b24orm.errors import InvalidValue, JobStopped
from b24orm.models import Contact, Deal
from b24orm.orm.keys import RowKey
from b24orm.orm.results import WriteResult
from b24orm.query.nodes import EVERYTHING
from tests.conftest import ROOT, Connect, Serve
from tests.writes.test_writes_faults import BAD_LINE


@pytest.fixture
def desk(serve: Serve) -> LocalPortal:
    return serve()


def patient(portal: LocalPortal, join: Connect, **options: Any) -> Portal:
    """A client that gives up a request after a second, and knows that the portal does so after 0.3."""
    limits = RateLimits(1_000_000, None, None, request_limit=0.3)
    return join(portal, **{"timeout": 1, "plan": limits, **options})


def orders(count: int, title: str = "x") -> Iterator[Deal]:
    return (Deal(origin_id=f"A{n:05}", title=title) for n in range(count))


def keys(portal: LocalPortal) -> Counter[str]:
    return Counter(row["ORIGIN_ID"] for row in portal.store.rows("deal"))


def test_over_a_bad_line_none_is_lost_and_none_doubled(desk: LocalPortal, join: Connect) -> None:
    client = patient(desk, join)
    Deal.objects.using(client).bulk_create(orders(700))
    desk.faults.random(BAD_LINE, seed=3)
    results = Deal.objects.bulk_upsert(orders(1_400, "new"), key="origin_id")
    desk.faults.clear()
    assert Counter(result.outcome for result in results) == {"updated": 700, "created": 700}
    assert keys(desk) == Counter(f"A{n:05}" for n in range(1_400))
    assert Deal.objects.filter(title="new").count() == 1_400


def test_an_add_whose_answer_was_lost_is_found_by_its_key(desk: LocalPortal, join: Connect) -> None:
    patient(desk, join)
    desk.faults.script(Fault("reset_after", method="crm.deal.add"))
    results = Deal.objects.bulk_upsert(orders(30), key="origin_id")
    assert {result.outcome for result in results} == {"created"}
    assert keys(desk) == Counter(f"A{n:05}" for n in range(30))


def test_a_job_that_is_run_again_asks_for_nothing(desk: LocalPortal, join: Connect, tmp_path: Path) -> None:
    client = join(desk)
    Deal.objects.bulk_upsert(orders(40), key="origin_id")
    first = Deal.objects.bulk_upsert(orders(80), key="origin_id", journal=tmp_path / "j")
    before = client.requests
    again = Deal.objects.bulk_upsert(orders(80), key="origin_id", journal=tmp_path / "j")
    assert [(r.outcome, r.id, r.item.id) for r in again] == [(r.outcome, r.id, r.id) for r in first]
    assert client.requests == before


def test_other_items_than_before_are_refused(desk: LocalPortal, join: Connect, tmp_path: Path) -> None:
    join(desk)
    Deal.objects.bulk_upsert(orders(3), key="origin_id", journal=tmp_path / "j")
    with pytest.raises(InvalidValue, match="item 0 is not the one"):
        Deal.objects.bulk_upsert(orders(3, "other"), key="origin_id", journal=tmp_path / "j")


def test_what_left_and_never_came_back_is_looked_into(
    desk: LocalPortal, join: Connect, tmp_path: Path
) -> None:
    """The journal of a job that was killed: some of its adds were done, some were not."""
    patient(desk, join)
    done = Deal.objects.bulk_upsert(orders(30), key="origin_id", journal=tmp_path / "j")
    Deal.objects.bulk_delete([result.item for result in done[25:]])
    base = sqlite3.connect(tmp_path / "j")
    base.execute("UPDATE item SET state = 'sent', id = NULL WHERE place >= 20")
    base.commit()
    base.close()
    results = Deal.objects.bulk_upsert(orders(30), key="origin_id", journal=tmp_path / "j")
    assert {result.outcome for result in results} == {"created"}
    assert keys(desk) == Counter(f"A{n:05}" for n in range(30))


def killed(how: str, desk: LocalPortal, journal: Path, count: int) -> dict[str, tuple[str, str]]:
    """Outcomes and ids by title of a job that was killed in the middle, and then run again."""
    job = [sys.executable, "-m", "tests.writes.killed", how, desk.url, str(journal), str(count)]
    process = subprocess.Popen(job, stdout=subprocess.DEVNULL, cwd=ROOT)
    deadline = time.monotonic() + 60
    while desk.store.count("deal") < 400 and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert 0 < desk.store.count("deal") < count
    done = subprocess.run(job, check=True, capture_output=True, text=True, cwd=ROOT, timeout=120)
    told = [line.split() for line in done.stdout.splitlines()]
    return {title: (outcome, row_id) for title, outcome, row_id in told}


def test_a_killed_job_goes_on_and_doubles_nothing(serve: Serve, tmp_path: Path) -> None:
    desk, count = serve(latency=0.02), 1_500
    told = killed("upsert", desk, tmp_path / "j", count)
    assert {outcome for outcome, _ in told.values()} == {"created"}
    assert keys(desk) == Counter(f"A{n:05}" for n in range(count))


def test_a_killed_job_without_keys_finds_what_it_had_done(serve: Serve, tmp_path: Path) -> None:
    """Nothing is sent again that may have been done; what was done is found, what was not is told as unknown."""
    desk, count = serve(latency=0.02), 1_500
    told = killed("create", desk, tmp_path / "j", count)
    there = {row["TITLE"]: str(row["ID"]) for row in desk.store.rows("deal")}
    assert max(Counter(row["TITLE"] for row in desk.store.rows("deal")).values()) == 1
    assert {title: row_id for title, (outcome, row_id) in told.items() if outcome == "created"} == there
    assert {outcome for title, (outcome, _) in told.items() if title not in there} <= {"unknown"}


def test_a_portal_that_goes_down_ends_it_and_the_rest_can_be_done_later(
    desk: LocalPortal, join: Connect
) -> None:
    patient(desk, join, timeout=0.2, give_up_after=0.5)
    Deal.objects.bulk_upsert(orders(20), key="origin_id")
    rows = list(orders(5_100, "new"))
    desk.faults.script(Fault("reset_before", after=3, times=10_000))
    with pytest.raises(JobStopped) as caught:
        Deal.objects.bulk_upsert(rows, key="origin_id")
    stopped = caught.value
    desk.faults.clear()
    left = [*stopped.unknown, *stopped.not_sent, *rows[stopped.taken :]]
    assert stopped.done == len(stopped.results) - len(stopped.unknown) == 5_100 - len(left)
    patient(desk, join)
    again = Deal.objects.bulk_upsert([Deal(origin_id=r.origin_id, title="new") for r in left], "origin_id")
    assert all(result.ok for result in again)
    assert keys(desk) == Counter(f"A{n:05}" for n in range(5_100))


def test_a_portal_that_is_down_from_the_beginning(desk: LocalPortal, join: Connect) -> None:
    patient(desk, join, timeout=0.2, give_up_after=0.2)
    desk.faults.script(Fault("reset_before", times=10_000))
    with pytest.raises(JobStopped) as caught:
        Deal.objects.bulk_upsert(list(orders(60)), key="origin_id")
    assert (caught.value.taken, caught.value.done, len(caught.value.not_sent)) == (60, 0, 60)


def test_a_lookup_that_brings_other_rows_writes_nothing(
    desk: LocalPortal, join: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A portal that ignores the condition answers rows with other keys: ours are not missing then."""
    client = join(desk)
    Deal.objects.bulk_upsert(orders(3), key="origin_id")
    monkeypatch.setattr(RowKey, "where", lambda key, marks: EVERYTHING)
    with pytest.raises(JobStopped, match="other rows than"):
        Deal.objects.bulk_upsert([Deal(origin_id="B1", title="x")], key="origin_id")
    assert client.requests
    assert desk.store.count("deal") == 3


def people(*phones: str) -> list[Contact]:
    return [Contact(origin_id=f"P{n}", name="Ann", phone=phones) for n in range(10)]


def phones() -> list[int]:
    return [len(person.phone) for person in Contact.objects.only("phone")]


@pytest.mark.parametrize("fault", ["reset_after", "reset_before"])
def test_phones_of_a_lost_update_are_added_once(desk: LocalPortal, join: Connect, fault: FaultKind) -> None:
    """A new phone number would be there twice if the update was sent again; the row says whether it is there."""
    patient(desk, join)
    Contact.objects.bulk_upsert(people("1"), key="origin_id")
    desk.faults.script(Fault(fault, method="crm.contact.update"))
    results = Contact.objects.bulk_upsert(people("1", "2"), key="origin_id")
    assert {result.outcome for result in results} == {"updated"}
    assert phones() == [2] * 10


def test_phones_of_a_killed_job_are_added_once(desk: LocalPortal, join: Connect, tmp_path: Path) -> None:
    patient(desk, join)
    Contact.objects.bulk_upsert(people("1"), key="origin_id")
    Contact.objects.bulk_upsert(people("1", "2"), key="origin_id", journal=tmp_path / "j")
    for person in Contact.objects.filter(id__gt=5):
        person.remove_value("phone", "2").save()
    base = sqlite3.connect(tmp_path / "j")
    base.execute("UPDATE item SET state = 'sent', id = NULL")
    base.commit()
    base.close()
    results = Contact.objects.bulk_upsert(people("1", "2"), key="origin_id", journal=tmp_path / "j")
    assert Counter(result.outcome for result in results) == {"unchanged": 5, "updated": 5}
    assert phones() == [2] * 10


def test_a_fate_that_can_not_be_looked_into_stays_unknown(desk: LocalPortal, join: Connect) -> None:
    patient(desk, join, give_up_after=0.5)
    Contact.objects.bulk_upsert(people("1"), key="origin_id")
    faults = Fault("reset_after", method="crm.contact.update"), Fault("reset_before", after=1, times=10_000)
    desk.faults.script(*faults)
    with pytest.raises((JobStopped, WriteErrors)) as caught:
        Contact.objects.bulk_upsert(people("1", "2"), key="origin_id")
    assert "unknown" in str(caught.value) or "can't be established" in str(caught.value)
    desk.faults.clear()
    patient(desk, join)
    assert phones() == [2] * 10


@pytest.mark.parametrize("method", ["crm.deal.list", "crm.deal.add", "crm.deal.update"])
@pytest.mark.parametrize("kind", sorted(EXECUTED))
def test_whatever_fails_once_each_outcome_is_true(
    desk: LocalPortal, join: Connect, kind: FaultKind, method: str
) -> None:
    patient(desk, join, timeout=0.5)
    Deal.objects.bulk_upsert(orders(30, "old"), key="origin_id")
    desk.faults.script(Fault(kind, method=method, seconds=1.0))
    results: list[WriteResult[Deal]] = []
    with suppress(JobStopped):
        results.extend(Deal.objects.stream_upsert(orders(60, "new"), key="origin_id"))
    assert desk.faults.pending == 0
    there = {row["ORIGIN_ID"]: row["TITLE"] for row in desk.store.rows("deal")}
    known = {result.item.origin_id: result.outcome for result in results}
    assert max(keys(desk).values()) == 1
    assert all(there[key] == "new" for key, outcome in known.items() if outcome in ("created", "updated"))
    assert "failed" not in known.values()
    if kind not in ("redirect", "expired_token"):
        assert "unknown" not in known.values()
        assert Counter(there.values()) == {"new": 60}
