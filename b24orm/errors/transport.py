"""No answer arrived."""

from __future__ import annotations

from b24orm.errors.base import B24Error

__all__ = [
    "ConnectFailed",
    "Disconnected",
    "PortalDown",
    "TimedOut",
    "TransportError",
    "UntrustedCertificate",
]


class TransportError(B24Error):
    """No answer arrived.

    Attributes:
        method: the REST method, if known.
        host: the portal's host.
    """

    def __init__(self, text: str, *, method: str | None = None, host: str | None = None) -> None:
        self.text = text
        self.method = method
        self.host = host
        where = " ".join(part for part in (method or "", f"on {host}" if host else "") if part)
        super().__init__(f"{where}: {text}" if where else text)

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild_transport, (type(self), self.text, self.method, self.host))


def _rebuild_transport(cls: type[TransportError], text: str, *where: str | None) -> TransportError:
    return cls(text, method=where[0], host=where[1])


class ConnectFailed(TransportError):
    """The request never reached the portal, so nothing was executed."""


class PortalDown(ConnectFailed):
    """The request was not sent: the portal has answered nothing for ``give_up_after`` seconds and longer.

    Every half minute one request is sent all the same, to see whether the portal is back.
    """


class UntrustedCertificate(ConnectFailed):
    """Who answers can't prove to be the portal. Another try would end the same way, so there is none."""


class TimedOut(TransportError):
    """No answer in time. Whether a write was executed is unknown."""


class Disconnected(TransportError):
    """The connection broke. Whether a write was executed is unknown."""
