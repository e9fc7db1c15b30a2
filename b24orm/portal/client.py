"""What both kinds of portal are made of."""

from __future__ import annotations

import os
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Generator, Mapping
from contextlib import aclosing, contextmanager
from typing import TYPE_CHECKING, Any, cast

from aiohttp import ClientSession

from b24orm.entity.rows import OnInvalid
from b24orm.errors import B24Error, InvalidValue, NotConfigured, PortalClosed, UsageError
from b24orm.events.methods import EventMethods
from b24orm.executor import rest
from b24orm.executor.all_rows import all_rows
from b24orm.executor.exchange import OnRequest
from b24orm.executor.executor import Executor
from b24orm.executor.limits import RateLimits, RedisLimits, limits_for, portal_limits
from b24orm.executor.outage import GIVE_UP_AFTER
from b24orm.executor.progress import Progress, ProgressMode
from b24orm.executor.sender import Sender
from b24orm.guard import guard
from b24orm.plan.flow import Flow, Page
from b24orm.portal.twins import TwinCalls
from b24orm.tracebacks import bare
from b24orm.transport.auth.base import Credentials
from b24orm.transport.auth.function import TokenFunction, TokenSource
from b24orm.transport.auth.secret import Secret
from b24orm.transport.auth.webhook import Webhook
from b24orm.transport.http import HttpTransport

if TYPE_CHECKING:
    from b24orm.executor.files import Files
    from b24orm.portal.files import AnyPortal, PortalFiles

__all__ = ["Client", "Source", "hidden"]

Source = Callable[[Executor], AsyncGenerator[Page, None]]
_VARIABLE = "B24_WEBHOOK_URL"


class Client(EventMethods, TwinCalls):
    """What both kinds of portal are made of."""

    def __init__(
        self,
        url: str | Secret | Credentials | None = None,
        *,
        plan: str | RateLimits = "standard",
        limits: RedisLimits | None = None,
        progress: ProgressMode = "auto",
        timeout: float | int = 60,
        give_up_after: float | int = GIVE_UP_AFTER,
        verify_ssl: bool | ssl.SSLContext = True,
        session: ClientSession | None = None,
        allow_http: bool = False,
        on_invalid: OnInvalid = "raise",
        token_func: TokenSource | None = None,
        trusted_hosts: Collection[str] = (),
        on_request: OnRequest | None = None,
    ) -> None:
        self._closed = False
        self._pid = -1
        self._executor: Executor | None = None
        self._transport: HttpTransport | None = None
        where = hidden(url)
        del url  # the frames of a traceback show what they hold
        self._credentials: Credentials = _credentials(
            where, token_func, allow_http=allow_http, trusted_hosts=trusted_hosts
        )
        self._set_up(
            plan=plan,
            limits=limits,
            progress=progress,
            timeout=timeout,
            give_up_after=give_up_after,
            verify_ssl=verify_ssl,
            session=session,
            on_invalid=on_invalid,
            on_request=on_request,
        )

    @guard
    def _set_up(
        self,
        *,
        plan: str | RateLimits,
        limits: RedisLimits | None,
        progress: ProgressMode = "auto",  # defaults need no check
        timeout: float | int,
        give_up_after: float | int,
        verify_ssl: bool | ssl.SSLContext,
        session: ClientSession | None,
        on_invalid: OnInvalid = "raise",
        on_request: OnRequest | None,
    ) -> None:
        if not timeout > 0:
            raise InvalidValue(f"timeout must be a positive number of seconds, not {timeout!r}")
        if not give_up_after > 0:
            raise InvalidValue(f"give_up_after must be a positive number of seconds, not {give_up_after!r}")
        self.on_invalid: OnInvalid = on_invalid
        self._limits = limits_for(plan)
        self._shared = limits
        self._timeout = float(timeout)
        self._give_up_after = float(give_up_after)
        self._verify_ssl = verify_ssl
        self._session = session
        self._progress: ProgressMode = progress
        self._on_request = on_request

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
        if self._moved_on() or self._executor is None or self._pid != os.getpid():
            if self._transport is not None:
                self._transport.abandon()
            transport = self._transport = HttpTransport(verify_ssl=self._verify_ssl, session=self._session)
            limits = (portal_limits if self._shared is None else self._shared.open)(self.host, self._limits)
            sender = Sender(
                transport,
                self._credentials,
                limits,
                timeout=self._timeout,
                give_up_after=self._give_up_after,
                on_request=self._on_request,
            )
            self._executor = Executor(sender)
            self._pid = os.getpid()
            self._opened(self._executor)
        return self._executor

    @property
    def files(self) -> PortalFiles:
        """The contents of this portal's files: read, written to this machine, uploaded to the disk."""
        from b24orm.portal.files import PortalFiles  # which few scripts use

        return PortalFiles(cast("AnyPortal", self))

    def file_work(self) -> Files:
        """What reads and uploads files; to be used on the portal's own loop only."""
        from b24orm.executor.files import Files

        executor = self._open()
        assert self._transport is not None
        return Files(executor, self._transport)

    def _moved_on(self) -> bool:
        """Whether the executor belongs to an event loop that has ended."""
        return False

    def _opened(self, executor: Executor) -> None:
        """Called with each new executor."""

    async def _watched(
        self, source: AsyncGenerator[Page, None], label: str, flow: Flow | None
    ) -> AsyncIterator[Page]:
        """The pages of a source, counted by a progress bar."""
        with self.progress(label) as bar:
            async with aclosing(source):  # who leaves early ends what is under way
                try:
                    async for page in source:
                        bar.add(len(page), flow=flow)
                        yield page
                except B24Error as error:
                    raise bare(error)  # noqa: B904 - the same error, without the way it took

    def progress(self, label: str) -> Progress:
        """A count of rows, shown as the portal's progress bars are."""
        return Progress(self._progress, label)

    def stream(self, source: Source, label: str, flow: Flow | None = None) -> AsyncIterator[Page]:
        """The pages of a source, on the loop that the portal's connections belong to."""
        return self._watched(source(self._open()), label, flow)

    async def _get_all(self, method: str, params: Mapping[str, Any] | None) -> Any:
        if rest.answers_a_map(method):
            return await rest.answer(self._open(), method, params)
        pages = self.stream(lambda executor: all_rows(executor, method, params or {}), method)
        return [row async for page in pages for row in page]

    def __repr__(self) -> str:
        state = " closed" if self._closed else ""
        return f"<{type(self).__name__} {self.host}{state}>"

    @contextmanager
    def slow(self, max_concurrent_requests: int = 1) -> Generator[None, None, None]:
        """Limits how many requests are under way at once, within the block; of several the narrowest counts.

        >>> with portal.slow():                                      # doctest: +SKIP
        ...     portal.get_all("crm.deal.list")
        """
        if max_concurrent_requests < 1:
            raise InvalidValue(f"max_concurrent_requests must be at least 1, not {max_concurrent_requests}")
        with self._open().sender.gate.narrowed(max_concurrent_requests):
            yield


def hidden(url: Any) -> Any:
    """What names a portal, such that no traceback shows it; an error is a value here, for the same reason.

    Text becomes a Secret; credentials, and what went through here before, stay what they are.
    """
    if url is None or url == "":
        url = os.environ.get(_VARIABLE)
        if not url:
            return NotConfigured(f"no portal: pass the URL of a webhook, or set {_VARIABLE}")
    if isinstance(url, str):
        return Secret(url)
    if isinstance(url, (Secret, UsageError)) or (hasattr(url, "access") and hasattr(url, "redact")):
        return url
    kind = type(url).__name__
    hint = "; those of an App are app.credentials(member_id)" if hasattr(url, "credentials") else ""
    return InvalidValue(f"url is the address of a portal or its credentials, not {kind}{hint}")


@guard
def _credentials(
    where: Any, token_func: TokenSource | None, *, allow_http: bool, trusted_hosts: Collection[str] = ()
) -> Any:
    if isinstance(where, UsageError):
        raise where
    if not isinstance(where, Secret):
        if token_func is not None:
            raise InvalidValue("token_func is for a URL; these credentials get their tokens themselves")
        if trusted_hosts or allow_http:
            raise InvalidValue("trusted_hosts and allow_http are for a URL; give them to the App")
        return where
    if token_func is not None:
        return TokenFunction(where, token_func, allow_http=allow_http, trusted_hosts=trusted_hosts)
    return Webhook.parse(where, allow_http=allow_http, trusted_hosts=trusted_hosts)
