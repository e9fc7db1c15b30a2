"""The portal behind a socket: keep-alive, gzip, sleeping, large bodies, stopping."""

from __future__ import annotations

import asyncio
import io
import json
import socket
import struct
import threading
import time
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import aiohttp
import pytest

from b24orm.emulator.answers import Answer, Call, Cost, Method
from b24orm.emulator.cost import CostModel
from b24orm.emulator.limits import Plan
from b24orm.emulator.server import Door
from b24orm.emulator.threaded import ServerThread, loopback
from tests.emulator.toy import MakeToy, Serve, Toy

JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_a_call_over_http(toy: Toy, serve: Serve, session: aiohttp.ClientSession) -> None:
    async with session.post(serve(toy) + "crm.deal.get.json", json={"ID": 5}) as response:
        assert (await response.json())["result"] == {"ID": "5", "TITLE": "Deal 5"}


async def test_a_form_over_http(toy: Toy, serve: Serve, session: aiohttp.ClientSession) -> None:
    async with session.post(serve(toy) + "echo", data={"filter[>ID]": "5 é"}) as response:
        assert (await response.json())["result"]["params"] == {"filter": {">ID": "5 é"}}


async def test_an_uploaded_form_over_http(toy: Toy, serve: Serve, session: aiohttp.ClientSession) -> None:
    form = aiohttp.FormData()
    form.add_field("a[b]", "é", content_type="text/plain")  # a type of its own makes the form multipart
    async with session.post(serve(toy) + "echo", data=form) as response:
        assert (await response.json())["result"]["params"] == {"a": {"b": "é"}}


async def test_the_headers_of_an_answer(toy: Toy, serve: Serve, session: aiohttp.ClientSession) -> None:
    async with session.get(serve(toy) + "echo") as response:
        assert (response.headers["Content-Type"], response.headers["Access-Control-Allow-Origin"]) == (
            "application/json; charset=utf-8",
            "*",
        )


async def test_a_body_of_several_megabytes_is_read(
    toy: Toy, serve: Serve, session: aiohttp.ClientSession
) -> None:
    body = io.BytesIO(json.dumps({"file": "x" * 5_000_000}).encode())
    async with session.post(serve(toy) + "echo", data=body, headers=JSON) as response:
        assert len((await response.json())["result"]["params"]["file"]) == 5_000_000


@pytest.mark.parametrize(("compress", "encoding"), [(True, "gzip"), (False, None)])
async def test_gzip_only_where_it_is_switched_on(
    toy: Toy, serve: Serve, session: aiohttp.ClientSession, compress: bool, encoding: str | None
) -> None:
    async with session.get(serve(toy, compress=compress) + "crm.deal.list") as response:
        assert (response.headers.get("Content-Encoding"), len((await response.json())["result"])) == (
            encoding,
            50,
        )


async def test_no_gzip_for_clients_that_do_not_ask(
    toy: Toy, serve: Serve, session: aiohttp.ClientSession
) -> None:
    async with session.get(
        serve(toy, compress=True) + "echo", headers={"Accept-Encoding": "identity"}
    ) as response:
        assert "Content-Encoding" not in response.headers


def test_a_client_that_waits_for_permission_gets_it(toy: Toy, serve: Serve) -> None:
    address = urlsplit(serve(toy))
    head = f"POST {address.path}echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"
    with socket.create_connection((address.hostname or "", address.port or 0), 5) as client:
        client.sendall(head.encode())
        permission = client.recv(100)
        client.sendall(b"a=1")
        assert (permission, client.recv(15)) == (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 200 OK")


# -- latency --------------------------------------------------------------------------------


async def _timed(session: aiohttp.ClientSession, url: str, count: int) -> float:
    async def one() -> None:
        async with session.get(url) as response:
            await response.read()

    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(count)))
    return time.perf_counter() - began


@pytest.mark.parametrize("cut", [True, False], ids=["reset", "closed"])
def test_a_client_that_leaves_within_its_request_is_no_error(
    toy: Toy, serve: Serve, caplog: pytest.LogCaptureFixture, *, cut: bool
) -> None:
    parts = urlsplit(serve(toy))
    head = f"POST {parts.path}echo HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: 100\r\n\r\n{{"
    with socket.create_connection((parts.hostname or "", parts.port or 0)) as client:
        client.sendall(head.encode())
        time.sleep(0.05)
        if cut:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    time.sleep(0.1)
    assert [record.message for record in caplog.records] == []


async def test_without_latency_a_costly_call_is_quick(
    make_toy: MakeToy, serve: Serve, session: aiohttp.ClientSession
) -> None:
    toy = make_toy(costs=CostModel(overhead=30))
    assert await _timed(session, serve(toy) + "echo", 1) < 5


async def test_with_latency_a_call_takes_what_it_costs(
    make_toy: MakeToy, serve: Serve, session: aiohttp.ClientSession
) -> None:
    toy = make_toy(costs=CostModel(overhead=0.2, system=0))
    assert await _timed(session, serve(toy, latency=1.0) + "echo", 1) >= 0.2


async def test_latency_can_be_scaled(make_toy: MakeToy, serve: Serve, session: aiohttp.ClientSession) -> None:
    toy = make_toy(costs=CostModel(overhead=20.0, system=0))
    assert 0.2 <= await _timed(session, serve(toy, latency=0.01) + "echo", 1) < 5


async def test_requests_sleep_side_by_side(
    make_toy: MakeToy, serve: Serve, session: aiohttp.ClientSession
) -> None:
    toy = make_toy(costs=CostModel(overhead=0.3))
    assert await _timed(session, serve(toy, latency=1.0) + "echo", 20) < 20 * 0.3 / 2


async def test_a_running_request_does_not_see_anothers_operating_time(
    make_toy: MakeToy, serve: Serve, session: aiohttp.ClientSession
) -> None:
    toy = make_toy(plan=Plan(burst=None, operating=0.5))
    url = serve(toy, latency=0.2) + "work.long"

    async def status() -> int:
        async with session.get(url) as response:
            return response.status

    together = await asyncio.gather(status(), status())
    assert (together, await status()) == ([200, 200], 429)


# -- stopping -------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.com", ""])
def test_only_loopback_is_listened_on(host: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        loopback(host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.5.5.5", "::1", "localhost"])
def test_loopback_addresses(host: str) -> None:
    assert loopback(host) == host


def test_stopping_ends_the_thread_and_closes_the_port(toy: Toy) -> None:
    thread = ServerThread(Door(toy.engine))
    thread.start()
    thread.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", thread.port), 1)


def test_stopping_twice_is_harmless(toy: Toy) -> None:
    thread = ServerThread(Door(toy.engine))
    thread.start()
    thread.stop()
    thread.stop()
    assert not thread.alive


def test_a_taken_port_is_an_error_of_start(toy: Toy) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        thread = ServerThread(Door(toy.engine), port=taken.getsockname()[1])
        with pytest.raises(OSError, match="in use"):
            thread.start()


def test_stopping_does_not_wait_for_a_hanging_request(toy: Toy) -> None:
    toy.engine.faults.script("hang")
    thread = ServerThread(Door(toy.engine))
    thread.start()
    with socket.create_connection(("127.0.0.1", thread.port)) as client:
        client.sendall(b"GET /rest/echo HTTP/1.1\r\nHost: x\r\n\r\n")
        while not toy.engine.stats.requests:
            time.sleep(0.01)
        began = time.perf_counter()
        thread.stop()
    assert time.perf_counter() - began < 5


def test_the_threads_are_daemons_with_a_name(toy: Toy) -> None:
    before = set(threading.enumerate())
    thread = ServerThread(Door(toy.engine))
    thread.start()
    try:
        began = set(threading.enumerate()) - before
        assert [t.daemon for t in began if t.name == "b24orm-emulator"] == [True]
    finally:
        thread.stop()


# -- speed ----------------------------------------------------------------------------------


def test_a_batch_of_2500_rows_takes_little_processor_time(toy: Toy) -> None:
    rows = [
        {
            "ID": str(n),
            "TITLE": f"Deal <{n}>",
            "STAGE_ID": "NEW",
            "OPPORTUNITY": "10.00",
            "CURRENCY_ID": "RUB",
            "X": None,
        }
        for n in range(50)
    ]

    def page(_: Call) -> Answer:
        return Answer(list(rows), total=0, cost=Cost("page", rows=50))

    toy.engine.registry["page"] = Method(page)
    cmd = {
        f"c{n}": f"page?start=-1&filter[%3EID]={n}&order[ID]=ASC&select[]=ID&select[]=TITLE"
        for n in range(50)
    }
    body = json.dumps({"cmd": cmd}).encode()
    path = f"/rest/1/{toy.secret}/batch"
    spent = []
    for _ in range(5):
        began = time.process_time()
        toy.send(path, body, "application/json")
        spent.append(time.process_time() - began)
    assert min(spent) < 0.06
