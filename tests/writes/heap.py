"""Writes many items without a network and says how much memory it took: ``python heap.py HOW COUNT``."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

from b24orm.executor.executor import Executor
from b24orm.executor.limits import PortalLimits, RateLimits
from b24orm.executor.progress import Progress
from b24orm.executor.sender import Sender
from b24orm.models import Deal
from b24orm.orm.results import WriteResult
from b24orm.transport.auth.webhook import Webhook
from b24orm.transport.base import Request, Response

Results = Iterator[WriteResult[Deal]]


class Counting:
    """A transport that says yes to every write, and counts; its lists are empty."""

    def __init__(self) -> None:
        self.written = 0

    async def send(self, request: Request) -> Response:
        body = json.loads(request.body)
        results = {label: self._answer(command) for label, command in body["cmd"].items()}
        answer = {"result": {"result": results, "result_error": []}, "time": {"start": 1.0, "duration": 0.1}}
        return Response(200, "application/json", json.dumps(answer).encode())

    def _answer(self, command: str) -> Any:
        if ".list?" in command:
            return []
        self.written += 1
        return self.written

    async def close(self) -> None:
        """Nothing is open."""


class Desk:
    """What a bulk job asks of a portal, over a transport that is no network."""

    host = "acme.bitrix24.com"
    on_invalid = "raise"

    def __init__(self, transport: Counting) -> None:
        webhook = Webhook.parse("https://acme.bitrix24.com/rest/1/abcdef/")
        limits = PortalLimits(RateLimits(1_000_000, None, None))
        self.executor = Executor(Sender(transport, webhook, limits))
        self._loop = asyncio.new_event_loop()

    def run(self, work: Callable[[], Any]) -> Any:
        return self._loop.run_until_complete(work())

    def progress(self, label: str) -> Progress:
        return Progress(False, label)


def new(count: int) -> Iterator[Deal]:
    return (Deal(title=f"Row {number}", opportunity=number) for number in range(count))


def other(count: int) -> Iterator[Deal]:
    """Rows of another system, with keys of its own."""
    return (Deal(title=f"Row {number}", origin_id=f"A{number}") for number in range(count))


def known(count: int) -> Iterator[Deal]:
    for number in range(1, count + 1):
        deal = Deal(id=number)
        deal.title = "changed"
        yield deal


def kept(desk: Any, count: int) -> Results:
    return iter(list(Deal.objects.using(desk).stream_create(new(count))))


WAYS: dict[str, Callable[[Any, int], Results]] = {
    "create": lambda desk, count: Deal.objects.using(desk).stream_create(new(count)),
    "update": lambda desk, count: Deal.objects.using(desk).stream_update(known(count)),
    "delete": lambda desk, count: Deal.objects.using(desk).stream_delete(known(count)),
    "upsert": lambda desk, count: Deal.objects.using(desk).stream_upsert(other(count), "origin_id"),
    "kept": kept,
}


def main(how: str, count: int) -> None:
    transport = Counting()
    done = sum(result.ok for result in WAYS[how](Desk(transport), count))
    with open("/proc/self/status", encoding="ascii") as status:
        used = next(line.split()[1] for line in status if line.startswith("VmHWM"))
    sys.stdout.write(f"{done} {transport.written} {used}\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
