"""Answers of a shape of their own: bare ids, repeated rows, pages for applications only, absent lists."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import b24orm
from b24orm import Portal
from b24orm.emulator import LocalPortal
from b24orm.emulator.answers import Answer
from b24orm.errors import FieldNotLoaded
from b24orm.models import (
    BiconnectorSource,
    BizprocActivity,
    BizprocRobot,
    CalendarEvent,
    Contact,
    Message,
    MessageSender,
    Notification,
    RecentItem,
    SignPersonalDocument,
    UniversalList,
)
from tests.conftest import Connect, Serve


@pytest.fixture
def app(works: LocalPortal) -> Iterator[Portal]:
    """The default connection, by an application's token."""
    client = b24orm.connect(works.token_url, token_func=works.issue_token, plan="unlimited", progress=False)
    yield client
    client.close()


# ---- lists of ids


@pytest.mark.parametrize(
    ("model", "method"),
    [
        (BizprocActivity, "bizproc.activity.list"),
        (BizprocRobot, "bizproc.robot.list"),
        (MessageSender, "messageservice.sender.list"),
    ],
)
def test_a_list_of_codes_brings_rows_with_codes(
    serve: Serve, join: Connect, model: type, method: str
) -> None:
    portal = serve()
    portal.register(method, lambda _: Answer(["md5_action", "doc_action"]))
    join(portal)
    rows = model.objects.all()  # type: ignore[attr-defined]

    assert ([row.code for row in rows], rows.count()) == (["md5_action", "doc_action"], 2)


def test_nothing_else_of_such_a_row_is_known(serve: Serve, join: Connect) -> None:
    portal = serve()
    portal.register("bizproc.activity.list", lambda _: Answer(["md5_action"]))
    join(portal)
    (row,) = BizprocActivity.objects.all()

    with pytest.raises(FieldNotLoaded):
        _ = row.handler


# ---- rows that come again, cursors, applications


def test_a_dialog_that_is_on_two_pages_comes_once(works: LocalPortal, client: Portal) -> None:
    found = [row.chat_id for row in RecentItem.objects.all()]
    chats = {chat for (chat,) in works.store.fetch("SELECT CHAT_ID FROM recent_item")}

    assert (len(found), set(found)) == (len(chats), chats)


def test_messages_come_newest_first(client: Portal) -> None:
    found = [row.id for row in Message.objects.filter(dialog_id="chat5")[:60]]

    assert found == list(range(460, 340, -2))


def test_a_short_slice_of_a_list_without_a_way_on(serve: Serve, join: Connect) -> None:
    portal = serve()
    portal.register("im.notify.get", lambda _: Answer({"notifications": [{"id": 5}, {"id": 4}]}))
    join(portal)

    assert [row.id for row in Notification.objects.all()[:50]] == [5, 4]


def test_sources_come_by_the_numbers_of_pages(works: LocalPortal, app: Portal) -> None:
    assert sorted(row.id for row in BiconnectorSource.objects.all()) == works.store.ids("biconnector_source")


def test_papers_come_by_offsets(works: LocalPortal, app: Portal) -> None:
    assert sorted(row.id for row in SignPersonalDocument.objects.all()) == works.store.ids(
        "sign_personal_document"
    )


# ---- what the server leaves out


@pytest.fixture
def bare(shed: LocalPortal, writer: Portal) -> int:
    """A contact without a phone."""
    return shed.store.insert("contact", {"NAME": "Ada"})


def test_phones_that_were_asked_for_and_are_none_are_an_empty_tuple(bare: int) -> None:
    assert Contact.objects.only("phone").get(id=bare).phone == ()


def test_phones_of_a_whole_row_are_an_empty_tuple(bare: int) -> None:
    assert Contact.objects.get(id=bare).phone == ()


def test_values_of_no_phones_are_an_empty_tuple(bare: int) -> None:
    assert list(Contact.objects.filter(id=bare).values_list("phone", flat=True)) == [()]


def test_phones_that_were_not_asked_for_are_not_loaded(bare: int) -> None:
    with pytest.raises(FieldNotLoaded):
        _ = Contact.objects.only("name").get(id=bare).phone


# ---- dates in the portal's own form


def test_a_list_has_a_time(works: LocalPortal, client: Portal) -> None:
    (row,) = UniversalList.objects.filter(iblock_type_id="lists")

    assert (row.name, row.timestamp_x) == ("Requests", None)


def test_events_are_in_the_span(client: Portal) -> None:
    rows = CalendarEvent.objects.filter(
        type="user", owner_id=1, from_date="2023-03-01T00:00:00", to_date="2023-06-01T00:00:00"
    )

    assert {row.date_to is not None and row.date_to.year == 2023 for row in rows} == {True}
