"""Comments in the timeline: classic reads, a controller's writes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.calls import Calls, empty_portal, refusal

OF_DEAL: dict[str, Any] = {"ENTITY_TYPE": "deal", "ENTITY_ID": 7}


@pytest.fixture
def portal() -> Calls:
    portal = empty_portal()
    portal.store.insert("deal", {"ID": 7, "TITLE": "Roof"})
    return portal


def comment(portal: Calls, text: str = "Call back", **fields: Any) -> int:
    number: int = portal("crm.timeline.comment.add", fields={**OF_DEAL, "COMMENT": text, **fields})
    return number


def test_a_comment_is_read_as_texts(portal: Calls) -> None:
    number = comment(portal)

    assert portal("crm.timeline.comment.get", id=number) == {
        "ID": str(number),
        "ENTITY_ID": "7",
        "ENTITY_TYPE": "deal",
        "CREATED": "2023-11-15T01:13:20+03:00",
        "COMMENT": "Call back",
        "AUTHOR_ID": "1",
    }


@pytest.mark.parametrize("owner", [{"ENTITY_TYPE": "DEAL"}, {"ENTITY_TYPE": "", "ENTITY_TYPE_ID": 2}])
def test_an_owner_has_a_name_in_any_case_or_a_number(portal: Calls, owner: dict[str, Any]) -> None:
    comment(portal, **owner)

    assert len(portal("crm.timeline.comment.list", filter=OF_DEAL)) == 1


def test_a_list_tells_nothing_of_other_rows(portal: Calls) -> None:
    comment(portal)
    comment(portal, ENTITY_ID=8)

    assert portal.ids("crm.timeline.comment.list", filter=OF_DEAL) == [1]


def test_a_list_without_an_owner_is_refused(portal: Calls) -> None:
    assert refusal(portal, "crm.timeline.comment.list", filter={}) == ("", "Access denied.")


def test_only_the_owner_of_a_filter_counts(portal: Calls) -> None:
    comment(portal)

    assert portal.ids("crm.timeline.comment.list", filter={**OF_DEAL, ">ID": 100}) == [1]


def test_a_list_can_be_ordered_by_three_names(portal: Calls) -> None:
    for text in "abc":
        comment(portal, text)

    assert portal.ids("crm.timeline.comment.list", filter=OF_DEAL, order={"ID": "DESC"}) == [3, 2, 1]


@pytest.mark.parametrize(("start", "rows", "following"), [(-1, 50, 50), (60, 10, None), (500, 0, None)])
def test_a_list_is_always_counted(portal: Calls, start: int, rows: int, following: int | None) -> None:
    for number in range(60):
        comment(portal, f"Note {number}")

    answer = portal.answer("crm.timeline.comment.list", start, filter=OF_DEAL)

    assert (len(answer.result), answer.total, answer.next) == (rows, 60, following)


def test_an_update_answers_the_number(portal: Calls) -> None:
    number = comment(portal)

    assert portal("crm.timeline.comment.update", id=number, fields={"COMMENT": "Done"}) == number


def test_a_delete_answers_null(portal: Calls) -> None:
    assert portal("crm.timeline.comment.delete", id=comment(portal)) is None


def test_the_owner_that_a_delete_names_must_be_right(portal: Calls) -> None:
    number = comment(portal)

    found = refusal(portal, "crm.timeline.comment.delete", id=number, ownerTypeId=2, ownerId=8)

    assert found == ("NOT_FOUND", "Not found.")


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({**OF_DEAL, "COMMENT": "  "}, ("INVALID_ARG_VALUE", "Empty comment message")),
        (
            {"ENTITY_TYPE": "thing", "ENTITY_ID": 1, "COMMENT": "x"},
            ("OWNER_NOT_FOUND", "Owner was not found"),
        ),
        ({"COMMENT": "x"}, ("OWNER_NOT_FOUND", "Owner was not found")),
    ],
)
def test_what_can_not_be_added(portal: Calls, fields: dict[str, Any], refused: tuple[str, str]) -> None:
    assert refusal(portal, "crm.timeline.comment.add", fields=fields) == refused


def test_a_comment_that_is_not_there(portal: Calls) -> None:
    found = [refusal(portal, f"crm.timeline.comment.{kind}", id=5, fields={}) for kind in ("get", "update")]

    assert found == [("", "Not found."), ("NOT_FOUND", "Not found.")]


def test_files_come_whatever_is_selected(portal: Calls) -> None:
    comment(portal, FILES=[["plan.png", "aGVsbG8="]])

    rows = portal("crm.timeline.comment.list", filter=OF_DEAL, select=["ID"])

    assert (rows[0]["ID"], rows[0]["FILES"]["1"]["name"], rows[0]["FILES"]["1"]["size"]) == (
        "1",
        "plan.png",
        5,
    )
