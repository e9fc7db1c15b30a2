"""Files in fields of the CRM: classic methods add and remove, items take the whole list."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from b24orm import Portal, connect
from b24orm.emulator import LocalPortal
from b24orm.emulator.crm_files import content

A, B = (["a.txt", b64encode(text).decode()] for text in (b"first", b"second"))
Ask = Callable[..., Any]


@pytest.fixture
def desk() -> Iterator[LocalPortal]:
    """A portal with a deal and a contact."""
    with LocalPortal(deals=1, contacts=1) as portal:
        yield portal


@pytest.fixture
def ask(desk: LocalPortal) -> Iterator[Ask]:
    """Calls a method of a portal with file fields; gives its result."""
    with connect(desk.url, plan="unlimited", progress=False) as client:
        yield _asker(client)


def _asker(client: Portal) -> Ask:
    for name, several in (("ONE", "N"), ("MANY", "Y")):
        fields = {"FIELD_NAME": name, "USER_TYPE_ID": "file", "MULTIPLE": several, "EDIT_FORM_LABEL": name}
        client.call("crm.deal.userfield.add", {"fields": fields})

    def call(method: str, **params: Any) -> Any:
        return client.call(method, params)

    return call


def change(ask: Ask, **fields: Any) -> dict[str, Any]:
    ask("crm.deal.update", id=1, fields=fields)
    return dict(ask("crm.deal.get", id=1))


def numbers(row: dict[str, Any], name: str = "UF_CRM_MANY") -> list[int]:
    return [file["id"] for file in row[name]]


def test_a_file_is_kept_and_told_of(desk: LocalPortal, ask: Ask) -> None:
    ask("crm.contact.update", id=1, fields={"PHOTO": {"fileData": A}})
    photo = ask("crm.contact.get", id=1)["PHOTO"]
    assert content(desk.store, photo["id"]) == ("a.txt", b"first")
    assert "fileId=1" in photo["showUrl"]
    assert "fileId=1" in photo["downloadUrl"]
    assert ask("crm.contact.list", filter={"ID": 1}, select=["PHOTO"])[0]["PHOTO"] == photo


@pytest.mark.parametrize("value", ["", None, "aGk=", {"id": 1}, {"fileData": ""}, {"id": 99, "remove": "Y"}])
def test_what_is_no_file_leaves_a_classic_field_alone(ask: Ask, value: Any) -> None:
    before = change(ask, UF_CRM_ONE={"fileData": A})["UF_CRM_ONE"]
    assert change(ask, UF_CRM_ONE=value)["UF_CRM_ONE"] == before


def test_a_classic_file_is_replaced_and_removed(ask: Ask) -> None:
    first = change(ask, UF_CRM_ONE={"fileData": A})["UF_CRM_ONE"]["id"]
    second = change(ask, UF_CRM_ONE={"id": first, "fileData": B})["UF_CRM_ONE"]["id"]
    assert second != first
    assert "UF_CRM_ONE" not in change(ask, UF_CRM_ONE={"id": second, "remove": "Y"})


def test_classic_lists_keep_what_is_not_mentioned(ask: Ask) -> None:
    one, two = numbers(change(ask, UF_CRM_MANY=[{"fileData": A}, {"fileData": B}]))
    assert numbers(change(ask, UF_CRM_MANY=[{"fileData": A}])) == [one, two, two + 1]
    assert numbers(change(ask, UF_CRM_MANY=[{"id": one, "remove": "Y"}])) == [two, two + 1]


def item(ask: Ask, **fields: Any) -> dict[str, Any]:
    params = {"entityTypeId": 2, "id": 1, "useOriginalUfNames": "Y"}
    return dict(ask("crm.item.update", **params, fields=fields))


def test_items_take_the_whole_list(ask: Ask) -> None:
    one, two = numbers(item(ask, UF_CRM_MANY=[A, B]))
    assert numbers(item(ask, UF_CRM_MANY=[{"id": two}, A])) == [two, two + 1]
    assert item(ask, UF_CRM_MANY=[])["UF_CRM_MANY"] == []
    assert one < two


def test_a_single_file_of_an_item_is_kept_by_its_id_only(ask: Ask) -> None:
    one = item(ask, UF_CRM_ONE=A)["UF_CRM_ONE"]["id"]
    assert item(ask, UF_CRM_ONE={"id": one})["UF_CRM_ONE"]["id"] == one
    assert item(ask, UF_CRM_ONE={"id": one + 5})["UF_CRM_ONE"] is None


def test_an_item_is_saved_although_its_file_is_refused(ask: Ask) -> None:
    with pytest.raises(Exception, match="uploading the file"):
        item(ask, title="new", UF_CRM_ONE={"fileData": A})
    assert ask("crm.deal.get", id=1)["TITLE"] == "new"
