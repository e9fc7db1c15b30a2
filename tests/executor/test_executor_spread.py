"""Smaller batches, and more of them, while the portal has time for them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b24orm.emulator import CostModel
from b24orm.errors import ServerFailure
from b24orm.executor.spread import Pace, size_for
from b24orm.models import Deal
from b24orm.plan.calls import Outcome, Reply
from b24orm.plan.steps.sizes import BATCH
from tests.conftest import Connect, Serve

LEFT = st.integers(1, 100_000)
SECONDS = st.floats(0, 5)
PLACES = st.integers(0, 60)
SPARE = st.integers(0, 1_000_000)


def requests(left: int, size: int) -> int:
    return -(-left // size)


@given(LEFT, SECONDS, PLACES, SPARE)
def test_half_of_what_a_scan_would_leave_in_the_bucket_is_left_there(
    left: int, seconds: float, places: int, spare: int
) -> None:
    needed = requests(left, BATCH)
    sent = requests(left, size_for(left, seconds=seconds, places=places, spare=spare))

    assert sent - needed <= max(0, spare - needed) // 2


@given(LEFT, SECONDS, PLACES, SPARE)
def test_no_more_requests_than_places_are_made_of_a_batch(
    left: int, seconds: float, places: int, spare: int
) -> None:
    sent = requests(left, size_for(left, seconds=seconds, places=places, spare=spare))

    assert sent <= max(requests(left, BATCH), places)


@given(LEFT, PLACES, SPARE)
def test_quick_commands_stay_together(left: int, places: int, spare: int) -> None:
    assert size_for(left, seconds=0.009, places=places, spare=spare) == BATCH


def test_nothing_is_spread_when_the_bucket_is_full() -> None:
    assert size_for(1_000, seconds=1.0, places=40, spare=0) == BATCH


@pytest.mark.parametrize(
    ("left", "seconds", "places", "spare", "expected"),
    [
        (500, 1.0, 40, 20, 34),  # ten requests are needed, and half of the other ten are taken
        (100, 1.0, 5, 100, 20),  # no more than there are places
        (100, 0.03, 40, 100, 17),  # half a second of work each
        (60, 1.0, 2, 100, BATCH),  # two are needed anyway
        (3, 5.0, 60, 1_000, 1),
    ],
)
def test_what_is_left_is_spread_over_what_is_free(
    left: int, seconds: float, places: int, spare: int, expected: int
) -> None:
    assert size_for(left, seconds=seconds, places=places, spare=spare) == expected


def answers(*finished: float) -> list[Outcome]:
    return [Reply([], time={"finish": moment, "duration": 0.9}) for moment in finished]


def test_a_pace_is_read_from_the_moments_at_which_commands_were_done() -> None:
    pace = Pace()
    pace.learn(["crm.deal.list"] * 3, answers(10.5, 10.6, 10.7), seconds=9.0)

    assert round(pace.of("crm.deal.list"), 3) == 0.1


def test_a_pace_is_no_slower_than_what_was_waited() -> None:
    pace = Pace()
    pace.learn(["crm.deal.list"] * 3, answers(10.5, 10.6, 10.7), seconds=0.03)

    assert pace.of("crm.deal.list") == 0.01


def test_a_pace_follows_slowly() -> None:
    pace = Pace()
    pace.learn(["crm.deal.list"] * 2, answers(10.0, 10.1), seconds=9.0)
    pace.learn(["crm.deal.list"] * 2, answers(20.0, 20.2), seconds=9.0)

    assert round(pace.of("crm.deal.list"), 3) == 0.13


def test_the_shortest_wait_counts() -> None:
    pace = Pace()
    for seconds in (0.02, 9.0):
        pace.learn(["crm.deal.list"] * 2, answers(10.0, 10.1), seconds=seconds)

    assert pace.of("crm.deal.list") == 0.01


@pytest.mark.parametrize(
    "outcomes",
    [
        [*answers(10.0), ServerFailure("X"), *answers(10.9)],
        [*answers(10.0), Reply([]), *answers(10.9)],
        answers(10.9, 10.5, 10.1),  # a clock that was put back
    ],
    ids=["an error", "no time", "backwards"],
)
def test_a_gap_tells_no_pace(outcomes: list[Outcome]) -> None:
    pace = Pace()
    pace.learn(["crm.deal.list"] * 3, outcomes, seconds=9.0)

    assert pace.of("crm.deal.list") == 0.0


def test_a_method_that_was_never_called_has_no_pace() -> None:
    assert Pace().of("crm.deal.list") == 0.0


def test_a_portal_that_takes_its_time_is_asked_in_more_requests(serve: Serve, join: Connect) -> None:
    portal = serve(deals=10_000, companies=0, contacts=0, latency=1.0, costs=CostModel(page=0.02))
    join(portal)
    read = [deal.id for deal in Deal.objects.only("id").iterator()]

    assert (read, portal.stats.requests > 1 + 4) == (list(range(1, 10_001)), True)
