"""Inbound webhooks: the address of a portal with a user's secret in it."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from b24orm.errors import InvalidValue
from b24orm.transport.auth import hosts
from b24orm.transport.auth.base import Access
from b24orm.transport.auth.secret import Secret

__all__ = ["Webhook"]

log: Final = logging.getLogger("b24orm")
_PATH: Final = re.compile(r"/rest/(\d+)/([A-Za-z0-9_-]+)(?:/.*)?\Z")
_SHAPE: Final = "https://PORTAL/rest/USER_ID/SECRET/"


@dataclass(slots=True)
class Webhook:
    """Credentials of an inbound webhook.

    Attributes:
        base: the portal's address up to ``/rest``; another one after the portal was renamed.
        host: the portal's host, with the port if there is one.
        user_id: the user whose rights the webhook has.
        trusted_hosts: hosts besides those of Bitrix24's cloud that the portal may move to.
    """

    base: str
    host: str
    user_id: int
    _secret: Secret = field(repr=False)
    trusted_hosts: frozenset[str] = field(default=frozenset(), repr=False)

    @classmethod
    def parse(
        cls, url: str | Secret, *, allow_http: bool = False, trusted_hosts: Collection[str] = ()
    ) -> Webhook:
        """The webhook that a URL describes.

        Args:
            url: as Bitrix24 shows it, with or without a method at the end.
            allow_http: accept plain http for hosts other than loopback.
            trusted_hosts: hosts that the portal may move to, besides those of Bitrix24's cloud.

        Raises:
            InvalidValue: the URL has another shape, or would send the secret in clear text.

        >>> Webhook.parse("https://acme.bitrix24.com/rest/1/abcdef123456/")
        Webhook(base='https://acme.bitrix24.com/rest', host='acme.bitrix24.com', user_id=1)
        """
        found = _taken_apart(url, allow_http=allow_http)
        if isinstance(found, InvalidValue):
            del url  # the frames of a traceback show what they hold
            raise found
        base, host, user_id, secret = found
        return cls(base, host, user_id, secret, hosts.named_hosts(trusted_hosts))

    async def access(self) -> Access:
        """The address is all there is."""
        return Access(self.base, self.host, f"{self.user_id}/{self._secret.reveal()}/")

    async def renew(self, refused: Access) -> bool:  # noqa: ARG002 - the protocol's
        """A webhook does not expire."""
        return False

    async def moved(self, base: str) -> bool:
        """Whether the secret may go to the portal's new address; remembered as long as this object lives."""
        if not hosts.allows(self.base, base, self.trusted_hosts):
            return False
        if base != self.base:
            text = "the portal %s has moved to %s; change the webhook's address where it is configured"
            log.warning(text, self.base, base)
            self.base, self.host = base, hosts.host_of(urlsplit(base))
        return True

    def account(self, *, batched: bool) -> str:
        """Direct calls spend the webhook's own time, commands of batches that of all webhooks together.

        >>> Webhook.parse("https://acme.bitrix24.com/rest/1/abcdef123456/").account(batched=True)
        'webhooks'
        """
        if batched:
            return "webhooks"
        secret = f"{self.base}/{self.user_id}/{self._secret.reveal()}"
        return f"webhook-{hashlib.sha256(secret.encode()).hexdigest()[:16]}"

    def redact(self, text: str) -> str:
        """The text without the secret."""
        return self._secret.redact(text)

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a webhook holds a secret and is not pickled; pass the URL instead")


def _taken_apart(url: str | Secret, *, allow_http: bool) -> tuple[str, str, int, Secret] | InvalidValue:
    """Base, host, user and secret."""
    text = url.reveal() if isinstance(url, Secret) else url
    try:
        parts = urlsplit(text.strip())
        host = hosts.host_of(parts)
    except ValueError:
        return InvalidValue(f"this is no URL; a webhook looks like {_SHAPE}")
    match = _PATH.match(parts.path)
    if parts.scheme not in ("http", "https") or not parts.hostname or not match:
        return InvalidValue(f"{_redacted(text)!r} is no webhook; it looks like {_SHAPE}")
    if hosts.in_clear(text) and not allow_http:
        return InvalidValue(
            f"http://{parts.hostname} would send the secret in clear text; use https, or allow_http=True"
        )
    return f"{parts.scheme}://{host}/rest", host, int(match[1]), Secret(match[2])


def _redacted(url: str) -> str:
    """The URL without anything that may be a secret: of the path, ``rest`` and a user id stay."""
    parts = urlsplit(url)
    shown = re.sub(r"(?<=/)(?!rest(?:/|\Z)|\d{1,6}(?:/|\Z))[^/]+", "***", parts.path)
    return f"{parts.scheme}://{parts.hostname or ''}{shown}" if parts.scheme else "***"
