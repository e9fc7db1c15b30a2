"""What the portal sends: ordinary answers, gateway pages, and answers spoiled by a fault."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

from b24orm.emulator.envelope import json_bytes
from b24orm.emulator.faults import STATUS, Fault
from b24orm.emulator.limits import Meter
from b24orm.emulator.stats import CallRecord
from b24orm.emulator.v3.refusals import access_denied

__all__ = ["CONTENT_TYPES", "Reply", "gateway_page", "json_reply", "spoil"]

CONTENT_TYPES: Final = MappingProxyType(
    {"json": "application/json; charset=utf-8", "xml": "text/xml; charset=utf-8", "html": "text/html"}
)
_OPEN_TO_BROWSERS: Final = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Headers", "origin, content-type, accept"),
    ("X-Content-Type-Options", "nosniff"),
)
_PAGE: Final = "<html><head><title>{0} {1}</title></head><body><h1>{0} {1}</h1></body></html>"


@dataclass(slots=True, kw_only=True)
class Reply:
    """What to send, and what is still to be settled after it was sent.

    Attributes:
        status: the HTTP status; 0 if the connection is to fail instead.
        seconds: modelled seconds that the request took.
        fault: how the sending is to fail, if it is.
        meter: operating time to enter once the answer is out.
        calls: the method calls that ran.
    """

    status: int
    body: bytes = b""
    content_type: str = CONTENT_TYPES["json"]
    headers: tuple[tuple[str, str], ...] = _OPEN_TO_BROWSERS
    seconds: float = 0.0
    fault: Fault | None = None
    meter: Meter | None = None
    calls: tuple[CallRecord, ...] = ()


def json_reply(status: int, body: Mapping[str, Any]) -> Reply:
    """An answer that took no time."""
    return Reply(status=status, body=json_bytes(body))


def gateway_page(reply: Reply, status: int) -> Reply:
    """The reply with its answer lost behind a gateway's HTML page; the work done stays noted."""
    reply.status, reply.content_type, reply.headers = status, CONTENT_TYPES["html"], ()
    reply.body = _PAGE.format(status, HTTPStatus(status).phrase).encode()
    return reply


def spoil(reply: Reply, fault: Fault, address: str) -> Reply:
    """Apply a fault to a reply. What concerns the connection itself is left to the server."""
    reply.fault = fault
    return _SPOILERS[fault.kind](reply, fault, address)


def _page(reply: Reply, fault: Fault, _: str) -> Reply:
    return gateway_page(reply, STATUS[fault.kind])


def _error(reply: Reply, fault: Fault, address: str) -> Reply:
    error, text = _ERRORS[fault.kind]
    reply.status = STATUS[fault.kind]
    if STATUS[fault.kind] == HTTPStatus.UNAUTHORIZED and address.startswith("/rest/api/"):
        reply.body = json_bytes(access_denied(reply.status).body())
        return reply
    reply.body = json_bytes({"error": error, "error_description": text})
    return reply


def _truncate(reply: Reply, _: Fault, __: str) -> Reply:
    reply.body = reply.body[: len(reply.body) // 2]
    return reply


def _mistype(reply: Reply, _: Fault, __: str) -> Reply:
    reply.content_type = CONTENT_TYPES["html"]
    return reply


def _redirect(reply: Reply, fault: Fault, address: str) -> Reply:
    gateway_page(reply, STATUS[fault.kind])
    reply.headers = (("Location", fault.location.rstrip("/") + address),)
    return reply


def _silence(reply: Reply, _: Fault, __: str) -> Reply:
    reply.status = 0
    return reply


def _unchanged(reply: Reply, _: Fault, __: str) -> Reply:
    return reply


_ERRORS: Final = {
    "rate_limited": ("QUERY_LIMIT_EXCEEDED", "Too many requests"),
    "expired_token": ("expired_token", "The access token provided has expired"),
    "connection_error": ("CONNECTION_ERROR", "Error connecting to authorization server"),
}
_SPOILERS: Final[dict[str, Callable[[Reply, Fault, str], Reply]]] = {
    "rate_limited": _error,
    "expired_token": _error,
    "connection_error": _error,
    "unavailable": _page,
    "server_error": _page,
    "bad_gateway": _page,
    "gateway_timeout": _page,
    "redirect": _redirect,
    "html_page": _page,
    "half_done": _page,
    "half_answered": _unchanged,
    "truncated_json": _truncate,
    "wrong_content_type": _mistype,
    "cut_body": _unchanged,
    "reset_before": _silence,
    "reset_after": _silence,
    "hang": _silence,
}
