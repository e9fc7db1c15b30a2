"""Papers, their templates and numbers; storages of applications; user fields by camelCase names."""

from __future__ import annotations

from typing import Any

import pytest

from b24orm.emulator.answers import Refusal
from tests.emulator.calls import Calls, refusal, small_portal

APP = "local.1"
CRM = "crm.documentgenerator"


@pytest.fixture
def portal() -> Calls:
    portal = small_portal()
    portal.store.insert("deal", {"TITLE": "Roof"})
    return portal


def _numerator(portal: Calls, **generator: Any) -> int:
    settings = {"Bitrix_Main_Numerator_Generator_SequentNumberGenerator": generator}
    fields = {"name": "Numbers", "template": "INV-{NUMBER}", "settings": settings}
    return int(portal(f"{CRM}.numerator.add", fields=fields)["numerator"]["id"])


def _template(portal: Calls, **fields: Any) -> int:
    whole = {"name": "Act", "numeratorId": _numerator(portal), "region": "de", "file": "YQ==", **fields}
    return int(portal(f"{CRM}.template.add", fields={"entityTypeId": ["2"], **whole})["template"]["id"])


def _paper(portal: Calls, template: int, **params: Any) -> dict[str, Any]:
    sent: dict[str, Any] = {"templateId": template, "entityTypeId": 2, "entityId": 1, **params}
    made: dict[str, Any] = portal(f"{CRM}.document.add", **sent)["document"]
    return made


def test_papers_are_numbered(portal: Calls) -> None:
    number = _numerator(portal, start=100, step=5)
    template = _template(portal, numeratorId=number)

    assert [_paper(portal, template)["number"] for _ in range(2)] == ["INV-100", "INV-105"]


def test_templates_come_by_their_numbers(portal: Calls) -> None:
    number = _template(portal)
    listed = portal(f"{CRM}.template.list")["templates"]

    assert (list(listed), listed[str(number)]["entityTypeId"]) == ([str(number)], ["2"])


def test_each_side_sees_its_own_templates(portal: Calls) -> None:
    number = _template(portal)

    assert (
        portal("documentgenerator.template.list")["templates"],
        refusal(portal, "documentgenerator.template.get", id=number),
    ) == (
        {},
        ("0", "Template not found"),
    )


def test_a_list_of_numbers_calls_its_page_all(portal: Calls) -> None:
    for _ in range(53):
        _numerator(portal)
    pages = [portal.answer(f"{CRM}.numerator.list", start) for start in (None, 50)]

    assert [(len(page.result["numerators"]), page.total, page.next) for page in pages] == [
        (50, 50, None),
        (3, 3, None),
    ]


def test_a_paper_keeps_its_values(portal: Calls) -> None:
    paper = _paper(portal, _template(portal), values={"City": "Berlin"})
    portal(f"{CRM}.document.update", id=paper["id"], values={"DocumentNumber": "7"})
    shown = portal(f"{CRM}.document.get", id=paper["id"])["document"]

    assert (shown["number"], shown["values"]["City"], shown["entityId"]) == ("7", "Berlin", "1")


def test_a_paper_is_published(portal: Calls) -> None:
    number = _paper(portal, _template(portal))["id"]
    urls = [
        portal(f"{CRM}.document.enablepublicurl", id=number, status=status)["publicUrl"] for status in (1, 0)
    ]

    assert (bool(urls[0]), urls[1]) == (True, None)


@pytest.mark.parametrize(
    ("method", "params", "code", "text"),
    [
        (
            "template.add",
            {"fields": {"name": "T"}},
            "0",
            "Empty required fields: numeratorId, region, entityTypeId",
        ),
        ("template.get", {"id": 9}, "0", "Template not found"),
        ("document.get", {}, "100", "Bitrix\\DocumentGenerator\\Document constructor must be is public"),
        (
            "document.add",
            {"entityTypeId": 2},
            "100",
            "Bitrix\\DocumentGenerator\\Template constructor must be is public",
        ),
        ("numerator.add", {"fields": {"name": "N"}}, "0", "Empty required fields: template"),
        ("numerator.get", {"id": 9}, "100", "Could not construct parameter {numerator}"),
    ],
)
def test_what_the_generator_refuses(
    portal: Calls, method: str, params: dict[str, Any], code: str, text: str
) -> None:
    assert refusal(portal, f"{CRM}.{method}", **params) == (code, text)


def test_countries_of_ones_own_stand_beside_the_portal_s(portal: Calls) -> None:
    number = portal("documentgenerator.region.add", fields={"title": "Mine", "languageId": "de"})["region"][
        "id"
    ]
    listed = portal("documentgenerator.region.list")["regions"]

    assert (listed["de"]["title"], listed[number]["title"]) == ("Germany", "Mine")


def test_a_country_with_templates_stays(portal: Calls) -> None:
    number = portal("documentgenerator.region.add", fields={"title": "Mine"})["region"]["id"]
    _template(portal, region=number)

    assert refusal(portal, "documentgenerator.region.delete", id=number)[0] == "BX_ERROR"


def test_a_list_of_roles_tells_no_permissions(portal: Calls) -> None:
    portal("documentgenerator.role.add", fields={"name": "Editors", "permissions": {"a": {"b": "X"}}})

    assert portal("documentgenerator.role.list")["roles"] == [{"id": 1, "name": "Editors", "code": None}]


# ---- storages


def called(portal: Calls, method: str, app: str = APP, **params: Any) -> Any:
    return portal.answer(method, app=app, **params).result


def test_a_storage_belongs_to_its_application(portal: Calls) -> None:
    called(portal, "entity.add", ENTITY="dishes", NAME="Dishes")
    own, other = (called(portal, "entity.get", app) for app in (APP, "local.2"))

    assert ([row["ENTITY"] for row in own], other) == (["dishes"], [])


def test_a_webhook_has_no_storages(portal: Calls) -> None:
    assert refusal(portal, "entity.get") == ("ACCESS_DENIED", "Access denied! Application context required")


def test_a_storage_is_renamed_and_removed(portal: Calls) -> None:
    called(portal, "entity.add", ENTITY="dishes!", NAME="Dishes")
    called(portal, "entity.update", ENTITY="dishes", ENTITY_NEW="meals")
    found = called(portal, "entity.get", ENTITY="meals")["NAME"]
    called(portal, "entity.delete", ENTITY="meals")

    assert (found, called(portal, "entity.get")) == ("Dishes", [])


def test_sections_know_where_they_stand(portal: Calls) -> None:
    called(portal, "entity.add", ENTITY="dishes", NAME="Dishes")
    soups = called(portal, "entity.section.add", ENTITY="dishes", NAME="Soups")
    called(portal, "entity.section.add", ENTITY="dishes", NAME="Cold", SECTION=soups)
    rows = called(portal, "entity.section.get", ENTITY="dishes")

    assert [(row["NAME"], row["LEFT_MARGIN"], row["RIGHT_MARGIN"], row["DEPTH_LEVEL"]) for row in rows] == [
        ("Soups", "1", "4", "1"),
        ("Cold", "2", "3", "2"),
    ]


def test_sections_go_with_those_below_them(portal: Calls) -> None:
    called(portal, "entity.add", ENTITY="dishes", NAME="Dishes")
    soups = called(portal, "entity.section.add", ENTITY="dishes", NAME="Soups")
    called(portal, "entity.section.add", ENTITY="dishes", NAME="Cold", SECTION=soups)
    called(portal, "entity.section.delete", ENTITY="dishes", ID=soups)

    assert called(portal, "entity.section.get", ENTITY="dishes") == []


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("entity.add", {"ENTITY": "dishes", "NAME": "x"}, "ERROR_ENTITY_ALREADY_EXISTS"),
        ("entity.get", {"ENTITY": "cars"}, "ERROR_ENTITY_NOT_FOUND"),
        ("entity.section.update", {"ENTITY": "dishes"}, "ERROR_ARGUMENT"),
        ("entity.section.update", {"ENTITY": "dishes", "ID": 9}, "ERROR_SECTION_NOT_FOUND"),
        ("entity.item.property.get", {"ENTITY": "dishes", "PROPERTY": "x"}, "ERROR_PROPERTY_NOT_FOUND"),
        ("entity.item.property.add", {"ENTITY": "dishes", "PROPERTY": "x", "TYPE": "L"}, "ERROR_ARGUMENT"),
    ],
)
def test_what_storages_refuse(portal: Calls, method: str, params: dict[str, Any], code: str) -> None:
    called(portal, "entity.add", ENTITY="dishes", NAME="Dishes")
    with pytest.raises(Refusal) as caught:
        called(portal, method, **params)

    assert caught.value.code == code


def test_properties_are_known_by_their_codes(portal: Calls) -> None:
    called(portal, "entity.add", ENTITY="dishes", NAME="Dishes")
    place = {"ENTITY": "dishes", "PROPERTY": "spice"}
    called(portal, "entity.item.property.add", **place, NAME="Spice", TYPE="n")
    called(portal, "entity.item.property.update", **place, NAME="Spices", PROPERTY_NEW="spices")

    assert called(portal, "entity.item.property.get", ENTITY="dishes") == [
        {"PROPERTY": "spices", "NAME": "Spices", "TYPE": "N", "SORT": "500"}
    ]


# ---- user fields


FIELD = {"entityId": "CRM_DEAL", "fieldName": "UF_CRM_DEAL_CITY", "userTypeId": "enumeration"}


def _field(portal: Calls, **more: Any) -> dict[str, Any]:
    sent = {**FIELD, "enum": [{"value": "Berlin", "xmlId": "b"}], **more}
    made: dict[str, Any] = portal("userfieldconfig.add", moduleId="crm", field=sent)["field"]
    return made


def test_a_field_is_one_of_the_crm_s(portal: Calls) -> None:
    field = _field(portal, editFormLabel={"en": "City"}, mandatory="Y")

    assert (
        field["editFormLabel"],
        field["mandatory"],
        [one["value"] for one in field["enum"]],
        portal("crm.deal.userfield.get", id=field["id"])["FIELD_NAME"],
    ) == ({"en": "City"}, "Y", ["Berlin"], "UF_CRM_DEAL_CITY")


def test_choices_that_are_not_named_go(portal: Calls) -> None:
    field = _field(portal)
    change = {"userTypeId": "enumeration", "enum": [{"value": "Paris"}]}
    changed = portal("userfieldconfig.update", moduleId="crm", id=field["id"], field=change)["field"]

    assert [one["value"] for one in changed["enum"]] == ["Paris"]


def test_a_list_tells_neither_choices_nor_labels(portal: Calls) -> None:
    _field(portal)
    answer = portal.answer("userfieldconfig.list", moduleId="crm", filter={"entityId": "CRM_DEAL"})
    (row,) = answer.result["fields"]

    assert (answer.total, row["fieldName"], "enum" in row, "editFormLabel" in row) == (
        1,
        "UF_CRM_DEAL_CITY",
        False,
        False,
    )


def test_a_language_brings_its_labels(portal: Calls) -> None:
    _field(portal, editFormLabel={"en": "City"})
    asked: dict[str, Any] = {"moduleId": "crm", "select": {"0": "*", "language": "en"}}
    (row,) = portal("userfieldconfig.list", **asked)["fields"]

    assert (row["languageId"], row["editFormLabel"]) == ({"en": "en"}, {"en": "City"})


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"moduleId": "disk", "field": FIELD}, "No settings for UserFieldAccess"),
        ({"moduleId": "crm", "field": {**FIELD, "fieldName": "UF_X"}}, "The name of a field must begin with"),
        ({"moduleId": "rpa", "field": FIELD}, "You cannot create custom fields"),
    ],
)
def test_a_field_that_can_not_be(portal: Calls, params: dict[str, Any], text: str) -> None:
    assert refusal(portal, "userfieldconfig.add", **params)[1].startswith(text)
