"""Failures on demand, as a client sees them over a socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from b24orm.emulator.faults import Fault, Faults
from tests.emulator.toy import Serve, Toy


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        yield session


@pytest.fixture
def url(toy: Toy, serve: Serve) -> str:
    return serve(toy)


async def add(session: aiohttp.ClientSession, url: str) -> tuple[int, str, bytes]:
    async with session.post(url + "crm.deal.add", json={"fields": {}}, allow_redirects=False) as response:
        return response.status, response.headers["Content-Type"].partition(";")[0], await response.read()


async def added(session: aiohttp.ClientSession, url: str) -> Any:
    async with session.post(url + "count.added") as response:
        return (await response.json())["result"]


# -- kinds ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "status", "media"),
    [
        ("rate_limited", 503, "application/json"),
        ("unavailable", 503, "text/html"),
        ("server_error", 500, "text/html"),
        ("bad_gateway", 502, "text/html"),
        ("gateway_timeout", 504, "text/html"),
        ("expired_token", 401, "application/json"),
        ("connection_error", 401, "application/json"),
        ("redirect", 302, "text/html"),
        ("wrong_content_type", 200, "text/html"),
        ("truncated_json", 200, "application/json"),
        ("html_page", 200, "text/html"),
        ("half_done", 500, "text/html"),
    ],
)
async def test_the_status_and_type_of_each_kind(
    toy: Toy, url: str, session: aiohttp.ClientSession, kind: Any, status: int, media: str
) -> None:
    toy.engine.faults.script(kind)
    assert (await add(session, url))[:2] == (status, media)


async def test_rate_limited_reads_like_the_real_one(
    toy: Toy, url: str, session: aiohttp.ClientSession
) -> None:
    toy.engine.faults.script("rate_limited")
    assert (await add(session, url))[
        2
    ] == b'{"error":"QUERY_LIMIT_EXCEEDED","error_description":"Too many requests"}'


async def test_truncated_json_stops_in_the_middle(toy: Toy, url: str, session: aiohttp.ClientSession) -> None:
    toy.engine.faults.script("truncated_json")
    body = (await add(session, url))[2]
    assert (body[:11], body[-1:] == b"}") == (b'{"result":1', False)


async def test_a_redirect_names_another_host_and_keeps_the_path(
    toy: Toy, url: str, session: aiohttp.ClientSession
) -> None:
    toy.engine.faults.script(Fault("redirect", location="https://new.example"))
    async with session.post(url + "echo", allow_redirects=False) as response:
        assert (
            response.headers["Location"] == "https://new.example/rest/" + url.partition("/rest/")[2] + "echo"
        )


async def test_a_redirect_that_is_followed_loses_the_body(
    toy: Toy, url: str, session: aiohttp.ClientSession
) -> None:
    toy.engine.faults.script(Fault("redirect", location=url.partition("/rest/")[0]))
    async with session.post(url + "echo", json={"a": 1}) as response:
        assert (await response.json())["result"]["params"] == []


@pytest.mark.parametrize("kind", ["reset_before", "reset_after"])
async def test_a_reset_breaks_the_connection(
    toy: Toy, url: str, session: aiohttp.ClientSession, kind: Any
) -> None:
    toy.engine.faults.script(*[kind] * 2)  # clients repeat a request on a connection that was kept
    with pytest.raises((aiohttp.ClientOSError, aiohttp.ServerDisconnectedError)):
        await add(session, url)


async def test_a_cut_body_breaks_off(toy: Toy, url: str, session: aiohttp.ClientSession) -> None:
    toy.engine.faults.script("cut_body")
    with pytest.raises(aiohttp.ClientPayloadError):
        await add(session, url)


async def test_a_hang_outlasts_the_client(toy: Toy, url: str, session: aiohttp.ClientSession) -> None:
    toy.engine.faults.script(Fault("hang", seconds=60))
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(add(session, url), 0.2)


async def test_a_short_hang_ends_with_a_broken_connection(
    toy: Toy, url: str, session: aiohttp.ClientSession
) -> None:
    toy.engine.faults.script(Fault("hang", seconds=0.01))
    with pytest.raises((aiohttp.ClientOSError, aiohttp.ServerDisconnectedError)):
        await add(session, url)


# -- before or after the work ---------------------------------------------------------------


@pytest.mark.parametrize(
    "kind",
    [
        "rate_limited",
        "unavailable",
        "server_error",
        "bad_gateway",
        "expired_token",
        "connection_error",
        "redirect",
        "reset_before",
        "html_page",
    ],
)
def test_nothing_was_executed(toy: Toy, kind: Any) -> None:
    toy.engine.faults.script(kind)
    toy.post("crm.deal.add")
    assert toy.call("count.added")["result"] == 0


@pytest.mark.parametrize(
    "kind", ["gateway_timeout", "reset_after", "truncated_json", "cut_body", "wrong_content_type", "hang"]
)
def test_the_work_is_done_though_the_answer_is_lost(toy: Toy, kind: Any) -> None:
    toy.engine.faults.script(kind)
    toy.post("crm.deal.add")
    assert toy.call("count.added")["result"] == 1


@pytest.mark.parametrize(("kind", "executed"), [("unavailable", True), ("gateway_timeout", False)])
def test_the_side_can_be_chosen(toy: Toy, kind: Any, executed: bool) -> None:
    toy.engine.faults.script(Fault(kind, executed=executed))
    toy.post("crm.deal.add")
    assert toy.call("count.added")["result"] == int(executed)


async def test_a_lost_reply_is_executed_once(toy: Toy, url: str, session: aiohttp.ClientSession) -> None:
    toy.engine.faults.script("reset_after")
    with pytest.raises((aiohttp.ClientOSError, aiohttp.ServerDisconnectedError)):
        await add(session, url)
    assert await added(session, url) == 1


def adds(number: int) -> dict[str, Any]:
    return {"cmd": {f"c{place}": "crm.deal.add" for place in range(number)}}


def test_a_server_that_dies_within_a_batch_did_the_first_half(toy: Toy) -> None:
    toy.engine.faults.script("half_done")
    assert toy.post("batch", adds(5)).status == 500
    assert toy.call("count.added")["result"] == 3


def test_a_batch_that_is_half_answered_was_done(toy: Toy) -> None:
    toy.engine.faults.script("half_answered")
    result = toy.call("batch", adds(5))["result"]
    assert {name: list(found) for name, found in result.items() if found} == {
        "result": ["c0", "c1", "c2"],
        "result_time": ["c0", "c1", "c2"],
    }
    assert toy.call("count.added")["result"] == 5


def test_a_call_can_not_be_half_answered(toy: Toy) -> None:
    toy.engine.faults.script("half_answered")
    assert toy.call("crm.deal.add")["result"] == 1


# -- scripts and chance ---------------------------------------------------------------------


def statuses(toy: Toy, *methods: str) -> list[int]:
    return [toy.post(method).status for method in methods]


def test_a_script_is_played_in_order(toy: Toy) -> None:
    toy.engine.faults.script("unavailable", "bad_gateway")
    assert statuses(toy, "echo", "echo", "echo") == [503, 502, 200]


def test_a_fault_can_wait_for_its_method(toy: Toy) -> None:
    toy.engine.faults.script(Fault("unavailable", method="crm.deal.add"))
    assert statuses(toy, "echo", "CRM.deal.add", "crm.deal.add") == [200, 503, 200]


def test_a_fault_that_waits_holds_up_no_other(toy: Toy) -> None:
    toy.engine.faults.script(Fault("unavailable", method="crm.deal.add"), "bad_gateway")
    assert statuses(toy, "echo", "crm.deal.add") == [502, 503]


def test_a_fault_finds_its_method_inside_a_batch(toy: Toy) -> None:
    toy.engine.faults.script(Fault("unavailable", method="crm.deal.add"))
    assert toy.post("batch", {"cmd": {"a": "echo", "b": "crm.deal.add?x=1"}}).status == 503


def test_a_fault_can_repeat(toy: Toy) -> None:
    toy.engine.faults.script(Fault("unavailable", times=2))
    assert statuses(toy, "echo", "echo", "echo") == [503, 503, 200]


def test_a_fault_can_let_requests_pass(toy: Toy) -> None:
    toy.engine.faults.script(Fault("unavailable", method="echo", after=1, times=2))
    assert statuses(toy, "echo", "crm.deal.add", "echo", "echo", "echo") == [200, 200, 503, 503, 200]


def test_pending_counts_what_is_left(toy: Toy) -> None:
    toy.engine.faults.script(Fault("unavailable", times=3), "bad_gateway")
    toy.post("echo")
    assert toy.engine.faults.pending == 3


def test_clear_ends_it(toy: Toy) -> None:
    toy.engine.faults.script("unavailable")
    toy.engine.faults.random({"bad_gateway": 1.0})
    toy.engine.faults.clear()
    assert statuses(toy, "echo") == [200]


def test_chance_keeps_its_share(toy: Toy) -> None:
    toy.engine.faults.random({"unavailable": 0.3}, seed=1)
    seen = statuses(toy, *["echo"] * 500)
    assert 0.25 < seen.count(503) / 500 < 0.35


def test_chance_is_repeatable_by_seed() -> None:
    def drawn() -> list[Any]:
        faults = Faults()
        faults.random({"unavailable": 0.3, "reset_after": 0.2}, seed=5)
        return [faults.draw(["echo"]) for _ in range(50)]

    assert drawn() == drawn()


def test_chances_over_one_are_refused() -> None:
    with pytest.raises(ValueError, match="exceed 1"):
        Faults().random({"unavailable": 0.7, "bad_gateway": 0.7})


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="meteor"):
        Faults().script("meteor")  # type: ignore[arg-type]


def test_faults_are_counted(toy: Toy) -> None:
    toy.engine.faults.script("unavailable", "rate_limited")
    statuses(toy, "echo", "echo", "echo")
    stats = toy.engine.stats
    assert (stats.requests, stats.faults, stats.rejected, stats.commands) == (3, 2, 1, 1)


def test_the_log_says_what_was_sent(toy: Toy) -> None:
    toy.engine.faults.script("unavailable", "reset_after")
    statuses(toy, "echo", "echo", "echo")
    assert [record.status for record in toy.engine.log] == [503, 0, 200]
