"""Writes over a bad line: none lost, none doubled, every outcome told.

With a process that is killed on the way, and another client beside it: tests/faults/test_faults_adds.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import pytest

from b24orm import Portal, RateLimits
from b24orm.emulator import LocalPortal
from b24orm.emulator.faults import Fault
from b24orm.errors import OutcomeUnknown
from b24orm.models import Deal
from tests.conftest import Connect, Serve
from tests.writes.test_writes_sets import deals, titles

COUNT: Final = 2000
BAD_LINE: Final[Mapping[Any, float]] = {
    "reset_after": 0.1,  # a fifth of all answers is lost after the work was done
    "truncated_json": 0.05,
    Fault("hang", seconds=2.0): 0.05,
    "reset_before": 0.05,
    "unavailable": 0.05,
}


@pytest.fixture
def line(serve: Serve) -> LocalPortal:
    """A portal behind a bad line."""
    portal = serve()
    portal.faults.random(BAD_LINE, seed=3)
    return portal


def patient(portal: LocalPortal, join: Connect) -> Portal:
    """A client that gives up a request after a second, and knows that the portal does so after 0.3."""
    return join(portal, timeout=1, plan=RateLimits(1_000_000, None, None, request_limit=0.3))


def test_with_keys_none_is_lost_and_none_doubled(line: LocalPortal, join: Connect) -> None:
    patient(line, join)
    results = Deal.objects.bulk_create(deals(COUNT), idempotency="origin")
    assert line.stats.faults > 10
    assert len(results) == COUNT
    assert Counter(titles(line)) == Counter(deal.title for deal in deals(COUNT))
    line.faults.clear()
    stored = {deal.title: deal.id for deal in Deal.objects.only("title")}
    assert {result.item.title: result.id for result in results} == stored


def test_without_keys_none_is_doubled_and_every_outcome_is_told(line: LocalPortal, join: Connect) -> None:
    patient(line, join)
    results = Deal.objects.bulk_create(deals(COUNT), raise_on_error=False)
    there = Counter(titles(line))
    known = {result.item.title for result in results if result.ok}
    unknown = {result.item.title for result in results if isinstance(result.error, OutcomeUnknown)}
    assert max(there.values()) == 1
    assert known | unknown == {deal.title for deal in deals(COUNT)}
    assert known <= set(there)
    assert len(known) > 0.9 * len(there), "those that were done are found by their values, but on a bad day"


def test_changes_and_deletes_arrive_over_a_bad_line(serve: Serve, join: Connect) -> None:
    portal = serve(deals=400)
    patient(portal, join)
    portal.faults.random(BAD_LINE, seed=5)
    assert Deal.objects.filter(id__gt=0).update(title="t") == 400
    assert len(titles(portal)) == 400
    assert Deal.objects.filter(id__gt=100).delete() == 300
    assert portal.store.count("deal") == 100
    assert portal.stats.faults > 5
