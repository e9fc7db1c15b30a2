"""What the rest of the client needs to know of credentials."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from b24orm.transport.base import Request

__all__ = ["Access", "Credentials"]

_EMPTY: Final = b"{}"


@dataclass(frozen=True, slots=True)
class Access:
    """What one request is sent with: the credentials as they are at one moment.

    Attributes:
        base: the portal's address up to ``/rest``.
        host: the portal's host, with the port if there is one.
        path: what stands between the base and the method; holds the secret of a webhook.
        token: an OAuth access token, or nothing.
    """

    base: str
    host: str
    path: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    def url(self, method: str, *, v3: bool = False) -> str:
        """Where a method is called, classic or of REST 3.0. May hold a secret.

        >>> Access("https://acme.bitrix24.com/rest", "acme.bitrix24.com").url("tasks.task.get", v3=True)
        'https://acme.bitrix24.com/rest/api/tasks.task.get'
        """
        return f"{self.base}/{'api/' if v3 else ''}{self.path}{method}"

    def request(
        self,
        method: str,
        body: bytes,
        timeout: float,
        *,
        v3: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> Request:
        """The request that calls a method with a JSON body, and with everything that says who calls.

        A token travels as ``auth`` in the body, where every portal reads it. REST 3.0 is given it in
        a header: it compares bodies under one ``Idempotency-Key``, and a token may be renewed
        between two tries of the same write.
        """
        extra = dict(headers or {})
        if self.token and v3:
            extra["Authorization"] = f"Bearer {self.token}"
        elif self.token:
            body = _with_token(body, self.token)
        return Request(self.url(method, v3=v3), body, timeout, method, self.host, headers=extra)


def _with_token(body: bytes, token: str) -> bytes:
    """The JSON object with ``auth`` in it."""
    comma = b"" if body == _EMPTY else b","
    return body[:-1] + comma + b'"auth":' + json.dumps(token).encode() + b"}"


class Credentials(Protocol):
    """Who calls, and where.

    The order of things: :meth:`access` before each request; :meth:`renew` when the portal answers
    that the access is out of date, :meth:`moved` when it answers from another address.
    """

    @property
    def host(self) -> str:
        """The portal's host, with the port if there is one."""
        ...

    async def access(self) -> Access:
        """What the next request is sent with.

        Raises:
            B24Error: there is none to be had.
        """
        ...

    async def renew(self, refused: Access) -> bool:
        """Whether there is another access now than the one that the portal found out of date.

        Raises:
            B24Error: a new one was asked for and refused.
        """
        ...

    async def moved(self, base: str) -> bool:
        """Whether these credentials may go to the portal's new address; if so they do from now on.

        Args:
            base: the address up to ``/rest`` that the portal redirects to.
        """
        ...

    def account(self, *, batched: bool) -> str:
        """Whose operating time calls spend; a name that tells no secret and is the same everywhere.

        Args:
            batched: whether the calls are commands of a batch.
        """
        ...

    def redact(self, text: str) -> str:
        """The text without any secret of these credentials."""
        ...
