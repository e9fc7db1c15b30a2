"""Rows found by their ids, where no filter of a list knows them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from b24orm import AsyncPortal, Portal, models
from b24orm.emulator import LocalPortal
from b24orm.errors import B24Error, InvalidValue, NotFound, Unsupported
from b24orm.facts import load, names
from b24orm.models import (
    Backlog,
    Booking,
    BookingResource,
    CalendarEvent,
    CatalogProduct,
    Category,
    Chat,
    ChecklistItem,
    Currency,
    Department,
    ImUser,
    Mailbox,
    MailMessage,
    OwnerType,
    ScrumTask,
    TaskResult,
    TaskTemplate,
    TimelineComment,
    UniversalList,
    WaitlistItem,
)
from b24orm.plan.parents import needed_names
from b24orm.query.ids import is_found_by_id, lookups_of

GOT: Mapping[str, tuple[Any, dict[str, Any]]] = {
    "booking": (Booking, {}),
    "resource": (BookingResource, {}),
    "user of chats": (ImUser, {}),
    "mailbox, REST 3.0": (Mailbox, {}),
    "message, REST 3.0": (MailMessage, {}),
    "event": (CalendarEvent, {}),
    "comment": (TimelineComment, {}),
    "funnel": (Category, {"entity_type_id": 2}),
    "list": (UniversalList, {"iblock_type_id": "lists"}),
    "product": (CatalogProduct, {}),
}
"""Models whose rows a method gets one by one, and what it needs beside the id."""


def _first_id(kind: str) -> int:
    """An id that the works have."""
    return {"list": 41, "funnel": 0}.get(kind, 1)


@pytest.fixture(autouse=True)
def _connected(client: Portal) -> None:
    """The default connection, to the works."""


@pytest.mark.parametrize("kind", GOT)
def test_a_row_is_got_by_its_id(kind: str) -> None:
    model, needed = GOT[kind]
    row_id = _first_id(kind)

    assert model.objects.get(id=row_id, **needed).pk == row_id


@pytest.mark.parametrize("kind", GOT)
def test_one_that_is_not_there_does_not_exist(kind: str) -> None:
    model, needed = GOT[kind]

    with pytest.raises(model.DoesNotExist, match=f"there is no {model.__name__} with"):
        model.objects.get(id=987_654, **needed)


def test_a_point_of_a_checklist_is_got_by_its_task_and_its_id(works: LocalPortal) -> None:
    (row, *_) = works.store.rows("checklist_item")
    asked = {"task_id": row["TASK_ID"], "id": row["ID"]}

    assert ChecklistItem.objects.get(**asked).title == row["TITLE"]
    with pytest.raises(ChecklistItem.DoesNotExist):
        ChecklistItem.objects.get(**{**asked, "id": 987_654})


def test_who_waits_is_got_by_the_id(shed: LocalPortal, writer: Portal) -> None:
    made = WaitlistItem.objects.create(note="Monday")

    assert WaitlistItem.objects.get(id=made.id).note == "Monday"
    with pytest.raises(WaitlistItem.DoesNotExist):
        WaitlistItem.objects.get(id=987_654)


def test_a_row_is_picked_out_of_a_list_that_comes_whole(works: LocalPortal) -> None:
    (row, *_) = works.store.rows("task_result")
    asked = {"task_id": row["TASK_ID"], "id": row["ID"]}

    assert TaskResult.objects.get(**asked).id == row["ID"]
    assert OwnerType.objects.get(id=2).id == 2


def test_one_that_the_whole_list_lacks_does_not_exist(works: LocalPortal) -> None:
    (row, *_) = works.store.rows("task_result")

    with pytest.raises(TaskResult.DoesNotExist):
        TaskResult.objects.get(task_id=row["TASK_ID"], id=987_654)


def test_a_chat_is_asked_for_as_one_and_not_as_the_dialog_with_a_user(works: LocalPortal) -> None:
    number = works.store.ids("im_chat")[0]

    assert Chat.objects.get(id=number).id == number


def test_many_ids_travel_in_batches(works: LocalPortal) -> None:
    ids = works.store.ids("booking")[:120]
    before = works.stats.requests
    rows = Booking.objects.in_bulk([*ids, 987_654])

    assert (sorted(rows), works.stats.requests - before) == (ids, 3)


def test_several_out_of_a_whole_list_take_one_call(works: LocalPortal) -> None:
    before = works.stats.requests

    assert sorted(Currency.objects.in_bulk(["RUB", "USD", "XXX"])) == ["RUB", "USD"]
    assert works.stats.requests - before == 1


def test_a_filter_that_takes_one_id_is_not_asked_for_several() -> None:
    some = [row.id for row in Department.objects.all()[:3]]

    assert sorted(Department.objects.in_bulk(some)) == sorted(some)


def test_rows_come_in_the_order_that_is_asked_for(works: LocalPortal) -> None:
    first, second, third = works.store.ids("booking")[:3]
    rows = Booking.objects.filter(id__in=[second, third, first])

    assert [row.id for row in rows] == [first, second, third]
    assert [row.id for row in rows.order_by("-id")] == [third, second, first]


def test_they_are_counted_sliced_and_found_to_exist(works: LocalPortal) -> None:
    rows = Booking.objects.filter(id__in=[*works.store.ids("booking")[:4], 987_654])

    assert (rows.count(), len(rows[1:3]), rows.exists()) == (4, 2, True)
    assert not Booking.objects.filter(id=987_654).exists()


def test_single_gets_at_the_same_time_share_a_request(works: LocalPortal) -> None:
    async def gather() -> list[Booking]:
        async with AsyncPortal(works.url) as portal:
            rows = Booking.objects.using(portal)
            return list(await asyncio.gather(*(rows.aget(id=number) for number in range(1, 31))))

    before = works.stats.requests

    assert [row.id for row in asyncio.run(gather())] == list(range(1, 31))
    assert works.stats.requests - before == 1


def test_a_list_that_needs_more_than_the_id_is_not_asked_where_a_get_is_enough() -> None:
    assert "GetEach: CatalogProduct by" in CatalogProduct.objects.filter(id=5).explain()
    assert "filter.iblockId" not in CatalogProduct.objects.filter(id=5).explain()


def test_what_get_does_not_take_is_refused() -> None:
    with pytest.raises(Unsupported, match="takes the id alone: leave out entity_id, entity_type"):
        TimelineComment.objects.get(id=1, entity_id=1, entity_type="deal")


def test_what_get_needs_is_said() -> None:
    with pytest.raises(InvalidValue, match=r"needs more than the id: say filter\(entity_type_id=\.\.\."):
        Category.objects.get(id=1)


def test_ids_can_be_named_and_nothing_else() -> None:
    with pytest.raises(Unsupported, match="can't do id__gt; it can do id, id__in"):
        _ = Booking.objects.filter(id__gt=5)  # type: ignore[call-arg]
    with pytest.raises(Unsupported, match="leave them out in Python"):
        _ = Booking.objects.exclude(id=5)
    with pytest.raises(InvalidValue, match="every row has one"):
        _ = Booking.objects.filter(id=None)  # type: ignore[arg-type]


def test_a_method_that_a_portal_does_not_have_is_no_missing_row() -> None:
    with pytest.raises(NotFound, match="ERROR_METHOD_NOT_FOUND"):
        models.WorkSchedule.objects.get(id=1)


def test_a_row_is_read_again_without_a_get_method() -> None:
    kind = OwnerType.objects.get(id=2)
    kind.unchanged(name="?")
    kind.refresh_from_db()

    assert kind.name not in ("?", None)


def test_a_scrum_task_is_got_and_written_by_the_tasks_id(writer: Portal, shed: LocalPortal) -> None:
    (task, *_) = shed.store.ids("task")
    group = shed.store.insert("workgroup", {"NAME": "Team"})
    shed.store.execute("UPDATE task SET GROUP_ID = ?", (group,))
    backlog = Backlog(group_id=group, created_by=1)
    backlog.save()
    made = ScrumTask(entity_id=backlog.id, story_points="8")
    made.unchanged(id=task)
    made.entity_id, made.story_points = backlog.id, "8"
    made.save()
    got = ScrumTask.objects.get(id=task)
    got.story_points = "13"
    got.save()

    assert (got.id, ScrumTask.objects.get(id=task).story_points) == (task, "13")
    with pytest.raises(ScrumTask.DoesNotExist):
        ScrumTask.objects.get(id=987_654)


def test_templates_that_no_method_lists_are_got(writer: Portal, shed: LocalPortal) -> None:
    with pytest.raises(TaskTemplate.DoesNotExist):
        TaskTemplate.objects.get(id=5)


UNKNOWN = {
    "Backlog",
    "BlogPost",
    "BotChatUser",
    "BotEvent",
    "CallListItem",
    "ChatUser",
    "HcmLinkCompany",
    "HcmLinkEmployee",
    "ImEvent",
    "MailContact",
    "MailEmployee",
    "MailSender",
    "Message",
    "Multifield",
    "NoteSearchResult",
    "Notification",
    "PlacementUserFieldType",
    "RecentItem",
    "RpaTimelineRecord",
    "SignMysafeDocument",
    "SignPersonalDocument",
    "SignProvider",
    "TimeRecord",
}
"""Entities whose ids nothing takes: no filter, no get; and their lists come page by page, or not at all."""


@pytest.mark.parametrize("name", names())
def test_every_entity_is_found_by_its_ids_if_anything_takes_them(name: str) -> None:
    schema = load(name)
    possible = "exact" in lookups_of(schema, schema.id_field) if schema.key else True

    assert possible == (name not in UNKNOWN)


@pytest.mark.parametrize("name", [n for n in names() if load(n).key and is_found_by_id(load(n))])
def test_every_such_entity_has_a_plan_for_one_id(name: str) -> None:
    schema = load(name)
    model = getattr(models, name)
    row_id = 1 if schema.key and schema.key.type == "integer" else "a"
    try:
        plan = model.objects.filter(**{schema.id_name: row_id}).explain()
    except InvalidValue as error:  # what is said can be done
        assert any(needed in str(error) for needed in needed_names(schema) or [""])
        return
    except B24Error as error:
        pytest.fail(str(error))
    assert plan
