"""Which proxy the way to a portal goes through: the one that the system, or its environment, names."""

from __future__ import annotations

from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from b24orm.errors import NotConfigured
from b24orm.transport.auth.hosts import is_loopback

__all__ = ["proxy_for"]


def proxy_for(scheme: str, host: str) -> str | None:
    """The address of the proxy on the way to a host; None if there is none, and for this machine itself.

    It is named by ``HTTPS_PROXY``, ``HTTP_PROXY`` and ``ALL_PROXY``, and hosts that need none by
    ``NO_PROXY``; without them by the settings of Windows and macOS.

    Args:
        scheme: ``https``, or ``http``.
        host: with its port, if that is not the scheme's own.

    Raises:
        NotConfigured: it is no proxy that speaks HTTP.

    >>> proxy_for("http", "127.0.0.1:8080")
    """
    if is_loopback(urlsplit(f"//{host}").hostname or "") or proxy_bypass(host):
        return None
    named = getproxies()
    found = named.get(scheme) or named.get("all") or ""
    del named  # they may hold a password, and the frames of a traceback show what they hold
    spoken, _, rest = found.rpartition("://")
    del found
    if spoken not in ("", "http", "https"):
        del rest
        raise NotConfigured(f"the proxy for {host} speaks {spoken}: b24orm needs one that speaks HTTP")
    return f"{spoken or 'http'}://{rest}" if rest else None
