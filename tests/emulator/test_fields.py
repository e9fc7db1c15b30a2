"""What the portal says of itself: fields, user fields, methods."""

from __future__ import annotations

from typing import Any

import pytest

from b24orm.emulator.answers import Call, Refusal
from b24orm.emulator.methods import PortalInfo, build_registry
from b24orm.emulator.relations import declare
from b24orm.emulator.store import Store
from tests.emulator.calls import Calls, empty_portal

KEYS = ["type", "isRequired", "isReadOnly", "isImmutable", "isMultiple", "isDynamic", "title"]


@pytest.fixture
def portal() -> Calls:
    return empty_portal()


CLASSIC = (
    "deal",
    "lead",
    "contact",
    "company",
    "quote",
    "activity",
    "product",
    "requisite",
    "status",
    "currency",
)


@pytest.mark.parametrize("entity", CLASSIC)
def test_a_field_is_described_by_a_name_and_five_flags(portal: Calls, entity: str) -> None:
    described = portal(f"crm.{entity}.fields")

    assert {tuple(key for key in entry if key in KEYS) for entry in described.values()} == {tuple(KEYS)}


def test_a_stage_names_its_directory(portal: Calls) -> None:
    entry = portal("crm.deal.fields")["STAGE_ID"]

    assert (entry["type"], entry["statusType"]) == ("crm_status", "DEAL_STAGE")


def test_flags_are_what_the_schema_knows(portal: Calls) -> None:
    described = portal("crm.deal.fields")

    assert (
        described["ID"]["isReadOnly"],
        described["CATEGORY_ID"]["isImmutable"],
        described["TITLE"]["isReadOnly"],
    ) == (
        True,
        True,
        False,
    )


def test_only_deprecated_fields_say_so(portal: Calls) -> None:
    described = portal("crm.deal.fields")

    assert (described["CONTACT_ID"].get("isDeprecated"), "isDeprecated" in described["TITLE"]) == (
        True,
        False,
    )


def test_a_user_fields_title_is_its_code(portal: Calls) -> None:
    portal("crm.deal.userfield.add", fields={"FIELD_NAME": "X", "USER_TYPE_ID": "string", "LABEL": "Colour"})
    entry = portal("crm.deal.fields")["UF_CRM_X"]

    assert (entry["isDynamic"], entry["title"], entry["listLabel"]) == (True, "UF_CRM_X", "Colour")


def test_choices_of_an_enumeration_are_described(portal: Calls) -> None:
    portal.store.add_user_field("deal", "UF_CRM_X", "enumeration", items=["red"])

    assert portal("crm.deal.fields")["UF_CRM_X"]["items"] == [{"ID": "1", "VALUE": "red"}]


def test_fields_of_items_know_their_upper_names(portal: Calls) -> None:
    portal.store.add_user_field("deal", "UF_CRM_163966", "string")
    described = portal("crm.item.fields", entityTypeId=2)["fields"]

    assert [described[name]["upperName"] for name in ("assignedById", "createdTime", "ufCrm_163966")] == [
        "ASSIGNED_BY_ID",
        "CREATED_TIME",
        "UF_CRM_163966",
    ]


@pytest.mark.parametrize("number", [1, 2, 3, 4, 7, 31])
def test_every_described_field_of_an_item_can_be_selected(portal: Calls, number: int) -> None:
    names = list(portal("crm.item.fields", entityTypeId=number)["fields"])
    added = portal("crm.item.add", entityTypeId=number, fields={})["item"]
    found = portal("crm.item.list", entityTypeId=number, select=names, filter={"id": added["id"]})["items"][0]

    assert sorted(found) == sorted(names)


@pytest.mark.parametrize("entity", ["deal", "lead", "contact", "company", "quote"])
def test_every_key_of_a_row_is_a_described_field(portal: Calls, entity: str) -> None:
    declare(portal.store, parent=128, child=portal.store.table(entity).owner_type_id)
    portal.store.add_user_field(entity, "UF_CRM_X", "string")
    number = portal(f"crm.{entity}.add", fields={"TITLE": "x", "NAME": "x"})

    assert set(portal(f"crm.{entity}.get", id=number)) <= set(portal(f"crm.{entity}.fields"))


def test_fields_of_tasks_are_wrapped(portal: Calls) -> None:
    described = portal("tasks.task.getfields")["fields"]

    assert (described["ID"]["primary"], described["TITLE"]["required"]) == (True, True)


def test_fields_of_categories_are_wrapped(portal: Calls) -> None:
    assert portal("crm.category.fields", entityTypeId=2)["fields"]["name"]["isRequired"] is True


@pytest.mark.parametrize("method", ["user.fields", "department.fields"])
def test_users_and_departments_have_labels_only(portal: Calls, method: str) -> None:
    assert {type(label) for label in portal(method).values()} == {str}


# ---- user fields


def user_field(portal: Calls, **fields: Any) -> Any:
    return portal("crm.deal.userfield.add", fields=fields)


@pytest.mark.parametrize("name", ["color", "UF_COLOR", "UF_CRM_COLOR", "uf_crm_color"])
def test_a_user_fields_name_gets_its_prefix(portal: Calls, name: str) -> None:
    user_field(portal, FIELD_NAME=name, USER_TYPE_ID="string")

    assert [row["FIELD_NAME"] for row in portal("crm.deal.userfield.list")] == ["UF_CRM_COLOR"]


def test_a_user_field_needs_a_name_and_a_type(portal: Calls) -> None:
    with pytest.raises(Refusal) as caught:
        user_field(portal)

    assert (
        caught.value.description
        == "The 'USER_TYPE_ID' field is not found.\nThe 'FIELD_NAME' field is not found."
    )


@pytest.mark.parametrize(
    "fields", [{"FIELD_NAME": "X", "USER_TYPE_ID": "nope"}, {"FIELD_NAME": "OLD", "USER_TYPE_ID": "string"}]
)
def test_user_fields_that_can_not_be_made(portal: Calls, fields: dict[str, str]) -> None:
    user_field(portal, FIELD_NAME="OLD", USER_TYPE_ID="string")

    with pytest.raises(Refusal) as caught:
        user_field(portal, **fields)

    assert caught.value.code == "ERROR_CORE"


def test_user_fields_come_whole_with_a_total(portal: Calls) -> None:
    for number in range(60):
        user_field(portal, FIELD_NAME=f"F{number}", USER_TYPE_ID="string")
    answer = portal.answer("crm.deal.userfield.list", 50)

    assert (len(answer.result), answer.total, answer.next) == (60, 60, None)


@pytest.mark.parametrize(
    ("filter", "count"),
    [({"MULTIPLE": "Y"}, 1), ({"USER_TYPE_ID": ["string"]}, 2), ({"NOPE": 1}, 2), ({"LANG": "en"}, 2)],
)
def test_user_fields_filter_by_equality(portal: Calls, filter: dict[str, Any], count: int) -> None:
    user_field(portal, FIELD_NAME="A", USER_TYPE_ID="string", MULTIPLE="Y")
    user_field(portal, FIELD_NAME="B", USER_TYPE_ID="boolean", MULTIPLE="Y")

    assert len(portal("crm.deal.userfield.list", filter=filter)) == count


def test_labels_come_when_a_language_is_named(portal: Calls) -> None:
    user_field(portal, FIELD_NAME="A", USER_TYPE_ID="string", EDIT_FORM_LABEL="Hue")
    plain, named = (
        portal("crm.deal.userfield.list")[0],
        portal("crm.deal.userfield.list", filter={"LANG": "en"})[0],
    )

    assert ("EDIT_FORM_LABEL" in plain, named["EDIT_FORM_LABEL"]) == (False, {"en": "Hue"})


def test_choices_change_by_their_numbers(portal: Calls) -> None:
    number = user_field(
        portal, FIELD_NAME="A", USER_TYPE_ID="enumeration", LIST=[{"VALUE": "red"}, {"VALUE": "blue"}]
    )
    change = [{"ID": 1, "VALUE": "crimson"}, {"ID": 2, "DEL": "Y"}, {"VALUE": "green"}]
    portal("crm.deal.userfield.update", id=number, fields={"LIST": change})
    choices = portal("crm.deal.userfield.get", id=number)["LIST"]

    assert [(choice["ID"], choice["VALUE"]) for choice in choices] == [("1", "crimson"), ("3", "green")]


def test_a_deleted_user_field_is_gone_from_the_rows(portal: Calls) -> None:
    number = user_field(portal, FIELD_NAME="A", USER_TYPE_ID="string")
    deal = portal("crm.deal.add", fields={"UF_CRM_A": "x"})
    portal("crm.deal.userfield.delete", id=number)

    assert "UF_CRM_A" not in portal("crm.deal.get", id=deal)


def test_a_user_field_of_another_entity_is_out_of_reach(portal: Calls) -> None:
    number = user_field(portal, FIELD_NAME="A", USER_TYPE_ID="string")

    with pytest.raises(Refusal, match="Access denied"):
        portal("crm.lead.userfield.get", id=number)


@pytest.mark.parametrize(
    ("type", "value", "shown"),
    [
        ("string", "x", "x"),
        ("string", None, ""),
        ("integer", "7", "7"),
        ("double", 10.5, "10.5"),
        ("double", 10, "10"),
        ("boolean", True, "1"),
        ("boolean", "N", "0"),
        ("date", "2024-05-06", "2024-05-06T03:00:00+03:00"),
        ("datetime", "2024-05-06T10:00:00+00:00", "2024-05-06T13:00:00+03:00"),
        ("date", "", ""),
        ("money", "10|USD", "10|USD"),
    ],
)
def test_values_of_user_fields(portal: Calls, type: str, value: Any, shown: str) -> None:
    user_field(portal, FIELD_NAME="A", USER_TYPE_ID=type)
    number = portal("crm.deal.add", fields={"UF_CRM_A": value})

    assert portal("crm.deal.get", id=number)["UF_CRM_A"] == shown


@pytest.mark.parametrize(("value", "shown"), [(["a", "b"], ["a", "b"]), ([], []), ("", []), ("a", ["a"])])
def test_values_of_multiple_user_fields(portal: Calls, value: Any, shown: list[str]) -> None:
    user_field(portal, FIELD_NAME="A", USER_TYPE_ID="string", MULTIPLE="Y")
    number = portal("crm.deal.add", fields={"UF_CRM_A": value})

    assert portal("crm.deal.get", id=number)["UF_CRM_A"] == shown


# ---- system


def test_a_profile(portal: Calls) -> None:
    assert portal("profile") == {
        "ID": "1",
        "ADMIN": True,
        "NAME": "Anna",
        "LAST_NAME": "Berg",
        "PERSONAL_GENDER": "F",
        "TIME_ZONE": "",
    }


def test_a_dismissed_user_has_no_profile(portal: Calls) -> None:
    portal.store.update("user", 1, {"ACTIVE": "N"})

    assert portal("profile") == []


def test_the_servers_time_carries_its_zone(portal: Calls) -> None:
    assert portal("server.time") == "2023-11-15T01:13:20+03:00"


def test_an_application_is_told_more_than_a_webhook() -> None:
    registry = build_registry(Store(), PortalInfo(license="xx_ent250"))

    def info(auth: str) -> Any:
        call = Call("app.info", {}, scope=frozenset({"crm"}), auth=auth, client_id="local.app")
        return registry["app.info"].handler(call).result

    assert (info("apauth"), info("oauth")["CODE"]) == (
        {"SCOPE": ["crm"], "LICENSE": "xx_ent250"},
        "local.app",
    )


def test_methods_are_those_of_the_scopes_and_of_no_controller() -> None:
    registry = build_registry(Store())
    names = registry["methods"].handler(Call("methods", {}, scope=frozenset({"crm", "sale"}))).result
    asked = ("crm.deal.list", "profile", "crm.timeline.comment.get", "user.get", "crm.item.list")
    controllers = ("crm.timeline.comment.add", "crm.stagehistory.list", "sale.order.list")

    assert [name in names for name in (*asked, *controllers)] == [*[True] * 3, *[False] * 5]


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("crm.item.list", {"isExisting": True, "isAvailable": True}),
        ("user.get", {"isExisting": True, "isAvailable": False}),
        ("nope", {"isExisting": False, "isAvailable": False}),
    ],
)
def test_a_method_is_known_and_allowed_or_not(name: str, known: dict[str, bool]) -> None:
    registry = build_registry(Store())

    assert (
        registry["method.get"].handler(Call("method.get", {"name": name}, scope=frozenset({"crm"}))).result
        == known
    )


def test_every_method_has_the_scope_of_its_family() -> None:
    registry = build_registry(Store())
    own = (
        "crm",
        "user",
        "department",
        "disk",
        "lists",
        "calendar",
        "catalog",
        "sale",
        "log",
        "entity",
        "sonet_group",
        "socialnetwork",
        "documentgenerator",
        "landing",
        "mailservice",
        "messageservice",
        "userfieldconfig",
        "telephony",
    )
    families = {name: name for name in (*own, "booking", "im", "biconnector", "rpa", "imopenlines")}
    families |= {"ai": "ai_admin"} | {
        "tasks": "task",
        "task": "task",
        "voximplant": "telephony",
        "sign": "sign.b2e",
    }
    families |= {"userfieldtype": "placement", "placement": "placement"}
    families |= {"imbot": "imbot", "imconnector": "imopenlines", "bizproc": "bizproc"}
    everybody_s = {"user.option.get", "user.option.set", "user.admin", "user.access"}

    shop = {"paysystem": "pay_system", "cashbox": "cashbox", "delivery": "delivery"}

    assert {
        name: method.scope
        for name, method in registry.items()
        if method.scope != (None if name in everybody_s else families.get(name.split(".")[0]))
        and not (name.startswith("user.userfield.") and method.scope == "user.userfield")
        and not (name.startswith("sale.") and method.scope == shop.get(name.split(".")[1]))
    } == {}


def test_every_method_name_is_lower_case() -> None:
    assert [name for name in build_registry(Store()) if name != name.lower()] == []
