"""Old invoices with their statuses, who pays them and how, and what is repeated."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.calls import Calls, refusal, small_portal

GOODS = [{"PRODUCT_ID": 1, "PRODUCT_NAME": "Tile", "PRICE": 10, "QUANTITY": 3}]
WHOLE = {"ORDER_TOPIC": "Roof", "STATUS_ID": "N", "PRODUCT_ROWS": GOODS, "PERSON_TYPE_ID": 1}


@pytest.fixture
def portal() -> Calls:
    portal = small_portal(products=1)
    portal.store.insert("company", {"TITLE": "Firm"})
    return portal


def _invoice(portal: Calls, **fields: Any) -> int:
    return int(portal("crm.invoice.add", fields={**WHOLE, **fields}))


def test_an_invoice_is_worth_its_goods(portal: Calls) -> None:
    row = portal("crm.invoice.get", id=_invoice(portal))

    assert (row["ORDER_TOPIC"], row["PRICE"], row["ACCOUNT_NUMBER"], row["PRODUCT_ROWS"][0]["QUANTITY"]) == (
        "Roof",
        "30",
        "1",
        3.0,
    )


def test_the_one_who_is_responsible_is_told_whole(portal: Calls) -> None:
    row = portal("crm.invoice.get", id=_invoice(portal, RESPONSIBLE_ID=2))

    assert (row["RESPONSIBLE_ID"], row["RESPONSIBLE_NAME"]) == ("2", "Carl")


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"PRODUCT_ROWS": []}, "no products"),
        ({"PRODUCT_ROWS": [{"PRICE": 1, "QUANTITY": 0}]}, "quantity"),
        ({"ORDER_TOPIC": ""}, "'Topic' is missing"),
        ({"STATUS_ID": "X"}, "'Status' is incorrect"),
        ({"PERSON_TYPE_ID": 9}, "Incorrect value of PERSON_TYPE_ID field"),
    ],
)
def test_an_invoice_is_whole_or_none(portal: Calls, fields: dict[str, Any], text: str) -> None:
    assert text in refusal(portal, "crm.invoice.add", fields={**WHOLE, **fields})[1]


def test_a_company_pays_before_whatever_is_said(portal: Calls) -> None:
    number = _invoice(portal, UF_COMPANY_ID=1, PERSON_TYPE_ID=1)

    assert portal("crm.invoice.get", id=number)["PERSON_TYPE_ID"] == "2"


def test_an_update_keeps_the_goods_and_answers_the_number(portal: Calls) -> None:
    number = _invoice(portal)
    answered = portal("crm.invoice.update", id=number, fields={"STATUS_ID": "P"})
    row = portal("crm.invoice.get", id=number)

    assert (answered, row["PAYED"], row["PRICE"], bool(row["DATE_PAYED"])) == (number, "Y", "30", True)


def test_the_last_ones_come_first_and_only_what_is_named(portal: Calls) -> None:
    for topic in ("a", "b"):
        _invoice(portal, ORDER_TOPIC=topic)

    assert portal("crm.invoice.list", select=["ORDER_TOPIC"]) == [{"ORDER_TOPIC": "b"}, {"ORDER_TOPIC": "a"}]


def test_names_that_invoices_do_not_have(portal: Calls) -> None:
    _invoice(portal)
    answers = (
        len(portal("crm.invoice.list", filter={"COLOUR": 1, "><PRICE": [1, 50], "<>PRICE": 30})),
        refusal(portal, "crm.invoice.list", select=["COLOUR"])[1],
    )

    assert answers == (1, "Inadmissible fields for selection")


def test_a_removed_invoice_is_gone(portal: Calls) -> None:
    number = _invoice(portal)
    portal("crm.invoice.delete", id=number)

    assert refusal(portal, "crm.invoice.get", id=number) == ("", "Not found.")


def test_statuses_of_invoices_are_one_directory(portal: Calls) -> None:
    number = portal("crm.invoice.status.add", fields={"NAME": "Waiting", "SORT": 25})
    codes = {row["STATUS_ID"] for row in portal("crm.invoice.status.list")}
    portal("crm.invoice.status.update", id=number, fields={"NAME": "Waits"})

    assert (codes, portal("crm.invoice.status.get", id=number)["NAME"]) == (
        {"N", "S", "P", "D", "A"},
        "Waits",
    )


def test_a_status_of_another_directory_is_none(portal: Calls) -> None:
    deal = portal.store.ids("status", "ENTITY_ID = 'DEAL_STAGE'")[0]

    assert refusal(portal, "crm.invoice.status.get", id=deal) == ("", "Status is not found.")


def test_the_first_status_stays(portal: Calls) -> None:
    first = portal.store.ids("status", "ENTITY_ID = 'INVOICE_STATUS' AND STATUS_ID = 'N'")[0]

    assert refusal(portal, "crm.invoice.status.delete", id=first) == ("", "Can't delete system status")


def test_who_pays_is_named_by_a_code(portal: Calls) -> None:
    assert portal("crm.persontype.list", filter={"NAME": "CRM_COMPANY"}) == [
        {"ID": "2", "NAME": "CRM_COMPANY"}
    ]


def test_ways_to_pay_tell_their_handlers_when_asked(portal: Calls) -> None:
    assert portal("crm.paysystem.list", select=["NAME", "HANDLER_CODE"]) == [
        {"NAME": "Cash", "HANDLER_CODE": "cash"}
    ]


# ---- what is repeated


def test_a_plain_deal_is_copied_for_its_template(portal: Calls) -> None:
    deal = portal.store.insert("deal", {"TITLE": "Rent"})
    number = portal(
        "crm.deal.recurring.add", fields={"DEAL_ID": deal, "PARAMS": {"MODE": "multiple", "X": 1}}
    )
    row = portal("crm.deal.recurring.get", id=number)
    template = portal.store.get("deal", int(row["DEAL_ID"])) or {}

    assert (
        row["BASED_ID"],
        template["IS_RECURRING"],
        template["TITLE"],
        row["PARAMS"]["MODE"],
        "X" in row["PARAMS"],
    ) == (
        str(deal),
        "Y",
        "Rent",
        "multiple",
        False,
    )


def test_a_template_makes_deals(portal: Calls) -> None:
    deal = portal.store.insert("deal", {"TITLE": "Rent"})
    number = portal("crm.deal.recurring.add", fields={"DEAL_ID": deal})
    made = portal("crm.deal.recurring.expose", id=number)["DEAL_ID"]

    assert (
        portal("crm.deal.recurring.get", id=number)["COUNTER_REPEAT"],
        portal("crm.deal.list", filter={"TITLE": "Rent"}, select=["ID"], order={"ID": "ASC"}),
    ) == ("1", [{"ID": str(deal)}, {"ID": str(made)}])


def test_a_template_stays_as_long_as_its_deal(portal: Calls) -> None:
    deal = portal.store.insert("deal", {"TITLE": "Rent"})
    number = portal("crm.deal.recurring.add", fields={"DEAL_ID": deal})
    refused = refusal(portal, "crm.deal.recurring.delete", id=number)[1]
    portal.store.delete("deal", int(portal("crm.deal.recurring.get", id=number)["DEAL_ID"]))
    portal("crm.deal.recurring.delete", id=number)

    assert (refused, portal("crm.deal.recurring.list")) == (
        "Deleting is impossible. Connected recurring deal exists.",
        [],
    )


@pytest.mark.parametrize(
    ("fields", "text"),
    [({}, "Deal ID is empty."), ({"DEAL_ID": 99}, "Access denied.")],
)
def test_a_template_needs_a_deal(portal: Calls, fields: dict[str, int], text: str) -> None:
    assert refusal(portal, "crm.deal.recurring.add", fields=fields) == ("", text)


def test_templates_are_counted_whatever_start_says(portal: Calls) -> None:
    deal = portal.store.insert("deal", {"TITLE": "Rent"})
    portal("crm.deal.recurring.add", fields={"DEAL_ID": deal})

    assert portal.answer("crm.deal.recurring.list", -1).total == 1
