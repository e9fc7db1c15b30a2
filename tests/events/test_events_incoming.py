"""What a portal posts: PHP's form bodies, typed events, and the proof of where they come from."""

from __future__ import annotations

import json
import pickle
import time
import traceback
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from b24orm import Portal
from b24orm.emulator import LocalPortal
from b24orm.emulator.actor import Actor, acting
from b24orm.emulator.event_delivery import form
from b24orm.emulator.php import parse_str
from b24orm.errors import AuthError, InvalidValue
from b24orm.events import Subject, parse_event
from b24orm.events.form import parse_form
from b24orm.plan.calls import Call
from b24orm.transport.auth.secret import Secret
from b24orm.transport.encoding import command
from tests.emulator.event_calls import Handler
from tests.events.conftest import client_of

BODY = (
    b"event=ONCRMDEALADD&event_handler_id=185&data%5BFIELDS%5D%5BID%5D=7405&ts=1766047124"
    b"&auth%5Baccess_token%5D=s6p6eclrvim6da22&auth%5Bexpires_in%5D=3600&auth%5Bscope%5D=crm%2Ctask"
    b"&auth%5Bdomain%5D=acme.bitrix24.com&auth%5Bserver_endpoint%5D=https%3A%2F%2Foauth.bitrix.info%2Frest%2F"
    b"&auth%5Bstatus%5D=L&auth%5Bclient_endpoint%5D=https%3A%2F%2Facme.bitrix24.com%2Frest%2F"
    b"&auth%5Bmember_id%5D=d897063e1ce7c5eb&auth%5Bapplication_token%5D=51856fefc120afa4"
)


FORM, JSON = "application/x-www-form-urlencoded", "application/json"


# -- forms


@pytest.mark.parametrize(
    ("body", "read"),
    [
        (b"", {}),
        (b"a=1&b=2", {"a": "1", "b": "2"}),
        (b"a[b][c]=1&a[b][d]=2", {"a": {"b": {"c": "1", "d": "2"}}}),
        (b"a[]=1&a[]=2", {"a": ["1", "2"]}),
        (b"a[1]=x&a[0]=y", {"a": {"1": "x", "0": "y"}}),
        (b"a[0]=x&a[1]=y", {"a": ["x", "y"]}),
        (b"a=1&a[b]=2", {"a": {"b": "2"}}),
        (b"a[b]=1&a=2", {"a": "2"}),
        (b"a.b=1&c d=2", {"a_b": "1", "c_d": "2"}),
        (b"a[b=1", {"a_b": "1"}),
        (b"a+b=%D0%94+x", {"a_b": "Д x"}),
        (b"=1&[x]=2", {}),
        (b"a", {"a": ""}),
    ],
)
def test_forms_are_read_as_php_reads_them(body: bytes, read: Any) -> None:
    assert parse_form(body) == read


_NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
_KEYS = st.one_of(_NAMES, st.integers(2, 999).map(str))
_TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
_TREES = st.recursive(
    _TEXTS,
    lambda inside: st.one_of(
        st.lists(inside, min_size=1, max_size=4), st.dictionaries(_KEYS, inside, min_size=1, max_size=4)
    ),
    max_leaves=12,
)
_FORMS = st.dictionaries(_NAMES, _TREES, max_size=5)


@given(_FORMS)
def test_what_the_portal_writes_is_read_back(data: dict[str, Any]) -> None:
    assert parse_form(form(data)) == data


@given(_FORMS)
def test_what_the_client_writes_is_read_back(data: dict[str, Any]) -> None:
    _, _, query = command(Call("m", data)).partition("?")
    assert parse_form(query) == data


@example([("a[01]", "x"), ("a[]", "y")])
@given(st.lists(st.tuples(st.text("ab[]._ 01", max_size=8), st.text("xy", max_size=2)), max_size=6))
def test_any_form_is_read_as_the_portal_reads_it(pairs: list[tuple[str, str]]) -> None:
    body = "&".join(f"{name}={value}" for name, value in pairs)
    assert parse_form(body) == parse_str(body)


def test_a_body_that_is_no_text_is_refused() -> None:
    with pytest.raises(InvalidValue, match="UTF-8"):
        parse_form(b"a=%FF")


def test_a_body_nested_without_end_is_refused() -> None:
    with pytest.raises(InvalidValue, match="levels"):
        parse_form("a" + "[b]" * 100 + "=1")


def test_a_body_of_very_many_values_is_refused() -> None:
    with pytest.raises(InvalidValue, match="10,000"):
        parse_form("a[]=1&" * 10_001)


def test_each_value_that_is_appended_costs_the_same() -> None:
    """Whoever finds the address of a handler can post to it: no body may keep it busy."""
    few, many = (min(_seconds("a[]=1&" * values) for _ in range(3)) for values in (500, 10_000))
    assert many < few * 100  # work that grew with the square would be four hundred times as much


def _seconds(body: str) -> float:
    began = time.process_time()
    parse_form(body)
    return time.process_time() - began


def test_a_key_with_very_many_digits_is_a_text() -> None:
    digits = "9" * 5_000
    assert parse_form(f"a[{digits}]=x&a[]=y") == {"a": {digits: "x", "0": "y"}}


# -- events


def test_an_event_is_typed() -> None:
    event = parse_event(BODY)
    assert (event.name, event.handler_id, event.data) == ("ONCRMDEALADD", 185, {"FIELDS": {"ID": "7405"}})
    assert (event.subject.entity, event.subject.action, event.subject.id) == ("Deal", "add", 7405)
    assert event.moment is not None
    assert event.moment.isoformat() == "2025-12-18T08:38:44+00:00"


def test_its_portal_is_typed() -> None:
    auth = parse_event(BODY).auth
    assert (auth.domain, auth.member_id, auth.scope, auth.expires_in, auth.status) == (
        "acme.bitrix24.com",
        "d897063e1ce7c5eb",
        ("crm", "task"),
        3600,
        "L",
    )
    assert auth.access_token is not None
    assert auth.access_token.reveal() == "s6p6eclrvim6da22"


def test_a_flat_map_of_a_framework_is_read_too() -> None:
    flat = dict(part.split("=", 1) for part in unquote(BODY.decode()).split("&"))
    assert parse_event(flat) == parse_event(BODY)


def test_a_nested_map_is_read_too() -> None:
    assert parse_event(parse_str(BODY.decode())) == parse_event(BODY)


def test_json_is_read_too() -> None:
    body = json.dumps(parse_str(BODY.decode()))
    assert parse_event(body, "application/json; charset=utf-8") == parse_event(BODY)


@pytest.mark.parametrize(
    ("body", "content_type", "says"),
    [
        (b"data[FIELDS][ID]=7", "application/x-www-form-urlencoded", "no 'event'"),
        (b"event=X&auth=7", "application/x-www-form-urlencoded", "'auth'"),
        (b"event=X&data=7", "application/x-www-form-urlencoded", "'data'"),
        (7, "application/x-www-form-urlencoded", "int"),
        (b"{", "application/json", "JSON"),
        (b"[]", "application/json", "JSON object"),
        (b"event=X", "multipart/form-data", "multipart"),
    ],
)
def test_what_is_no_event_is_refused(body: Any, content_type: str, says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        parse_event(body, content_type)


ENDLESS = "9" * 5_000
"""More digits than Python makes a number of."""


@pytest.mark.parametrize(
    ("body", "subject"),
    [
        (f"event=ONCRMDEALADD&data[FIELDS][ID]={ENDLESS}", Subject("Deal", "add", ENDLESS)),
        (f"event=ONCRMDYNAMICITEMADD_{ENDLESS}&data[FIELDS][ID]=7", Subject("Item", "add", 7)),
        (
            f"event=ONCRMDYNAMICITEMADD&data[FIELDS][ID]=7&data[FIELDS][ENTITY_TYPE_ID]={ENDLESS}",
            Subject("Item", "add", 7),
        ),
        ("event=ONCRMDEALADD&data[FIELDS][ID]=²", Subject("Deal", "add", "²")),
        (f"event=ONCRMDEALADD&data[FIELDS][ID]={'9' * 18}", Subject("Deal", "add", 10**18 - 1)),
    ],
    ids=["id", "type in the name", "type in the data", "no digit", "the longest"],
)
def test_a_number_that_is_none_stays_what_it_is(body: str, subject: Subject) -> None:
    assert parse_event(body).subject == subject


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "null", "[]", f'"{ENDLESS}"'])
def test_a_json_number_that_is_none_is_no_handler_and_no_moment(number: str) -> None:
    event = parse_event(f'{{"event": "X", "ts": {number}, "event_handler_id": {number}}}', JSON)

    assert (event.moment, event.handler_id) == (None, None)


def test_json_nested_without_end_is_refused() -> None:
    with pytest.raises(InvalidValue, match="no JSON"):
        parse_event(b"[" * 100_000, JSON)


@given(st.binary(max_size=60), st.sampled_from([FORM, JSON]))
def test_no_body_breaks_the_parser(body: bytes, content_type: str) -> None:
    try:
        event = parse_event(body, content_type)
    except InvalidValue:
        return
    assert event.name == event.name.upper() != ""


# -- where it comes from


def test_the_application_token_is_the_proof() -> None:
    event = parse_event(BODY)
    assert event.verify("51856fefc120afa4") is event
    assert event.auth.proves(Secret("51856fefc120afa4"))


def test_half_of_a_surrogate_pair_is_no_proof() -> None:
    event = parse_event(r'{"event": "X", "auth": {"application_token": "\ud800"}}', JSON)

    with pytest.raises(AuthError, match="application token"):
        event.verify("51856fefc120afa4")


@pytest.mark.parametrize("token", ["", "51856fefc120afa5", "51856fefc120afa"])
def test_another_token_is_no_proof(token: str) -> None:
    with pytest.raises(AuthError, match="application token"):
        parse_event(BODY).verify(token)


def test_a_missing_token_proves_nothing_not_even_to_an_empty_one() -> None:
    assert not parse_event(b"event=X").auth.proves("")


@pytest.mark.parametrize("secret", ["s6p6eclrvim6da22", "51856fefc120afa4"])
def test_no_secret_shows(secret: str) -> None:
    event = parse_event(BODY)
    assert secret not in f"{event} {event!r} {event.auth} {event.auth!r}"


def frames_of(error: BaseException) -> str:
    """Everything that the frames of our code hold."""
    walked = traceback.walk_tb(error.__traceback__)
    return "".join(repr(frame.f_locals) for frame, _ in walked if "b24orm" in frame.f_code.co_filename)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (BODY.replace(b"event=", b"evnt="), "application/x-www-form-urlencoded"),
        (BODY + b"&auth=7", "application/x-www-form-urlencoded"),
        (BODY + b"&x=%FF", "application/x-www-form-urlencoded"),
        (
            b'{"event": "X", "auth": {"access_token": "s6p6eclrvim6da22"}}',
            "application/x-www-form-urlencoded",
        ),
        (b'{"auth": {"access_token": "s6p6eclrvim6da22"}', "application/json"),
        (BODY, "multipart/form-data"),
    ],
)
def test_a_refused_body_shows_no_secret(body: bytes, content_type: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        parse_event(body, content_type)
    assert "s6p6eclrvim6da22" not in f"{refused.value} {refused.value.__context__} {frames_of(refused.value)}"


def test_a_refused_proof_shows_no_secret() -> None:
    with pytest.raises(AuthError) as refused:
        parse_event(BODY).verify("my-own-application-token")
    assert "my-own-application-token" not in f"{refused.value} {frames_of(refused.value)}"


def test_an_event_with_secrets_is_not_pickled() -> None:
    with pytest.raises(TypeError, match="secret"):
        pickle.dumps(parse_event(BODY))


# -- end to end


def test_an_event_of_a_portal(local: LocalPortal) -> None:
    with Handler().serving() as handler, client_of(Portal, local) as app:
        app.bind_event("ONCRMDEALADD", handler.url)
        deal = local.store.insert("deal", {"TITLE": "x"})
        assert local.events.courier.wait()
        event = parse_event(handler.bodies[0], handler.types[0])
    token = local.oauth.application("shop.sync").application_token
    assert (event.verify(token).subject.id, event.auth.client_endpoint) == (deal, local.token_url)


def test_an_event_that_no_user_caused(local: LocalPortal) -> None:
    with Handler().serving() as handler, client_of(Portal, local) as app:
        app.bind_event("ONCRMDEALADD", handler.url)
        with acting(Actor(user_id=0)):
            local.store.insert("deal", {"TITLE": "x"})
        assert local.events.courier.wait()
        auth = parse_event(handler.bodies[0]).auth
    assert (auth.access_token, auth.expires_in, auth.member_id) == (None, None, local.oauth.member_id)
