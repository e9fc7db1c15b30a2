"""From an HTTP request to a method name and its parameters.

Addresses: ``/rest/{user}/{secret}/{method}`` (webhook) and ``/rest/{method}`` (token), each with
an optional trailing slash and an optional ``.json`` or ``.xml`` suffix; ``/rest/api/...`` belongs to
version 3, ``/oauth/token/`` to the authorization server, ``/oauth/authorize/`` to the user's consent. Several
slashes in a row count as one.

Parameters: the query string, then for POST the body over it, then the path. A body is JSON only if
its media type says so; JSON that can't be read is ignored without a word, and a body with any
other or no media type is read as a query string.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any, Literal
from urllib.parse import unquote

from b24orm.emulator.php import array_key, intval, is_list, is_map, parse_str, register_pairs
from b24orm.emulator.phpjson import NotJson, decode

__all__ = ["Incoming", "Route", "parameters", "route", "take_start"]

_SUFFIXES = ("json", "xml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """An HTTP request as far as the portal looks at it. ``path`` and ``query`` are still encoded.

    Attributes:
        origin: scheme and host, as the client spelled them.
        range, agent: the headers ``Range`` and ``User-Agent``.
    """

    verb: str
    path: str = field(repr=False)
    query: str = field(default="", repr=False)
    content_type: str = ""
    authorization: str = field(default="", repr=False)
    body: bytes = field(default=b"", repr=False)
    idempotency_key: str | None = None
    remote: str = "127.0.0.1"
    origin: str = "https://portal.example"
    range: str = ""
    agent: str = "somebody/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where an address leads.

    Attributes:
        api: ``v2``, ``v3``, ``oauth`` (the token endpoint), ``consent``, ``page`` (a page of the portal), or
            ``none`` (no REST address).
        method: the name as sent, without its suffix; of a page its script.
        transport: ``json`` or ``xml``.
        params: ``aplogin`` and ``ap`` of a webhook address.
    """

    api: Literal["v2", "v3", "oauth", "consent", "page", "none"]
    method: str = ""
    transport: Literal["json", "xml"] = "json"
    params: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)


def route(path: str) -> Route:
    """Read an address.

    >>> route("/rest/1/secret/CRM.Deal.List.xml/").method
    'CRM.Deal.List'
    >>> route("/rest//crm.deal.list").method
    'crm.deal.list'
    """
    path = re.sub("/+", "/", path)
    if path.removesuffix("/") == "/oauth/token":
        return Route(api="oauth")
    if path.removesuffix("/") == "/oauth/authorize":
        return Route(api="consent")
    if path.startswith("/bitrix/"):
        return Route(api="page", method=path.rpartition("/")[2])
    if not path.startswith("/rest/"):
        return Route(api="none")
    parts = [unquote(part) for part in path[len("/rest/") :].removesuffix("/").split("/")]
    if parts[0] == "api" and len(parts) in (2, 4):
        hook = {"aplogin": parts[1], "ap": parts[2]} if len(parts) == 4 else {}
        return Route(api="v3", method=parts[-1], params=hook)
    if len(parts) == 1:
        return _v2(parts[0], {})
    if len(parts) == 3:
        return _v2(parts[2], {"aplogin": parts[0], "ap": parts[1]})
    return Route(api="none")


def _v2(name: str, params: Mapping[str, str]) -> Route:
    stem, dot, suffix = name.rpartition(".")
    if dot and stem and suffix.lower() in _SUFFIXES:
        return Route(
            api="v2", method=stem, transport="xml" if suffix.lower() == "xml" else "json", params=params
        )
    return Route(api="v2", method=name, params=params)


def parameters(incoming: Incoming, place: Route) -> dict[str, Any]:
    """Everything the request says, credentials included; later sources win at top level."""
    params = parse_str(incoming.query)
    if incoming.verb == "POST":
        params.update(_body(incoming))
    params.update(place.params)
    params.pop("method", None)
    return dict(_renumbered(params.items()))


def take_start(params: dict[str, Any]) -> int | None:
    """Remove ``start`` as the server does before a method runs; None if absent or null."""
    return None if params.get("start") is None else intval(params.pop("start"))


def _body(incoming: Incoming) -> Mapping[str, Any]:
    media = incoming.content_type.partition(";")[0].strip().lower()
    if media == "application/json" or "+json" in media:
        return _json(incoming.body)
    if media == "multipart/form-data":
        return register_pairs(_form_parts(incoming))
    return parse_str(incoming.body.decode("utf-8", "replace").strip())


def _json(body: bytes) -> Mapping[str, Any]:
    try:
        value = decode(body)
    except NotJson:
        return {}
    if is_map(value):
        return value
    return {str(place): item for place, item in enumerate(value)} if is_list(value) else {}


def _form_parts(incoming: Incoming) -> Iterable[tuple[str, str]]:
    """The plain fields of a multipart body; uploaded files are not parameters."""
    head = f"Content-Type: {incoming.content_type}\r\n\r\n".encode("utf-8", "replace")
    message = BytesParser(_class=EmailMessage, policy=policy.HTTP).parsebytes(head + incoming.body)
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        if isinstance(name, str) and part.get_filename() is None:
            content = part.get_payload(decode=True)
            yield name, content.decode("utf-8", "replace") if isinstance(content, bytes) else ""


def _renumbered(items: Iterable[tuple[str, Any]]) -> Iterable[tuple[str, Any]]:
    """Integer names are counted anew from 0, as merging PHP arrays does."""
    count = 0
    for name, value in items:
        if isinstance(array_key(name), int):
            yield str(count), value
            count += 1
        else:
            yield name, value
