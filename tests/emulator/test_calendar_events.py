"""Calendars: a span instead of pages, the portal's dates, whole days, meetings."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.calls import Calls, refusal, small_portal

OF_ONE: dict[str, Any] = {"type": "user", "ownerId": 1}
EVER: dict[str, Any] = {"from": "2000-01-01", "to": "2037-01-01"}


@pytest.fixture(scope="module")
def calendar() -> Calls:
    return small_portal(events=130)


@pytest.fixture
def fresh() -> Calls:
    return small_portal(events=0)


def added(portal: Calls, **params: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        **OF_ONE,
        "name": "x",
        "from": "2023-11-20T10:00:00+03:00",
        "to": "2023-11-20T11:30:00+03:00",
    }
    row: dict[str, Any] = portal(
        "calendar.event.getbyid", id=portal("calendar.event.add", **{**usual, **params})
    )
    return row


def test_everything_in_the_span_comes_at_once(calendar: Calls) -> None:
    answer = calendar.answer("calendar.event.get", 50, **OF_ONE, **EVER)

    assert (len(answer.result), answer.total) == (130, -1)


def test_an_event_belongs_to_a_span_that_it_touches(calendar: Calls) -> None:
    first, last = "2023-03-01T10:00:00", "2023-06-01T10:00:00"
    span: dict[str, Any] = {"from": first, "to": last}
    rows = calendar("calendar.event.get", **OF_ONE, **span)
    wanted = calendar.store.ids("calendar_event", "DATE_TO >= ? AND DATE_FROM <= ?", (first, last))

    assert sorted(int(row["ID"]) for row in rows) == wanted


def test_without_a_span_a_month_back_and_three_ahead_come(fresh: Calls) -> None:
    names = {"2023-10-10": "too early", "2023-10-20": "in", "2024-02-10": "in", "2024-02-20": "too late"}
    for day, name in names.items():
        added(fresh, name=name, **{"from": f"{day}T10:00:00+03:00", "to": f"{day}T11:00:00+03:00"})

    assert [row["NAME"] for row in fresh("calendar.event.get", **OF_ONE)] == ["in", "in"]


def test_sections_narrow_it_down(calendar: Calls) -> None:
    rows = calendar("calendar.event.get", **OF_ONE, **EVER, section=[3])

    assert sorted(int(row["ID"]) for row in rows) == calendar.store.ids("calendar_event", "SECTION_ID = 3")


def test_another_owner_has_other_events(calendar: Calls) -> None:
    assert calendar("calendar.event.get", type="user", ownerId=2, **EVER) == []


def test_a_type_is_needed(calendar: Calls) -> None:
    assert refusal(calendar, "calendar.event.get", ownerId=1) == (
        "",
        'The required parameter "type" is not set for the method "calendar.event.get"',
    )


def test_times_come_in_the_portals_form(fresh: Calls) -> None:
    row = added(fresh)

    assert (row["DATE_FROM"], row["DATE_TO"], row["DT_LENGTH"]) == (
        "20.11.2023 10:00:00",
        "20.11.2023 11:30:00",
        5400,
    )


def test_a_whole_day_has_no_time(fresh: Calls) -> None:
    row = added(fresh, skip_time="Y", **{"from": "2023-11-20", "to": "2023-11-21"})

    assert (row["DATE_FROM"], row["DATE_TO"], row["DT_SKIP_TIME"], row["DT_LENGTH"]) == (
        "20.11.2023",
        "21.11.2023",
        "Y",
        172800,
    )


def test_a_meeting_has_several_people(fresh: Calls) -> None:
    row = added(fresh, is_meeting="Y", attendees=[1, 2])

    assert (row["IS_MEETING"], row["ATTENDEES_CODES"]) == (True, ["U1", "U2"])


def test_an_update_leaves_the_rest_alone(fresh: Calls) -> None:
    row = added(fresh, description="keep")
    fresh("calendar.event.update", id=row["ID"], name="y", **OF_ONE)
    changed = fresh("calendar.event.getbyid", id=row["ID"])

    assert (changed["NAME"], changed["DESCRIPTION"], changed["DATE_FROM"]) == ("y", "keep", row["DATE_FROM"])


def test_an_absent_event_is_null(fresh: Calls) -> None:
    assert fresh("calendar.event.getbyid", id=404) is None


def test_a_second_delete_is_refused(fresh: Calls) -> None:
    row = added(fresh)
    fresh("calendar.event.delete", id=row["ID"])

    assert refusal(fresh, "calendar.event.delete", id=row["ID"])[0] == ""


def test_a_section_of_another_owner_is_refused(fresh: Calls) -> None:
    params = {**OF_ONE, "name": "x", "from": "2023-11-20", "to": "2023-11-20", "section": 2}

    assert refusal(fresh, "calendar.event.add", **params)[1].startswith("The calendar was not found")


def test_a_user_has_calendars(calendar: Calls) -> None:
    assert [row["ID"] for row in calendar("calendar.section.get", type="user")] == ["1", "3"]
