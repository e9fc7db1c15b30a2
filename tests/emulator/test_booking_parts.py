"""Clients, data and hours beside bookings; comments of the news feed; services of artificial intelligence."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.calls import Calls, empty_portal, refusal, small_portal

CLIENT = {"id": 5, "type": {"code": "CONTACT", "module": "crm"}}
DATA = {"entityTypeId": "DEAL", "moduleId": "crm", "value": "1"}
HOURS = {"from": 540, "to": 1080, "timezone": "Europe/Berlin", "weekDays": ["Mon"], "slotSize": 30}
ENGINE: dict[str, Any] = {
    "name": "Acme",
    "code": "acme",
    "category": "text",
    "completions_url": "https://app.example/ai",
}


@pytest.fixture
def portal() -> Calls:
    return small_portal(bookings=2, posts=1)


PARTS = [
    ("booking.client", "bookingId", "clients", "bookingClient", CLIENT),
    ("booking.externaldata", "bookingId", "externalData", "externalData", DATA),
    ("resource.slots", "resourceId", "slots", "slots", HOURS),
]


@pytest.mark.parametrize(("family", "owner", "sent", "told", "part"), PARTS)
def test_parts_are_set_as_a_whole(
    portal: Calls, family: str, owner: str, sent: str, told: str, part: dict[str, Any]
) -> None:
    portal(f"booking.v1.{family}.set", **{owner: 1, sent: [part]})
    kept = portal(f"booking.v1.{family}.list", **{owner: 1})[told]
    portal(f"booking.v1.{family}.unset", **{owner: 1})
    left = portal(f"booking.v1.{family}.list", **{owner: 1})[told]

    assert ([{name: row[name] for name in part} for row in kept], left) == ([part], [])


def test_who_waits_has_clients_too(portal: Calls) -> None:
    number = portal("booking.v1.waitlist.add", fields={"note": "Monday"})["id"]
    portal("booking.v1.waitlist.client.set", waitListId=number, clients=[CLIENT])

    assert portal("booking.v1.waitlist.client.list", waitListId=number) == {"waitListClient": [CLIENT]}


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("booking.client.list", {"bookingId": 99}, "1021"),
        ("waitlist.externaldata.list", {"waitListId": 99}, "1040"),
        ("resource.slots.list", {"resourceId": 99}, "1009"),
        ("booking.client.list", {}, "100"),
        ("booking.client.set", {"bookingId": 1, "clients": [{"id": 1}]}, "0"),
    ],
)
def test_parts_are_refused(portal: Calls, method: str, params: dict[str, Any], code: str) -> None:
    assert refusal(portal, f"booking.v1.{method}", **params)[0] == code


# ---- comments


def test_comments_of_a_user_come_from_the_newest_on(portal: Calls) -> None:
    numbers = [portal("log.blogcomment.add", POST_ID=1, TEXT=text) for text in ("a", "b", "c")]
    last = portal("log.blogcomment.user.get", LAST_ID=numbers[2])["comments"]
    first = portal("log.blogcomment.user.get", FIRST_ID=numbers[0])["comments"]

    assert ([row["text"] for row in last], [row["text"] for row in first]) == (["b", "a"], ["b", "c"])


def test_a_comment_goes_once(portal: Calls) -> None:
    number = portal("log.blogcomment.add", POST_ID=1, TEXT="a")
    gone = portal("log.blogcomment.delete", COMMENT_ID=number)

    assert (gone, refusal(portal, "log.blogcomment.delete", COMMENT_ID=number)[1]) == (
        True,
        "No delete perms",
    )


def test_a_comment_needs_a_post(portal: Calls) -> None:
    assert refusal(portal, "log.blogcomment.add", POST_ID=99) == ("", "No post found")


# ---- services


def test_an_application_sees_its_own_services() -> None:
    portal = empty_portal()
    portal.answer("ai.engine.register", app="local.1", **ENGINE)
    seen = [portal.answer("ai.engine.list", app=app).result for app in ("local.1", "local.2")]
    gone = [portal.answer("ai.engine.unregister", app="local.1", code="acme").result for _ in range(2)]

    assert ([len(rows) for rows in seen], seen[0][0]["date_create"], gone) == (
        [1, 0],
        1_700_000_000,
        [True, False],
    )


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"name": ""}, "NAME"),
        ({"code": "a b"}, "CODE_FORMAT"),
        ({"category": ""}, "CATEGORY"),
        ({"category": "film"}, "CATEGORY_FORMAT"),
        ({"completions_url": "nowhere"}, "COMPLETIONS_URL_FAIL"),
        ({"settings": "x"}, "SETTINGS_FORMAT"),
    ],
)
def test_services_are_refused(changed: dict[str, Any], code: str) -> None:
    refused = refusal(empty_portal(), "ai.engine.register", **{**ENGINE, **changed})

    assert refused[0] == f"ENGINE_REGISTER_ERROR_{code}"
