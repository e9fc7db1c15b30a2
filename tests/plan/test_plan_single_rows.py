"""Rows of known ids that are got one by one, or picked out of a whole list."""

from __future__ import annotations

from typing import Any

import pytest

from b24orm.errors import AccessDenied, ApiError, Incomplete, NotFound
from b24orm.facts import load
from b24orm.plan import writes
from b24orm.plan.calls import Ask, Reply
from b24orm.plan.compiler import compile_count, compile_query
from b24orm.plan.flow import Flow
from b24orm.plan.getting import get_call
from b24orm.query.nodes import Q, Query
from b24orm.query.resolving import resolve, resolve_order

GONE = ApiError("1021", "Booking not found")


def asked(entity: str, *order: str, **lookups: Any) -> Query:
    schema = load(entity)
    keys = tuple(resolve_order(schema, name) for name in order)
    return Query(schema, resolve(schema, Q(**lookups)), order=keys)


def answered(flow: Flow, **rows: Any) -> list[Any]:
    """The rows of a flow whose calls are answered by their ids; an error stands for itself."""
    found: list[Any] = []
    while not flow.done:
        for ask in flow.asks(1):
            outcomes = [rows[f"n{call.params['id']}"] for call in ask.calls]
            flow.receive(ask, [each if isinstance(each, Exception) else Reply(each) for each in outcomes])
        found += [row for page in flow.pages() for row in page]
    return found


def booking(row_id: int) -> dict[str, Any]:
    return {"booking": {"id": row_id, "name": f"No. {row_id}"}}


def test_each_id_is_a_call_of_its_own() -> None:
    (ask,) = compile_query(asked("Booking", id__in=[3, 1])).flow().asks(5)

    assert [(call.method, dict(call.params)) for call in ask.calls] == [
        ("booking.v1.booking.get", {"id": 1}),
        ("booking.v1.booking.get", {"id": 3}),
    ]


def test_what_is_not_there_brings_no_row() -> None:
    flow = compile_query(asked("Booking", id__in=[1, 2, 3])).flow()

    assert [row["id"] for row in answered(flow, n1=booking(1), n2=GONE, n3=booking(3))] == [1, 3]


@pytest.mark.parametrize(
    "error",
    [
        AccessDenied("ACCESS_DENIED", "Access denied"),
        ApiError("1009", "Resource not found"),
        NotFound("ERROR_METHOD_NOT_FOUND", "Method not found!"),
    ],
)
def test_any_other_error_is_raised(error: ApiError) -> None:
    flow = compile_query(asked("Booking", id=1)).flow()

    with pytest.raises(type(error)):
        answered(flow, n1=error)


def test_another_row_than_the_one_asked_for_is_refused() -> None:
    flow = compile_query(asked("Booking", id=1)).flow()

    with pytest.raises(Incomplete):
        answered(flow, n1=booking(2))


def test_a_row_that_leaves_out_its_id_has_the_one_it_was_asked_by() -> None:
    flow = compile_query(asked("Booking", id=1)).flow()

    assert answered(flow, n1={"booking": {"name": "Van"}}) == [{"id": 1, "name": "Van"}]


def test_the_order_of_ids_can_be_turned_round() -> None:
    (ask,) = compile_query(asked("Booking", "-id", id__in=[1, 3])).flow().asks(5)

    assert [call.params["id"] for call in ask.calls] == [3, 1]


def test_questions_are_no_larger_than_a_batch() -> None:
    asks = compile_query(asked("Booking", id__in=range(1, 121))).flow().asks(9)

    assert [len(ask.calls) for ask in asks] == [50, 50, 20]


def test_in_rest_3_each_travels_alone() -> None:
    asks = compile_query(asked("Mailbox", id__in=[1, 2])).flow().asks(9)

    assert [len(ask.calls) for ask in asks] == [1, 1]


def test_ids_that_exclude_each_other_find_nothing() -> None:
    query = asked("Booking", id=1).narrowed(asked("Booking", id=2).where)

    assert answered(compile_query(query).flow()) == []


def test_the_whole_list_is_read_for_several_and_one_is_got() -> None:
    assert compile_query(asked("Currency", currency="RUB")).strategy == "GetEach"
    assert compile_query(asked("Currency", currency__in=["RUB", "USD"])).strategy == "Single"


def test_of_a_whole_list_what_is_wanted_is_kept() -> None:
    flow = compile_query(asked("OwnerType", id__in=[2, 3])).flow()
    (ask,) = flow.asks(1)
    flow.receive(ask, [Reply([{"ID": "1"}, {"ID": "2"}, {"ID": "3"}])])

    assert [row["ID"] for page in flow.pages() for row in page] == ["2", "3"]


def test_a_count_reads_the_rows() -> None:
    plan = compile_count(asked("Booking", id__in=[1, 2]))

    assert (plan.strategy, plan.why[0]) == ("GetEach", "no method counts them: the rows are read")


def test_an_id_is_spelled_as_the_method_wants_it() -> None:
    assert get_call(load("Chat"), 5, {}).params == {"DIALOG_ID": "chat5"}


def test_a_list_that_filters_ids_is_asked_if_it_needs_nothing_else() -> None:
    assert compile_query(asked("Deal", id=5)).strategy == "ByIds"
    assert compile_query(asked("CatalogProduct", id=5)).strategy == "GetEach"
    assert compile_query(asked("CatalogProduct", id=5, iblock_id=24)).strategy != "GetEach"


def test_the_question_of_a_flow_is_recognised() -> None:
    flow = compile_query(asked("Booking", id__in=range(1, 101))).flow()
    first, second = flow.asks(2)
    flow.receive(second, [Reply(booking(call.params["id"])) for call in second.calls])
    assert list(flow.pages()) == []
    flow.receive(first, [Reply(booking(call.params["id"])) for call in first.calls])

    assert [row["id"] for page in flow.pages() for row in page] == list(range(1, 101))
    assert isinstance(first, Ask)
    assert flow.done


def test_of_a_scrum_task_the_id_is_the_tasks_and_not_that_of_its_sprint() -> None:
    flow = compile_query(asked("ScrumTask", id=5)).flow()
    (ask,) = flow.asks(1)
    flow.receive(ask, [Reply({"entityId": 2, "storyPoints": "8"})])

    assert [dict(call.params) for call in ask.calls] == [{"id": 5}]
    assert [row for page in flow.pages() for row in page] == [{"id": 5, "entityId": 2, "storyPoints": "8"}]


def test_an_id_may_stand_inside_an_object() -> None:
    assert get_call(load("SocialnetworkWorkgroup"), 5, {}).params == {"params": {"groupId": 5}}


def test_so_may_that_of_a_row_that_is_written() -> None:
    flow = load("Flow")

    assert writes.update(flow, 5, {"name": "x"}, {}, {}).params == {"flowData": {"id": 5, "name": "x"}}
    assert writes.delete(flow, 5, {}).params == {"flowData": {"id": 5}}
