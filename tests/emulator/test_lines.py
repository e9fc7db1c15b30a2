"""What applications bring for messages, mail and telephony; open lines one at a time; workgroups once more."""

from __future__ import annotations

from typing import Any

import pytest

from b24orm.emulator.answers import Refusal
from tests.emulator.calls import Calls, empty_portal, refusal, small_portal

APP = "local.1"
SENDER: dict[str, Any] = {
    "CODE": "sms1",
    "TYPE": "SMS",
    "HANDLER": "https://app.example/sms",
    "NAME": "Short Messages",
}


@pytest.fixture
def portal() -> Calls:
    return empty_portal()


def _app(portal: Calls, method: str, **params: Any) -> Any:
    return portal.answer(method, app=APP, **params).result


# ---- senders of messages


def test_the_list_tells_codes_of_the_own_senders(portal: Calls) -> None:
    _app(portal, "messageservice.sender.add", **SENDER)
    other = portal.answer("messageservice.sender.list", app="local.2").result

    assert (_app(portal, "messageservice.sender.list"), other) == (["sms1"], [])


def test_a_sender_changes_and_goes(portal: Calls) -> None:
    _app(portal, "messageservice.sender.add", **SENDER)
    _app(portal, "messageservice.sender.update", CODE="sms1", NAME="New", TYPE="MAIL")
    (row,) = portal.store.rows("message_sender")
    gone = _app(portal, "messageservice.sender.delete", CODE="sms1")

    assert (row["NAME"], row["TYPE"], gone) == ("New", "SMS", True)


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("add", {**SENDER, "CODE": "a b"}, "ERROR_SENDER_VALIDATION_FAILURE"),
        ("add", {**SENDER, "TYPE": "MAIL"}, "ERROR_SENDER_VALIDATION_FAILURE"),
        ("add", {**SENDER, "HANDLER": "https://here"}, "ERROR_WRONG_HANDLER_URL"),
        ("update", {"NAME": "x"}, "ERROR_SENDER_CODE_REQUIRED"),
        ("update", {"CODE": "x"}, "ERROR_SENDER_OTHER_PARAMS_REQUIRED"),
        ("delete", {"CODE": "x"}, "ERROR_SENDER_NOT_FOUND"),
    ],
)
def test_senders_are_refused(portal: Calls, method: str, params: dict[str, Any], code: str) -> None:
    with pytest.raises(Refusal) as caught:
        _app(portal, f"messageservice.sender.{method}", **params)

    assert caught.value.code == code


def test_senders_are_for_applications(portal: Calls) -> None:
    assert refusal(portal, "messageservice.sender.list")[0] == "ACCESS_DENIED"


# ---- where mail is kept


def test_a_mail_service_is_read_as_texts(portal: Calls) -> None:
    number = portal("mailservice.add", NAME="Own", SERVER="imap.example", PORT=993, ENCRYPTION="Y")
    row = portal("mailservice.get", ID=number)

    assert (row["ID"], row["PORT"], row["ACTIVE"], row["ICON"]) == (str(number), "993", "Y", None)


def test_mail_services_that_are_off_are_not_listed(portal: Calls) -> None:
    number = portal("mailservice.add", NAME="Own")
    portal("mailservice.update", ID=number, ACTIVE="N", NAME="")

    assert refusal(portal, "mailservice.list") == ("ERROR_CORE", "No mail services found")


@pytest.mark.parametrize(
    ("method", "params", "text"),
    [
        ("mailservice.get", {}, "Mail service ID not specified"),
        ("mailservice.get", {"ID": 9}, "Mail service not found"),
        ("mailservice.add", {}, 'Required field "Name" not filled'),
    ],
)
def test_mail_services_are_refused(portal: Calls, method: str, params: dict[str, Any], text: str) -> None:
    assert refusal(portal, method, **params) == ("ERROR_CORE", text)


# ---- telephony


def test_lines_belong_to_who_brings_them(portal: Calls) -> None:
    portal("telephony.externalline.add", NUMBER="100", NAME="Mine")
    _app(portal, "telephony.externalline.add", NUMBER="200", CRM_AUTO_CREATE="N")
    own = {"NUMBER": "200", "NAME": "", "CRM_AUTO_CREATE": "N"}

    assert _app(portal, "telephony.externalline.get") == [own]


def test_a_line_changes_and_goes(portal: Calls) -> None:
    portal("telephony.externalline.add", NUMBER="100")
    changed = portal("telephony.externalline.update", NUMBER="100", NAME="New")

    assert (changed, portal("telephony.externalline.delete", NUMBER="100")) == ({"ID": "1"}, [])


@pytest.mark.parametrize(
    ("method", "params", "text"),
    [
        ("add", {}, "NUMBER should not be empty"),
        ("add", {"NUMBER": "100"}, "Line already exists"),
        ("update", {"NUMBER": "100"}, "There are no fields to update"),
        ("delete", {"NUMBER": "7"}, "Could not find line with number 7"),
    ],
)
def test_lines_are_refused(portal: Calls, method: str, params: dict[str, Any], text: str) -> None:
    portal("telephony.externalline.add", NUMBER="100")

    assert refusal(portal, f"telephony.externalline.{method}", **params) == ("", text)


def test_a_line_in_the_cloud_is_registered_one_in_the_office_called(portal: Calls) -> None:
    cloud = portal("voximplant.sip.add", SERVER="sip.example", LOGIN="a", TITLE="A")
    office = portal("voximplant.sip.add", SERVER="sip.example", LOGIN="b", TYPE="OFFICE", TITLE="B")
    answer = portal.answer("voximplant.sip.get", SORT="CONFIG_ID", ORDER="ASC")

    assert (cloud["ID"], "INCOMING_LOGIN" in cloud, office["INCOMING_LOGIN"], "REG_ID" in office) == (
        "1",
        False,
        "sip2",
        False,
    )
    assert ([row["TITLE"] for row in answer.result], answer.total) == (["A", "B"], 2)


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("add", {"LOGIN": "a"}, "CHECK_FIELDS_ERROR"),
        ("add", {"SERVER": "s", "LOGIN": "a", "TITLE": "A"}, "TITLE_EXISTS"),
        ("update", {"CONFIG_ID": 9, "TITLE": "x"}, "ERROR_NOT_FOUND"),
        ("delete", {"CONFIG_ID": 9}, "ERROR_NOT_FOUND"),
        ("status", {"REG_ID": 9}, "REG_ID_NOT_FOUND"),
    ],
)
def test_sip_lines_are_refused(portal: Calls, method: str, params: dict[str, Any], code: str) -> None:
    portal("voximplant.sip.add", SERVER="sip.example", LOGIN="a", TITLE="A")

    assert refusal(portal, f"voximplant.sip.{method}", **params)[0] == code


def test_phones_of_users_who_are_there(portal: Calls) -> None:
    rows = portal("voximplant.user.get", USER_ID=[1, 2, 99])

    assert [(row["ID"], row["SIP_LOGIN"]) for row in rows] == [("1", "phone1"), ("2", "phone2")]


# ---- open lines


def test_an_open_line_is_made_read_changed_and_removed(portal: Calls) -> None:
    number = portal("imopenlines.config.add", PARAMS={"QUEUE": [1, 2], "CRM": "N"})
    portal("imopenlines.config.update", CONFIG_ID=number, PARAMS={"LINE_NAME": "Help"})
    row = portal("imopenlines.config.get", CONFIG_ID=number)
    gone = [portal("imopenlines.config.delete", CONFIG_ID=number) for _ in range(2)]

    assert (row["LINE_NAME"], row["CRM"], row["QUEUE"], gone) == ("Help", "N", ["1", "2"], [True, False])


def test_open_lines_are_refused(portal: Calls) -> None:
    with pytest.raises(Refusal) as caught:
        portal("imopenlines.config.update", CONFIG_ID=1, user_id=2)

    assert (caught.value.code, refusal(portal, "imopenlines.config.get")[0]) == (
        "CONFIG_WRONG_USER_PERMISSION",
        "CONFIG_ID_EMPTY",
    )


# ---- workgroups


def test_the_id_comes_alone_unless_more_is_asked_for() -> None:
    portal = small_portal(workgroup=3)
    bare = portal.answer("socialnetwork.api.workgroup.list", order={"ID": "ASC"})
    asked = portal("socialnetwork.api.workgroup.list", select=["NAME", "TYPE"], filter={"ID": 2})

    assert (bare.result["workgroups"], bare.total) == ([{"id": "1"}, {"id": "2"}, {"id": "3"}], 3)
    assert list(asked["workgroups"][0]) == ["id", "name", "type"]


def test_a_group_is_told_with_parts(portal: Calls) -> None:
    number = portal("sonet_group.create", NAME="Team", OPENED="Y")
    group = portal("socialnetwork.api.workgroup.get", params={"groupId": number, "select": ["PRIVACY_TYPE"]})

    assert (group["ID"], group["DATE_CREATE"], group["PRIVACY_CODE"]) == (1, "15.11.2023 01:13:20", "open")


def test_a_group_that_is_not_there_is_told(portal: Calls) -> None:
    codes = [
        refusal(portal, "socialnetwork.api.workgroup.get", params=params)[0]
        for params in ({}, {"groupId": 9})
    ]

    assert codes == ["SONET_CONTROLLER_WORKGROUP_EMPTY", "SONET_CONTROLLER_WORKGROUP_NOT_FOUND"]
