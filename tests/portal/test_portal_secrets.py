"""The secret of a webhook is in no log record, message, traceback, warning or repr."""

from __future__ import annotations

import asyncio
import copy
import gc
import logging
import pickle
import traceback
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from b24orm import AsyncPortal, Portal, connect
from b24orm.emulator import Fault, LocalPortal
from b24orm.errors import B24Error, InvalidValue
from b24orm.executor.retry import RetryPolicy
from b24orm.models import Deal
from b24orm.plan.calls import Call
from b24orm.transport.auth.webhook import Webhook

KINDS: list[Any] = [
    "rate_limited",
    "unavailable",
    "server_error",
    "bad_gateway",
    "reset_before",
    "reset_after",
    "truncated_json",
    "cut_body",
    "wrong_content_type",
    "expired_token",
    "connection_error",
    "redirect",
    Fault("hang", seconds=0.3),
]
USES: list[Callable[[Portal], Any]] = [
    lambda portal: portal.call("crm.deal.get", {"ID": 99_999}),
    lambda portal: portal.call("no.such.method"),
    lambda portal: portal.call("crm.deal.add", {"fields": {"TITLE": "x"}}),
    lambda portal: portal.call("crm.deal.get", [{"ID": 1}, {"ID": 99_999}]),
    lambda portal: portal.call_batch({"cmd": {"a": "crm.deal.get?ID=1"}}),
    lambda portal: portal.get_all("crm.deal.list"),
    lambda portal: list(Deal.objects.using(portal)),
    lambda portal: Deal.objects.using(portal).get(id=99_999),
]


@pytest.fixture
def leaky() -> Iterator[LocalPortal]:
    """A portal that says its secret aloud: a method repeats the address it was called at."""
    with LocalPortal(deals=60) as portal:
        portal.register("app.echo", _tell(portal))
        yield portal


def _tell(portal: LocalPortal) -> Any:
    from b24orm.emulator.answers import Answer, Refusal

    def handler(call: Any) -> Answer:
        if call.params.get("fail"):
            raise Refusal("BAD", f"you called {portal.url}app.echo")
        return Answer({"url": portal.url, "n": 1})

    return handler


def secret_of(portal: LocalPortal) -> str:
    return portal.url.rstrip("/").rpartition("/")[2]


def told(error: BaseException) -> str:
    """Everything that an error could show anybody, with whatever it was raised from."""
    seen: list[str] = []
    while error is not None:  # type: ignore[redundant-expr]
        shown = [str(error), repr(error), repr(error.args), repr(vars(error))]
        seen += [*shown, *traceback.format_exception(error)]
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
    return "\n".join(seen)


@pytest.mark.parametrize("use", range(len(USES)))
def test_a_run_full_of_faults_tells_no_secret(
    leaky: LocalPortal, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, use: int
) -> None:
    monkeypatch.setattr(RetryPolicy, "delay", lambda *given: 0.0)
    caplog.set_level(logging.DEBUG)
    errors: list[str] = []
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        portal = Portal(leaky.url, plan="unlimited", progress=False, timeout=0.1)
        for kind in KINDS:
            for times in (1, 40):
                leaky.faults.clear()
                leaky.faults.script(*[kind] * times)
                try:
                    USES[use](portal)
                except B24Error as error:
                    errors.append(told(error))
        portal.close()
        gc.collect()
    records = [caplog.text, *(repr(vars(record)) for record in caplog.records)]
    everything = "\n".join([*errors, *records, *(str(warning.message) for warning in warned)])
    assert len(errors) > len(KINDS) // 2
    assert "b24orm" in caplog.text
    assert secret_of(leaky) not in everything


def test_an_answer_that_repeats_the_secret_is_not_logged_with_it(
    leaky: LocalPortal, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with Portal(leaky.url, plan="unlimited", progress=False) as portal:
        answer = portal.call("app.echo", {"url": leaky.url})
    assert (secret_of(leaky) in answer["url"], secret_of(leaky) in caplog.text) == (True, False)


@pytest.mark.parametrize("items", [{"fail": 1}, [{"fail": 1}, {"fail": 1}]], ids=["alone", "in a batch"])
def test_an_error_that_repeats_the_secret_is_shown_without_it(leaky: LocalPortal, items: Any) -> None:
    with Portal(leaky.url, plan="unlimited", progress=False) as portal, pytest.raises(B24Error) as caught:
        portal.call("app.echo", items)
    assert "you called" in str(caught.value)
    assert secret_of(leaky) not in told(caught.value)


def test_no_object_shows_the_secret(leaky: LocalPortal) -> None:
    portal = connect(leaky.url, plan="unlimited", progress=False)
    deal = Deal.objects.get(id=1)
    executor = portal._open()
    webhook = Webhook.parse(leaky.url)
    access = asyncio.run(webhook.access())
    request = access.request("profile", b"{}", 1.0)
    shown = [
        repr(thing)
        for thing in (
            portal,
            AsyncPortal(leaky.url),
            deal,
            Deal.objects.all(),
            Deal.objects.explain(),
            executor,
            executor.sender,
            webhook,
            access,
            request,
            Call("profile"),
            vars(portal),
            vars(executor.sender),
        )
    ]
    portal.close()
    assert secret_of(leaky) not in "\n".join(shown)


@pytest.mark.parametrize("dump", [pickle.dumps, copy.deepcopy, copy.copy], ids=["pickle", "deepcopy", "copy"])
def test_credentials_are_not_copied_by_accident(leaky: LocalPortal, dump: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError, match="secret"):
        dump(Webhook.parse(leaky.url))


def test_errors_survive_a_pickle_without_it(leaky: LocalPortal) -> None:
    with Portal(leaky.url, plan="unlimited", progress=False) as portal, pytest.raises(B24Error) as caught:
        portal.call("app.echo", {"fail": 1})
    dumped = pickle.dumps(caught.value)
    assert secret_of(leaky).encode() not in dumped
    assert str(pickle.loads(dumped)) == str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://acme.bitrix24.com/rest/1/S3CR3TS3CR3T/extra/parts/",
        "https://acme.bitrix24.com/rest/x/S3CR3TS3CR3T/",
        "https://acme.bitrix24.com/rest/S3CR3TS3CR3T",
        "ftp://acme.bitrix24.com/rest/1/S3CR3TS3CR3T/",
        "acme.bitrix24.com/rest/1/S3CR3TS3CR3T/",
        "http://acme.bitrix24.com/rest/1/S3CR3TS3CR3T/",
        "https://user:S3CR3TS3CR3T@acme.bitrix24.com/rest/1/",
        "https://acme.bitrix24.com/rest/1/?auth=S3CR3TS3CR3T",
        "https://[bad/rest/1/S3CR3TS3CR3T/",
        "https://acme.bitrix24.com:port/rest/1/S3CR3TS3CR3T/",
    ],
)
def test_a_malformed_address_is_refused_without_repeating_what_may_be_secret(url: str) -> None:
    try:
        connect(url, progress=False).close()
    except InvalidValue as error:
        assert "S3CR3T" not in told(error)
