"""Ways to pay with their handlers, pictures of products, and lists that never change."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.calls import Calls, refusal, small_portal

APP = "local.1"
SETTINGS = {"CODES": {"KEY": {"NAME": "Key"}}, "FORM_DATA": {"ACTION_URI": "https://pay.example/"}}
PICTURE = ["roof.png", "aGVsbG8="]


@pytest.fixture
def portal() -> Calls:
    return small_portal(products=2)


def _handler(portal: Calls, **params: Any) -> int:
    sent: dict[str, Any] = {"NAME": "Cards", "CODE": "cards", "SETTINGS": SETTINGS, **params}
    return int(portal("sale.paysystem.handler.add", app=APP, **sent))


def _system(portal: Calls, **params: Any) -> int:
    sent: dict[str, Any] = {"NAME": "Card", "BX_REST_HANDLER": "cards", "PERSON_TYPE_ID": 1, **params}
    return int(portal("sale.paysystem.add", app=APP, **sent))


# ---- ways to pay


def test_a_way_to_pay_has_numbers_and_texts(portal: Calls) -> None:
    _handler(portal)
    number = _system(portal, XML_ID="c1", ACTIVE="Y")
    (row,) = portal(
        "sale.paysystem.list", FILTER={"XML_ID": "c1"}, SELECT=["ID", "NAME", "PERSON_TYPE_ID", "ACTIVE"]
    )

    assert row == {"ID": number, "NAME": "Card", "PERSON_TYPE_ID": 1, "ACTIVE": "Y"}


def test_the_operators_of_a_filter_are_forgotten(portal: Calls) -> None:
    _handler(portal)
    number = _system(portal)

    assert [row["ID"] for row in portal("sale.paysystem.list", FILTER={"<=ID": number})] == [number]


def test_ways_to_pay_come_in_an_order(portal: Calls) -> None:
    _handler(portal)
    _system(portal)

    assert [row["NAME"] for row in portal("sale.paysystem.list", ORDER={"ID": "DESC"})] == ["Card", "Cash"]


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"SELECT": ["ID", "COLOUR"]}, "COLOUR not allowed for select"),
        ({"FILTER": {"!COLOUR": 1}}, "COLOUR not allowed for filter"),
        ({"ORDER": {"COLOUR": "ASC"}}, "COLOUR not allowed for order"),
    ],
)
def test_names_that_ways_to_pay_do_not_have(portal: Calls, params: dict[str, Any], text: str) -> None:
    assert refusal(portal, "sale.paysystem.list", **params) == ("ERROR_CHECK_FAILURE", text)


def test_a_way_to_pay_is_changed_and_removed(portal: Calls) -> None:
    _handler(portal)
    number = _system(portal)
    portal("sale.paysystem.update", app=APP, ID=number, FIELDS={"NAME": "Credit card", "ACTIVE": "Y"})
    (row,) = portal("sale.paysystem.list", FILTER={"ID": number}, SELECT=["NAME", "ACTIVE"])
    portal("sale.paysystem.delete", app=APP, ID=number)

    assert (row, portal.store.ids("pay_system")) == ({"NAME": "Credit card", "ACTIVE": "Y"}, [1])


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("add", {}, "ERROR_CHECK_FAILURE"),
        ("add", {"BX_REST_HANDLER": "nobody"}, "ERROR_HANDLER_NOT_FOUND"),
        ("add", {"BX_REST_HANDLER": "cash"}, "ERROR_CHECK_FAILURE"),
        ("add", {"BX_REST_HANDLER": "cash", "NAME": "x", "PERSON_TYPE_ID": 9}, "ERROR_PERSON_TYPE_NOT_FOUND"),
        ("update", {}, "ERROR_CHECK_FAILURE"),
        ("update", {"ID": 9, "FIELDS": {}}, "ERROR_PAY_SYSTEM_NOT_FOUND"),
        ("delete", {"ID": 9}, "ERROR_PAY_SYSTEM_NOT_FOUND"),
        ("list", {"user_id": 2}, "ACCESS_DENIED"),
    ],
)
def test_what_ways_to_pay_refuse(portal: Calls, method: str, params: dict[str, Any], code: str) -> None:
    assert refusal(portal, f"sale.paysystem.{method}", **params)[0] == code


# ---- handlers


def test_a_handler_that_is_needed_stays(portal: Calls) -> None:
    number = _handler(portal)
    system = _system(portal)
    needed = refusal(portal, "sale.paysystem.handler.delete", app=APP, ID=number)
    portal("sale.paysystem.delete", app=APP, ID=system)
    portal("sale.paysystem.handler.delete", app=APP, ID=number)

    assert (needed, portal("sale.paysystem.handler.list")) == (
        ("ERROR_PAY_SYSTEM_DELETE", "Pay system with handler CARDS exists!"),
        [],
    )


def test_a_handler_is_changed(portal: Calls) -> None:
    number = _handler(portal)
    portal("sale.paysystem.handler.update", app=APP, ID=number, FIELDS={"NAME": "Bank cards", "SORT": 50})
    (row,) = portal("sale.paysystem.handler.list")

    assert (row["ID"], row["NAME"], row["SORT"], row["SETTINGS"]) == ("1", "Bank cards", "50", SETTINGS)


def test_a_handler_of_another_application(portal: Calls) -> None:
    number = _handler(portal)

    assert (
        refusal(portal, "sale.paysystem.handler.update", app="x", ID=number, FIELDS={})[0] == "ACCESS_DENIED"
    )


@pytest.mark.parametrize(
    ("lacking", "text"),
    [
        ({"NAME": None}, "Parameter NAME is not defined"),
        ({"SETTINGS": {}}, "Parameter SETTINGS[CODES] is not defined"),
        (
            {"SETTINGS": {"CODES": {}}},
            "Parameter SETTINGS[FORM_DATA] or SETTINGS[CHECKOUT_DATA] or SETTINGS[IFRAME_DATA] is not defined",
        ),
        (
            {"SETTINGS": {"CODES": {}, "FORM_DATA": {"METHOD": "POST"}}},
            "Parameter SETTINGS[FORM_DATA][ACTION_URI] is not defined",
        ),
    ],
)
def test_a_handler_that_lacks_something(portal: Calls, lacking: dict[str, Any], text: str) -> None:
    sent: dict[str, Any] = {"NAME": "Cards", "CODE": "cards", "SETTINGS": SETTINGS, **lacking}

    assert refusal(portal, "sale.paysystem.handler.add", **sent) == ("ERROR_CHECK_FAILURE", text)


def test_a_code_is_taken_once(portal: Calls) -> None:
    _handler(portal)
    sent: dict[str, Any] = {"NAME": "Cards", "CODE": "cards", "SETTINGS": SETTINGS}

    assert refusal(portal, "sale.paysystem.handler.add", **sent)[0] == "ERROR_HANDLER_ALREADY_EXIST"


# ---- pictures


def test_a_product_has_pictures(portal: Calls) -> None:
    made = portal("catalog.productimage.add", fields={"productId": 1}, fileContent=PICTURE)["productImage"]
    answer = portal.answer("catalog.productimage.list", productId=1)
    portal("catalog.productimage.delete", productId=1, id=made["id"])
    for row in (made, *answer.result["productImages"]):
        assert row.pop("downloadUrl").startswith("https://portal.example/rest/download.json?token=catalog")

    assert (made["name"], made["type"], answer.result, answer.total) == (
        "roof.png",
        "MORE_PHOTO",
        {"productImages": [made]},
        1,
    )
    assert portal("catalog.productimage.list", productId=1) == {"productImages": []}


@pytest.mark.parametrize(
    ("method", "params", "text"),
    [
        ("list", {}, "Could not find value for parameter {productId}"),
        ("list", {"productId": 99}, "Product was not found"),
        ("get", {"productId": 1, "id": 9}, "Image was not found"),
        ("add", {"fields": {"productId": 1}}, "Could not find value for parameter {fileContent}"),
        ("add", {"fields": {"productId": 1}, "fileContent": ["x"]}, "Could not save image."),
        ("add", {"fields": {}, "fileContent": PICTURE}, "Required fields: productId"),
    ],
)
def test_what_pictures_refuse(portal: Calls, method: str, params: dict[str, Any], text: str) -> None:
    assert refusal(portal, f"catalog.productimage.{method}", **params)[1] == text


# ---- what never changes


@pytest.mark.parametrize(
    ("method", "key", "row"),
    [
        ("catalog.enum.getroundtypes", "enum", {"id": 1, "name": "Mathematical"}),
        ("catalog.enum.getstoredocumenttypes", "enum", {"id": "A", "name": "Goods receipt"}),
        ("catalog.pricetypelang.getlanguages", "languages", {"active": "Y", "lid": "en", "name": "English"}),
        ("sale.statuslang.getlistlangs", "langs", {"active": "Y", "lid": "en", "name": "English"}),
    ],
)
def test_lists_of_the_shop(portal: Calls, method: str, key: str, row: dict[str, Any]) -> None:
    assert row in portal(method)[key]
