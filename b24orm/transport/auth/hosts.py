"""Where credentials may go.

They belong to the portal that they were given for. A portal may be renamed, and then says so by a
redirect or in the answer of the authorization server. Such a word is followed only

- to https (to http only from http, between loopback addresses),
- within the zone of a cloud portal: from ``acme.bitrix24.eu`` to ``new.bitrix24.eu``, never to
  ``acme.example.com``, nor to another zone,
- or to a host that was named as trusted: a portal's own domain.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from b24orm.errors import InvalidValue, PortalMoved
from b24orm.transport.base import Request, Response

__all__ = [
    "allows",
    "check_moved",
    "endpoint_of",
    "host_of",
    "in_clear",
    "is_loopback",
    "named_hosts",
    "redirected",
]

_PORTS: Final = {"http": 80, "https": 443}
_CLOUD: Final = "bitrix24."
_LABEL: Final = re.compile(r"[a-z0-9-]+\Z")
_HOST: Final = re.compile(r"(?:[\w-]+(?:\.[\w-]+)*|\[[0-9a-f:]+\])(?::\d+)?\Z", re.IGNORECASE)
_REDIRECTS: Final = frozenset((301, 302, 307, 308))


def is_loopback(name: str) -> bool:
    """Whether a host is this machine.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost.example.com")
    (True, False)
    """
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def in_clear(url: str) -> bool:
    """Whether what is sent to an address can be read on its way.

    >>> in_clear("http://acme.local/rest"), in_clear("http://127.0.0.1/rest")
    (True, False)
    """
    parts = urlsplit(url)
    return parts.scheme == "http" and not is_loopback(parts.hostname or "")


def host_of(parts: SplitResult) -> str:
    """The host of an address, with the port if it is not the scheme's own.

    Raises:
        ValueError: the port is no number.

    >>> host_of(urlsplit("https://ACME.bitrix24.com:443/rest/"))
    'acme.bitrix24.com'
    """
    name = parts.hostname or ""
    shown = f"[{name}]" if ":" in name else name
    return shown if parts.port in (None, _PORTS.get(parts.scheme)) else f"{shown}:{parts.port}"


def endpoint_of(url: str) -> str | None:
    """The address up to ``/rest`` of a portal's REST address; None for anything else.

    >>> endpoint_of("https://acme.bitrix24.com/rest/")
    'https://acme.bitrix24.com/rest'
    """
    try:
        parts = urlsplit(url.strip())
        host = host_of(parts)
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not host or "@" in parts.netloc or not _rest(parts.path):
        return None
    return f"{parts.scheme}://{host}/rest"


def _rest(path: str) -> bool:
    return path == "/rest" or path.startswith("/rest/")


def redirected(url: str, location: str) -> str | None:
    """The portal's new address, if a redirect leads to the same path on another host.

    >>> redirected("https://a.bitrix24.com/rest/1/code/profile", "https://b.bitrix24.com/rest/1/code/profile")
    'https://b.bitrix24.com/rest'
    >>> redirected("https://a.bitrix24.com/rest/1/code/profile", "https://b.bitrix24.com/login")
    """
    base = endpoint_of(location)
    before, after = urlsplit(url), urlsplit(location.strip() if base else "")
    if base is None or before.path.rstrip("/") != after.path.rstrip("/") or endpoint_of(url) == base:
        return None
    return base


def check_moved(response: Response, request: Request) -> None:
    """Sees whether a portal answers that it has another address.

    Raises:
        PortalMoved: it does; this is no word on whether credentials may go there.
    """
    if response.status not in _REDIRECTS or response.location is None:
        return
    base = redirected(request.url, response.location)
    if base is not None:
        host = base.partition("://")[2].removesuffix("/rest")
        text = f"the portal has moved to {host}; if it is yours, name it in trusted_hosts"
        where: dict[str, Any] = {"method": request.label, "status": response.status, "host": request.host}
        raise PortalMoved("REDIRECTED", text, base=base, **where)


def allows(known: str, new: str, trusted: Collection[str] = ()) -> bool:
    """Whether credentials for one address may be sent to another one.

    Args:
        known: the address that they were given for, ``https://acme.bitrix24.com/rest``.
        new: where they are told to go.
        trusted: further hosts that they may go to.

    >>> allows("https://acme.bitrix24.com/rest", "https://new.bitrix24.com/rest")
    True
    >>> allows("https://acme.bitrix24.com/rest", "https://bitrix24.com.evil.example/rest")
    False
    """
    before, after = urlsplit(known), urlsplit(new)
    old, name = before.hostname or "", after.hostname or ""
    if is_loopback(old) and is_loopback(name):
        return before.scheme == "http" or after.scheme == "https"
    if after.scheme != "https":
        return False
    if host_of(after) in trusted:
        return True
    return after.port in (None, 443) and (name == old or _zone(name) == _zone(old) != "")


def _zone(name: str) -> str:
    """The cloud's domain that a portal stands right below."""
    label, _, zone = name.partition(".")
    return zone if zone.startswith(_CLOUD) and _LABEL.match(label) else ""


def named_hosts(hosts: Collection[str]) -> frozenset[str]:
    """Hosts that somebody named as trusted, in the spelling of :func:`host_of`.

    Raises:
        InvalidValue: one of them is an address, a pattern, or nothing.

    >>> named_hosts(["CRM.acme.com:8443"])
    frozenset({'crm.acme.com:8443'})
    """
    if isinstance(hosts, str):
        raise InvalidValue(f"trusted_hosts is a list of hosts: [{hosts!r}]")
    for host in hosts:
        if not _HOST.match(host):
            raise InvalidValue(f"trusted_hosts: {host!r} is no host; it looks like crm.acme.com")
    return frozenset(host.lower().removesuffix(":443") for host in hosts)
