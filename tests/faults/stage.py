"""Where a cell of the table is played: a fresh portal, a client, and a clock that skips all waiting."""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from b24orm import AsyncPortal, Portal
from b24orm.emulator import LocalPortal
from b24orm.emulator.cost import CostModel
from b24orm.executor.limits import portal as limits
from b24orm.loop import background
from b24orm.transport.base import Request, Response, Transport

DEALS: Final = 150
"""Rows of the portal at first."""

_time = time.time  # some cells put another in its place


class SkippingClock:
    """The machine's clock, with all waiting skipped.

    Who sleeps is woken at once, in the right order, and the clock then shows the moment of waking:
    so limits and patience are real, and nobody has to sit them out. While a request is under way time
    passes as usual.
    """

    def __init__(self) -> None:
        self.requests = 0
        self.off = 0.0
        self._skipped = 0.0
        self._under_way = 0
        self._sleepers: list[float] = []

    def now(self) -> float:
        """Seconds that never go back."""
        return time.monotonic() + self._skipped

    def wall(self) -> float:
        """The portal's clock, in unix seconds; ``off`` is how far it was put forward."""
        return _time() + self._skipped + self.off

    async def sleep(self, seconds: float) -> None:
        """Skips the seconds."""
        until = self.now() + seconds
        self._sleepers.append(until)
        try:
            while self.now() < until:
                await asyncio.sleep(0.001 if self._under_way else 0)
                if not self._under_way:
                    self._skipped += max(0.0, min(self._sleepers) - self.now())
        finally:
            self._sleepers.remove(until)

    def watching(self, transport: Transport) -> Transport:
        """The transport, with its requests counted."""
        return _Watched(transport, self)


class _Watched:
    def __init__(self, transport: Transport, clock: SkippingClock) -> None:
        self._transport = transport
        self._clock = clock

    async def send(self, request: Request) -> Response:
        self._clock.requests += 1
        self._clock._under_way += 1
        try:
            return await self._transport.send(request)
        finally:
            self._clock._under_way -= 1

    async def close(self) -> None:
        await self._transport.close()


@dataclass
class Stage:
    """A portal and the way to it.

    Attributes:
        portal: it stands in this process, behind a real socket.
        clock: the clock of both.
        who: the address or the credentials that the client is given.
        folder: for journals.
        verify: how the client checks the portal's certificate.
        at_request: what happens before the portal works on its n-th request, by n; None: each.
        met: how often there was trouble that the portal does not know of.
    """

    portal: LocalPortal
    clock: SkippingClock
    who: Any
    folder: Path
    verify: bool | ssl.SSLContext = True
    at_request: dict[int | None, Callable[[], None]] = field(default_factory=dict)
    met: int = 0
    _arrived: int = 0

    @property
    def options(self) -> dict[str, Any]:
        """What the client is told besides."""
        clear = {"allow_http": True} if isinstance(self.who, str) else {}
        return {"verify_ssl": self.verify, **clear}

    @property
    def struck(self) -> bool:
        """Whether there was any trouble."""
        return self.met + self.portal.stats.faults > 0

    def meet(self) -> None:
        """Trouble strikes that the portal does not know of."""
        self.met += 1

    def step(self, _: object) -> None:
        """Called by the portal with each request."""
        self._arrived += 1
        for number in (self._arrived, None):
            if number in self.at_request:
                self.meet()
                self.at_request[number]()

    def fit(self, client: Portal | AsyncPortal) -> None:
        """Gives the client the clock of this stage."""
        sender = client._open().sender
        sender.clock = self.clock
        sender._transport = self.clock.watching(sender._transport)


def stage(folder: Path, *, tls: bool = False, costs: CostModel | None = None) -> Stage:
    """A fresh portal with the limits of the standard plan."""
    limits._shared.clear()  # the port may have been another portal's before
    clock = SkippingClock()
    portal = LocalPortal(
        deals=DEALS,
        companies=0,
        contacts=0,
        users=2,
        plan="standard",
        clock=clock.wall,
        costs=costs,
        tls=certificate()[0] if tls else None,
    ).start()
    made = Stage(portal, clock, portal.url, folder)
    portal.churn = _Steps(made.step)  # type: ignore[assignment]
    return made


class _Steps:
    """What others do between requests; here, what the cell wants to happen."""

    def __init__(self, step: Callable[[object], None]) -> None:
        self.step = step


# -- what is left behind -------------------------------------------------------------------------


def settled(count: Callable[[], int], patience: float = 2.0) -> int:
    """A count that ought to become zero, once it did or had its time."""
    deadline = time.monotonic() + patience
    while (left := count()) > 0 and time.monotonic() < deadline:
        time.sleep(0.002)
    return max(0, left)


def background_tasks() -> int:
    """Tasks of the loop that synchronous code crosses to."""
    return sum(not task.done() for task in asyncio.all_tasks(background()._loop))


def open_sockets() -> int:
    """Sockets that this process holds, the portal's side included; 0 where the system can't tell."""
    folder = Path("/proc/self/fd")
    if not folder.exists():
        return 0
    return sum(_link(entry).startswith("socket:") for entry in os.listdir(folder))


def _link(entry: str) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{entry}")
    except OSError:  # the listing itself, closed by now
        return ""


# -- certificates ----------------------------------------------------------------------------------


@cache
def certificate() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A certificate that nobody has reason to trust: for the portal, and for a client that does."""
    openssl = shutil.which("openssl")
    if openssl is None:
        raise RuntimeError("the table needs the command openssl to make a certificate")
    command = f"{openssl} req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=127.0.0.1 "
    command += "-addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out cert.pem"
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(Path(folder, "cert.pem"), Path(folder, "key.pem"))
        return server, ssl.create_default_context(cafile=str(Path(folder, "cert.pem")))
