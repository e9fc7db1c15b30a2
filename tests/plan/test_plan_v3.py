"""Queries of REST 3.0: what is chosen, what is sent, and that the rows are those that were asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b24orm.errors import Incomplete, InvalidValue, Unsupported
from b24orm.facts import load
from b24orm.plan.compiler import compile_count, compile_query
from b24orm.plan.flow import Estimating
from b24orm.query.nodes import Q, Query
from b24orm.query.resolving import resolve, resolve_order
from b24orm.schema import EntitySchema
from tests.emulator.v3_calls import V3Portal
from tests.plan.v3_driver import answer, counted, run

LOG = load("EventLogRecord")
TASK = load("TaskV3")
AGGREGATED = replace(LOG, list=replace(LOG.list, aggregate="main.eventlog.aggregate"))  # type: ignore[type-var]
MOSCOW = timezone(timedelta(hours=3))

DENSE = V3Portal(events=2600)
SPARSE = V3Portal(events=1500, sparse=37)
PORTALS = {"dense": DENSE, "sparse": SPARSE}
DESK = V3Portal(tasks=1300)
DESK.store.execute("UPDATE task SET ID = ID + ID * 5 / 3 WHERE ID > 700")  # holes from 700 on
TASKS = DESK.store.ids("task")


def query(
    schema: EntitySchema = LOG,
    q: Q | None = None,
    *,
    order: tuple[str, ...] = (),
    start: int = 0,
    stop: int | None = None,
    **lookups: Any,
) -> Query:
    found = Query(schema)
    asked = (Q(**lookups) & q) if q is not None and lookups else q if q is not None else Q(**lookups)
    if asked:
        found = found.narrowed(resolve(schema, asked))
    if order:
        found = replace(found, order=tuple(resolve_order(schema, name) for name in order))
    return found.sliced_to(start, stop)


# -- what is chosen -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "strategy"),
    [
        (query(), "WindowScan"),
        (query(order=("-id",)), "WindowScan"),
        (query(stop=10), "Single"),
        (query(stop=3000), "TailScan"),
        (query(stop=60_000), "WindowScan"),
        (query(id__in=[1, 2]), "ByIds"),
        (query(order=("timestamp_x",)), "OrderedScan"),
        (query(order=("timestamp_x",), stop=5), "UntilEmpty"),
        (query(order=("audit_type_id",)), "UntilEmpty"),
        (query(id__in=[]), "Nothing"),
        (query(TASK, order=("deadline",), stop=5), "OrderedScan"),
        (query(TASK, stop=250), "TailScan"),
        (query(TASK, stop=251), "WindowScan"),
        (query(load("TimeRecord"), user_id=1), "UntilEmpty"),
        (query(load("TaskResultV3"), task_id=1), "WindowScan"),
        (query(load("Mailbox")), "UntilEmpty"),
    ],
)
def test_the_strategy(asked: Query, strategy: str) -> None:
    assert compile_query(asked).strategy == strategy


def test_a_tail_is_read_by_the_tail_where_there_is_one() -> None:
    sample = compile_query(query(id__gt=7, stop=3000)).sample
    assert sample is not None
    assert (sample.method, sample.params["cursor"]) == (
        "main.eventlog.tail",
        {"field": "id", "value": 7, "order": "ASC", "limit": 1000},
    )
    assert "filter" not in sample.params
    assert "pagination" not in sample.params


def test_a_tail_is_read_by_the_list_where_there_is_none() -> None:
    sample = compile_query(query(TASK, id__gt=7, stop=200)).sample
    assert sample is not None
    assert (sample.method, sample.params["filter"]) == ("tasks.task.list", [["id", ">", 7]])


def test_no_more_rows_are_asked_for_than_wanted() -> None:
    sample = compile_query(query(stop=7)).sample
    assert sample is not None
    assert sample.params["pagination"] == {"limit": 7}


def test_an_or_is_said_in_one_filter() -> None:
    plan = compile_query(query(LOG, Q(user_id=1) | Q(id__lt=9, guest_id=2)))
    assert plan.sample is not None
    assert plan.sample.params["filter"] == [
        {
            "logic": "or",
            "conditions": [
                ["userId", "=", 1],
                {
                    "type": "filter",
                    "logic": "and",
                    "conditions": [["id", "<", 9], ["guestId", "=", 2]],
                },
            ],
        }
    ]


def test_none_of_these_is_said_without_a_negation() -> None:
    plan = compile_query(query(TASK, ~Q(id__in=[3, 5])))
    assert plan.sample is not None
    assert plan.sample.params["filter"] == [
        {"logic": "and", "conditions": [["id", "!=", 3], ["id", "!=", 5]]}
    ]


@pytest.mark.parametrize(("schema", "limit", "calls"), [(LOG, 1000, 5), (TASK, 50, 50)])
def test_a_request_holds_as_many_calls_as_make_up_its_rows(
    schema: EntitySchema, limit: int, calls: int
) -> None:
    plan = compile_query(query(schema))
    assert plan.sample is not None
    assert (plan.sample.params["pagination"], plan.batch) == ({"limit": limit}, calls)


def test_everything_is_selected_by_name() -> None:
    sample = compile_query(query()).sample
    assert sample is not None
    assert sample.params["select"][:2] == ["id", "timestampX"]
    assert "*" not in sample.params["select"]


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: query(severity="INFO"), Unsupported, "can't filter"),
        (lambda: query(audit_type_id__contains="x"), Unsupported, "can't do"),
        (lambda: query(user_id__isnull=True), Unsupported, "can't"),
        (lambda: query(q=~Q(user_id=1)), Unsupported, "rows without a value"),
        (lambda: query(q=~Q(user_id__gt=1)), Unsupported, "rows without a value"),
        (lambda: query(timestamp_x__gt=datetime(2024, 1, 1)), Unsupported, "zone"),
        (lambda: query(timestamp_x__gt="2024-01-01"), Unsupported, "zone"),
        (
            lambda: query(timestamp_x__gt=datetime(2024, 1, 1, 0, 0, 0, 5, MOSCOW)),
            Unsupported,
            "microseconds",
        ),
        (lambda: query(TASK, order=("title",)), Unsupported, "sort the rows in Python"),
        (lambda: query(load("TimeRecord")), InvalidValue, "user_id"),
        (lambda: query(load("CallFollowUp")), Unsupported, "call"),
        (lambda: query(load("NoteCollection")), Unsupported, "call"),
    ],
)
def test_what_is_refused_before_anything_is_sent(
    make: Callable[[], Query], error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        compile_query(make())


# -- what comes back ----------------------------------------------------------------------------

_IDS = st.integers(-2, 2700) | st.integers(0, 60_000)
_LEAVES = st.one_of(
    st.builds(lambda op, n: Q(**{f"id__{op}": n}), st.sampled_from(["gt", "gte", "lt", "lte"]), _IDS),
    st.builds(lambda ids: Q(id__in=ids), st.lists(_IDS, max_size=4)),
    st.builds(lambda a, b: Q(id__range=(min(a, b), max(a, b))), _IDS, _IDS),
    st.builds(lambda n: Q(id=n), _IDS),
    st.builds(lambda n: ~Q(id=n), _IDS),
    st.builds(lambda n: Q(user_id=n), st.integers(1, 4)),
    st.builds(lambda ns: Q(user_id__in=ns), st.lists(st.integers(1, 4), min_size=1, max_size=3)),
    st.builds(lambda kind: Q(audit_type_id=kind), st.sampled_from(["USER_LOGOUT", "REST_CALL", "NONE"])),
    st.builds(
        lambda op, n: Q(**{f"timestamp_x__{op}": datetime(2024, 1, 1, tzinfo=MOSCOW) + timedelta(minutes=n)}),
        st.sampled_from(["gt", "gte", "lt", "lte", "exact"]),
        _IDS,
    ),
)
_QS = st.recursive(
    _LEAVES,
    lambda inner: st.builds(lambda a, b: a & b, inner, inner) | st.builds(lambda a, b: a | b, inner, inner),
    max_leaves=5,
)


def _rows(portal: V3Portal) -> list[dict[str, Any]]:
    found = []
    for row in portal.store.rows("event_log"):
        moment = datetime.fromisoformat(row["TIMESTAMP_X"]).replace(tzinfo=MOSCOW)
        found.append(
            {
                "id": row["ID"],
                "user_id": row["USER_ID"],
                "audit_type_id": row["AUDIT_TYPE_ID"],
                "timestamp_x": moment,
            }
        )
    return found


_BRUTE = {name: _rows(portal) for name, portal in PORTALS.items()}


def _leaf(row: dict[str, Any], key: str, value: Any) -> bool:
    name, _, lookup = key.partition("__")
    own = row[name]
    if own is None:
        return False
    return {
        "": lambda: own == value,
        "exact": lambda: own == value,
        "gt": lambda: own > value,
        "gte": lambda: own >= value,
        "lt": lambda: own < value,
        "lte": lambda: own <= value,
        "in": lambda: own in value,
        "range": lambda: value[0] <= own <= value[1],
    }[lookup]()


def _holds(row: dict[str, Any], q: Q) -> bool:
    parts = [_holds(row, c) if isinstance(c, Q) else _leaf(row, *c) for c in q.children]
    found = all(parts) if q.connector == "AND" else any(parts)
    return found != q.negated


@given(
    q=_QS | st.none(),
    place=st.sampled_from(sorted(PORTALS)),
    order=st.sampled_from([(), ("id",), ("-id",), ("timestamp_x",), ("-user_id",), ("user_id", "-id")]),
    start=st.integers(0, 30) | st.just(1100),
    length=st.none() | st.integers(0, 40) | st.just(1300),
    seed=st.integers(0, 9),
)
def test_the_rows_are_those_that_python_finds(
    q: Q | None, place: str, order: tuple[str, ...], start: int, length: int | None, seed: int
) -> None:
    start = 0 if length is None else start
    stop = None if length is None else start + length
    wanted = [row for row in _BRUTE[place] if q is None or _holds(row, q)]
    for key in reversed(order or ("id",)):
        name = key.lstrip("-")
        wanted.sort(
            key=lambda row, name=name: (row[name] is not None, row[name] or 0),  # type: ignore[misc]
            reverse=key.startswith("-"),
        )
    expected = [row["id"] for row in wanted[start:stop]]
    plan = compile_query(query(LOG, q, order=order, start=start, stop=stop))
    rows = run(plan, PORTALS[place], seed=seed)
    if "id" in order or "-id" in order or not order:
        assert [row["id"] for row in rows] == expected
    else:  # equals are in an order of their own
        ids = {row["id"] for row in rows}
        assert (len(rows), len(ids), ids <= {row["id"] for row in wanted}) == (
            len(expected),
            len(expected),
            True,
        )
        keys = [_sort_key(row, order[0]) for row in rows]
        assert keys == sorted(keys, reverse=order[0].startswith("-"))


def _sort_key(row: dict[str, Any], name: str) -> Any:
    value = row["userId"] if "user" in name else row["timestampX"]
    return (value is not None, value or 0)


@given(q=_QS, place=st.sampled_from(sorted(PORTALS)))
def test_counting_agrees_with_reading(q: Q, place: str) -> None:
    wanted = sum(_holds(row, q) for row in _BRUTE[place])
    assert counted(compile_count(query(AGGREGATED, q)), PORTALS[place]) == wanted
    assert counted(compile_count(query(LOG, q)), PORTALS[place]) == wanted


def test_an_aggregate_counts_in_one_call() -> None:
    plan = compile_count(query(AGGREGATED, id__gt=1000))
    assert (plan.strategy, counted(plan, DENSE)) == ("Count", 1600)


def test_a_hole_among_the_ids_is_crossed() -> None:
    portal = V3Portal(events=1300)
    portal.store.execute("UPDATE event_log SET ID = ID + 90000000 WHERE ID > 1200")
    rows = run(compile_query(query()), portal)
    assert [row["id"] for row in rows] == [*range(1, 1201), *range(90001201, 90001301)]


def test_rows_that_come_and_go_meanwhile_do_no_harm() -> None:
    portal = V3Portal(events=6000)
    stays = set(range(1, 6001)) - set(range(2000, 2500))
    plan = compile_query(query())
    flow = plan.flow()
    (probe,) = flow.asks(4)
    flow.receive(probe, [answer(portal, call) for call in probe.calls])
    portal.store.execute("DELETE FROM event_log WHERE ID BETWEEN 2000 AND 2499")
    seen: list[int] = []
    while not flow.done:
        for ask in flow.asks(2):
            flow.receive(ask, [answer(portal, call) for call in ask.calls])
        for page in flow.pages():
            seen += [row["id"] for row in page]
    assert len(seen) == len(set(seen))
    assert stays <= set(seen)


def test_pages_by_offset_notice_that_rows_were_repeated() -> None:
    portal = V3Portal(events=2500)
    plan = compile_query(query(order=("audit_type_id",)))
    flow = plan.flow()
    (ask,) = flow.asks(1)
    flow.receive(ask, [answer(portal, call) for call in ask.calls])
    portal.store.insert("event_log", {"ID": 90000, "AUDIT_TYPE_ID": "A"})
    (ask,) = flow.asks(1)
    with pytest.raises(Incomplete):
        flow.receive(ask, [answer(portal, call) for call in ask.calls])


# -- tasks, which come by fifties ---------------------------------------------------------------

_NUMBERS = st.integers(-2, 3600)
_OF_TASKS = st.recursive(
    st.one_of(
        st.builds(lambda op, n: Q(**{f"id__{op}": n}), st.sampled_from(["gt", "gte", "lt", "lte"]), _NUMBERS),
        st.builds(lambda ids: Q(id__in=ids), st.lists(_NUMBERS, max_size=120)),
        st.builds(lambda ids: ~Q(id__in=ids), st.lists(_NUMBERS, max_size=4)),
        st.builds(lambda n: ~Q(id=n), _NUMBERS),
    ),
    lambda inner: st.builds(lambda a, b: a & b, inner, inner) | st.builds(lambda a, b: a | b, inner, inner),
    max_leaves=4,
)


@given(
    q=_OF_TASKS | st.none(),
    down=st.booleans(),
    start=st.integers(0, 60),
    length=st.none() | st.integers(0, 1400),
    seed=st.integers(0, 9),
)
def test_no_task_is_lost(q: Q | None, down: bool, start: int, length: int | None, seed: int) -> None:
    start = 0 if length is None else start
    stop = None if length is None else start + length
    found = [number for number in TASKS if q is None or _holds({"id": number}, q)]
    expected = (found[::-1] if down else found)[start:stop]
    plan = compile_query(query(TASK, q, order=("-id",) if down else (), start=start, stop=stop))
    assert [row["id"] for row in run(plan, DESK, seed=seed)] == expected


def test_a_list_that_brings_less_than_it_is_asked_for_is_read_to_its_end() -> None:
    assert TASK.list is not None
    greedy = replace(TASK, list=replace(TASK.list, page_size=1000))
    rows = run(compile_query(query(greedy)), DESK, most=50)
    assert [row["id"] for row in rows] == TASKS


def test_a_scan_that_is_wanted_in_part_asks_for_no_more_than_that() -> None:
    flow = compile_query(query(TASK, stop=400)).flow()
    (probe,) = flow.asks(4)
    flow.receive(probe, [answer(DESK, call) for call in probe.calls])
    (ask,) = flow.asks(4)
    assert len(ask.calls) == 7


@pytest.mark.parametrize("kind", PORTALS)
def test_a_scan_tells_about_how_many_rows_there_will_be(kind: str) -> None:
    flow, portal = compile_query(query()).flow(), PORTALS[kind]
    assert isinstance(flow, Estimating)
    before = flow.about
    (probe,) = flow.asks(1)
    flow.receive(probe, [answer(portal, call) for call in probe.calls])

    assert (before, flow.about) == (None, pytest.approx(portal.store.count("event_log"), rel=0.05))
