"""What applications add to the CRM: kinds of activities, triggers, traces, connectors; properties of goods."""

from __future__ import annotations

from typing import Any

import pytest

from b24orm.emulator.answers import Refusal
from tests.emulator.calls import Calls, refusal, small_portal

APP = "local.1"


@pytest.fixture
def portal() -> Calls:
    portal = small_portal(products=1)
    portal.store.insert("deal", {"TITLE": "Roof"})
    return portal


def test_a_kind_of_activities_belongs_to_its_application(portal: Calls) -> None:
    portal.answer("crm.activity.type.add", app=APP, fields={"TYPE_ID": "visit", "NAME": "Visit"})
    own, other = (portal.answer("crm.activity.type.list", app=app).result for app in (APP, "local.2"))

    assert (own, other) == (
        [{"TYPE_ID": "visit", "NAME": "Visit", "IS_CONFIGURABLE_TYPE": "N", "ICON_ID": "0"}],
        [],
    )


def test_a_kind_is_added_once(portal: Calls) -> None:
    portal.answer("crm.activity.type.add", app=APP, fields={"TYPE_ID": "visit"})

    with pytest.raises(Refusal, match="already registered"):
        portal.answer("crm.activity.type.add", app=APP, fields={"TYPE_ID": "visit"})


def test_a_webhook_adds_no_trigger(portal: Calls) -> None:
    assert refusal(portal, "crm.automation.trigger.add", CODE="paid", NAME="Paid") == (
        "ACCESS_DENIED",
        "Access denied! Application context required",
    )


def test_a_trigger_gets_a_new_name(portal: Calls) -> None:
    for name in ("Paid", "Was paid"):
        portal.answer("crm.automation.trigger.add", app=APP, CODE="paid", NAME=name)

    assert portal.answer("crm.automation.trigger.list", app=APP).result == [
        {"NAME": "Was paid", "CODE": "paid"}
    ]


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"CODE": ""}, "Empty trigger code!"),
        ({"CODE": "a b"}, "Wrong trigger code!"),
        ({"CODE": "lost"}, "Trigger with code lost is not registered."),
        ({"CODE": "paid", "OWNER_TYPE_ID": 99}, "Incorrect parameter OWNER_TYPE_ID."),
        ({"CODE": "paid", "OWNER_TYPE_ID": 2}, "Incorrect parameter OWNER_ID."),
    ],
)
def test_a_trigger_that_is_pulled_wrongly(portal: Calls, params: dict[str, Any], text: str) -> None:
    portal.answer("crm.automation.trigger.add", app=APP, CODE="paid", NAME="Paid")

    with pytest.raises(Refusal) as caught:
        portal.answer("crm.automation.trigger.execute", app=APP, **params)
    assert caught.value.description == text


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({}, "Parameter `TRACE` required."),
        ({"TRACE": "{"}, "Can not parse JSON in parameter `TRACE`."),
        ({"TRACE": "{}", "ENTITIES": [{"TYPE": "CAR"}]}, "Wrong TYPE in parameter `ENTITIES`."),
        ({"TRACE": "{}", "ENTITIES": [{"TYPE": "DEAL", "ID": 9}]}, "You have no access to entity `DEAL`"),
    ],
)
def test_a_trace_that_is_none(portal: Calls, params: dict[str, Any], text: str) -> None:
    assert refusal(portal, "crm.tracking.trace.add", **params)[1].startswith(text)


def test_a_trace_comes_and_goes(portal: Calls) -> None:
    number = portal("crm.tracking.trace.add", TRACE="{}", ENTITIES=[{"TYPE": "DEAL", "ID": 1}])
    gone = portal("crm.tracking.trace.delete", id=number)

    assert (number, gone, portal.store.ids("tracking_trace")) == (1, None, [])


def test_a_connector_is_registered_once(portal: Calls) -> None:
    fields = {"TYPE_ID": "ONE_C", "ORIGINATOR_ID": "shop", "NAME": "Shop"}
    channels = {portal("crm.externalchannel.connector.register", fields=fields)["result"] for _ in range(2)}
    rows = portal("crm.externalchannel.connector.list", select=["NAME"])
    portal("crm.externalchannel.connector.unregister", fields=fields)

    assert (len(channels), rows, portal("crm.externalchannel.connector.list")) == (1, [{"NAME": "Shop"}], [])


# ---- properties of goods


def test_the_values_of_a_list_have_numbers(portal: Calls) -> None:
    fields = {
        "NAME": "Colour",
        "PROPERTY_TYPE": "L",
        "VALUES": {"n0": {"VALUE": "red"}, "n1": {"VALUE": "blue"}},
    }
    number = portal("crm.product.property.add", fields=fields)
    values = portal("crm.product.property.get", id=number)["VALUES"]
    first = min(values, key=int)
    portal("crm.product.property.update", id=number, fields={"VALUES": {first: {"VALUE": "green"}}})

    assert [one["VALUE"] for one in portal("crm.product.property.get", id=number)["VALUES"].values()] == [
        "green"
    ]


def test_a_property_keeps_its_type(portal: Calls) -> None:
    number = portal("crm.product.property.add", fields={"NAME": "Width", "PROPERTY_TYPE": "N"})
    portal("crm.product.property.update", id=number, fields={"PROPERTY_TYPE": "S", "NAME": "Wide"})
    (row,) = portal("crm.product.property.list", filter={"NAME": "Wide"})

    assert (row["PROPERTY_TYPE"], row["VALUES"]) == ("N", None)


def test_a_property_of_the_crm_is_one_of_the_catalog(portal: Calls) -> None:
    number = portal("crm.product.property.add", fields={"NAME": "Width"})

    assert portal("catalog.productproperty.get", id=number)["productProperty"]["name"] == "Width"


def test_a_list_in_place_of_a_value_is_refused(portal: Calls) -> None:
    assert "must be a scalar" in refusal(portal, "crm.product.property.list", filter={"ID": [1]})[1]
