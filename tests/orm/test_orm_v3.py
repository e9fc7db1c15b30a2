"""TaskV3 and the event log over HTTP: the surface of every model, answered by REST 3.0."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from b24orm import Portal, Q
from b24orm.emulator import LocalPortal
from b24orm.emulator.cost import CostModel
from b24orm.emulator.v3 import V3Call, V3Method
from b24orm.emulator.v3.eventlog import event_log_methods
from b24orm.emulator.v3.registry import V3Answer
from b24orm.errors import (
    AccessDenied,
    ApiError,
    AuthError,
    FieldNotLoaded,
    NotFound,
    UnknownName,
    Unsupported,
)
from b24orm.models import EventLogRecord, Mailbox, MailContact, Task, TaskResult, TaskV3, User
from tests.conftest import Connect
from tests.orm.standing import Standing


@pytest.fixture(scope="module")
def desk() -> Iterator[LocalPortal]:
    quick = CostModel(by_method={})  # a page of tasks takes no second: batches are full
    with LocalPortal(tasks=2600, log_entries=2300, users=5, costs=quick) as portal:
        yield portal


@pytest.fixture
def client(desk: LocalPortal, join: Connect) -> Portal:
    return join(desk)


def test_all_rows_come_in_few_requests(client: Portal) -> None:
    assert [task.id for task in TaskV3.objects.only("title")] == list(range(1, 2601))
    assert client.requests == 3  # fifty tasks a call, fifty calls a request


def test_large_pages_come_in_fewer_requests(client: Portal) -> None:
    assert len(list(EventLogRecord.objects.only("user_id"))) == 2300
    assert client.requests == 2


def test_all_rows_backwards(client: Portal) -> None:
    assert [task.id for task in TaskV3.objects.only("id").order_by("-id")] == list(range(2600, 0, -1))


def test_ids_of_more_than_a_page(client: Portal) -> None:
    wanted = range(2, 2600, 3)
    assert sorted(TaskV3.objects.only("id").in_bulk(wanted)) == list(wanted)
    assert client.requests == 1


def test_rows_that_are_excluded_by_several_ids(client: Portal) -> None:
    found = TaskV3.objects.filter(id__lt=8).exclude(id__in=[3, 5]).only("id")
    assert [task.id for task in found] == [1, 2, 4, 6, 7]


def test_a_field_that_the_list_answers_wrongly_is_not_asked_for(client: Portal) -> None:
    with pytest.raises(FieldNotLoaded):
        _ = TaskV3.objects.get(id=1).changed_by_id
    with pytest.raises(Unsupported, match="can't be selected"):
        TaskV3.objects.only("changed_by_id")


def test_no_more_is_read_than_a_slice_wants(client: Portal) -> None:
    assert [task.id for task in TaskV3.objects.only("id")[700:1000]] == list(range(701, 1001))
    text = TaskV3.objects.only("id")[:1000].explain(analyze=True)
    assert "commands  21 (21 expected)" in text


def test_rows_are_typed(client: Portal, desk: LocalPortal) -> None:
    task = TaskV3.objects.get(id=4)
    (row,) = desk.store.rows("task", where="ID = 4")
    assert (task.title, task.creator_id, task.needs_control) == (row["TITLE"], row["CREATED_BY"], False)
    assert task.created == datetime.fromisoformat(f"{row['CREATED_DATE']}+03:00")
    assert task.status in ("pending", "in_progress", "supposedly_completed", "completed", "deferred")


def test_a_field_that_lists_leave_out_is_not_none(client: Portal) -> None:
    with pytest.raises(FieldNotLoaded):
        _ = TaskV3.objects.get(id=1).file_ids
    with pytest.raises(Unsupported, match="can't be selected"):
        TaskV3.objects.only("file_ids")


def test_fields_of_related_objects_come_inside_the_row(client: Portal, desk: LocalPortal) -> None:
    task = TaskV3.objects.only("title", "creator__name", "creator__email").get(id=2)
    user = desk.store.get("user", desk.store.rows("task", ["CREATED_BY"], where="ID = 2")[0]["CREATED_BY"])
    assert user is not None
    assert task.creator == {"name": f"{user['NAME']} {user['LAST_NAME']}", "email": user["EMAIL"]}


def test_an_unknown_field_of_a_related_object_is_refused(client: Portal) -> None:
    with pytest.raises(UnknownName, match="email"):
        TaskV3.objects.only("creator__emial")
    with pytest.raises(ApiError, match="UNKNOWNDTOPROPERTYEXCEPTION"):
        list(TaskV3.objects.only("crm_items__nope"))


def test_a_relation_is_fetched_from_the_classic_rest(client: Portal) -> None:
    tasks = list(TaskV3.objects.select_related("creator_user").filter(id__lte=3))
    assert [type(task.creator_user) for task in tasks] == [User] * 3


def test_in_bulk_looks_up_a_list_of_ids(client: Portal) -> None:
    assert sorted(TaskV3.objects.in_bulk([7, 8, 99999])) == [7, 8]
    assert client.requests == 1


def test_one_row_that_is_missing(client: Portal) -> None:
    with pytest.raises(TaskV3.DoesNotExist):
        TaskV3.objects.get(id=99999)


async def test_single_lookups_are_merged_into_one_list_of_ids(client: Portal) -> None:
    found = await asyncio.gather(*(TaskV3.objects.aget(id=number) for number in range(1, 301)))
    assert [task.id for task in found] == list(range(1, 301))
    assert client.requests <= 30  # they arrive in several ticks


def test_counting_reads_ids_where_nothing_counts(client: Portal) -> None:
    assert TaskV3.objects.filter(id__gt=100).count() == 2500
    assert client.requests == 2


def test_an_aggregate_counts_where_there_is_one(client: Portal, desk: LocalPortal) -> None:
    for name, method in event_log_methods(desk.store, extra=("aggregate",)).items():
        desk.register_v3(name, method)
    schema = EventLogRecord.__schema__
    assert schema.list is not None
    counting = replace(schema, list=replace(schema.list, aggregate="main.eventlog.aggregate"))

    class Counted(EventLogRecord, schema=counting):
        pass

    assert Counted.objects.filter(user_id=1).count() == desk.store.count("event_log", "USER_ID = 1")
    assert client.requests == 1


def test_an_or_is_one_scan(client: Portal, desk: LocalPortal) -> None:
    found = EventLogRecord.objects.filter(Q(user_id=1) | Q(audit_type_id="USER_LOGOUT"), id__gt=10)
    wanted = desk.store.ids("event_log", "ID > 10 AND (USER_ID = 1 OR AUDIT_TYPE_ID = 'USER_LOGOUT')")
    assert [entry.id for entry in found] == wanted
    assert found.explain().startswith("WindowScan: EventLogRecord by main.eventlog.list of REST 3.0")


def test_moments_are_compared_with_their_zone(client: Portal, desk: LocalPortal) -> None:
    moment = datetime(2024, 1, 1, 21, 30, tzinfo=timezone.utc)
    wanted = desk.store.ids("event_log", "TIMESTAMP_X >= '2024-01-02T00:30:00'")
    assert [entry.id for entry in EventLogRecord.objects.filter(timestamp_x__gte=moment)] == wanted


def test_the_last_rows_by_an_order_that_the_server_would_ignore(client: Portal, desk: LocalPortal) -> None:
    found = [task.id for task in TaskV3.objects.filter(id__lt=500).order_by("-deadline")[:5]]
    rows = desk.store.fetch("SELECT DEADLINE FROM task WHERE ID < 500 ORDER BY DEADLINE DESC, ID ASC LIMIT 5")
    deadlines = {task.id: task.deadline for task in TaskV3.objects.filter(id__in=found)}
    assert [deadlines[number] for number in found] == [
        datetime.fromisoformat(f"{moment}+03:00") for (moment,) in rows
    ]


def test_a_wrong_secret_is_an_authorisation_error(desk: LocalPortal) -> None:
    url = desk.add_webhook()
    portal = Portal(url, plan="unlimited", progress=False)
    desk.revoke(url)
    with pytest.raises(AuthError):
        list(TaskV3.objects.using(portal).all()[:1])


def test_rights_that_are_missing_are_denied(desk: LocalPortal) -> None:
    portal = Portal(desk.add_webhook(admin=False), plan="unlimited", progress=False)
    with pytest.raises(AccessDenied):
        list(EventLogRecord.objects.using(portal).all()[:1])


@pytest.mark.parametrize(
    ("ask", "other"),
    [
        (lambda: TaskV3.objects.filter(stage_id=5), "or take Task, which can"),
        (
            lambda: TaskResult.objects.filter(task_id=1, status="1"),
            "or take TaskResultV3 of REST 3.0, which can",
        ),
    ],
)
def test_what_one_rest_refuses_the_other_may_do(ask: Callable[[], object], other: str) -> None:
    with pytest.raises(Unsupported, match=other):
        ask()


def test_a_classic_task_stays_classic(desk: LocalPortal) -> None:
    portal = Portal(desk.add_webhook(scope=["task"]), plan="unlimited", progress=False)
    with portal, pytest.raises(ApiError, match="INSUFFICIENTSCOPE"):
        list(TaskV3.objects.using(portal).only("title"))
    portal = Portal(desk.add_webhook(scope=["task"]), plan="unlimited", progress=False)
    with portal:
        assert len(list(Task.objects.using(portal).only("title"))) == 2600


def test_a_classic_task_says_why_it_stays_classic(client: Portal) -> None:
    assert "not by REST 3.0, which brings 50 rows a call as well" in Task.objects.only("title").explain()
    assert "not by REST 3.0, which can't filter by stage_id" in Task.objects.filter(stage_id=3).explain()


def test_either_rest_takes_the_same_for_all_tasks(join: Connect) -> None:
    with LocalPortal(tasks=5000, costs=CostModel(by_method={})) as desk:
        client = join(desk)
        client._open().sender.clock = Standing()
        taken: list[tuple[int, int]] = []
        for rows in (Task.objects.only("title"), TaskV3.objects.only("title")):
            before = client.requests, client.executor.commands
            assert [task.id for task in rows] == list(range(1, 5001))
            taken.append((client.requests - before[0], client.executor.commands - before[1]))
    classic, newer = taken
    assert newer == (3, 101)
    assert classic <= newer


def test_both_apis_see_the_same_tasks(client: Portal) -> None:
    newer = {task.id: task.title for task in TaskV3.objects.filter(id__lte=60).only("title")}
    assert newer == {task.id: task.title for task in Task.objects.filter(id__lte=60).only("title")}


def test_a_list_without_filter_and_order_is_read_to_its_end(client: Portal, desk: LocalPortal) -> None:
    def listed(call: V3Call) -> V3Answer:
        limit, offset = call.params["pagination"]["limit"], call.params["pagination"].get("offset", 0)
        assert limit <= 100, "more than the documentation allows"
        rows = [{"id": n, "name": f"Box {n}", "email": "a@b.example"} for n in range(1, 251)]
        return V3Answer({"items": rows[offset : offset + limit]})

    desk.register_v3("mail.mailbox.list", V3Method(listed))
    assert [box.id for box in Mailbox.objects.all()] == list(range(1, 251))
    assert [box.name for box in Mailbox.objects.all()[120:122]] == ["Box 121", "Box 122"]


@pytest.mark.parametrize("total", [59, 60, 61, 90, 250])
def test_a_list_that_brings_less_than_it_is_asked_for_loses_nothing(
    client: Portal, desk: LocalPortal, total: int
) -> None:
    def listed(call: V3Call) -> V3Answer:
        offset = call.params["pagination"].get("offset", 0)
        rows = [{"id": n, "name": f"Box {n}", "email": "a@b.example"} for n in range(1, total + 1)]
        return V3Answer({"items": rows[offset : offset + min(60, call.params["pagination"]["limit"])]})

    desk.register_v3("mail.mailbox.list", V3Method(listed))
    assert [box.id for box in Mailbox.objects.all()] == list(range(1, total + 1))
    assert [box.id for box in Mailbox.objects.all()[50:75]] == list(range(51, min(75, total) + 1))


def test_a_method_that_is_not_there_is_not_found(client: Portal, desk: LocalPortal) -> None:
    with pytest.raises(NotFound):
        list(MailContact.objects.all())


def test_the_plan_says_what_it_took(client: Portal) -> None:
    text = EventLogRecord.objects.filter(timestamp_x__lt=_soon()).explain(analyze=True)
    assert "rows      2,300" in text
    assert "requests  2 (2 expected)" in text


def _soon() -> datetime:
    return datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=1)


@pytest.mark.parametrize(
    ("place", "most"),
    [
        ("ID * 7", 6),
        ("CASE WHEN ID <= 60 THEN ID * 60 ELSE 3600 + ID END", 6),
        ("CASE WHEN ID <= 60 THEN ID ELSE 60 + (ID - 60) * 60 END", 15),
        ("CASE WHEN ID <= 1000 THEN ID ELSE 90000000 + ID END", 15),
    ],
    ids=["sparse", "denser later", "sparser later", "a hole"],
)
def test_however_the_ids_lie_few_requests_are_enough(join: Connect, place: str, most: int) -> None:
    with LocalPortal(tasks=3000, costs=CostModel(by_method={})) as desk:
        desk.store.execute(f"UPDATE task SET ID = -({place})")
        desk.store.execute("UPDATE task SET ID = -ID")
        client = join(desk)
        assert [task.id for task in TaskV3.objects.only("title")] == desk.store.ids("task")
    assert client.requests <= most
