"""Workgroups and their members."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.calls import Calls, empty_portal, refusal


@pytest.fixture
def portal() -> Calls:
    portal = empty_portal()
    for name in ("Roofs", "Walls"):
        portal("sonet_group.create", NAME=name, OPENED="Y")
    return portal


def test_a_group_is_read_as_texts(portal: Calls) -> None:
    row = portal("sonet_group.get", GROUP_ID=1)[0]

    assert (row["ID"], row["NAME"], row["OWNER_ID"], row["NUMBER_OF_MEMBERS"], row["DATE_CREATE"]) == (
        "1",
        "Roofs",
        "1",
        "1",
        "2023-11-15T01:13:20+03:00",
    )


def test_the_newest_group_comes_first(portal: Calls) -> None:
    assert portal.ids("sonet_group.get") == [2, 1]


@pytest.mark.parametrize(
    ("sent", "ids"),
    [
        ({"NAME": "Roofs"}, [1]),
        ({"%NAME": "all"}, [2]),
        ({">ID": 1}, [2]),
        ({"!ID": 1}, [2]),
        ({"@ID": [1]}, [2, 1]),
        ({"TITLE": "Roofs"}, [2, 1]),
    ],
)
def test_a_filter_drops_what_it_does_not_know(portal: Calls, sent: dict[str, Any], ids: list[int]) -> None:
    assert portal.ids("sonet_group.get", FILTER=sent) == ids


def test_an_update_answers_the_number(portal: Calls) -> None:
    answer = portal("sonet_group.update", GROUP_ID=2, NAME="Towers")

    assert (answer, portal("sonet_group.get", GROUP_ID=2)[0]["NAME"]) == (2, "Towers")


def test_a_group_goes_with_its_members(portal: Calls) -> None:
    portal("sonet_group.delete", GROUP_ID=1)

    assert (portal.ids("sonet_group.get"), portal.store.count("workgroup_member")) == ([2], 1)


@pytest.mark.parametrize(
    ("method", "params", "text"),
    [
        ("sonet_group.delete", {}, "Wrong group ID"),
        ("sonet_group.delete", {"GROUP_ID": 9}, "Socialnetwork group not found"),
        ("sonet_group.update", {"GROUP_ID": 9}, "User has no permissions to update group"),
        ("sonet_group.user.get", {}, "Wrong socialnetwork group ID"),
        ("sonet_group.user.add", {"GROUP_ID": 1}, "Wrong user IDs"),
    ],
)
def test_what_is_refused(portal: Calls, method: str, params: dict[str, Any], text: str) -> None:
    assert refusal(portal, method, **params) == ("", text)


def test_who_makes_a_group_owns_it(portal: Calls) -> None:
    assert portal("sonet_group.user.get", ID=1) == [{"USER_ID": "1", "ROLE": "A"}]


def test_members_come_and_go(portal: Calls) -> None:
    came = portal("sonet_group.user.add", GROUP_ID=1, USER_ID=[1, 2, 3, 77])
    left = portal("sonet_group.user.delete", GROUP_ID=1, USER_ID=[1, 3])

    assert (came, left, portal("sonet_group.get", GROUP_ID=1)[0]["NUMBER_OF_MEMBERS"]) == ([2, 3], [3], "2")


def test_the_groups_of_one_who_asks(portal: Calls) -> None:
    portal("sonet_group.user.add", GROUP_ID=2, USER_ID=3)

    answer = portal.answer("sonet_group.user.groups", user_id=3)

    assert [(row["GROUP_ID"], row["ROLE"]) for row in answer.result] == [("2", "K")]
