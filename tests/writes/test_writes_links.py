"""Contacts of a deal, companies of a contact, product rows: added, removed, set."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from b24orm import Portal
from b24orm.emulator import LocalPortal
from b24orm.errors import ApiError, InvalidValue, RelationNotLoaded, Unsupported
from b24orm.models import Company, Contact, Deal, ProductRow
from tests.writes.test_writes_instances import sent


@pytest.fixture
def deal(client: Portal) -> Deal:
    """A new deal."""
    return Deal.objects.create(title="linked")


@pytest.fixture
def people(client: Portal) -> list[Contact]:
    """Three new contacts."""
    made = [Contact(name=name) for name in ("Ann", "Bob", "Eve")]
    Contact.objects.bulk_create(made)
    return made


def bound(client: Portal, deal: Deal) -> list[int]:
    return [item["CONTACT_ID"] for item in client.call("crm.deal.contact.items.get", {"id": deal.id})]


def test_contacts_are_added_and_removed(
    client: Portal, desk: LocalPortal, deal: Deal, people: list[Contact]
) -> None:
    ann, bob, eve = people
    assert sent(desk, lambda: deal.linked("contacts").add(ann, bob.id, eve)) == 1
    deal.linked("contacts").add(ann)
    assert bound(client, deal) == [ann.id, bob.id, eve.id]
    deal.linked("contacts").remove(bob)
    assert bound(client, deal) == [ann.id, eve.id]
    assert Contact.objects.filter(id=bob.id).exists()


async def test_contacts_are_set_and_cleared(client: Portal, deal: Deal, people: list[Contact]) -> None:
    await deal.linked("contacts").aset(people[::-1])
    rows = (await Deal.objects.filter(id=deal.id).prefetch_related("contacts"))[0].contacts
    assert [contact.id for contact in rows] == [contact.id for contact in people[::-1]]
    await deal.linked("contacts").aclear()
    assert await Deal.objects.filter(id=deal.id).prefetch_related("contacts").values_list("id", flat=True)
    assert bound(client, deal) == []


def test_what_was_fetched_is_forgotten(deal: Deal, people: list[Contact]) -> None:
    fetched = Deal.objects.prefetch_related("contacts").get(id=deal.id)
    assert list(fetched.contacts) == []
    fetched.linked("contacts").add(people[0])
    with pytest.raises(RelationNotLoaded):
        _ = fetched.contacts


def test_a_company_of_a_contact(client: Portal, people: list[Contact]) -> None:
    company = Company.objects.create(title="Acme")
    people[0].linked("companies").set([company])
    assert [c.id for c in Contact.objects.prefetch_related("companies").get(id=people[0].id).companies] == [
        company.id
    ]


def test_product_rows_are_replaced(client: Portal, deal: Deal) -> None:
    first = [
        ProductRow(product_name="Tile", price=Decimal("10.5"), quantity=2),
        ProductRow(product_name="Nail", price=1),
    ]
    deal.linked("product_rows").set(first)
    rows = Deal.objects.prefetch_related("product_rows").get(id=deal.id).product_rows
    assert [(row.product_name, row.price, row.quantity) for row in rows] == [
        ("Tile", Decimal("10.5"), 2),
        ("Nail", 1, 1),
    ]
    deal.linked("product_rows").set(rows[:1])  # fetched rows can be given back
    again = Deal.objects.prefetch_related("product_rows").get(id=deal.id).product_rows
    assert [row.product_name for row in again] == ["Tile"]
    deal.linked("product_rows").clear()
    assert list(Deal.objects.prefetch_related("product_rows").get(id=deal.id).product_rows) == []


def test_a_lost_answer_does_no_harm(
    client: Portal, desk: LocalPortal, deal: Deal, people: list[Contact]
) -> None:
    desk.faults.script("reset_after")
    deal.linked("contacts").add(*people)
    assert bound(client, deal) == [contact.id for contact in people]


def test_an_error_is_raised(deal: Deal) -> None:
    with pytest.raises(ApiError, match="Not found"):
        deal.linked("contacts").add(999_999)


@pytest.mark.parametrize(
    ("work", "error", "text"),
    [
        (lambda deal: deal.linked("people"), Unsupported, "it has contacts, product_rows"),
        (lambda deal: deal.linked("quotes"), Unsupported, "change deal_id of the Quote and save it"),
        (lambda deal: Deal(title="x").linked("contacts"), InvalidValue, "never saved"),
        (lambda deal: deal.linked("contacts").add(deal), InvalidValue, "takes Contact objects"),
        (lambda deal: deal.linked("contacts").add(Contact(name="x")), InvalidValue, "with an id"),
        (lambda deal: deal.linked("contacts").add("7"), InvalidValue, "or ids, not '7'"),
        (lambda deal: deal.linked("product_rows").add(7), Unsupported, r"use set\(\)"),
        (lambda deal: deal.linked("product_rows").set([7]), InvalidValue, "ProductRow objects, not 7"),
    ],
)
def test_a_mistake_is_told_before_anything_is_sent(
    desk: LocalPortal, deal: Deal, work: Callable[[Deal], Any], error: type[Exception], text: str
) -> None:
    before = desk.stats.requests
    with pytest.raises(error, match=text):
        work(deal)
    assert desk.stats.requests == before
