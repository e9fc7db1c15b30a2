"""A Bitrix24 portal on this machine: seeded, deterministic, and as inconvenient as the real one.

::

    with LocalPortal(deals=10_000, seed=1) as portal:
        client = connect(portal.url)
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from os import PathLike
from ssl import SSLContext
from types import TracebackType

from typing_extensions import Self

from b24orm.emulator.answers import Handler, Method
from b24orm.emulator.app_things import AppThings
from b24orm.emulator.churn import Churn
from b24orm.emulator.cost import CostModel
from b24orm.emulator.engine import Engine
from b24orm.emulator.event_auth import EventAuth
from b24orm.emulator.event_hub import EventHub
from b24orm.emulator.faults import Fault, FaultKind, Faults
from b24orm.emulator.file_server import FileServer
from b24orm.emulator.installations import Installations
from b24orm.emulator.limits import Plan, plan_named
from b24orm.emulator.methods import PortalInfo, build_registry
from b24orm.emulator.oauth import AuthorizationServer
from b24orm.emulator.registrations import Registrations
from b24orm.emulator.seed import seed_portal
from b24orm.emulator.server import Door
from b24orm.emulator.stats import RequestRecord, Stats
from b24orm.emulator.store import Store
from b24orm.emulator.threaded import ServerThread, loopback
from b24orm.emulator.v3 import Gate, V3Method, build_v3
from b24orm.emulator.v3.eventlog import log_events

__all__ = ["LocalPortal"]


class LocalPortal(Installations):
    """A portal that runs in a thread of this process and listens on loopback.

    Usable with ``with``, ``async with`` or :meth:`start` and :meth:`stop`.

    Args:
        deals, users, leads, tasks, activities, invoices, log_entries: how many rows to seed.
        contacts, companies: the same; as many as fit the deals when None.
        sparse: keep only every n-th id, as on a portal where much was deleted.
        seed: the same seed gives the same rows.
        rows: numbers of rows of other modules, by kind: ``elements``, ``files``, ``events``, ``products``,
            ``orders``, ``elapsed`` ...; those left out get a few. Also by table (``sale_shipment``,
            ``bank_detail``, ``workgroup`` ...); those left out get none.
        path: a SQLite file to keep the rows in; in memory when None. A file that holds a portal already is
            not seeded.
        plan: ``standard``, ``enterprise``, ``unlimited`` or a :class:`~b24orm.emulator.limits.Plan`.
        latency: sleep what requests would cost: False never, True fully, a number scales it.
            The modelled seconds stand in ``time`` and in the operating budget in any case.
        costs: what calls cost.
        faults: failures to play; see :mod:`b24orm.emulator.faults`.
        churn: changes that others make between requests.
        clock: gives unix seconds; the wall clock when None.
        compress: gzip answers for clients that accept it.
        host, port: where to listen; port 0 takes a free one.
        tls: serve https with this server-side context; plain http when None.

    Attributes:
        store: the rows; what is changed there directly counts as done by people.
        events: who is told of changes, and the queue of offline events.
        apps: options, placements, bots and connectors of applications.

    Raises:
        ValueError: an unknown plan, or a host that is not loopback.
        UnknownName: no rows of such a kind can be seeded.
    """

    def __init__(
        self,
        *,
        deals: int = 0,
        contacts: int | None = None,
        companies: int | None = None,
        users: int = 20,
        leads: int = 0,
        tasks: int = 0,
        activities: int = 0,
        invoices: int = 0,
        log_entries: int = 0,
        sparse: int = 1,
        seed: int = 1,
        rows: Mapping[str, int] | None = None,
        path: str | PathLike[str] | None = None,
        plan: str | Plan = "unlimited",
        latency: bool | float = False,
        costs: CostModel | None = None,
        faults: Faults | Iterable[Fault | FaultKind] | None = None,
        churn: Churn | None = None,
        clock: Callable[[], float] | None = None,
        compress: bool = False,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: SSLContext | None = None,
    ) -> None:
        self._host = loopback(host)
        self._scheme = "http" if tls is None else "https"
        self._clock = clock or time.time
        chosen = plan_named(plan)
        played = faults if isinstance(faults, Faults) else Faults(*(faults or ()))
        self.store: Store = Store(path, clock=self._clock)
        methods = build_v3(self.store)
        if not self.store.count("user"):
            seed_portal(
                self.store,
                deals=deals,
                contacts=contacts,
                companies=companies,
                users=users,
                leads=leads,
                tasks=tasks,
                activities=activities,
                invoices=invoices,
                sparse=sparse,
                seed=seed,
                rows=rows,
            )
            log_events(self.store, range(1, log_entries * sparse + 1, sparse))
        self.events: EventHub = EventHub(self.store)
        self.apps: AppThings = AppThings()
        info = PortalInfo(license=chosen.license, lacks=chosen.lacks)
        self._engine = Engine(
            registry=build_registry(self.store, info, self.events, self.apps),
            plan=chosen,
            clock=self._clock,
            costs=costs or CostModel(),
            faults=played,
            around=self.events.hit if path is None else self._hit,
            v3=Gate(methods),
        )
        self._engine.files = FileServer(self.store, self._engine.credentials)
        self._engine.oauth.endpoint = lambda: self.token_url
        self.events.credentials = EventAuth(
            credentials=self._engine.credentials,
            oauth=self._engine.oauth,
            endpoint=lambda: self.token_url,
            clock=self._clock,
        )
        engine = self._engine
        self._registrations = Registrations(
            self.store, self.apps, self.events, engine.oauth, engine.credentials
        )
        if path is not None:
            self._registrations.load()
        self._filed = path is not None
        self.churn = churn
        self._latency, self._compress, self._tls = float(latency), compress, tls
        self._door = self._new_door()
        self._thread = ServerThread(self._door, host=self._host, port=port, tls=tls)
        self._old_threads: list[ServerThread] = []
        self._webhook = self._engine.credentials.add_webhook(self.scopes)

    # -- running --------------------------------------------------------------------------

    def start(self) -> Self:
        """Listen. Returns when requests are accepted.

        Raises:
            OSError: the port is taken.
        """
        try:
            self._thread.start()
        except OSError:
            self.store.close()
            raise
        return self

    def stop(self) -> None:
        """Close every connection, end the thread and close the store."""
        for thread in (*self._old_threads, self._thread):
            thread.stop()
        self.events.courier.stop()
        if self._filed:
            self._registrations.save()
        self.store.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.start)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.stop)

    def __repr__(self) -> str:
        return f"LocalPortal(port={self.port}, running={self._thread.alive})"

    def _new_door(self) -> Door:
        return Door(self._engine, latency=self._latency, compress=self._compress)

    @contextmanager
    def _hit(self) -> Generator[None, None, None]:
        """The work of a request on a portal in a file: what it registers is written down."""
        with self.events.hit():
            yield
        self._registrations.save()

    def rename(self) -> None:
        """Move to another address, as an administrator can: the old one answers 302 from then on.

        Credentials and ``member_id`` stay what they are.
        """
        self._old_threads.append(self._thread)
        before, self._door = self._door, self._new_door()
        self._thread = ServerThread(self._door, host=self._host, tls=self._tls)
        self._thread.start()
        before.moved_to = lambda: self.token_url.removesuffix("/rest/")

    # -- addresses and credentials --------------------------------------------------------

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._thread.port

    @property
    def token_url(self) -> str:
        """Where calls with an OAuth token go: ``http://127.0.0.1:PORT/rest/``."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{self._scheme}://{host}:{self.port}/rest/"

    @property
    def url(self) -> str:
        """The address of a webhook of user 1 with every scope; holds its secret."""
        return f"{self.token_url}{self._webhook.user_id}/{self._webhook.secret}/"

    @property
    def scopes(self) -> frozenset[str]:
        """Every scope that some method needs."""
        classic = {method.scope for method in self._engine.registry.values()}
        v3 = {method.scope for method in self._engine.v3.registry.values()}
        return frozenset(scope for scope in classic | v3 if scope)

    def add_webhook(
        self, *, user_id: int = 1, scope: Iterable[str] | None = None, admin: bool = True, login: str = ""
    ) -> str:
        """Create another webhook and give its address; by default with every scope."""
        hook = self._engine.credentials.add_webhook(
            self.scopes if scope is None else scope, user_id=user_id, admin=admin, login=login
        )
        return f"{self.token_url}{user_id}/{hook.secret}/"

    def issue_token(
        self,
        user_id: int = 1,
        scope: Iterable[str] | None = None,
        expires_in: float = 3600.0,
        *,
        client_id: str = "local.app",
        admin: bool = True,
    ) -> str:
        """An OAuth access token that is good for ``expires_in`` seconds of the portal's clock."""
        token = self._engine.credentials.issue_token(
            self.scopes if scope is None else scope,
            user_id=user_id,
            expires_at=self._clock() + expires_in,
            client_id=client_id,
            admin=admin,
        )
        return token.value

    @property
    def oauth_url(self) -> str:
        """The token endpoint: ``http://127.0.0.1:PORT/oauth/token/``."""
        return self.token_url.removesuffix("rest/") + "oauth/token/"

    @property
    def oauth(self) -> AuthorizationServer:
        """The authorization server: codes, tokens, and how often it was asked."""
        return self._engine.oauth

    def delete(self) -> None:
        """Delete the portal, as its owner can: whatever is called answers PORTAL_DELETED."""
        self._engine.deleted = True

    def end_plan(self) -> None:
        """Let the portal fall back to a plan without REST: every credential is refused."""
        self._engine.credentials.without_plan = True

    def dismiss(self, user_id: int) -> None:
        """Dismiss a user: tokens and webhooks that act for the user are refused from then on."""
        self.store.update("user", user_id, {"ACTIVE": "N"})
        self._engine.credentials.dismissed.add(user_id)

    def revoke(self, secret: str) -> None:
        """Forget a token, or a webhook by its secret or its address."""
        self._engine.credentials.revoke(secret.rstrip("/").rpartition("/")[2])

    def hold(self, who: str) -> None:
        """Block a webhook (by address or secret) or a client id by hand: OVERLOAD_LIMIT from then on."""
        self._engine.credentials.hold(who.rstrip("/").rpartition("/")[2])

    def release(self, who: str) -> None:
        """Undo :meth:`hold`."""
        self._engine.credentials.release(who.rstrip("/").rpartition("/")[2])

    # -- behaviour ------------------------------------------------------------------------

    @property
    def faults(self) -> Faults:
        """The failures to play; may be changed at any time."""
        return self._engine.faults

    @property
    def churn(self) -> Churn | None:
        """What others change between requests; may be set at any time."""
        return self._churn

    @churn.setter
    def churn(self, churn: Churn | None) -> None:
        self._churn = churn
        self._engine.churn = None if churn is None else lambda: churn.step(self.store)

    def spend(self, method: str, seconds: float) -> None:
        """Let others use up operating time of a method: what counts for the webhook of :attr:`url`.

        Direct and batched calls of it are refused with OPERATION_TIME_LIMIT once more than the
        plan's ``operating`` seconds were used within ten minutes.
        """
        hook = {"aplogin": str(self._webhook.user_id), "ap": self._webhook.secret}
        self._engine.spend(self._engine.credentials.identify(hook, "", self._clock()), method, seconds)

    def register(self, name: str, handler: Handler, *, scope: str | None = None) -> None:
        """Add a REST method of one's own, or replace one."""
        self._engine.registry[name.lower()] = Method(handler, scope)

    def register_v3(self, name: str, method: V3Method) -> None:
        """Add a method of REST 3.0, or replace one; the case of its name counts."""
        self._engine.v3.registry[name] = method

    # -- what happened --------------------------------------------------------------------

    @property
    def stats(self) -> Stats:
        """Exact sums over everything served since the start or ``stats.reset()``."""
        return self._engine.stats

    @property
    def log(self) -> deque[RequestRecord]:
        """The last thousand requests, oldest first, without secrets."""
        return self._engine.log
