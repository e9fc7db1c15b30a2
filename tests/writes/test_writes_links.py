"""Contacts of a deal, companies of a contact, product rows: added, removed, set."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from b24orm import Portal
from b24orm.emulator import LocalPortal
from b24orm.errors import ApiError, InvalidValue, OutcomeUnknown, RelationNotLoaded, Unsupported
from b24orm.models import Company, Contact, Deal, ProductRow
from tests.conftest import Connect, Serve
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
    assert sent(desk, lambda: deal.contacts.add(ann, bob.id, eve)) == 1
    deal.contacts.add(ann)
    assert bound(client, deal) == [ann.id, bob.id, eve.id]
    deal.contacts.remove(bob)
    assert bound(client, deal) == [ann.id, eve.id]
    assert Contact.objects.filter(id=bob.id).exists()


async def test_contacts_are_set_and_cleared(client: Portal, deal: Deal, people: list[Contact]) -> None:
    await deal.contacts.aset(people[::-1])
    rows = (await Deal.objects.filter(id=deal.id).prefetch_related("contacts"))[0].contacts
    assert [contact.id for contact in rows] == [contact.id for contact in people[::-1]]
    await deal.contacts.aclear()
    assert await Deal.objects.filter(id=deal.id).prefetch_related("contacts").values_list("id", flat=True)
    assert bound(client, deal) == []


def test_what_was_fetched_is_forgotten(deal: Deal, people: list[Contact]) -> None:
    fetched = Deal.objects.prefetch_related("contacts").get(id=deal.id)
    assert list(fetched.contacts) == []
    fetched.contacts.add(people[0])
    with pytest.raises(RelationNotLoaded, match=r"prefetch_related\('contacts'\), or call contacts.all\(\)"):
        list(fetched.contacts)


def test_nothing_is_fetched_unless_it_is_asked_for(
    desk: LocalPortal, deal: Deal, people: list[Contact]
) -> None:
    deal.contacts.set(people)
    for look in (list, len, bool, lambda rows: rows[0], lambda rows: people[0] in rows):
        with pytest.raises(RelationNotLoaded):
            look(deal.contacts)
    assert repr(deal.contacts) == "<Deal.contacts: not fetched>"
    assert sent(desk, lambda: repr(deal.contacts)) == 0


def test_all_fetches_the_rows_and_remembers_them(
    desk: LocalPortal, deal: Deal, people: list[Contact]
) -> None:
    deal.contacts.set(people)
    assert [contact.name for contact in deal.contacts.all()] == ["Ann", "Bob", "Eve"]
    assert sent(desk, lambda: list(deal.contacts)) == 0
    assert deal.contacts == people
    assert (len(deal.contacts), deal.contacts[1], deal.contacts[1:]) == (3, people[1], people[1:])


def test_rows_that_point_here_are_fetched_too(client: Portal, desk: LocalPortal) -> None:
    company = Company.objects.create(title="Acme")
    Deal.objects.bulk_create([Deal(title=f"d{n}", company=company) for n in range(3)])
    assert [deal.title for deal in company.deals.all()] == ["d0", "d1", "d2"]
    assert company.contacts.all() == []


async def test_all_awaited(deal: Deal, people: list[Contact]) -> None:
    await deal.contacts.aadd(*people)
    assert await deal.contacts.aall() == people


def test_related_objects_are_saved_where_they_came_from(
    serve: Serve, join: Connect, client: Portal, deal: Deal, people: list[Contact]
) -> None:
    deal.contacts.add(people[0])
    ann = deal.contacts.all()[0]
    join(serve(deals=1))  # another default portal
    ann.name = "Anna"
    ann.save()
    assert client.call("crm.contact.get", {"id": ann.id})["NAME"] == "Anna"


def test_a_refreshed_row_forgets_what_belonged_to_it(deal: Deal) -> None:
    deal.contacts.all()
    deal.refresh_from_db()
    with pytest.raises(RelationNotLoaded):
        list(deal.contacts)


def test_a_company_of_a_contact(client: Portal, people: list[Contact]) -> None:
    company = Company.objects.create(title="Acme")
    people[0].companies.set([company])
    assert [c.id for c in Contact.objects.prefetch_related("companies").get(id=people[0].id).companies] == [
        company.id
    ]


def test_product_rows_are_replaced(client: Portal, deal: Deal) -> None:
    first = [
        ProductRow(product_name="Tile", price=Decimal("10.5"), quantity=2),
        ProductRow(product_name="Nail", price=1),
    ]
    deal.product_rows.set(first)
    rows = Deal.objects.prefetch_related("product_rows").get(id=deal.id).product_rows
    assert [(row.product_name, row.price, row.quantity) for row in rows] == [
        ("Tile", Decimal("10.5"), 2),
        ("Nail", 1, 1),
    ]
    deal.product_rows.set(rows[:1])  # fetched rows can be given back
    again = Deal.objects.prefetch_related("product_rows").get(id=deal.id).product_rows
    assert [row.product_name for row in again] == ["Tile"]
    deal.product_rows.clear()
    assert list(Deal.objects.prefetch_related("product_rows").get(id=deal.id).product_rows) == []


def test_product_rows_are_added_and_removed(client: Portal, desk: LocalPortal, deal: Deal) -> None:
    tile, nail = (
        ProductRow(product_name="Tile", price=10, quantity=2),
        ProductRow(product_name="Nail", price=1),
    )
    assert sent(desk, lambda: deal.product_rows.add(tile, nail)) == 1
    assert [row.id for row in deal.product_rows.all()] == [tile.id, nail.id]
    deal.product_rows.remove(tile)
    assert [row.product_name for row in deal.product_rows.all()] == ["Nail"]
    deal.refresh_from_db()
    assert deal.opportunity == 1


def test_a_product_row_whose_answer_was_lost_is_not_added_twice(desk: LocalPortal, deal: Deal) -> None:
    tile = ProductRow(product_name="Tile", price=10)
    desk.faults.script("reset_after")
    with pytest.raises(OutcomeUnknown) as caught:
        deal.product_rows.add(tile)
    assert caught.value.items == (tile,)
    assert len(deal.product_rows.all()) == 1


def test_a_lost_answer_does_no_harm(
    client: Portal, desk: LocalPortal, deal: Deal, people: list[Contact]
) -> None:
    desk.faults.script("reset_after")
    deal.contacts.add(*people)
    assert bound(client, deal) == [contact.id for contact in people]


def test_an_error_is_raised(deal: Deal) -> None:
    with pytest.raises(ApiError, match="Not found"):
        deal.contacts.add(999_999)


@pytest.mark.parametrize(
    ("work", "error", "text"),
    [
        (lambda deal: deal.people, AttributeError, "no attribute 'people'"),
        (lambda deal: deal.quotes.add(7), Unsupported, "change deal_id of the Quote and save it"),
        (lambda deal: Deal(title="x").contacts.clear(), InvalidValue, "never saved"),
        (lambda deal: Deal(title="x").contacts.all(), InvalidValue, "never saved"),
        (lambda deal: setattr(deal, "contacts", []), InvalidValue, r"call its contacts\.set"),
        (lambda deal: Deal(product_rows=[]), InvalidValue, r"save the Deal, then call its product_rows\.set"),
        (lambda deal: setattr(deal, "quotes", []), InvalidValue, "change deal_id of the Quote"),
        (lambda deal: deal.contacts.add(deal), InvalidValue, "takes Contact objects"),
        (lambda deal: deal.contacts.add(Contact(name="x")), InvalidValue, "with an id"),
        (lambda deal: deal.contacts.set(5), InvalidValue, r"contacts\.set\(\) takes a list"),
        (lambda deal: deal.contacts.add("7"), InvalidValue, "or ids, not '7'"),
        (lambda deal: deal.product_rows.add(7), InvalidValue, "ProductRow objects, not 7"),
        (lambda deal: deal.product_rows.remove(ProductRow(price=1)), InvalidValue, "with an id"),
        (lambda deal: deal.product_rows.set([7]), InvalidValue, "ProductRow objects, not 7"),
    ],
)
def test_a_mistake_is_told_before_anything_is_sent(
    desk: LocalPortal, deal: Deal, work: Callable[[Deal], Any], error: type[Exception], text: str
) -> None:
    before = desk.stats.requests
    with pytest.raises(error, match=text):
        work(deal)
    assert desk.stats.requests == before
