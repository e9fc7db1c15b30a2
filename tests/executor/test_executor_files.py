"""Contents without a network: memory, redirects, clear text, and what is not whole."""

from __future__ import annotations

import asyncio
import gc
import os
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from b24orm.errors import AccessDenied, B24Error, Disconnected, Incomplete, ServerFailure, Unsupported
from b24orm.executor.file_target import saved
from b24orm.executor.file_upload import Form, upload_of
from b24orm.executor.files import Files
from b24orm.executor.retry import RetryPolicy
from b24orm.plan.file_links import Place
from b24orm.transport.arrival import Arriving, Head
from b24orm.transport.base import Request
from tests.executor.fakes import SECRET, client, result, run

LINK = f"https://acme.bitrix24.com/rest/1/{SECRET}/download/?token=x"
PDF = Head(200, "application/pdf")
Body: TypeAlias = Callable[[], AsyncIterator[Any]]


@dataclass
class Web:
    """Answers requests one after the other; the last answer is repeated."""

    answers: list[tuple[Head, Body]]
    asked: list[Request] = field(default_factory=list[Request])

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncGenerator[Arriving, None]:
        self.asked.append(request)
        head, body = self.answers[min(len(self.asked), len(self.answers)) - 1]
        yield Arriving(head, body())


def body_of(*pieces: bytes) -> Body:
    async def body() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    return body


def read(web: Web, place: Place, seen: Callable[[bytes], object] = lambda _: None) -> bytes:
    async def work() -> bytes:
        executor, _ = client(lambda _: result(None), policy=RetryPolicy(attempts=2))
        found = b""
        async for piece in Files(executor, web).chunks(place):
            seen(piece)
            found += piece[:1]
        return found

    return run(work())


class Piece(bytearray):
    """Bytes whose life can be watched."""

    __hash__ = object.__hash__  # type: ignore[assignment]


def test_no_more_than_a_few_pieces_are_in_memory() -> None:
    alive: weakref.WeakSet[Piece] = weakref.WeakSet()
    most = 0

    async def body() -> AsyncIterator[Piece]:
        for _ in range(100):
            piece = Piece(b"x" * 1000)
            alive.add(piece)
            yield piece
            del piece

    def look(_: bytes) -> None:
        nonlocal most
        gc.collect()
        most = max(most, len(alive))

    assert read(Web([(Head(200, "a/b", length=100_000), body)]), Place("download", LINK), look) == b"x" * 100
    assert most <= 3


def test_a_redirect_is_followed_and_told_nothing() -> None:
    onward = Head(302, location="https://cdn.example/a.pdf")
    web = Web([(onward, body_of()), (PDF, body_of(b"%"))])
    assert read(web, Place("download", LINK)) == b"%"
    first, second = web.asked
    assert (second.url, second.host, second.body) == ("https://cdn.example/a.pdf", "cdn.example", b"")
    assert SECRET not in f"{second.url}{second.headers}"
    assert first.headers["Referer"] == "https://acme.bitrix24.com/"


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        (LINK, ServerFailure),
        ("http://cdn.example/a.pdf", ServerFailure),
        ("https://auth2.bitrix24.net/oauth/authorize/?x", AccessDenied),
    ],
)
def test_a_redirect_that_leads_nowhere_is_refused(location: str, expected: type[B24Error]) -> None:
    web = Web([(Head(302, location=location), body_of())])
    with pytest.raises(expected):
        read(web, Place("download", LINK))
    assert len(web.asked) <= 2 * 5


def test_an_address_in_clear_text_is_not_asked() -> None:
    web = Web([(PDF, body_of(b"%"))])
    with pytest.raises(Unsupported, match="http://"):
        read(web, Place("file", "http://acme.bitrix24.com/a.pdf"))
    assert web.asked == []


@pytest.mark.parametrize(
    ("head", "size", "expected"),
    [
        (Head(200, "a/b", length=5), None, Disconnected),
        (Head(200, "a/b", length=3), 9, None),
        (Head(200, "a/b"), None, None),
        (Head(200, "a/b", framed=False), None, Incomplete),
        (Head(200, "a/b", framed=False), 5, Incomplete),
        (Head(200, "a/b", framed=False), 3, None),
    ],
)
def test_what_is_not_whole_is_told(head: Head, size: int | None, expected: type[B24Error] | None) -> None:
    web, place = Web([(head, body_of(b"1", b"23"))]), Place("download", LINK, size=size)
    if expected is None:
        assert read(web, place) == b"12"
        return
    with pytest.raises(expected):
        read(web, place)


def test_a_download_that_is_given_up_leaves_nothing_behind(tmp_path: Path) -> None:
    async def work() -> int:
        begun = asyncio.Event()

        async def body() -> AsyncIterator[bytes]:
            yield b"first"
            begun.set()
            await asyncio.Event().wait()

        task = asyncio.create_task(saved(Arriving(PDF, body()), tmp_path / "a.pdf", "a"))
        await begun.wait()
        seen = len(os.listdir(tmp_path))
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        return seen

    assert (asyncio.run(work()), [*tmp_path.iterdir()]) == (1, [])


@pytest.mark.parametrize("size", [0, 1, 2**18, 2**18 + 1, 700_000])
def test_a_form_is_as_long_as_it_says(size: int) -> None:
    async def pieces() -> list[bytes]:
        return [piece async for piece in form.pieces()]

    form = Form("file", upload_of(b"x" * size, "père.txt"))
    sent = asyncio.run(pieces())
    assert len(b"".join(sent)) == int(form.headers["Content-Length"])
    assert max(map(len, sent)) <= 2**18
    assert b"".join(sent).count(b"x" * size) >= 1


def broken(*pieces: bytes) -> Body:
    async def body() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece
        raise Disconnected("it broke")

    return body


@pytest.mark.parametrize(
    ("head", "whole"),
    [
        (Head(206, "a/b", length=2, span="bytes 3-4/5"), True),
        (Head(206, "a/b", length=2, span="bytes 3-4/6"), False),  # other contents
        (Head(206, "a/b", length=3, span="bytes 2-4/5"), False),
        (Head(200, "a/b", length=5), False),
        (Head(416, "text/html", span="bytes */3"), False),
    ],
)
def test_the_rest_is_taken_only_if_it_is_the_rest(head: Head, whole: bool) -> None:
    web = Web([(Head(200, "a/b", length=5), broken(b"1", b"23")), (head, body_of(b"4", b"5"))])
    place = Place("x", LINK, fixed=True)
    if not whole:
        with pytest.raises(Disconnected):
            read(web, place)
        return
    assert read(web, place) == b"1245"
    assert web.asked[1].headers["Range"] == "bytes=3-"


def test_what_may_be_new_by_then_is_not_asked_for_in_parts() -> None:
    web = Web([(Head(200, "a/b", length=5), broken(b"1", b"23"))])
    with pytest.raises(Disconnected):
        read(web, Place("x", LINK))
    assert len(web.asked) == 1


def test_an_empty_file_is_whole() -> None:
    assert read(Web([(Head(200, "a/b", length=0), body_of())]), Place("download", LINK)) == b""
