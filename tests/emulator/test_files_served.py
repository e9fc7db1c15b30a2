"""Signed links and pages of files: whom they serve, what they answer otherwise, ranges, uploads."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from b24orm.emulator.local import LocalPortal
from tests.emulator.plain_http import Answer, get, post_form, post_json

PAPER = ["père.txt", b64encode(b"first").decode()]


@pytest.fixture
def desk() -> Iterator[LocalPortal]:
    """A portal whose deal 1 has a file in a field."""
    with LocalPortal(deals=1, contacts=1) as portal:
        field = {"FIELD_NAME": "ONE", "USER_TYPE_ID": "file", "EDIT_FORM_LABEL": "One"}
        ask(portal, "crm.deal.userfield.add", fields=field)
        ask(portal, "crm.deal.update", id=1, fields={"UF_CRM_ONE": {"fileData": PAPER}})
        yield portal


def ask(portal: LocalPortal, method: str, address: str = "", **params: Any) -> Any:
    return post_json(f"{address or portal.url}{method}", params).json()["result"]


def by_token(portal: LocalPortal, token: str, method: str, **params: Any) -> Any:
    return ask(portal, method, portal.token_url, auth=token, **params)


def item_link(portal: LocalPortal, token: str = "") -> str:
    where: dict[str, Any] = {"entityTypeId": 2, "id": 1, "useOriginalUfNames": "Y"}
    told = by_token(portal, token, "crm.item.get", **where) if token else ask(portal, "crm.item.get", **where)
    return str(told["item"]["UF_CRM_ONE"]["urlMachine"])


def page(portal: LocalPortal, path: str) -> str:
    return portal.token_url.removesuffix("/rest/") + path


def test_a_webhook_s_link_gives_the_file(desk: LocalPortal) -> None:
    answer = get(item_link(desk))
    assert (answer.status, answer.body, answer.headers["Content-Length"]) == (200, b"first", "5")
    assert "filename*=utf-8''p%C3%A8re.txt" in answer.headers["Content-Disposition"]


def test_an_application_s_link_ends_with_its_token(desk: LocalPortal) -> None:
    link = item_link(desk, token := desk.issue_token())
    assert get(link).body == b"first"
    desk.revoke(token)
    assert (get(link).status, get(link).json()["error"]) == (401, "invalid_token")


def test_a_link_is_good_for_its_credential_only(desk: LocalPortal) -> None:
    link, other = item_link(desk, desk.issue_token()), desk.issue_token()
    mine = parse_qs(urlsplit(link).query)["auth"][0]
    answer = get(link.replace(mine, other))
    assert (answer.status, answer.json()["error_description"]) == (403, "Access denied! Link check failed")


def test_a_link_differs_in_each_answer(desk: LocalPortal) -> None:
    assert item_link(desk) != item_link(desk)


def test_a_file_that_its_field_holds_no_more_is_no_file(desk: LocalPortal) -> None:
    link = item_link(desk)
    ask(desk, "crm.item.update", entityTypeId=2, id=1, fields={"ufCrmOne": ""})
    answer = get(link)
    assert (answer.status, answer.json()) == (200, {"result": None})


def classic_link(portal: LocalPortal, token: str = "") -> str:
    told = by_token(portal, token, "crm.deal.get", id=1) if token else ask(portal, "crm.deal.get", id=1)
    return str(told["UF_CRM_ONE"]["downloadUrl"])


def test_a_classic_link_of_a_webhook_has_no_token_and_leads_to_the_login(desk: LocalPortal) -> None:
    link = classic_link(desk)
    answer = get(page(desk, link))
    assert link.startswith("/bitrix/components/bitrix/crm.deal.show/show_file.php?auth=&ownerId=1&")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html; charset=UTF-8")
    assert b"AUTH_FORM" in answer.body


def test_a_classic_link_of_an_application_gives_the_file(desk: LocalPortal) -> None:
    assert get(page(desk, classic_link(desk, desk.issue_token()))).body == b"first"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("auth=", "auth=x", b"Access denied."),
        ("fileId=1", "fileId=2", b"File not found"),
        ("ownerId=1", "ownerId=9", b"File not found"),
        ("dynamic=Y", "dynamic=N", b"File not found"),
        ("UF_CRM_ONE", "TITLE", b"File not found"),
    ],
)
def test_a_page_refuses_with_a_few_words_and_http_200(
    desk: LocalPortal, old: str, new: str, said: bytes
) -> None:
    answer = get(page(desk, classic_link(desk, desk.issue_token()).replace(old, new)))
    assert (answer.status, answer.body) == (200, said)


def test_an_attached_file_is_given_by_its_page(desk: LocalPortal) -> None:
    number = desk.store.insert("disk_attached", {"OBJECT_ID": 103})
    link = ask(desk, "disk.attachedObject.get", id=number)["DOWNLOAD_URL"]
    row = ask(desk, "disk.file.get", id=103)
    assert len(get(link).body) == int(row["SIZE"]) > 0
    unsigned = link.partition("?")[0] + f"?attachedId={number}&action=download"
    assert get(unsigned).json()["errors"][0]["message"] == "Bad permission. Could not read this file"


def disk_link(portal: LocalPortal, number: int = 103) -> str:
    return str(ask(portal, "disk.file.get", id=number)["DOWNLOAD_URL"])


@pytest.mark.parametrize(
    ("asked", "status", "told"),
    [
        ("bytes=0-4", 206, "bytes 0-4/1495700"),
        ("bytes=1495698-", 206, "bytes 1495698-1495699/1495700"),
        ("bytes=-3", 206, "bytes 1495697-1495699/1495700"),
        ("bytes=0-1,4-5", 416, "bytes */1495700"),
        ("bytes=1495700-", 416, "bytes */1495700"),
    ],
)
def test_one_range_may_be_asked_for(desk: LocalPortal, asked: str, status: int, told: str) -> None:
    answer = get(disk_link(desk), {"Range": asked})
    assert (answer.status, answer.headers["Content-Range"]) == (status, told)


def test_a_link_to_an_old_version_gives_what_was_in_it(desk: LocalPortal) -> None:
    made = ask(desk, "disk.folder.uploadFile", id=14, data={"NAME": "a.txt"}, fileContent=PAPER)
    later = ["a.txt", b64encode(b"second").decode()]
    ask(desk, "disk.file.uploadVersion", id=made["ID"], fileContent=later)
    new, old = ask(desk, "disk.file.getVersions", id=made["ID"])
    bodies = [get(row["DOWNLOAD_URL"]).body for row in (new, old)]
    assert (bodies, get(disk_link(desk, made["ID"])).body) == ([b"second", b"first"], b"second")


def test_who_does_not_say_who_asks_gets_the_name_and_no_file(desk: LocalPortal) -> None:
    answer = get(disk_link(desk), {"User-Agent": ""})
    assert (answer.status, b"404 Not Found" in answer.body) == (404, True)
    assert "attachment" in answer.headers["Content-Disposition"]


def test_a_picture_of_a_product_is_given(desk: LocalPortal) -> None:
    product = desk.store.ids("catalog_product", "1")[0]
    fields = {"productId": product, "type": "MORE_PHOTO"}
    made = ask(desk, "catalog.productImage.add", fields=fields, fileContent=["a.png", PAPER[1]])
    assert get(made["productImage"]["downloadUrl"]).body == b"first"


def test_links_are_in_the_bucket_and_cost_no_operating_time(desk: LocalPortal) -> None:
    link, before = disk_link(desk), desk.stats.requests
    get(link)
    assert desk.stats.requests == before + 1
    desk.spend("download", 1000)
    assert get(link).status == 200


def upload(portal: LocalPortal, **params: Any) -> Callable[[str, bytes], Answer]:
    told = ask(portal, "disk.folder.uploadFile", id=14, **params)
    return lambda name, content: post_form(told["uploadUrl"], told["field"], name, content)


def test_an_upload_in_two_steps_takes_its_name_from_the_form(desk: LocalPortal) -> None:
    made = upload(desk, data={"NAME": "first.txt"})("second.txt", b"\r\n\x00--body")
    row = made.json()["result"]
    assert (row["NAME"], row["SIZE"], row["PARENT_ID"]) == ("second.txt", "9", "14")
    assert get(row["DOWNLOAD_URL"]).body == b"\r\n\x00--body"


def test_an_upload_of_a_name_that_is_taken_is_refused_or_gets_a_number(desk: LocalPortal) -> None:
    send = upload(desk)
    send("a.txt", b"1")
    assert send("a.txt", b"2").json()["error"] == "DISK_OBJ_22000"
    assert upload(desk, generateUniqueName=True)("a.txt", b"3").json()["result"]["NAME"] == "a (1).txt"


def test_an_upload_without_its_field_is_refused(desk: LocalPortal) -> None:
    told = ask(desk, "disk.folder.uploadFile", id=14)
    answer = post_form(told["uploadUrl"], "other", "a.txt", b"1")
    assert (answer.status, answer.json()["error"]) == (400, "DISK_BASE_SERVICE_22001")
