"""Every model lists and counts the rows of the portal, and reads their values as stored."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from b24orm import Portal, Q, models
from b24orm.emulator import LocalPortal
from b24orm.errors import InvalidValue, Unsupported
from b24orm.models import (
    Activity,
    Category,
    Company,
    Contact,
    Currency,
    Deal,
    Department,
    Item,
    Lead,
    Product,
    ProductRow,
    Quote,
    Requisite,
    SmartInvoice,
    Status,
    Task,
    User,
)
from tests.conftest import Connect
from tests.orm.awkward import fill

MOSCOW = timezone(timedelta(hours=3))
SMART = 1038


@pytest.fixture(scope="module")
def warehouse() -> Iterator[LocalPortal]:
    """A portal with more than a page of most entities."""
    with LocalPortal(users=70, activities=0) as portal:
        fill(portal.store)
        portal.store.add_smart_type("Contracts", SMART)
        portal.store.insert_many(f"dynamic_{SMART}", [{"TITLE": f"Contract {n}"} for n in range(120)])
        rows = [{"OWNER_ID": 1 + n % 2, "OWNER_TYPE": "D", "PRODUCT_NAME": f"P{n}"} for n in range(130)]
        portal.store.insert_many("product_row", rows)
        portal.store.insert_many("category", [{"NAME": f"C{n}", "ENTITY_TYPE_ID": SMART} for n in range(3)])
        yield portal


@pytest.fixture
def staff(warehouse: LocalPortal, join: Connect) -> Portal:
    return join(warehouse)


ROWS: list[tuple[Any, str, str]] = [
    (Activity.objects.all(), "activity", ""),
    (Category.objects.filter(entity_type_id=SMART), "category", f"ENTITY_TYPE_ID = {SMART}"),
    (Company.objects.all(), "company", ""),
    (Contact.objects.all(), "contact", ""),
    (Deal.objects.all(), "deal", ""),
    (Department.objects.all(), "department", ""),
    (Item.objects.filter(entity_type_id=SMART), f"dynamic_{SMART}", ""),
    (Item.objects.filter(entity_type_id=2), "deal", ""),
    (Lead.objects.all(), "lead", ""),
    (Product.objects.all(), "product", ""),
    (ProductRow.objects.filter(owner_type="D", owner_id=2), "product_row", "OWNER_ID = 2"),
    (Quote.objects.all(), "quote", ""),
    (Requisite.objects.all(), "requisite", ""),
    (SmartInvoice.objects.all(), "smart_invoice", ""),
    (Status.objects.all(), "status", ""),
    (Task.objects.all(), "task", ""),
    (User.objects.all(), "user", ""),
]
NAMES = [f"{rows._query.schema.name}-{table}" for rows, table, _ in ROWS]


@pytest.mark.parametrize(("rows", "table", "where"), ROWS, ids=NAMES)
def test_a_model_lists_every_row_once(
    warehouse: LocalPortal, staff: Portal, rows: Any, table: str, where: str
) -> None:
    assert sorted(row.pk for row in rows.all()) == warehouse.store.ids(table, where)


@pytest.mark.parametrize(("rows", "table", "where"), ROWS, ids=NAMES)
def test_a_model_counts_its_rows_in_one_request(
    warehouse: LocalPortal, staff: Portal, rows: Any, table: str, where: str
) -> None:
    before = warehouse.stats.requests
    assert rows.count() == warehouse.store.count(table, where)
    assert warehouse.stats.requests - before == 1


@pytest.mark.parametrize(("rows", "table", "where"), ROWS, ids=NAMES)
def test_a_model_is_read_asynchronously_too(
    warehouse: LocalPortal, staff: Portal, rows: Any, table: str, where: str
) -> None:
    async def read() -> list[Any]:
        return [row.pk async for row in rows.all()]

    assert sorted(staff.run(read)) == warehouse.store.ids(table, where)


def test_currencies_are_known_by_their_code(warehouse: LocalPortal, staff: Portal) -> None:
    assert [currency.pk for currency in Currency.objects.all()] == ["USD", "EUR", "RUB"]


def test_the_models_listed_here_are_known() -> None:
    listed = {rows._query.schema.name for rows, _, _ in ROWS} | {"Currency"}
    assert listed <= set(models.__all__)


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        (Item.objects.all(), r"filter\(entity_type_id=\.\.\.\)"),
        (Category.objects.all(), r"filter\(entity_type_id=\.\.\.\)"),
        (ProductRow.objects.all(), r"filter\(owner_type=\.\.\., owner_id=\.\.\.\)"),
        (ProductRow.objects.filter(owner_id=1), r"filter\(owner_type=\.\.\.\)"),
        (ProductRow.objects.exclude(owner_id=1).filter(owner_type="D"), r"filter\(owner_id=\.\.\.\)"),
    ],
)
def test_a_missing_parent_parameter_is_named_before_a_request(
    warehouse: LocalPortal, staff: Portal, rows: Any, named: str
) -> None:
    before = warehouse.stats.requests
    with pytest.raises(InvalidValue, match=named):
        list(rows.all())
    assert warehouse.stats.requests == before


def test_a_subclass_fixes_the_parent_parameter(warehouse: LocalPortal, staff: Portal) -> None:
    class Contract(Item, entity_type_id=SMART):  # type: ignore[call-arg, misc]
        """Rows of one smart process."""

    found = Contract.objects.filter(title__contains="9").only("title")
    assert [row.title for row in found] == [f"Contract {n}" for n in range(120) if "9" in str(n)]


@pytest.mark.parametrize("other", [2, 31])
def test_a_parent_parameter_can_not_be_two_things(warehouse: LocalPortal, staff: Portal, other: int) -> None:
    with pytest.raises(InvalidValue, match="1038 already"):
        list(Item.objects.filter(entity_type_id=SMART).filter(entity_type_id=other))


@pytest.mark.parametrize("wrong", [{"entity_type_id__in": [1, 2]}, {"entity_type_id__ne": SMART}])
def test_a_parent_parameter_takes_one_value(
    warehouse: LocalPortal, staff: Portal, wrong: dict[str, Any]
) -> None:
    with pytest.raises(Unsupported, match="entity_type_id"):
        Item.objects.filter(**wrong)


@pytest.mark.parametrize("together", [Q(entity_type_id=SMART, id=3), Q(entity_type_id=SMART) & Q(id=3)])
def test_a_parent_parameter_may_stand_beside_conditions(
    warehouse: LocalPortal, staff: Portal, together: Q
) -> None:
    assert [row.id for row in Item.objects.filter(together)] == [3]


def test_no_rows_need_no_parent_parameter(warehouse: LocalPortal, staff: Portal) -> None:
    assert list(Item.objects.none()) == []


# -- values ---------------------------------------------------------------------------------


def _moment(value: str) -> datetime:
    return datetime.fromisoformat(value).replace(tzinfo=MOSCOW)


READ: dict[str, Any] = {
    "integer": int,
    "double": lambda value: Decimal(str(value)),
    "char": lambda value: value == "Y",
    "boolean": lambda value: value == "Y",
    "date": date.fromisoformat,
    "datetime": _moment,
    "string": str,
    "text": str,
    "user": lambda value: value or None,
    "crm_company": lambda value: value or None,
    "crm_contact": lambda value: value or None,
    "crm_status": lambda value: value or None,
}
PAIRS: list[tuple[Any, str]] = [
    (Deal.objects.all(), "deal"),
    (SmartInvoice.objects.all(), "smart_invoice"),
    (Quote.objects.all(), "quote"),
    (Company.objects.all(), "company"),
    (Lead.objects.all(), "lead"),
]
FIELDS = "title comments opportunity company_id contact_id assigned_by_id begindate closedate opened"


@pytest.mark.parametrize(("rows", "table"), PAIRS, ids=[table for _, table in PAIRS])
def test_values_are_read_as_they_are_stored(
    warehouse: LocalPortal, staff: Portal, rows: Any, table: str
) -> None:
    schema, columns = rows._query.schema, warehouse.store.table(table).columns
    names = [name for name in FIELDS.split() if name in schema.fields and name.upper() in columns]
    stored = {row["ID"]: row for row in warehouse.store.rows(table)}
    found = list(rows.only(*names))
    assert {row.pk for row in found} == stored.keys()
    for row in found:
        for name in names:
            raw = stored[row.pk][name.upper()]
            expected = None if raw is None else READ[schema.fields[name].type](raw)
            assert (name, getattr(row, name) or None) == (name, expected or None)


def test_an_amount_of_nothing_and_an_amount_of_zero_differ(warehouse: LocalPortal, staff: Portal) -> None:
    stored = {row["ID"]: row["OPPORTUNITY"] for row in warehouse.store.rows("deal")}
    found = {deal.id: deal.opportunity for deal in Deal.objects.only("opportunity")}
    assert {key for key, value in found.items() if value is None} == {
        k for k, v in stored.items() if v is None
    }


def test_user_fields_are_read_by_their_names(warehouse: LocalPortal, staff: Portal) -> None:
    stored = {row["ID"]: row["UF_CRM_COLOUR"] or "" for row in warehouse.store.rows("deal")}
    assert {d.id: getattr(d, "UF_CRM_COLOUR") or "" for d in Deal.objects.all()} == stored  # noqa: B009


def test_phones_come_with_the_row(warehouse: LocalPortal, staff: Portal) -> None:
    numbers = warehouse.store.fetch("SELECT ELEMENT_ID, VALUE FROM field_multi ORDER BY 1")
    assert [(c.id, str(phone)) for c in Contact.objects.all() for phone in c.phone] == numbers
