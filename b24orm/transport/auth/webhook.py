"""Inbound webhooks: the address of a portal with a user's secret in it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from b24orm.errors import InvalidValue
from b24orm.transport.auth.base import Access

__all__ = ["Webhook"]

_PATH: Final = re.compile(r"/rest/(\d+)/([A-Za-z0-9_-]+)(?:/.*)?\Z")
_PORTS: Final = {"http": 80, "https": 443}
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_SHAPE: Final = "https://PORTAL/rest/USER_ID/SECRET/"


@dataclass(frozen=True, slots=True)
class Webhook:
    """Credentials of an inbound webhook.

    Attributes:
        base: the portal's address up to ``/rest``.
        host: the portal's host, with the port if there is one.
        user_id: the user whose rights the webhook has.
    """

    base: str
    host: str
    user_id: int
    _secret: str = field(repr=False)

    @classmethod
    def parse(cls, url: str, *, allow_http: bool = False) -> Webhook:
        """The webhook that a URL describes.

        Args:
            url: as Bitrix24 shows it, with or without a method at the end.
            allow_http: accept plain http for hosts other than loopback.

        Raises:
            InvalidValue: the URL has another shape, or would send the secret in clear text.

        >>> Webhook.parse("https://acme.bitrix24.com/rest/1/abcdef123456/")
        Webhook(base='https://acme.bitrix24.com/rest', host='acme.bitrix24.com', user_id=1)
        """
        try:
            parts = urlsplit(url.strip())
            port = parts.port
        except ValueError:
            raise InvalidValue(f"this is no URL; a webhook looks like {_SHAPE}") from None
        match = _PATH.match(parts.path)
        if parts.scheme not in ("http", "https") or not parts.hostname or not match:
            raise InvalidValue(f"{_redacted(url)!r} is no webhook; it looks like {_SHAPE}")
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK and not allow_http:
            raise InvalidValue(
                f"http://{parts.hostname} would send the secret in clear text; use https, or allow_http=True"
            )
        name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        host = name if port in (None, _PORTS[parts.scheme]) else f"{name}:{port}"
        return cls(f"{parts.scheme}://{host}/rest", host, int(match[1]), match[2])

    async def access(self) -> Access:
        """The address is all there is."""
        return Access(self.base, self.host, f"{self.user_id}/{self._secret}/")

    async def renew(self, refused: Access) -> bool:  # noqa: ARG002 - the protocol's
        """A webhook does not expire."""
        return False

    def account(self, *, batched: bool) -> str:
        """Direct calls spend the webhook's own time, commands of batches that of all webhooks together.

        >>> Webhook.parse("https://acme.bitrix24.com/rest/1/abcdef123456/").account(batched=True)
        'webhooks'
        """
        if batched:
            return "webhooks"
        secret = f"{self.base}/{self.user_id}/{self._secret}"
        return f"webhook-{hashlib.sha256(secret.encode()).hexdigest()[:16]}"

    def redact(self, text: str) -> str:
        """The text without the secret."""
        return text.replace(self._secret, "***")

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a webhook holds a secret and is not pickled; pass the URL instead")


def _redacted(url: str) -> str:
    """The URL without anything that may be a secret: of the path, ``rest`` and a user id stay."""
    parts = urlsplit(url)
    shown = re.sub(r"(?<=/)(?!rest(?:/|\Z)|\d{1,6}(?:/|\Z))[^/]+", "***", parts.path)
    return f"{parts.scheme}://{parts.hostname or ''}{shown}" if parts.scheme else "***"
