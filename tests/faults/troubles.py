"""What goes wrong in a cell of the table, and what has to come of it."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final, Literal
from unittest import mock

from b24orm import App, FileTokens
from b24orm.emulator import Fault
from b24orm.emulator.cost import CostModel
from b24orm.emulator.faults import EXECUTED, FaultKind
from b24orm.transport.auth.tokens import Tokens
from tests.faults.front import Front
from tests.faults.operations import Group, Operation
from tests.faults.stage import Stage, certificate

When = Literal["once", "for good"]
Playing = Callable[[Stage, Operation, When], AbstractContextManager[None]]
Fate = Mapping[Group, frozenset[str]]
"""The classes of error that a group ends in; none of them: the right answer."""

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR
ALWAYS: Final = 1_000_000
SLOW: Final = CostModel(by_method={f"crm.deal.{verb}": 1.0 for verb in ("list", "add", "update", "delete")})
EVERYTHING: Final[Mapping[Any, float]] = {
    "rate_limited": 0.15,
    "unavailable": 0.03,
    "bad_gateway": 0.03,
    "reset_before": 0.04,
    "reset_after": 0.06,
    "truncated_json": 0.04,
    "half_answered": 0.05,
    "wrong_content_type": 0.05,
}
_SEED: Final = 3
"""Makes the very first request fail."""


@dataclass(frozen=True)
class Trouble:
    """One kind of failure.

    Attributes:
        name: as the table shows it.
        playing: lets it happen while the operation runs.
        once: what must come of it when it happens once, in the middle of the work.
        lasting: the same when it does not end; None: that can't be played.
        patience: seconds that a client may take to come to that, when once and when it lasts.
        timeout: seconds that the client waits for an answer, when once and when it lasts.
        tls: whether the portal speaks https.
        costs: what calls cost on the portal, if that matters.
        certain: whether those errors must come, or only may.
    """

    name: str
    playing: Playing
    once: Fate | None
    lasting: Fate | None
    patience: tuple[float, float] = (5.0, 15.0)
    timeout: tuple[float, float] = (10.0, 10.0)
    tls: bool = False
    costs: CostModel | None = None
    certain: bool = True


def fate(
    read: str = "", add: str | None = None, keyed: str | None = None, repeatable: str | None = None
) -> Fate:
    """What becomes of each group; those not named fare as readings do."""
    given = {"read": read, "add": add, "keyed": keyed, "repeatable": repeatable}
    return {group: frozenset((read if name is None else name).split()) for group, name in given.items()}  # type: ignore[misc]


RIGHT: Final = fate()
UNSURE: Final = fate(add="OutcomeUnknown")
"""A new row without a key is never sent again, though it was not done."""


# -- failures of the portal ---------------------------------------------------------------------------


def fault(kind: FaultKind, **options: Any) -> Playing:
    """A fault of the local portal: within the operation, or of every request from there on."""

    @contextmanager
    def playing(stage: Stage, operation: Operation, when: When) -> Iterator[None]:
        if when == "once":
            met = Fault(kind, method=operation.method, after=operation.passing, **options)
            stage.portal.faults.script(met)
        else:
            down = Fault(kind, times=ALWAYS, **options)
            stage.at_request[operation.first] = lambda: stage.portal.faults.script(down)
        yield

    return playing


@contextmanager
def at_random(stage: Stage, operation: Operation, when: When) -> Iterator[None]:
    """Nearly every second request fails, each in its own way."""
    stage.portal.faults.random(EVERYTHING, seed=_SEED)
    yield


# -- limits -------------------------------------------------------------------------------------------


@contextmanager
def operating(stage: Stage, operation: Operation, when: When) -> Iterator[None]:
    """Others use up the method's operating time: in the middle of the work, or again and again."""
    number = operation.first if when == "once" else None
    stage.at_request[number] = lambda: stage.portal.spend(operation.method, 481)
    yield


@contextmanager
def operating_within(stage: Stage, operation: Operation, when: When) -> Iterator[None]:
    """The method's operating time is over after the next command, so within a batch."""
    stage.at_request[operation.first] = lambda: stage.portal.spend(operation.method, 479.5)
    yield


# -- credentials and addresses ------------------------------------------------------------------------


def _application(stage: Stage) -> App:
    """An application that keeps its tokens in files, and calls with them."""
    stage.portal.install_app()
    app = App(
        "local.app",
        "app-secret",
        server=stage.portal.oauth_url,
        store=FileTokens(stage.folder / "tokens"),
    )
    app._server = replace(app._server, pause=lambda _: asyncio.sleep(0))
    stage.who = app.installed(stage.portal.install_event())
    return app


@contextmanager
def expired(stage: Stage, operation: Operation, when: When) -> Iterator[None]:
    """The access token of an application is out of date; for good if its refresh token is so too."""
    _application(stage)
    later = HOUR + 1 if when == "once" else 200 * DAY
    stage.at_request[operation.first] = lambda: setattr(stage.clock, "off", later)
    yield


def no_renewal(kind: FaultKind) -> Playing:
    """The access token is out of date, and the authorization server fails."""

    @contextmanager
    def playing(stage: Stage, operation: Operation, when: When) -> Iterator[None]:
        _application(stage)

        def end() -> None:
            stage.clock.off = HOUR + 1
            stage.portal.oauth.faults.script(Fault(kind, times=1 if when == "once" else ALWAYS))

        stage.at_request[operation.first] = end
        yield

    return playing


@contextmanager
def renewed_by_another(stage: Stage, operation: Operation, when: When) -> Iterator[None]:
    """The access token is out of date, and another program has spent the refresh token already."""
    app = _application(stage)
    key = app._key(stage.portal.oauth.member_id, "")

    def end() -> None:
        stage.clock.off = HOUR + 1
        old = app._store.load(key)
        assert old is not None
        secrets = {"client_secret": "app-secret", "refresh_token": old.refresh_token.reveal()}
        asked = {"grant_type": "refresh_token", "client_id": "local.app", **secrets}
        app._store.save(key, Tokens.parse(stage.portal.oauth.answer(asked)[1]).after(old))

    stage.at_request[operation.first] = end
    yield


@contextmanager
def renamed(stage: Stage, operation: Operation, when: When) -> Iterator[None]:
    """The portal gets another address, and its old one redirects there."""
    if operation.first > 1:
        stage.at_request[operation.first - 1] = stage.portal.rename
    else:
        stage.portal.rename()
        stage.meet()
    yield


@contextmanager
def renamed_elsewhere(stage: Stage, operation: Operation, when: When) -> Iterator[None]:
    """A redirect to a host that the credentials don't belong to; nobody may so much as look it up."""
    look_up = socket.getaddrinfo

    def watched(host: Any, *given: Any, **options: Any) -> Any:
        assert host != "crm.portal.test", "the credentials were about to be sent to a stranger"
        return look_up(host, *given, **options)

    with (
        mock.patch("socket.getaddrinfo", watched),
        fault("redirect", location="https://crm.portal.test")(stage, operation, when),
    ):
        yield


# -- the network --------------------------------------------------------------------------------------


@contextmanager
def no_name(stage: Stage, operation: Operation, when: When) -> Iterator[None]:
    """The name of the portal's host is not found."""
    look_up, left = socket.getaddrinfo, [2 if when == "once" else ALWAYS]

    def fails(host: Any, *given: Any, **options: Any) -> Any:
        if host != "acme.portal.test":
            return look_up(host, *given, **options)
        left[0] -= 1
        if left[0] >= 0:
            stage.meet()
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return look_up("127.0.0.1", *given, **options)

    stage.who = stage.portal.url.replace("127.0.0.1", "acme.portal.test")
    with mock.patch("socket.getaddrinfo", fails):
        yield


@contextmanager
def no_handshake(stage: Stage, operation: Operation, when: When) -> Iterator[None]:
    """Connections are cut before they are secured."""
    with Front(stage.portal.port, cut=2 if when == "once" else ALWAYS, met=stage.meet) as front:
        stage.who = stage.portal.url.replace(f":{stage.portal.port}/", f":{front.port}/")
        stage.verify = certificate()[1]
        yield


@contextmanager
def no_trust(stage: Stage, operation: Operation, when: When) -> Iterator[None]:
    """The portal's certificate is signed by nobody that the client trusts."""
    stage.meet()
    yield


# -- clocks -------------------------------------------------------------------------------------------


def our_clock(seconds: float) -> Playing:
    """The client's wall clock is put forward or back; the clock that only counts goes on."""

    @contextmanager
    def playing(stage: Stage, operation: Operation, when: When) -> Iterator[None]:
        real, off = time.time, [0.0]
        stage.at_request[operation.first] = lambda: off.__setitem__(0, seconds)

        def jumped() -> float:
            return real() + off[0]

        with mock.patch("time.time", jumped):
            yield

    return playing


def their_clock(seconds: float) -> Playing:
    """The portal's clock is put forward or back."""

    @contextmanager
    def playing(stage: Stage, operation: Operation, when: When) -> Iterator[None]:
        stage.at_request[operation.first] = lambda: setattr(stage.clock, "off", seconds)
        yield

    return playing


_LOOKING: Final = (70.0, 70.0)
"""A new row is looked for as long as the portal may still be working on it: 62 s."""


def _lost(name: str, kind: FaultKind, error: str) -> Trouble:
    """A failure that leaves open whether a write was done: new rows that were are found by their values."""
    once = RIGHT if EXECUTED[kind] and kind != "half_done" else UNSURE
    return Trouble(name, fault(kind), once, fate(error, *["OutcomeUnknown"] * 3), _LOOKING)


TROUBLES: Final[tuple[Trouble, ...]] = (
    Trouble(
        "503 QUERY_LIMIT_EXCEEDED",
        fault("rate_limited"),
        RIGHT,
        fate("RateLimited", *["JobStopped"] * 3),
        (5, 700),
    ),
    Trouble(
        "429 OPERATION_TIME_LIMIT",
        operating,
        RIGHT,
        fate("OperatingLimited", *["JobStopped"] * 3),
        (700, 1_000),
    ),
    Trouble("429 within a batch", operating_within, RIGHT, None, (700, 0), costs=SLOW),
    _lost("503, HTML", "unavailable", "ServerFailure"),
    _lost("500, HTML", "server_error", "ServerFailure"),
    _lost("502, HTML", "bad_gateway", "ServerFailure"),
    _lost("504, HTML, work done", "gateway_timeout", "ServerFailure"),
    _lost("200, HTML", "html_page", "ServerFailure"),
    _lost("reset before the work", "reset_before", "Disconnected"),
    _lost("reset after the work", "reset_after", "Disconnected"),
    _lost("truncated JSON", "truncated_json", "ServerFailure"),
    _lost("body cut off", "cut_body", "Disconnected"),
    Trouble("wrong content type", fault("wrong_content_type"), RIGHT, RIGHT),
    Trouble(
        "hang to timeout",
        fault("hang", seconds=2.0),
        RIGHT,
        fate("TimedOut", *["OutcomeUnknown"] * 3),
        _LOOKING,
        timeout=(0.3, 0.05),
    ),
    _lost("dies within a batch", "half_done", "ServerFailure"),
    Trouble("half of a batch answered", fault("half_answered"), RIGHT, RIGHT),
    Trouble("token expired", expired, RIGHT, fate("InvalidGrant", *["JobStopped"] * 3)),
    Trouble(
        "token expired, 502 at its renewal",
        no_renewal("bad_gateway"),
        RIGHT,
        fate("TokenServerFailed", *["JobStopped"] * 3),
    ),
    Trouble(
        "token expired, renewal lost",
        no_renewal("reset_after"),
        fate("InvalidGrant", *["JobStopped"] * 3),
        fate("TokenServerFailed", *["JobStopped"] * 3),
    ),
    Trouble("token renewed by another", renewed_by_another, RIGHT, None),
    Trouble("portal renamed", renamed, RIGHT, None),
    Trouble("redirect to a stranger", renamed_elsewhere, *[fate("PortalMoved", *["JobStopped"] * 3)] * 2),
    Trouble("name not found", no_name, RIGHT, fate("ConnectFailed")),
    Trouble("handshake cut off", no_handshake, RIGHT, fate("ConnectFailed"), tls=True),
    Trouble(
        "certificate not trusted",
        no_trust,
        None,
        fate("UntrustedCertificate", *["JobStopped"] * 2, "JobStopped UntrustedCertificate"),
        tls=True,
        certain=False,  # a delete reads the ids first, and does not come to writing
    ),
    Trouble("our clock put forward", our_clock(HOUR), RIGHT, None),
    Trouble("our clock put back", our_clock(-HOUR), RIGHT, None),
    Trouble("their clock put forward", their_clock(HOUR), RIGHT, None),
    Trouble("their clock put back", their_clock(-HOUR), RIGHT, None),
    Trouble("a mix at random", at_random, None, UNSURE, (0, 150), certain=False),
)
