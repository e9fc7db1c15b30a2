"""Connecting: the usual way to a portal."""

from __future__ import annotations

import ssl
from collections.abc import Collection

from aiohttp import ClientSession

from b24orm.entity.rows import OnInvalid
from b24orm.executor.exchange import OnRequest
from b24orm.executor.limits import RateLimits, RedisLimits
from b24orm.executor.outage import GIVE_UP_AFTER
from b24orm.executor.progress import ProgressMode
from b24orm.portal import current
from b24orm.portal.client import hidden
from b24orm.portal.portal import Portal
from b24orm.transport.auth.base import Credentials
from b24orm.transport.auth.function import TokenSource
from b24orm.transport.auth.secret import Secret

__all__ = ["connect"]


def connect(
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
) -> Portal:
    """Connects to a portal and makes it the default for every model.

    Args:
        url: the webhook, ``https://PORTAL/rest/USER_ID/SECRET/``; or the credentials that an
            :class:`App` has; without it ``B24_WEBHOOK_URL`` is read.
        plan: ``standard`` (50 requests at once, then 2 a second), ``enterprise`` (250, 5),
            ``unlimited``, or :class:`RateLimits`.
        limits: :class:`RedisLimits` makes what ``plan`` permits one budget of many processes and hosts.
        progress: show progress bars: True, False, or ``auto`` (on a terminal, after a second).
        timeout: seconds for one request; the cloud itself cuts requests at 60.
        give_up_after: seconds without any answer, after which nothing is tried again and nothing new is
            sent but a request each half minute; a bulk write ends with :class:`~b24orm.errors.JobStopped`.
        verify_ssl: False, or an SSLContext of your own, changes how certificates are checked.
        session: an aiohttp session to send with; it is left open. It must belong to the event loop that
            requests are sent on, so give it to an :class:`AsyncPortal`; without one the proxy that the system
            names is used.
        allow_http: accept plain http, which shows the secret to everybody on the way.
        on_invalid: a value that does not fit its field: ``raise`` InvalidRow, or ``keep`` it as the
            server sent it, with a warning.
        token_func: brings OAuth tokens, when there is none yet and when the portal says that one has
            ended; asynchronous or not. The URL is ``https://PORTAL/rest/`` then.
        trusted_hosts: hosts besides those of Bitrix24's cloud that the portal may move to.
        on_request: called with an :class:`Exchange` for every HTTP request, on the thread that sent it, for
            metrics and traces; it must not block.

    Raises:
        NotConfigured: no URL was given and the variable is not set.
        InvalidValue: the URL is no webhook.

    >>> connect("https://acme.bitrix24.com/rest/1/abc123/", plan="enterprise")
    <Portal acme.bitrix24.com>
    """
    where = hidden(url)
    del url  # the frames of a traceback show what they hold
    portal = Portal(
        where,
        plan=plan,
        limits=limits,
        progress=progress,
        timeout=timeout,
        give_up_after=give_up_after,
        verify_ssl=verify_ssl,
        session=session,
        allow_http=allow_http,
        on_invalid=on_invalid,
        token_func=token_func,
        trusted_hosts=trusted_hosts,
        on_request=on_request,
    )
    current.set_default(portal)
    return portal
