"""Filters of the lists with ways of their own: tasks, users, departments, directories, requisites."""

from __future__ import annotations

import operator as op
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings

from b24orm import Portal, Q
from b24orm.emulator import LocalPortal
from b24orm.errors import Unsupported
from b24orm.models import (
    Activity,
    Category,
    Company,
    Contact,
    Currency,
    Department,
    Lead,
    Product,
    Quote,
    Requisite,
    Status,
    Task,
    User,
)
from tests.orm.brute import Case, Test, among, cmp, has, ids_where, is_, missing, within
from tests.orm.test_orm_q import Meant, trees

CASES: list[tuple[Any, str, Case]] = [
    (Task, "task", Case(is_("STATUS", 3), {"status": 3})),
    (Task, "task", Case(among("STATUS", (3, 5)), {"status__in": [3, 5]})),
    (Task, "task", Case(is_("RESPONSIBLE_ID", 2), {"responsible_id": 2})),
    (Task, "task", Case(is_("RESPONSIBLE_ID", 2), {"RESPONSIBLE_ID": 2})),
    (Task, "task", Case(is_("GROUP_ID", 7), {"group_id": 7})),
    (Task, "task", Case(has("TITLE", "alpha"), {"title__contains": "alpha"})),
    (
        Task,
        "task",
        Case(cmp("DEADLINE", op.gt, "2024-01-01T00:00:00"), {"deadline__gt": datetime(2024, 1, 1)}),
    ),
    (
        Task,
        "task",
        Case(
            within("CREATED_DATE", "2024-01-01T00:00:00", "2024-12-31T00:00:00"),
            {"created_date__range": (datetime(2024, 1, 1), datetime(2024, 12, 31))},
        ),
    ),
    (Task, "task", Case(among("ID", (1, 2, 44)), {"id__in": [44, 2, 1]})),
    (Task, "task", Case(cmp("ID", op.gt, 100), {"id__gt": 100})),
    (User, "user", Case(is_("NAME", "Anna"), {"name": "Anna"})),
    (User, "user", Case(is_("ACTIVE", "N"), {"active": False})),
    (User, "user", Case(has("EMAIL", "user1"), {"email__contains": "user1"})),
    (User, "user", Case(among("ID", (1, 3)), {"id__in": [1, 3]})),
    (User, "user", Case(among("LAST_NAME", ("Berg", "Львов")), {"last_name__in": ["Berg", "Львов"]})),
    (Requisite, "requisite", Case(is_("ENTITY_TYPE_ID", 4), {"entity_type_id": 4})),
    (Requisite, "requisite", Case(has("NAME", "alpha"), {"name__contains": "alpha"})),
    (Activity, "activity", Case(is_("OWNER_ID", 2), {"owner_id": 2})),
    (Activity, "activity", Case(is_("COMPLETED", "Y"), {"completed": True})),
    (Activity, "activity", Case(has("SUBJECT", "alpha"), {"subject__contains": "alpha"})),
    (Product, "product", Case(is_("ACTIVE", "Y"), {"active": True})),
    (Product, "product", Case(is_("SORT", 100), {"sort": 100})),
    (Lead, "lead", Case(is_("STATUS_ID", "JUNK"), {"status": "JUNK"})),
    (Lead, "lead", Case(cmp("OPPORTUNITY", op.ge, 0), {"opportunity__gte": 0})),
    (Contact, "contact", Case(is_("COMPANY_ID", 1), {"company": 1})),
    (Contact, "contact", Case(missing("BIRTHDATE"), {"birthdate__isnull": True})),
    (Company, "company", Case(cmp("REVENUE", op.lt, 0), {"revenue__lt": 0})),
    (Quote, "quote", Case(is_("STATUS_ID", "SENT"), {"status": "SENT"})),
]
NAMES = [f"{table}-{case}" for _, table, case in CASES]


@pytest.mark.parametrize(("model", "table", "case"), CASES, ids=NAMES)
def test_filter_finds_what_is_meant(
    museum: LocalPortal, curator: Portal, model: Any, table: str, case: Case
) -> None:
    assert [row.id for row in model.objects.filter(**case.asked)] == ids_where(museum, table, case.test)


@pytest.mark.parametrize(("model", "table", "case"), CASES, ids=NAMES)
def test_every_case_tells_rows_apart(museum: LocalPortal, model: Any, table: str, case: Case) -> None:
    assert 0 < len(ids_where(museum, table, case.test)) < museum.store.count(table)


def _excludable() -> list[Any]:
    return [
        pytest.param(model, table, case, id=name)
        for (model, table, case), name in zip(CASES, NAMES, strict=True)
        if not any(word in key for key in case.asked for word in ("contains", "deadline", "created_date"))
    ]


@pytest.mark.parametrize(("model", "table", "case"), _excludable())
def test_exclude_finds_all_the_others(
    museum: LocalPortal, curator: Portal, model: Any, table: str, case: Case
) -> None:
    found = [row.id for row in model.objects.exclude(**case.asked)]
    assert found == ids_where(museum, table, lambda row: not case.test(row))


# -- or -------------------------------------------------------------------------------------


def _leaf(test: Test, **asked: Any) -> Meant:
    return Q(**asked), test


TASKS = [
    _leaf(lambda r: r["STATUS"] == 3, status=3),
    _leaf(lambda r: r["STATUS"] in (2, 5), status__in=[2, 5]),
    _leaf(lambda r: r["RESPONSIBLE_ID"] == 2, responsible_id=2),
    _leaf(lambda r: "alpha" in r["TITLE"].casefold(), title__contains="alpha"),
    _leaf(lambda r: r["ID"] > 100, id__gt=100),
    _leaf(lambda r: r["ID"] in (1, 2, 50, 200), id__in=(1, 2, 50, 200)),
]


@settings(max_examples=60)
@given(meant=trees(TASKS))
def test_any_tree_of_conditions_on_tasks(museum: LocalPortal, curator: Portal, meant: Meant) -> None:
    q, test = meant
    assert [task.id for task in Task.objects.filter(q).only("id")] == ids_where(museum, "task", test)


def test_task_fields_are_read_from_their_other_spelling(museum: LocalPortal, curator: Portal) -> None:
    stored = [(r["ID"], r["TITLE"], r["RESPONSIBLE_ID"], r["STATUS"]) for r in museum.store.rows("task")]
    assert list(Task.objects.values_list("id", "title", "responsible_id", "status")) == stored


def test_tasks_are_sorted_by_their_fields(museum: LocalPortal, curator: Portal) -> None:
    rows = museum.store.rows("task", order='"CREATED_DATE" DESC, "ID"')
    found = Task.objects.order_by("-created_date").only("id")
    assert [task.id for task in found] == [row["ID"] for row in rows]


# -- equality only --------------------------------------------------------------------------


def test_a_directory_is_filtered_by_equality(museum: LocalPortal, curator: Portal) -> None:
    codes = [row["STATUS_ID"] for row in museum.store.rows("status", where="ENTITY_ID = 'SOURCE'")]
    found = Status.objects.filter(entity_id="SOURCE").order_by("id")
    assert [status.status_id for status in found] == codes


def test_departments_are_filtered_by_their_parent(museum: LocalPortal, curator: Portal) -> None:
    found = Department.objects.filter(parent=1).order_by("id")
    assert [department.id for department in found] == museum.store.ids("department", "PARENT = 1")


@pytest.mark.parametrize(
    "ask",
    [
        lambda: Status.objects.filter(entity_id__in=["SOURCE", "STATUS"]),
        lambda: Status.objects.filter(name__contains="x"),
        lambda: list(Status.objects.exclude(entity_id="SOURCE")),
        lambda: list(Status.objects.filter(Q(entity_id="SOURCE") | Q(entity_id="STATUS"))),
        lambda: list(Department.objects.filter(Q(id=1) | Q(id=2))),
        lambda: Department.objects.filter(name__contains="a"),
        lambda: Currency.objects.filter(base=True),
        lambda: Category.objects.filter(entity_type_id=2, name="x"),
        lambda: Currency.objects.exclude(base=True),
        lambda: Task.objects.filter(deadline__isnull=True),
        lambda: Task.objects.filter(title__startswith="a"),
        lambda: Task.objects.filter(description__contains="a"),
        lambda: list(Task.objects.exclude(deadline__gt=datetime(2024, 1, 1))),
        lambda: User.objects.filter(personal_birthday__isnull=True),
        lambda: Product.objects.filter(price__gt=1),
        lambda: Product.objects.filter(sort__contains=1),
        lambda: Contact.objects.filter(phone="+1777"),
        lambda: Contact.objects.filter(phone__contains="777"),
        lambda: list(Contact.objects.exclude(phone__startswith="+1777")),
        lambda: list(Company.objects.exclude(title__contains="a")),
        lambda: list(Company.objects.filter(title__startswith="100%")),
        lambda: list(Company.objects.exclude(revenue=0)),
        lambda: Contact.objects.order_by("phone"),
        lambda: Task.objects.order_by("responsible_id"),
    ],
)
def test_what_a_method_can_not_do_is_refused_before_a_request(
    museum: LocalPortal, curator: Portal, ask: Any
) -> None:
    before = museum.stats.requests
    with pytest.raises(Unsupported):
        ask()
    assert museum.stats.requests == before
