"""What a method can't do is refused before anything is sent, with the nearest thing that works."""

from __future__ import annotations

from typing import Any

import pytest

from b24orm import Portal, Q
from b24orm.emulator import LocalPortal
from b24orm.errors import AccessDenied, AuthError, B24Error, InvalidValue, Unsupported
from b24orm.models import (
    BiconnectorSource,
    CalendarEvent,
    CatalogProduct,
    ChecklistItem,
    Department,
    DiskFile,
    ElapsedTime,
    ImEvent,
    ListElement,
    Message,
    Notification,
    Order,
    SignPersonalDocument,
)

ELEMENTS = {"iblock_type_id": "lists", "iblock_id": 41}

MISTAKES: list[tuple[Any, type[B24Error], str]] = [
    # what a list needs beside its filter
    (lambda: list(ElapsedTime.objects.all()), InvalidValue, r"filter\(task_id=\.\.\.\)"),
    (lambda: list(ListElement.objects.filter(iblock_id=41)), InvalidValue, "iblock_type_id"),
    (
        lambda: list(CalendarEvent.objects.filter(type="user", owner_id=1)),
        InvalidValue,
        "from_date=..., to_date=",
    ),
    (lambda: list(DiskFile.objects.all()), InvalidValue, "folder_id"),
    (lambda: list(CatalogProduct.objects.filter(name="x")), InvalidValue, "iblock_id"),
    (lambda: list(Message.objects.all()), InvalidValue, "dialog_id"),
    # fields that a filter can't take
    (
        lambda: ElapsedTime.objects.filter(task_id=1, seconds__gt=5),
        Unsupported,
        "can't filter ElapsedTime by",
    ),
    (lambda: ChecklistItem.objects.filter(task_id=1, title="x"), Unsupported, "filter the rows in Python"),
    (lambda: ListElement.objects.filter(**ELEMENTS, date_create="2024-01-01"), Unsupported, "can't filter"),
    (lambda: CalendarEvent.objects.filter(name="x"), Unsupported, "filter the rows in Python"),
    # orders that would be dropped, or are errors
    (lambda: ListElement.objects.order_by("sort"), Unsupported, "can't sort by 'sort'"),
    (lambda: ElapsedTime.objects.order_by("comment_text"), Unsupported, "can't sort by"),
    # operators that the method drops or refuses
    (lambda: list(ListElement.objects.filter(**ELEMENTS, property_101__isnull=True)), Unsupported, "empty"),
    (
        lambda: list(ListElement.objects.filter(Q(id=1) | Q(name="x"), **ELEMENTS).order_by("name")),
        Unsupported,
        "OR",
    ),
    (
        lambda: CatalogProduct.objects.filter(iblock_id=23, name__startswith="x"),
        Unsupported,
        "name__contains",
    ),
    (
        lambda: list(CatalogProduct.objects.filter(iblock_id=23).exclude(weight__gt=1)),
        Unsupported,
        "opposite",
    ),
    # methods without a way on
    (lambda: list(Notification.objects.all()), Unsupported, r"50 rows at most.*\[:50\]"),
    (lambda: list(ImEvent.objects.all()), Unsupported, "pages in a way of its own"),
]


@pytest.mark.parametrize(("mistake", "error", "text"), MISTAKES)
def test_it_is_told_before_anything_is_sent(
    works: LocalPortal, client: Portal, mistake: Any, error: type[B24Error], text: str
) -> None:
    works.stats.reset()
    with pytest.raises(error, match=text):
        mistake()

    assert works.stats.requests == 0


def test_an_or_that_departments_do_not_know_tells_what_helps(client: Portal) -> None:
    with pytest.raises(Unsupported, match="ask several times, or filter the rows in Python"):
        list(Department.objects.filter(Q(id=1) | Q(name="Sales")))


def test_a_method_for_applications_says_so(client: Portal) -> None:
    with pytest.raises(AuthError, match="Application context required"):
        list(SignPersonalDocument.objects.all())


def test_a_refusal_inside_a_successful_answer_is_a_refusal(client: Portal) -> None:
    with pytest.raises(AccessDenied, match="ACCESS_DENIED"):
        list(BiconnectorSource.objects.all())


def test_a_task_that_is_not_there_is_an_error(client: Portal) -> None:
    with pytest.raises(B24Error, match="ACTION_FAILED_TO_BE_PROCESSED"):
        list(ElapsedTime.objects.filter(task_id=404))


def test_an_order_that_is_not_there(client: Portal) -> None:
    with pytest.raises(Order.DoesNotExist):
        Order.objects.get(id=404)
