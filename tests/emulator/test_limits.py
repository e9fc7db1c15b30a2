"""The request counter and the operating time, on a clock that tests move."""

from __future__ import annotations

import json

import pytest

from b24orm.emulator.cost import CostModel
from b24orm.emulator.limits import PLANS, LeakyBucket, Plan, plan_named
from tests.emulator.toy import MakeToy, Toy

SECOND = {"work.long": 1.0, "work.short": 0.04}


def statuses(toy: Toy, count: int) -> list[int]:
    return [toy.post("echo").status for _ in range(count)]


# -- requests -------------------------------------------------------------------------------


@pytest.mark.parametrize(("plan", "burst"), [("standard", 50), ("enterprise", 250)])
def test_a_burst_passes_and_the_next_request_is_refused(make_toy: MakeToy, plan: str, burst: int) -> None:
    assert statuses(make_toy(plan=plan), burst + 1) == [200] * burst + [503]


def test_an_unlimited_plan_refuses_nothing(make_toy: MakeToy) -> None:
    assert set(statuses(make_toy(plan="unlimited"), 300)) == {200}


def test_a_refusal_is_flat_json(make_toy: MakeToy) -> None:
    toy = make_toy(plan=Plan(burst=0))
    assert toy.call("echo") == {"error": "QUERY_LIMIT_EXCEEDED", "error_description": "Too many requests"}


def test_a_refused_request_is_not_executed(make_toy: MakeToy) -> None:
    toy = make_toy(plan=Plan(burst=1))
    toy.post("crm.deal.add")
    toy.post("crm.deal.add")
    toy.clock.sleep(10)
    assert toy.call("count.added")["result"] == 1


def test_refusals_are_counted_and_take_no_place(make_toy: MakeToy) -> None:
    toy = make_toy(plan="standard")
    statuses(toy, 60)
    toy.clock.sleep(1)
    assert (statuses(toy, 3), toy.engine.stats.rejected) == ([200, 200, 503], 11)


@pytest.mark.parametrize(("plan", "rate"), [("standard", 2), ("enterprise", 5)])
def test_the_counter_drains_by_the_rate_each_second(make_toy: MakeToy, plan: str, rate: int) -> None:
    toy = make_toy(plan=plan)
    statuses(toy, 300)
    toy.clock.sleep(1)
    assert statuses(toy, rate + 1) == [200] * rate + [503]


def test_it_drains_in_steps_of_a_second(make_toy: MakeToy) -> None:
    toy = make_toy(plan="standard")
    statuses(toy, 50)
    toy.clock.sleep(0.9)
    assert statuses(toy, 1) == [503]


def test_it_can_drain_continuously(make_toy: MakeToy) -> None:
    toy = make_toy(plan=Plan(drain="continuous"))
    statuses(toy, 50)
    toy.clock.sleep(0.5)
    assert statuses(toy, 2) == [200, 503]


def test_two_requests_a_second_never_trip_it(make_toy: MakeToy) -> None:
    toy = make_toy(plan="standard")
    seen = set()
    for _ in range(200):
        seen.add(toy.post("echo").status)
        toy.clock.sleep(0.5)
    assert seen == {200}


def test_addresses_have_counters_of_their_own(make_toy: MakeToy) -> None:
    toy = make_toy(plan=Plan(burst=1))
    assert [toy.post("echo", remote=who).status for who in ("10.0.0.1", "10.0.0.1", "10.0.0.2")] == [
        200,
        503,
        200,
    ]


def test_unknown_methods_and_bad_credentials_count_too(make_toy: MakeToy) -> None:
    toy = make_toy(plan=Plan(burst=2))
    assert [toy.post(name, secret="bad").status for name in ("no.such", "echo", "echo")] == [404, 401, 503]


def test_the_level_never_falls_below_zero() -> None:
    bucket = LeakyBucket(PLANS["standard"])
    bucket.take("a", 0.0)
    assert bucket.level("a", 1000.0) == 0.0


def test_an_unknown_plan_is_named() -> None:
    with pytest.raises(ValueError, match="gold"):
        plan_named("gold")


def test_single_parameters_of_a_plan_can_change() -> None:
    assert plan_named("standard", rate=10.0) == Plan(rate=10.0)


# -- operating time -------------------------------------------------------------------------


def operating(toy: Toy, method: str = "work.long") -> float:
    seconds = toy.call(method)["time"]["operating"]
    assert isinstance(seconds, (int, float))
    return seconds


def test_operating_is_cumulative(toy: Toy) -> None:
    assert [operating(toy) for _ in range(3)] == pytest.approx([1, 2, 3])


def test_calls_up_to_a_tenth_of_a_second_are_free(toy: Toy) -> None:
    assert [operating(toy, "work.short") for _ in range(5)] == [0] * 5


def test_in_a_batch_short_calls_are_summed_and_charged_afterwards(toy: Toy) -> None:
    times = toy.batch(["work.short"] * 10)["result_time"]
    again = toy.batch(["work.short"])["result_time"][0]["operating"]
    assert ([time["operating"] for time in times], again) == ([0] * 10, pytest.approx(0.4))


def test_failed_calls_are_free(make_toy: MakeToy) -> None:
    toy = make_toy(costs=CostModel(system=5.0, by_method=SECOND))
    toy.call("work.fail", {"ID": 0})
    assert not toy.engine.budget.used(("apauth", "1", "work.fail"), int(toy.clock.now) // 60)


def test_a_failure_before_a_success_in_one_batch_is_charged_with_it(make_toy: MakeToy) -> None:
    toy = make_toy(costs=CostModel(system=5.0, by_method={"crm.deal.get": 1.0}))
    toy.batch(["crm.deal.get?ID=0", "crm.deal.get?ID=1"])
    assert toy.batch(["crm.deal.get?ID=1"])["result_time"][0]["operating"] == pytest.approx(5 + 1 + 1)


def test_the_call_that_crosses_the_limit_completes_and_the_next_is_refused(make_toy: MakeToy) -> None:
    toy = make_toy(plan=Plan(burst=None, operating=1.5))
    assert [toy.post("work.long").status for _ in range(3)] == [200, 200, 429]


def test_exactly_the_limit_is_not_over_it(make_toy: MakeToy) -> None:
    toy = make_toy(plan=Plan(burst=None, operating=1.0), costs=CostModel(overhead=0, by_method=SECOND))
    assert [toy.post("work.long").status for _ in range(2)] == [200, 200]


def test_the_refusal_is_flat_json_without_time(make_toy: MakeToy) -> None:
    toy = make_toy(plan=Plan(burst=None, operating=0.5))
    toy.post("work.long")
    assert toy.call("work.long") == {
        "error": "OPERATION_TIME_LIMIT",
        "error_description": "Method is blocked due to operation time limit.",
    }


def test_other_methods_are_not_touched(make_toy: MakeToy) -> None:
    toy = make_toy(plan=Plan(burst=None, operating=0.5))
    toy.post("work.long")
    assert toy.post("echo").status == 200


def test_other_webhooks_have_a_budget_of_their_own(make_toy: MakeToy) -> None:
    toy = make_toy(plan=Plan(burst=None, operating=0.5))
    other = toy.engine.credentials.add_webhook([], user_id=1).secret
    assert [toy.post("work.long", secret=who).status for who in (toy.secret, toy.secret, other)] == [
        200,
        429,
        200,
    ]


def test_batched_calls_of_a_webhook_have_a_budget_apart(make_toy: MakeToy) -> None:
    toy = make_toy(plan=Plan(burst=None, operating=0.5))
    toy.batch(["work.long"])
    assert toy.post("work.long").status == 200


def test_all_webhooks_share_the_budget_of_batched_calls(make_toy: MakeToy) -> None:
    toy = make_toy(plan=Plan(burst=None, operating=0.5))
    other = toy.engine.credentials.add_webhook([], user_id=1).secret
    toy.batch(["work.long"])
    answer = toy.call("batch", {"cmd": ["work.long"]}, secret=other)["result"]
    assert answer["result_error"][0]["error"] == "OPERATION_TIME_LIMIT"


def test_an_application_has_one_budget_for_both(make_toy: MakeToy) -> None:
    toy = make_toy(plan=Plan(burst=None, operating=0.5))
    toy.send(
        "/rest/batch", json.dumps({"auth": toy.token(), "cmd": ["work.long"]}).encode(), "application/json"
    )
    assert toy.send(f"/rest/work.long?auth={toy.token()}").status == 429


def test_two_applications_have_two_budgets(make_toy: MakeToy) -> None:
    toy = make_toy(plan=Plan(burst=None, operating=0.5))
    tokens = [toy.token(client_id=client) for client in ("app.1", "app.1", "app.2")]
    assert [toy.send(f"/rest/work.long?auth={token}").status for token in tokens] == [200, 429, 200]


def test_a_long_call_blocks_the_next_in_the_same_batch(make_toy: MakeToy) -> None:
    toy = make_toy(plan=Plan(burst=None, operating=0.5))
    assert list(toy.batch({"a": "work.long", "b": "work.long"})["result_error"]) == ["b"]


def test_short_calls_do_not_block_in_their_own_batch(make_toy: MakeToy) -> None:
    toy = make_toy(plan=Plan(burst=None, operating=0.1))
    assert toy.batch(["work.short"] * 10)["result_error"] == []


def test_the_outer_batch_always_has_zero(toy: Toy) -> None:
    toy.batch(["work.long"])
    assert toy.call("batch", {"cmd": ["work.long"]})["time"]["operating"] == 0


def test_the_window_is_ten_baskets_of_a_minute(toy: Toy) -> None:
    toy.clock.now = 60_000.0
    operating(toy)
    toy.clock.now = 60_000.0 + 599
    last = operating(toy)
    toy.clock.now = 60_000.0 + 600
    assert (last, operating(toy)) == pytest.approx((2, 2))


def test_a_call_late_in_its_minute_is_forgotten_after_nine(toy: Toy) -> None:
    toy.clock.now = 60_000.0 + 59
    operating(toy)
    toy.clock.now = 60_000.0 + 600
    assert operating(toy) == pytest.approx(1)


def test_the_reset_is_when_the_oldest_basket_began_plus_ten_minutes(toy: Toy) -> None:
    toy.clock.now = 60_010.0
    operating(toy)
    toy.clock.now = 60_100.0
    assert toy.call("work.long")["time"]["operating_reset_at"] == 60_610


def test_without_a_basket_the_reset_counts_from_now(toy: Toy) -> None:
    toy.clock.now = 60_010.0
    assert toy.call("echo")["time"]["operating_reset_at"] == 60_610


def test_the_outer_batch_resets_ten_minutes_after_it_began(toy: Toy) -> None:
    toy.clock.now = 60_010.0
    toy.batch(["work.long"])
    toy.clock.now = 60_100.0
    assert toy.call("batch", {"cmd": ["work.long"]})["time"]["operating_reset_at"] == 60_700
