"""Addresses, bodies, precedence and credentials."""

from __future__ import annotations

import json
from typing import Any

import pytest

from b24orm.emulator.request import route
from tests.emulator.toy import SECRET, WEBHOOK, Toy

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


def body(toy: Toy, *request: Any, **changes: Any) -> Any:
    return json.loads(toy.send(*request, **changes).body)


def params(toy: Toy, *request: Any, **changes: Any) -> Any:
    return body(toy, *request, **changes)["result"]["params"]


# -- addresses ------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["echo", "echo/", "echo.json", "echo.json/", "ECHO", "Echo.JSON", "%65cho"])
def test_a_webhook_address_in_all_its_forms(toy: Toy, path: str) -> None:
    assert body(toy, WEBHOOK + path)["result"]["auth"] == "apauth"


@pytest.mark.parametrize("path", ["/rest//echo", "/rest/1//hook-secret/echo", "//rest/echo/"])
def test_slashes_are_counted_once(path: str) -> None:
    assert route(path).method == "echo"


def test_a_token_address(toy: Toy) -> None:
    assert body(toy, f"/rest/echo?auth={toy.token()}")["result"]["auth"] == "oauth"


def test_xml_on_request(toy: Toy) -> None:
    assert (
        b"<result><item><id>1</id></item></result>" in toy.send(WEBHOOK + "give.xml?json=[{%22id%22:1}]").body
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [("true", "1"), ("null", ""), ("10.50", "10.5"), ('"<b>\'"', "&lt;b&gt;&apos;"), ("{}", "")],
)
def test_values_in_xml(toy: Toy, value: str, text: str) -> None:
    reply = toy.send(WEBHOOK + "give.xml", json.dumps({"json": value}).encode(), JSON)
    assert reply.body.startswith(f"<response><result>{text}</result><time>".encode())


def test_xml_has_its_content_type(toy: Toy) -> None:
    assert toy.send(WEBHOOK + "echo.xml").content_type == "text/xml; charset=utf-8"


def test_an_error_as_xml(toy: Toy) -> None:
    assert b"<response><error>ERROR_METHOD_NOT_FOUND</error>" in toy.send(WEBHOOK + "no.such.xml").body


@pytest.mark.parametrize("path", ["/", "/rest", "/rest/1/secret", "/rest/a/b/c/d", "/other/echo"])
def test_other_addresses_are_no_rest(toy: Toy, path: str) -> None:
    assert (toy.send(path).status, toy.replies[-1].content_type) == (404, "text/html")


@pytest.mark.parametrize("path", ["/rest/api/echo", f"/rest/api/1/{SECRET}/echo"])
def test_version_3_finds_no_method_and_says_so_in_its_own_shape(toy: Toy, path: str) -> None:
    assert body(toy, path)["error"]["code"] == "BITRIX_REST_V3_EXCEPTION_METHODNOTFOUNDEXCEPTION"


# -- bodies ---------------------------------------------------------------------------------


def test_json_keeps_its_types(toy: Toy) -> None:
    sent = {"int": 1, "bool": False, "null": None, "list": ["1", 2], "deep": {"a": {"b": 1.5}}}
    assert params(toy, WEBHOOK + "echo", json.dumps(sent).encode(), JSON) == sent


@pytest.mark.parametrize("media", [JSON, "Application/JSON; charset=utf-8", "application/vnd.api+json"])
def test_media_types_that_mean_json(toy: Toy, media: str) -> None:
    assert params(toy, WEBHOOK + "echo", b'{"a": 1}', media) == {"a": 1}


@pytest.mark.parametrize("media", ["text/json", "", FORM, "text/plain"])
def test_json_under_another_media_type_is_lost(toy: Toy, media: str) -> None:
    assert "filter" not in params(toy, WEBHOOK + "echo", b'{"filter": {"ID": 1}}', media)


@pytest.mark.parametrize("broken", [b"{", b"{'a': 1}", b'"text"', b"12", b"\xff", b"NaN"])
def test_broken_json_is_ignored_without_a_word(toy: Toy, broken: bytes) -> None:
    assert params(toy, WEBHOOK + "echo?b=2", broken, JSON) == {"b": "2"}


def test_a_json_list_gives_positions(toy: Toy) -> None:
    assert params(toy, WEBHOOK + "echo", b'["x", {"ID": "asc"}]', JSON) == ["x", {"ID": "asc"}]


@pytest.mark.parametrize("media", [FORM, "", "text/plain"])
def test_a_form_body_with_brackets(toy: Toy, media: str) -> None:
    assert params(toy, WEBHOOK + "echo", b"filter[>ID]=5&select[]=ID", media) == {
        "filter": {">ID": "5"},
        "select": ["ID"],
    }


def test_a_multipart_body_gives_its_plain_fields(toy: Toy) -> None:
    parts = (
        b'--B\r\nContent-Disposition: form-data; name="fields[TITLE]"\r\n\r\nx y\r\n'
        b'--B\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\n\r\nfile\r\n--B--\r\n'
    )
    assert params(toy, WEBHOOK + "echo", parts, "multipart/form-data; boundary=B") == {
        "fields": {"TITLE": "x y"}
    }


def test_the_query_string_of_a_get(toy: Toy) -> None:
    assert params(toy, WEBHOOK + "echo?filter[ID]=1&a=x+y") == {"filter": {"ID": "1"}, "a": "x y"}


@pytest.mark.parametrize("verb", ["GET", "PUT", "PATCH", "DELETE"])
def test_only_post_has_a_body(toy: Toy, verb: str) -> None:
    assert params(toy, WEBHOOK + "echo?a=1", b'{"a": 2}', JSON, verb=verb) == {"a": "1"}


def test_the_body_wins_over_the_query_key_by_key(toy: Toy) -> None:
    assert params(toy, WEBHOOK + "echo?a[x]=1&b=1", b'{"a": {"y": 2}}', JSON) == {"a": {"y": 2}, "b": "1"}


def test_a_parameter_called_method_never_arrives(toy: Toy) -> None:
    assert params(toy, WEBHOOK + "echo?method=x&a=1") == {"a": "1"}


def test_integer_names_are_counted_anew(toy: Toy) -> None:
    assert params(toy, WEBHOOK + "echo?7=a&3=b") == ["a", "b"]


def test_an_extra_parameter_in_the_query_comes_before_the_positions(toy: Toy) -> None:
    assert list(params(toy, WEBHOOK + "echo?x=1", b'["a", "b"]', JSON)) == ["x", "0", "1"]


@pytest.mark.parametrize(
    ("sent", "start"), [("-1", -1), (50, 50), ("abc", 0), (True, 1), ([], 0), (None, None), ("7x", 7)]
)
def test_start_is_cast_to_an_integer(toy: Toy, sent: Any, start: int | None) -> None:
    assert toy.call("echo", {"start": sent})["result"]["start"] == start


def test_start_in_capitals_is_an_ordinary_parameter(toy: Toy) -> None:
    assert toy.call("echo", {"START": 5})["result"] == {
        "params": {"START": 5},
        "start": None,
        "user": 1,
        "auth": "apauth",
    }


# -- credentials ----------------------------------------------------------------------------


def test_a_bearer_header_comes_before_the_parameters(toy: Toy) -> None:
    assert params(toy, "/rest/echo?auth=bad", authorization=f"bearer {toy.token()}") == []


def test_auth_comes_before_access_token(toy: Toy) -> None:
    assert body(toy, f"/rest/echo?access_token={toy.token()}&auth=bad")["error"] == "invalid_token"


@pytest.mark.parametrize("name", ["auth", "access_token"])
@pytest.mark.parametrize("media", [JSON, FORM])
def test_a_token_in_the_body(toy: Toy, name: str, media: str) -> None:
    token = toy.token()
    sent = json.dumps({name: token, "a": "1"}) if media == JSON else f"{name}={token}&a=1"
    assert params(toy, "/rest/echo", sent.encode(), media) == {"a": "1"}


def test_no_credentials(toy: Toy) -> None:
    reply = toy.send("/rest/echo")
    assert (reply.status, json.loads(reply.body)) == (
        401,
        {"error": "NO_AUTH_FOUND", "error_description": "Wrong authorization data"},
    )


def test_a_token_inside_broken_json_is_lost(toy: Toy) -> None:
    assert body(toy, "/rest/echo", f'{{"auth": "{toy.token()}",}}'.encode(), JSON)["error"] == "NO_AUTH_FOUND"


@pytest.mark.parametrize("place", ["1/wrong", f"2/{SECRET}", f"01/{SECRET}", f"admin/{SECRET}"])
def test_a_bad_webhook(toy: Toy, place: str) -> None:
    reply = toy.send(f"/rest/{place}/echo")
    assert (reply.status, json.loads(reply.body)["error"]) == (401, "INVALID_CREDENTIALS")


def test_a_webhook_by_login(toy: Toy) -> None:
    hook = toy.engine.credentials.add_webhook([], user_id=3, login="anna")
    assert body(toy, f"/rest/anna/{hook.secret}/echo")["result"]["user"] == 3


def test_an_expired_token(toy: Toy) -> None:
    token = toy.token(expires_in=60)
    toy.clock.sleep(60)
    reply = toy.send(f"/rest/echo?auth={token}")
    assert (reply.status, json.loads(reply.body)["error"]) == (401, "expired_token")


@pytest.mark.parametrize(
    ("path", "kind"), [(WEBHOOK + "task.list", "webhook"), ("/rest/task.list?auth={}", "access")]
)
def test_a_scope_that_lacks(toy: Toy, path: str, kind: str) -> None:
    reply = toy.send(path.format(toy.token()))
    assert (reply.status, json.loads(reply.body)) == (
        401,
        {
            "error": "insufficient_scope",
            "error_description": f"The request requires higher privileges than provided by the {kind} token",
        },
    )


def test_user_is_also_granted_by_user_brief(toy: Toy) -> None:
    assert toy.send(f"/rest/user.get?auth={toy.token(frozenset({'user_brief'}))}").status == 200


def test_a_webhook_blocked_by_hand(toy: Toy) -> None:
    toy.engine.credentials.hold(SECRET)
    reply = toy.post("echo")
    assert (reply.status, json.loads(reply.body)["error"]) == (401, "OVERLOAD_LIMIT")


def test_an_application_blocked_by_hand_and_released(toy: Toy) -> None:
    token = toy.token(client_id="app.1")
    toy.engine.credentials.hold("app.1")
    held = toy.send(f"/rest/echo?auth={token}").status
    toy.engine.credentials.release("app.1")
    assert (held, toy.send(f"/rest/echo?auth={token}").status) == (401, 200)


def test_a_revoked_token_is_unknown(toy: Toy) -> None:
    token = toy.token()
    toy.engine.credentials.revoke(token)
    assert body(toy, f"/rest/echo?auth={token}")["error"] == "invalid_token"


# -- order of the checks --------------------------------------------------------------------


def test_an_unknown_method_is_404_even_without_credentials(toy: Toy) -> None:
    reply = toy.send("/rest/no.such")
    assert (reply.status, json.loads(reply.body)) == (
        404,
        {"error": "ERROR_METHOD_NOT_FOUND", "error_description": "Method not found!"},
    )


def test_the_refusal_of_a_method_keeps_its_status_and_extras(toy: Toy) -> None:
    reply = toy.post("argument")
    assert (reply.status, json.loads(reply.body)) == (
        400,
        {"error": "ERROR_ARGUMENT", "error_description": "wrong", "argument": "EMAIL"},
    )


def test_an_entity_error_has_an_empty_code(toy: Toy) -> None:
    assert toy.call("crm.deal.get", {"ID": 0}) == {"error": "", "error_description": "Not found"}


def test_a_defect_of_a_method_is_a_500(toy: Toy) -> None:
    reply = toy.post("broken")
    assert (reply.status, json.loads(reply.body)["error"]) == (500, "INTERNAL_SERVER_ERROR")
