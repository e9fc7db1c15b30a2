"""Phones and addresses: entries are added, changed and removed by their value."""

from __future__ import annotations

from typing import Any

import pytest

from b24orm import MultiField, Portal
from b24orm.emulator import LocalPortal
from b24orm.emulator.crm_files import content
from b24orm.entity import types as t
from b24orm.entity.files import NewFile
from b24orm.errors import InvalidValue, OutcomeUnknown, Unsupported
from b24orm.facts import load
from b24orm.models import Contact, ContactItem, Deal, DealItem
from b24orm.plan.calls import Call
from b24orm.schema import FieldSchema, extended
from b24orm.transport.encoding import fits_batch
from tests.writes.test_writes_instances import sent


@pytest.fixture
def contact(client: Portal) -> Contact:
    """A saved contact with two phones and an address."""
    made = Contact(name="Ann", phone=["+7 1", "+7 2"], email=["a@x.org"])
    made.save()
    return made


def phones(contact: Contact) -> list[str]:
    fresh = Contact(id=contact.id)
    fresh.refresh_from_db()
    return [entry.value for entry in fresh.phone]


def test_new_entries_get_their_ids(contact: Contact) -> None:
    assert [entry.value for entry in contact.phone] == ["+7 1", "+7 2"]
    assert all(entry.id for entry in (*contact.phone, *contact.email))
    assert contact.changed == ()


def test_entries_are_added_changed_and_removed(contact: Contact) -> None:
    contact.remove_value("phone", "+7 1").add_value("phone", "+7 3", "HOME").change_value(
        "phone", "+7 2", "+7 22"
    )
    contact.save()
    assert phones(contact) == ["+7 22", "+7 3"]
    assert [entry.value_type for entry in contact.phone] == ["WORK", "HOME"]


def test_an_assigned_list_replaces_the_entries(contact: Contact) -> None:
    kept = contact.phone[1]
    contact.phone = [kept, "+7 9"]
    contact.save()
    assert phones(contact) == ["+7 2", "+7 9"]
    assert contact.phone[0].id == kept.id


def test_an_empty_list_removes_them_all(contact: Contact) -> None:
    contact.phone = []
    contact.save()
    assert phones(contact) == []
    assert [entry.value for entry in contact.email] == ["a@x.org"]


def test_a_second_save_adds_nothing(contact: Contact, desk: LocalPortal) -> None:
    contact.add_value("phone", "+7 3").save()
    assert sent(desk, contact.save) == 0
    assert phones(contact) == ["+7 1", "+7 2", "+7 3"]


def test_an_entry_that_is_not_there_is_told(contact: Contact) -> None:
    with pytest.raises(InvalidValue, match=r"no entry '\+7 5'; it has '\+7 1', '\+7 2'"):
        contact.remove_value("phone", "+7 5")


def test_a_list_that_was_not_fetched_is_not_replaced(contact: Contact, desk: LocalPortal) -> None:
    blind = Contact(id=contact.id, phone=["+7 8"])
    before = desk.stats.requests
    with pytest.raises(InvalidValue, match="its entries were not fetched"):
        blind.save()
    assert desk.stats.requests == before


def test_a_new_entry_whose_answer_was_lost_is_not_added_twice(contact: Contact, desk: LocalPortal) -> None:
    contact.add_value("phone", "+7 3")
    desk.faults.script("reset_after")
    with pytest.raises(OutcomeUnknown):
        contact.save()
    assert phones(contact) == ["+7 1", "+7 2", "+7 3"]


def test_a_type_is_kept(client: Portal) -> None:
    made = Contact(name="Bob", phone=[MultiField(value="+7 4", value_type="MOBILE")])
    made.save()
    assert made.phone[0].value_type == "MOBILE"


def test_a_file_is_sent_by_name_and_content() -> None:
    assert NewFile("a.txt", b"\x00hi").wire() == {"fileData": ["a.txt", "AGhp"]}
    assert NewFile("a.txt", b"", replaces=5).wire() == {"id": 5, "fileData": ["a.txt", ""]}


def test_a_large_file_travels_alone() -> None:
    small, large = (
        Call("crm.contact.add", {"fields": {"PHOTO": NewFile("a", b"x" * size).wire()}})
        for size in (9, 99_000)
    )
    assert fits_batch(small)
    assert not fits_batch(large)


# -- fm of crm.item.* ---------------------------------------------------------------------------------


@pytest.fixture
def item(client: Portal) -> ContactItem:
    """A saved contact, as an item, with a phone and an address."""
    entries = [MultiField(value="+7 1", type_id="PHONE"), MultiField(value="a@x.org", type_id="EMAIL")]
    made = ContactItem(name="Ann", fm=entries)
    made.save()
    return made


def entries(item: ContactItem) -> list[tuple[str | None, str]]:
    fresh = ContactItem(id=item.id)
    fresh.refresh_from_db()
    return [(entry.type_id, entry.value) for entry in fresh.fm]


def test_entries_of_every_type_are_added_to_a_new_item(item: ContactItem) -> None:
    assert entries(item) == [("PHONE", "+7 1"), ("EMAIL", "a@x.org")]
    assert all(entry.id for entry in item.fm)


def test_entries_of_an_item_are_added_changed_and_removed(item: ContactItem, desk: LocalPortal) -> None:
    item.change_value("fm", "+7 1", "+7 11").remove_value("fm", "a@x.org")
    item.add_value("fm", "+7 2", "HOME", type_id="PHONE").save()
    assert entries(item) == [("PHONE", "+7 11"), ("PHONE", "+7 2")]
    assert sent(desk, item.save) == 0
    item.fm = []
    item.save()
    assert entries(item) == []


def test_a_new_entry_of_an_item_is_not_added_twice(item: ContactItem, desk: LocalPortal) -> None:
    item.add_value("fm", "+7 2", type_id="PHONE")
    desk.faults.script("reset_after")
    with pytest.raises(OutcomeUnknown):
        item.save()
    assert [value for _, value in entries(item)] == ["+7 1", "a@x.org", "+7 2"]


def test_an_entry_of_an_item_needs_its_type(item: ContactItem, desk: LocalPortal) -> None:
    before = desk.stats.requests
    with pytest.raises(InvalidValue, match="needs a type_id"):
        item.add_value("fm", "+7 2").save()
    assert desk.stats.requests == before


# -- files ------------------------------------------------------------------------------------------------

A, B, C = (NewFile(f"{name}.txt", name.encode()) for name in "abc")
FILES = (
    FieldSchema(name="uf_crm_one", wire="UF_CRM_ONE", type="file"),
    FieldSchema(name="uf_crm_many", wire="UF_CRM_MANY", type="file", multiple=True),
)


class Paper(Deal, schema=extended(load("Deal"), fields=FILES)):
    """A deal with files."""

    uf_crm_one: t.File = t.UNSET
    uf_crm_many: t.Files = t.UNSET


class PaperItem(DealItem, schema=extended(load("DealItem"), fields=FILES)):
    """The same as an item."""

    uf_crm_one: t.File = t.UNSET
    uf_crm_many: t.Files = t.UNSET


@pytest.fixture(params=[Paper, PaperItem])
def paper(request: pytest.FixtureRequest, client: Portal) -> Any:
    """A saved row with three files, by either family of methods."""
    for name, several in (("ONE", "N"), ("MANY", "Y")):
        fields = {"FIELD_NAME": name, "USER_TYPE_ID": "file", "MULTIPLE": several, "EDIT_FORM_LABEL": name}
        client.call("crm.deal.userfield.add", {"fields": fields})
    made = request.param(title="Paper", uf_crm_one=A, uf_crm_many=[A, B])
    made.save()
    return made


def contents(portal: LocalPortal, paper: Any) -> tuple[str, list[str]]:
    fresh = type(paper)(id=paper.id)
    fresh.refresh_from_db()
    one, many = fresh.uf_crm_one if "uf_crm_one" in vars(fresh) else None, fresh.uf_crm_many
    names = [
        found[0] for file in (*([one] if one else []), *many) if (found := content(portal.store, file.id))
    ]
    return (names.pop(0) if one else ""), names


def test_files_are_written(desk: LocalPortal, paper: Any) -> None:
    assert contents(desk, paper) == ("a.txt", ["a.txt", "b.txt"])


def test_files_of_a_list_are_added_and_removed(desk: LocalPortal, paper: Any) -> None:
    paper.refresh_from_db()
    paper.uf_crm_many = [paper.uf_crm_many[1], C]
    paper.save()
    assert contents(desk, paper) == ("a.txt", ["b.txt", "c.txt"])
    paper.uf_crm_many = []
    paper.save()
    assert contents(desk, paper) == ("a.txt", [])


def test_a_file_is_replaced_and_cleared(desk: LocalPortal, paper: Any) -> None:
    paper.refresh_from_db()
    paper.uf_crm_one = B
    paper.save()
    assert contents(desk, paper)[0] == "b.txt"
    paper.uf_crm_one = None
    paper.save()
    assert contents(desk, paper) == ("", ["a.txt", "b.txt"])


@pytest.mark.parametrize("model", [Deal, DealItem])
def test_files_of_a_field_that_is_not_declared_are_kept_and_removed(
    desk: LocalPortal, paper: Any, model: Any
) -> None:
    deal = model.objects.get(id=paper.id)
    deal.uf_crm_many = [deal.uf_crm_many[1], C]
    deal.uf_crm_one = B
    deal.save()
    assert contents(desk, paper) == ("b.txt", ["b.txt", "c.txt"])
    again = model.objects.get(id=paper.id)
    again.uf_crm_many, again.uf_crm_one = [], None
    again.save()
    assert contents(desk, paper) == ("", [])


def test_a_file_that_has_no_number_yet_can_t_be_removed_blindly(desk: LocalPortal, paper: Any) -> None:
    deal: Any = Deal.objects.get(id=paper.id)
    deal.uf_crm_many = [*deal.uf_crm_many, C]
    deal.save()
    deal.uf_crm_many = deal.uf_crm_many[:1]
    with pytest.raises(InvalidValue, match=r"UF_CRM_MANY can't be changed: .* refresh_from_db"):
        deal.save()
    assert contents(desk, paper)[1] == ["a.txt", "b.txt", "c.txt"]


def test_files_that_were_not_fetched_are_not_removed(desk: LocalPortal, client: Portal) -> None:
    before = desk.stats.requests
    for blind in (Paper(id=3, uf_crm_one=None), Paper(id=3, uf_crm_many=[A])):
        with pytest.raises(InvalidValue, match="files were not fetched"):
            blind.save()
    assert desk.stats.requests == before


def test_an_item_takes_no_file_in_a_field_of_its_own(desk: LocalPortal, client: Portal) -> None:
    before = desk.stats.requests
    with pytest.raises(Unsupported, match="takes no file"):
        ContactItem(name="Ann", photo=A).save()
    assert desk.stats.requests == before


def test_a_user_field_that_is_not_declared_takes_a_file_too(desk: LocalPortal, paper: Any) -> None:
    base = DealItem if isinstance(paper, PaperItem) else Deal
    base(id=paper.id, UF_CRM_ONE=C).save()
    assert contents(desk, paper)[0] == "c.txt"
