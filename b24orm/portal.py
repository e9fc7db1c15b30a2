"""Portals: where queries and calls go.

:func:`connect` makes a synchronous :class:`Portal` and the default for every model;
:class:`AsyncPortal` is the same for asynchronous code.
"""

from __future__ import annotations

import os
import ssl
import weakref
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
    Coroutine,
    Generator,
    Iterable,
    Iterator,
    Mapping,
)
from contextlib import aclosing, contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, cast

from aiohttp import ClientSession

from b24orm.entity.rows import OnInvalid
from b24orm.errors import InvalidValue, NotConfigured, PortalClosed, UsageError
from b24orm.executor import rest
from b24orm.executor.executor import Executor
from b24orm.executor.limits import RateLimits, RedisLimits, limits_for, portal_limits
from b24orm.executor.progress import Progress, ProgressMode
from b24orm.executor.sender import Sender
from b24orm.guard import guard
from b24orm.loop import LoopThread, background
from b24orm.methods import NamedMethods
from b24orm.plan.flow import Flow, Page
from b24orm.transport.auth.webhook import Webhook
from b24orm.transport.http import HttpTransport

__all__ = ["AsyncPortal", "Portal", "connect", "current_portal"]

_T = TypeVar("_T")
Source = Callable[[Executor], AsyncGenerator[Page, None]]
if TYPE_CHECKING:
    Items = dict[str, Any] | Iterable[Mapping[str, Any]]
else:
    Items = Any  # checked one by one in _checked, which says more than a type hint could
_VARIABLE = "B24_WEBHOOK_URL"


class _Client:
    """What both kinds of portal are made of."""

    @guard
    def __init__(
        self,
        url: str | None = None,
        *,
        plan: str | RateLimits = "standard",
        limits: RedisLimits | None = None,
        progress: ProgressMode = "auto",
        timeout: float | int = 60,
        verify_ssl: bool | ssl.SSLContext = True,
        session: ClientSession | None = None,
        allow_http: bool = False,
        on_invalid: OnInvalid = "raise",
    ) -> None:
        self.on_invalid: OnInvalid = on_invalid
        address = url or os.environ.get(_VARIABLE)
        if not address:
            raise NotConfigured(f"no portal: pass the URL of a webhook, or set {_VARIABLE}")
        if not timeout > 0:
            raise InvalidValue(f"timeout must be a positive number of seconds, not {timeout!r}")
        self._credentials = Webhook.parse(address, allow_http=allow_http)
        self._limits = limits_for(plan)
        self._shared = limits
        self._timeout = float(timeout)
        self._verify_ssl = verify_ssl
        self._session = session
        self._progress: ProgressMode = progress
        self._closed = False
        self._pid = -1
        self._executor: Executor | None = None

    @property
    def host(self) -> str:
        """The portal's host."""
        return self._credentials.host

    @property
    def requests(self) -> int:
        """HTTP requests sent so far."""
        return self._executor.sender.requests if self._executor else 0

    @property
    def executor(self) -> Executor:
        """What sends this portal's calls; to be used on the portal's own loop only."""
        return self._open()

    @property
    def closed(self) -> bool:
        """Whether :meth:`close` was called."""
        return self._closed

    def _open(self) -> Executor:
        """The executor; a forked child gets one of its own, for connections can't be shared."""
        if self._closed:
            raise PortalClosed(f"the portal {self.host} was closed")
        if self._executor is None or self._pid != os.getpid():
            transport = HttpTransport(verify_ssl=self._verify_ssl, session=self._session)
            limits = (portal_limits if self._shared is None else self._shared.open)(self.host, self._limits)
            self._executor = Executor(Sender(transport, self._credentials, limits, timeout=self._timeout))
            self._pid = os.getpid()
            self._opened(self._executor)
        return self._executor

    def _opened(self, executor: Executor) -> None:
        """Called with each new executor."""

    async def _pages(
        self, source: AsyncGenerator[Page, None], label: str, flow: Flow | None = None
    ) -> AsyncIterator[Page]:
        with Progress(self._progress, label) as bar:
            async with aclosing(source):  # who leaves early ends what is under way
                async for page in source:
                    bar.add(len(page), flow.expected if flow is not None else None)
                    yield page

    def stream(self, source: Source, label: str, flow: Flow) -> AsyncIterator[Page]:
        """The pages of a source, on the loop that the portal's connections belong to."""
        return self._pages(source(self._open()), label, flow)

    async def _get_all(self, method: str, params: Mapping[str, Any] | None) -> Any:
        if rest.answers_a_map(method):
            return rest.unwrapped((await rest.call_one(self._open(), method, params or {})).result)
        source = rest.all_rows(self._open(), method, params or {})
        return [row async for page in self._pages(source, method) for row in page]

    async def _call(self, method: str, items: Items | None, *, raw: bool) -> Any:
        executor = self._open()
        if items is None or isinstance(items, Mapping):
            params: Mapping[str, Any] = cast("Mapping[str, Any]", items or {})
            reply = await rest.call_one(executor, method, params)
            return dict(reply.body or {}) if raw else rest.unwrapped(reply.result)
        listed = _checked(method, items)
        if raw:
            raise InvalidValue("call(raw=True) takes one set of parameters, not several")
        return await rest.call_many(executor, method, listed)

    def __repr__(self) -> str:
        state = " closed" if self._closed else ""
        return f"<{type(self).__name__} {self.host}{state}>"

    @contextmanager
    def slow(self, max_concurrent_requests: int = 1) -> Generator[None, None, None]:
        """Limits how many requests are under way at once, within the block.

        >>> with portal.slow():                                      # doctest: +SKIP
        ...     portal.get_all("crm.deal.list")
        """
        if max_concurrent_requests < 1:
            raise InvalidValue(f"max_concurrent_requests must be at least 1, not {max_concurrent_requests}")
        gate = self._open().sender.gate
        before = gate.limit(max_concurrent_requests)
        try:
            yield
        finally:
            gate.limit(before)


def _checked(method: str, items: Iterable[Any]) -> list[Mapping[str, Any]]:
    if isinstance(items, (str, bytes)) or not isinstance(items, Iterable):
        raise InvalidValue(f"call({method!r}) takes a dict of parameters or a list of them, not {items!r}")
    listed = list(items)
    for number, item in enumerate(listed):
        if not isinstance(item, Mapping):
            raise InvalidValue(f"call({method!r}): item {number} must be a dict of parameters, not {item!r}")
    return listed


class AsyncPortal(_Client, NamedMethods[Coroutine[Any, Any, Any]]):
    """A portal for asynchronous code.

    >>> async with AsyncPortal("https://acme.bitrix24.com/rest/1/secret/") as portal:   # doctest: +SKIP
    ...     deals = await portal.get_all("crm.deal.list", {"filter": {"STAGE_ID": "WON"}})

    Args:
        url: the webhook; without it ``B24_WEBHOOK_URL`` is read.
        plan: ``standard``, ``enterprise``, ``unlimited`` or :class:`RateLimits`.
        limits: :class:`RedisLimits` makes what ``plan`` permits one budget of many processes and hosts.
        progress: show progress bars: True, False, or ``auto`` (on a terminal, after a second).
        timeout: seconds for one request; the cloud itself cuts requests at 60.
        verify_ssl: False, or an SSLContext of your own, changes how certificates are checked.
        session: an aiohttp session to send with; it is left open.
        allow_http: accept plain http, which shows the secret to everybody on the way.
        on_invalid: a value that does not fit its field: ``raise`` InvalidRow, or ``keep`` it as the
            server sent it, with a warning.
    """

    async def __aenter__(self) -> AsyncPortal:
        global _default
        self._open()
        self._before = _default
        _default = self
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        global _default
        if _default is self:
            _default = self._before
        await self.close()

    async def close(self) -> None:
        """Closes the connections; calls after that are refused."""
        if self._executor is not None and not self._closed:
            await self._executor.close()
        self._closed = True

    @guard
    async def call(self, method: str, items: Items | None = None, *, raw: bool = False) -> Any:
        """The answer of a method; for a list of parameter sets, the answers in order.

        Args:
            method: the REST method, ``crm.deal.get``.
            items: its parameters, or a list of them, which is packed into batches.
            raw: the whole answer with ``time`` and ``total``, not only its result.

        Raises:
            ApiError: the server answered with an error.
            TransportError: no answer arrived.
        """
        return await self._call(method, items, raw=raw)

    @guard
    async def call_batch(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """A batch as the REST docs write it; the results by label. Rule: ``batch``."""
        return await rest.call_batch(self._open(), params)

    @guard
    async def get_all(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        """Every row of a list method, whatever the paging. ``order`` is kept, equals are kept.

        The answer is a list; of a ``*.fields`` method it is the dict of the fields by name.
        """
        return await self._get_all(method, params)

    @guard
    async def get_by_ID(  # noqa: N802 - the name that users know
        self,
        method: str,
        ID_list: Iterable[int | str],  # noqa: N803
        ID_field_name: str = "ID",  # noqa: N803
        params: Mapping[str, Any] | None = None,
    ) -> dict[Any, Any]:
        """What the method answers for each id, as a dict by id."""
        return await rest.get_by_id(self._open(), method, ID_list, ID_field_name, params or {})

    @guard
    async def list_and_get(self, method_branch: str, ID_field_name: str = "ID") -> dict[Any, Any]:  # noqa: N803
        """Everything ``branch.list`` lists, as ``branch.get`` answers it, by id."""
        return await rest.list_and_get(self._open(), method_branch, ID_field_name)

    async def arun(self, work: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        """Runs work on the portal's loop: the running one."""
        return await work()

    def astream(self, source: Source, label: str, flow: Flow) -> AsyncIterator[Page]:
        """The pages of a source."""
        return self.stream(source, label, flow)

    def run(self, work: Callable[[], Coroutine[Any, Any, _T]]) -> _T:  # noqa: ARG002
        """Refused: this portal's connections belong to your event loop."""
        raise UsageError(
            "an AsyncPortal can't be used synchronously: await the a-prefixed twin, or use connect()"
        )

    def iterate(self, source: Source, label: str, flow: Flow) -> Iterator[Page]:  # noqa: ARG002
        """Refused, as :meth:`run`."""
        raise UsageError("an AsyncPortal can't be used synchronously: use 'async for', or connect()")


class Portal(_Client, NamedMethods[Any]):
    """A portal for synchronous code; made by :func:`connect`.

    Its work happens on one background event loop, so it works in scripts, in notebooks, inside a
    running loop and from several threads.
    """

    def _opened(self, executor: Executor) -> None:
        """Sees to it that a portal that nobody holds any more lets go of its connections."""
        weakref.finalize(self, _let_go, executor, os.getpid())

    def __enter__(self) -> Portal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections; calls after that are refused."""
        global _default
        executor = self._executor
        if executor is not None and not self._closed and self._pid == os.getpid():
            self._loop.run(executor.close())
        self._closed = True
        if _default is self:
            _default = None

    @property
    def _loop(self) -> LoopThread:
        return background()

    def run(self, work: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        """Runs work on the background loop and waits for it."""
        self._open()
        return self._loop.run(work())

    def iterate(self, source: Source, label: str, flow: Flow) -> Iterator[Page]:
        """The pages of a source, one hop to the background loop a page."""
        return self._loop.iterate(self.stream(source, label, flow))

    async def arun(self, work: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        """Runs work on the background loop, awaited from any other."""
        self._open()
        return await self._loop.arun(work())

    def astream(self, source: Source, label: str, flow: Flow) -> AsyncIterator[Page]:
        """The pages of a source, for ``async for`` on any loop."""
        return self._loop.aiterate(self.stream(source, label, flow))

    @guard
    def call(self, method: str, items: Items | None = None, *, raw: bool = False) -> Any:
        """The answer of a method; for a list of parameter sets, the answers in order.

        Args:
            method: the REST method, ``crm.deal.get``.
            items: its parameters, or a list of them, which is packed into batches.
            raw: the whole answer with ``time`` and ``total``, not only its result.

        Raises:
            ApiError: the server answered with an error.
            TransportError: no answer arrived.
        """
        return self.run(lambda: self._call(method, items, raw=raw))

    @guard
    def call_batch(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """A batch as the REST docs write it; the results by label. Rule: ``batch``."""
        return self.run(lambda: rest.call_batch(self._open(), params))

    @guard
    def get_all(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        """Every row of a list method, whatever the paging. ``order`` is kept, equals are kept.

        The answer is a list; of a ``*.fields`` method it is the dict of the fields by name.
        """
        return self.run(lambda: self._get_all(method, params))

    @guard
    def get_by_ID(  # noqa: N802 - the name that users know
        self,
        method: str,
        ID_list: Iterable[int | str],  # noqa: N803
        ID_field_name: str = "ID",  # noqa: N803
        params: Mapping[str, Any] | None = None,
    ) -> dict[Any, Any]:
        """What the method answers for each id, as a dict by id."""
        return self.run(lambda: rest.get_by_id(self._open(), method, ID_list, ID_field_name, params or {}))

    @guard
    def list_and_get(self, method_branch: str, ID_field_name: str = "ID") -> dict[Any, Any]:  # noqa: N803
        """Everything ``branch.list`` lists, as ``branch.get`` answers it, by id."""
        return self.run(lambda: rest.list_and_get(self._open(), method_branch, ID_field_name))


def _let_go(executor: Executor, pid: int) -> None:
    """Closes an executor's connections on the background loop, without waiting in it."""
    if pid == os.getpid():
        background().finish(executor.close())


_default: Portal | AsyncPortal | None = None


@guard
def connect(
    url: str | None = None,
    *,
    plan: str | RateLimits = "standard",
    limits: RedisLimits | None = None,
    progress: ProgressMode = "auto",
    timeout: float | int = 60,
    verify_ssl: bool | ssl.SSLContext = True,
    session: ClientSession | None = None,
    allow_http: bool = False,
    on_invalid: OnInvalid = "raise",
) -> Portal:
    """Connects to a portal and makes it the default for every model.

    Args:
        url: the webhook, ``https://PORTAL/rest/USER_ID/SECRET/``; without it
            ``B24_WEBHOOK_URL`` is read.
        plan: ``standard`` (50 requests at once, then 2 a second), ``enterprise`` (250, 5),
            ``unlimited``, or :class:`RateLimits`.
        limits: :class:`RedisLimits` makes what ``plan`` permits one budget of many processes and hosts.
        progress: show progress bars: True, False, or ``auto`` (on a terminal, after a second).
        timeout: seconds for one request; the cloud itself cuts requests at 60.
        verify_ssl: False, or an SSLContext of your own, changes how certificates are checked.
        session: an aiohttp session to send with; it is left open.
        allow_http: accept plain http, which shows the secret to everybody on the way.
        on_invalid: a value that does not fit its field: ``raise`` InvalidRow, or ``keep`` it as the
            server sent it, with a warning.

    Raises:
        NotConfigured: no URL was given and the variable is not set.
        InvalidValue: the URL is no webhook.

    >>> connect("https://acme.bitrix24.com/rest/1/abc123/", plan="enterprise")
    <Portal acme.bitrix24.com>
    """
    global _default
    _default = Portal(
        url,
        plan=plan,
        limits=limits,
        progress=progress,
        timeout=timeout,
        verify_ssl=verify_ssl,
        session=session,
        allow_http=allow_http,
        on_invalid=on_invalid,
    )
    return _default


def current_portal() -> Portal | AsyncPortal:
    """The default portal.

    Raises:
        NotConfigured: none was connected.
    """
    if _default is None:
        raise NotConfigured("no portal is connected: call b24orm.connect(url) first, or .using(portal)")
    return _default
