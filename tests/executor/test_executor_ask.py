"""Questions of several calls: in one batch, beside it, or one by one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from b24orm.errors import ApiError, B24Error, NotFound, TimedOut
from b24orm.executor.executor import Executor
from b24orm.plan.calls import Ask, Call, Lookup, Outcome, Ref, Reply
from tests.executor.fakes import Answers, Asked, FakeTransport, batch_of, client, error, result, run
from tests.transport.php_query import parse_str


class Portal:
    """Answers every method with what it was asked, alone or in batches."""

    def __init__(self, failing: Mapping[str, dict[str, Any]] | None = None) -> None:
        self.failing = failing or {}

    def __call__(self, asked: Asked) -> Any:
        if asked.method != "batch":
            return self._alone(asked.method, asked.params)
        answers: dict[str, Any] = {}
        for label, command in asked.commands.items():
            method, _, query = command.partition("?")
            answers[label] = self.failing.get(method, {"method": method, **parse_str(query)})
            if asked.params["halt"] and method in self.failing:
                break
        return batch_of(answers)

    def _alone(self, method: str, params: Mapping[str, Any]) -> Any:
        if method in self.failing:
            return error(self.failing[method]["error"], "no")
        return result({"method": method, **params})


def portal(**failing: str) -> tuple[Executor, FakeTransport]:
    return client(Portal({f"crm.{name}.get": {"error": code} for name, code in failing.items()}))


def asked(executor: Executor, ask: Ask) -> list[Any]:
    """The results, or the codes of the errors."""
    return list(map(shown, run(executor.ask(ask))))


def shown(outcome: Outcome) -> Any:
    return outcome.result if isinstance(outcome, Reply) else getattr(outcome, "code", type(outcome).__name__)


def get(name: str, key: Any = 1) -> Call:
    return Call(f"crm.{name}.get", {"id": key})


def add(name: str) -> Call:
    return Call(f"crm.{name}.add", {"fields": {"A": "b"}}, write=True)


def got(name: str, key: Any = "1") -> dict[str, Any]:
    return {"method": f"crm.{name}.get", "id": key}


def sent(transport: FakeTransport) -> list[Any]:
    """The methods called, and the commands of batches."""
    return [
        [command.partition("?")[0] for command in a.commands.values()] if a.method == "batch" else a.method
        for a in transport.log
    ]


# -- shapes of questions -------------------------------------------------------------------------


def test_one_call_travels_alone() -> None:
    executor, transport = portal()

    assert (asked(executor, Ask((get("deal"),))), sent(transport)) == ([got("deal", 1)], ["crm.deal.get"])


def test_several_calls_ride_one_batch() -> None:
    executor, transport = portal()

    assert asked(executor, Ask((get("deal"), get("lead")))) == [got("deal"), got("lead")]
    assert sent(transport) == [["crm.deal.get", "crm.lead.get"]]


def test_what_a_batch_can_t_carry_travels_beside_it() -> None:
    executor, transport = portal()
    ask = Ask((get("deal"), get("lead", None), get("quote"), get("company", "$result[x]")))

    assert asked(executor, ask) == [
        got("deal"),
        got("lead", None),
        got("quote"),
        got("company", "$result[x]"),
    ]
    assert sorted(map(str, sent(transport))) == sorted(
        map(str, ["crm.lead.get", "crm.company.get", ["crm.deal.get", "crm.quote.get"]])
    )


def test_if_no_call_fits_there_is_no_batch() -> None:
    executor, transport = portal()

    assert asked(executor, Ask((get("deal", None), get("lead", [])))) == [got("deal", None), got("lead", [])]
    assert sorted(sent(transport)) == ["crm.deal.get", "crm.lead.get"]


def test_an_error_belongs_to_its_call() -> None:
    executor, _ = portal(lead="NOT_FOUND")
    outcomes = run(executor.ask(Ask((get("deal"), get("lead"), get("quote")))))

    assert [type(outcome) for outcome in outcomes] == [Reply, NotFound, Reply]


def test_what_ends_the_batch_ends_all_of_its_calls() -> None:
    executor, _ = client(Answers(error("NO_AUTH_FOUND", "no", 401)))

    assert asked(executor, Ask((get("deal"), get("lead")))) == ["NO_AUTH_FOUND"] * 2


def test_a_halted_batch_tells_which_commands_did_not_run() -> None:
    executor, _ = portal(lead="NOT_FOUND")
    ask = Ask((get("deal"), get("lead"), get("quote")), halt=True)

    assert asked(executor, ask) == [got("deal"), "NOT_FOUND", "NOT_RUN"]


def test_a_refusal_for_limits_ends_no_halted_batch() -> None:
    first = {"c0": {"id": "deal"}, "c1": {"error": "OPERATION_TIME_LIMIT"}}
    executor, transport = client(Answers(batch_of(first), batch_of({"c1": 2, "c2": 3})))
    ask = Ask((add("deal"), add("lead"), add("quote")), halt=True)

    assert asked(executor, ask) == [{"id": "deal"}, 2, 3]
    assert list(transport.log[1].commands) == ["c1", "c2"]


def test_reads_that_a_batch_says_nothing_of_are_asked_again() -> None:
    executor, transport = client(Answers(batch_of({"c0": 1}), batch_of({"c1": 2, "c2": 3})))

    assert asked(executor, Ask((get("deal"), get("lead"), get("quote")))) == [1, 2, 3]
    assert list(transport.log[1].commands) == ["c1", "c2"]


def test_writes_that_a_batch_says_nothing_of_are_not_sent_again() -> None:
    executor, transport = client(Answers(batch_of({"c0": 1})))

    assert asked(executor, Ask((add("deal"), add("lead")))) == [1, "UNANSWERED"]
    assert len(transport.log) == 1


@pytest.mark.parametrize("halt", [False, True])
def test_halt_is_a_number_that_php_understands(halt: bool) -> None:
    executor, transport = portal()
    asked(executor, Ask((get("deal"), get("lead")), halt=halt))

    assert transport.log[0].params["halt"] == int(halt)


# -- chains ------------------------------------------------------------------------------------------


def chain(*keys: Any) -> Ask:
    labels = tuple("abc"[: len(keys)])
    return Ask(tuple(get("deal", key) for key in keys), labels, chained=True)


def test_a_chain_rides_one_batch_with_its_labels() -> None:
    executor, transport = portal()
    asked(executor, chain(5, Ref("a", ("id",))))

    assert transport.log[0].commands == {
        "a": "crm.deal.get?id=5",
        "b": "crm.deal.get?id=%24result%5Ba%5D%5Bid%5D",
    }


def test_a_chain_that_can_t_ride_goes_one_by_one_with_its_references_filled_in() -> None:
    executor, transport = portal()
    ask = Ask(
        (
            Call("crm.deal.get", {"id": 5, "x": None}),
            Call("crm.lead.get", {"filter": {">ID": Ref("a", ("id",))}}),
        ),
        ("a", "b"),
        chained=True,
    )

    assert asked(executor, ask)[1] == {"method": "crm.lead.get", "filter": {">ID": 5}}
    assert sent(transport) == ["crm.deal.get", "crm.lead.get"]


def test_a_chain_ends_where_a_reference_leads_nowhere() -> None:
    executor, transport = portal()

    assert asked(executor, chain(None, Ref("a", ("items", 49, "id")), 3)) == [
        got("deal", None),
        "NOT_RUN",
        "NOT_RUN",
    ]
    assert len(transport.log) == 1


def test_a_chain_ends_at_its_first_error() -> None:
    executor, transport = client(Answers(error("NOT_FOUND", "no"), result(1)))

    assert asked(executor, chain(None, 2, 3)) == ["NOT_FOUND", "NOT_RUN", "NOT_RUN"]
    assert len(transport.log) == 1


# -- many calls ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "requests"), [(0, 0), (1, 1), (50, 1), (51, 2), (120, 3)])
def test_any_number_of_calls_is_packed_into_batches_of_50(count: int, requests: int) -> None:
    executor, transport = portal()
    calls = [get("deal", number) for number in range(count)]

    outcomes = run(executor.many(calls))

    assert ([str(o.result["id"]) for o in outcomes if isinstance(o, Reply)], len(transport.log)) == (
        [str(number) for number in range(count)],
        requests,
    )


def test_batches_are_under_way_side_by_side() -> None:
    executor, transport = client(Portal(), delay=lambda: 1.0)
    run(executor.many([get("deal", number) for number in range(500)]))

    assert transport.most == 10


def test_labels_have_a_letter_so_that_php_keeps_them_texts() -> None:
    executor, transport = portal()
    asked(executor, Ask((get("deal"), get("lead"))))

    assert [label.isdigit() for label in transport.log[0].commands] == [False, False]


# -- reads that are awaited together -----------------------------------------------------------------


def together(executor: Executor, *calls: Call) -> list[Any]:
    async def work() -> list[Any]:
        found = await asyncio.gather(*(executor.ask(Ask((call,))) for call in calls))
        return [shown(outcome) for (outcome,) in found]

    return run(work())


def test_reads_awaited_together_are_one_request() -> None:
    executor, transport = portal()

    assert together(executor, get("deal"), get("lead")) == [got("deal"), got("lead")]
    assert len(transport.log) == 1


def test_equal_reads_are_sent_once() -> None:
    executor, transport = portal()

    assert together(executor, *[get("deal")] * 30) == [got("deal", 1)] * 30
    assert sent(transport) == ["crm.deal.get"]


def test_writes_are_never_put_together() -> None:
    executor, transport = portal()
    write = Call("crm.deal.add", {"fields": {"TITLE": "a"}}, write=True)
    together(executor, write, write)

    assert sent(transport) == ["crm.deal.add"] * 2


def look_up(key: int) -> Call:
    return Call("crm.deal.list", {"filter": {"@ID": [key]}}, lookup=Lookup("filter", "@ID", key, "ID"))


def test_ids_looked_up_together_become_one_list_and_everybody_gets_their_own() -> None:
    def answer(asked: Asked) -> Any:
        return result([{"ID": str(key)} for key in asked.params["filter"]["@ID"] if key != 3])

    executor, transport = client(answer)

    assert together(executor, *map(look_up, (5, 3, 9))) == [[{"ID": "5"}], [], [{"ID": "9"}]]
    assert len(transport.log) == 1


def test_an_error_is_only_the_caller_s_own() -> None:
    executor, _ = portal(lead="NOT_FOUND")

    assert together(executor, get("deal"), get("lead")) == [got("deal"), "NOT_FOUND"]


def test_who_leaves_does_not_take_the_others_along() -> None:
    executor, _ = client(Portal(), delay=lambda: 1.0)

    async def work() -> Any:
        gone = asyncio.create_task(executor.ask(Ask((get("deal"),))))
        stays = asyncio.create_task(executor.ask(Ask((get("lead"),))))
        await asyncio.sleep(0.5)
        gone.cancel()
        (outcome,) = await stays
        return shown(outcome)

    assert run(work()) == got("lead")


def test_a_request_that_nobody_waits_for_any_more_is_cancelled() -> None:
    executor, transport = client(Portal(), delay=lambda: 10.0)

    async def work() -> int:
        tasks = [asyncio.create_task(executor.ask(Ask((get(name),)))) for name in ("deal", "lead")]
        await asyncio.sleep(1)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0.001)
        return transport.under_way

    assert run(work()) == 0


def test_an_error_of_our_own_reaches_who_waits() -> None:
    executor, _ = client(Answers(ZeroDivisionError("a bug")))

    async def work() -> None:
        await executor.ask(Ask((get("deal"),)))

    with pytest.raises(ZeroDivisionError):
        run(work())


def test_a_lost_answer_is_everybody_s_error() -> None:
    executor, _ = client(Answers(TimedOut("no answer")))

    assert together(executor, get("deal"), get("lead")) == ["TimedOut", "TimedOut"]


def test_closing_closes_the_transport() -> None:
    executor, transport = portal()
    run(executor.close())

    assert transport.closed


def test_outcomes_are_values_and_calls_raise() -> None:
    executor, _ = portal(deal="NOT_FOUND")

    assert isinstance(run(executor.outcome(get("deal"))), B24Error)
    with pytest.raises(ApiError):
        run(executor.call(get("deal")))
