"""Answers whose body is read piece by piece: whether they are the file that was asked for, and its name.

A portal says in many ways that it does not give a file away, most of them with HTTP 200: JSON, a few words,
the page to log in, the page of its web server. None of them may be taken for the file.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote, urljoin, urlsplit

from b24orm.errors import AccessDenied, ApiError, NotFound, ServerFailure
from b24orm.transport.auth.hosts import in_clear
from b24orm.transport.base import Response
from b24orm.transport.reply import read

__all__ = ["Arriving", "Head", "head_of", "is_file", "name_of", "next_link", "refusal"]

_REDIRECTS: Final = frozenset((301, 302, 303, 307, 308))
_NO_FILES: Final = frozenset(("text/html", "application/json", "application/xhtml+xml", ""))
"""What pages and answers are called. A file may be called so as well, but then it has a name."""
_LOGIN: Final = re.compile(rb"AUTH_FORM|USER_LOGIN|/oauth/authorize|/auth/\?")
_LOGIN_PATH: Final = re.compile(r"/oauth/authorize|/auth/|/login")
_NGINX: Final = re.compile(rb"\s*<html>\s*<head><title>[45]\d\d ")
_PAGES: Final = (".html", ".htm", ".xhtml")
_ENCODED: Final = re.compile(r"filename\*\s*=\s*utf-8''([^;]+)", re.IGNORECASE)
_QUOTED: Final = re.compile(r'filename\s*=\s*"([^"]*)"', re.IGNORECASE)
_BARE: Final = re.compile(r"filename\s*=\s*([^\s;\"]+)", re.IGNORECASE)
_UNFIT: Final = re.compile(r'[\x00-\x1f\x7f<>:"|?*]')


@dataclass(frozen=True, slots=True)
class Head:
    """What comes before a body.

    Attributes:
        status: the HTTP status.
        content_type: the media type, lower case, without parameters.
        length: bytes of the body, if the answer says so.
        framed: whether the end of the body can be told from a connection that breaks.
        disposition: ``Content-Disposition``, which names a file.
        location: the target of a redirect.
        span: ``Content-Range``, of a part of a file.
    """

    status: int
    content_type: str = ""
    length: int | None = None
    framed: bool = True
    disposition: str = ""
    location: str | None = field(default=None, repr=False)
    span: str = ""


def head_of(status: int, headers: Mapping[str, str]) -> Head:
    """The head of an answer. What is packed on its way has no length that could be compared."""
    length = headers.get("Content-Length", "")
    chunked = "chunked" in headers.get("Transfer-Encoding", "").lower()
    return Head(
        status=status,
        content_type=headers.get("Content-Type", "").partition(";")[0].strip().lower(),
        length=int(length) if length.isdigit() and "Content-Encoding" not in headers else None,
        framed=chunked or length.isdigit(),
        disposition=headers.get("Content-Disposition", ""),
        location=headers.get("Location"),
        span=headers.get("Content-Range", ""),
    )


@dataclass(frozen=True, slots=True)
class Arriving:
    """An answer on its way: its head, and the pieces of its body, to be read once.

    Attributes:
        head: what came before the body.
        pieces: the body.
    """

    head: Head
    pieces: AsyncIterator[bytes] = field(repr=False)


def is_file(head: Head, begin: bytes) -> bool:
    """Whether an answer is a file, by its head and its first piece.

    >>> is_file(Head(200, "text/html"), b"<html>"), is_file(Head(200, "image/png"), b"")
    (False, True)
    """
    if head.status != 200:
        return False
    if head.content_type not in _NO_FILES:
        return True
    name = name_of(head)
    if not name:
        return False
    return name.lower().endswith(_PAGES) or not _NGINX.match(begin)


def name_of(head: Head) -> str:
    """The name that an answer tells, fit for a file of this machine; empty if it tells none.

    >>> name_of(Head(200, disposition="attachment; filename=\\"a.txt\\"; filename*=utf-8''%C3%A9t%C3%A9.txt"))
    'été.txt'
    >>> name_of(Head(200, disposition='attachment; filename="../../etc/passwd"'))
    'passwd'
    """
    encoded = _ENCODED.search(head.disposition)
    plain = _QUOTED.search(head.disposition) or _BARE.search(head.disposition)
    told = unquote(encoded[1]) if encoded else plain[1] if plain else ""
    last = re.split(r"[/\\]", told)[-1]
    return _UNFIT.sub("_", last).strip(" .")[:200] if last.strip(" .") else ""


def next_link(link: str, head: Head) -> str | ApiError | None:
    """Where a redirect leads; None if the answer is none.

    A login is not gone to: it would answer with a page. Neither is an address in clear text, if the way
    there was not.
    """
    if head.status not in _REDIRECTS or not head.location:
        return None
    target = urljoin(link, head.location)
    parts = urlsplit(target)
    if _LOGIN_PATH.search(parts.path):
        return AccessDenied("LOGIN_PAGE", _WANTS_LOGIN, status=head.status)
    if parts.scheme not in ("https", "http") or (in_clear(target) and not in_clear(link)):
        return ServerFailure("REDIRECTED", "the portal sends on to an address that can be read by anybody")
    return target


_WANTS_LOGIN: Final = "the portal wants a person to log in; the link has no token, or one that has ended"


def refusal(head: Head, body: bytes, *, method: str, host: str, redact: Callable[[str], str]) -> ApiError:
    """What an answer says that is not the file.

    Args:
        head: its head.
        body: its beginning.
        method: what may be said of the address.
        host: the portal's host.
        redact: takes secrets out of server texts.
    """
    found = _judged(head, body, method, host, redact)
    where: dict[str, Any] = {"method": method, "host": host, "status": head.status}
    return found if isinstance(found, ApiError) else found[0](found[1], found[2], **where)


_Said = tuple[type[ApiError], str, str]


def _judged(
    head: Head, body: bytes, method: str, host: str, redact: Callable[[str], str]
) -> ApiError | _Said:
    page = _page_error(body, redact)
    if page is not None:
        return page
    if head.content_type == "application/json":
        try:
            read(Response(head.status, head.content_type, body), method=method, host=host, redact=redact)
        except ApiError as error:
            return error.with_traceback(None)
        return NotFound, "NO_FILE", "the portal answered, but with no file: the field holds it no more"
    kind = head.content_type or "no content type"
    if head.status >= 500:
        return ServerFailure, f"HTTP_{head.status}", f"{kind} came instead of the file"
    if head.status in (401, 403) or _LOGIN.search(body):
        return AccessDenied, "LOGIN_PAGE", _WANTS_LOGIN
    if head.status == 404 or _NGINX.match(body):
        return NotFound, "HTTP_404", "the portal does not find the contents of this file"
    text = body[:60].decode("utf-8", "replace").strip(" .\r\n").lower()
    if text.startswith("access denied"):
        return AccessDenied, "ACCESS_DENIED", "the user may not read this file, or the link has ended"
    if text.startswith("file not found"):
        return NotFound, "NOT_FOUND", "there is no such file, or its field holds it no more"
    return ServerFailure, "NOT_A_FILE", f"{kind} came instead of the file"


def _page_error(body: bytes, redact: Callable[[str], str]) -> _Said | None:
    """The errors of the portal's own pages: ``{"status": "error", "errors": [{"message", "code"}]}``."""
    if not body.lstrip().startswith(b'{"status"'):
        return None
    try:
        said = json.loads(body)
        first = said["errors"][0] if said.get("errors") else {}
        text, code = redact(str(first.get("message") or said["status"])), redact(str(first.get("code") or ""))
    except (ValueError, LookupError, AttributeError, TypeError):
        return None
    absent = "not find" in text.lower() or "not found" in text.lower()
    return (NotFound if absent else AccessDenied), code, text
