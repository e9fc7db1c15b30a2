"""What to do about an error of the server: the end of its message."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final

from b24orm.namespace import known_methods

__all__ = ["advice", "unread"]

_WEBHOOK: Final = "in Developer resources of the portal"

_APPLICATION: Final = "the method belongs to applications: connect with OAuth tokens, not with a webhook"
_CODES: Final[Mapping[str, str]] = {
    "INVALID_CREDENTIALS": f"the webhook is misspelt, or it was deleted: copy its address again {_WEBHOOK}",
    "NO_AUTH_FOUND": f"the request bore no credentials: copy the address of a webhook {_WEBHOOK}",
    "EXPIRED_TOKEN": "an App renews its tokens by itself; so does connect(token_func=...)",
    "USER_ACCESS_ERROR": "the administrator of the portal lets users have the application",
    "AUTHORIZATION_ERROR": "its user may have been dismissed: authorise again, as somebody else",
    "APPLICATION_NOT_FOUND": "it was removed from the portal: have it installed again",
    "PORTAL_DELETED": "forget its credentials: they never work again",
    "WRONG_AUTH_TYPE": _APPLICATION,
    "WRONG_LICENSE": "the portal's plan does not have it",
    "OVERLOAD_LIMIT": "Bitrix24 blocked it by hand: write to its support",
    "METHOD_CONFIRM_WAITING": "an administrator of the portal has to confirm the method; call it again then",
    "METHOD_CONFIRM_DENIED": "an administrator of the portal has refused the method",
}

_PLAN: Final = ("only on commercial plans", "only by subscription")
"""How a portal says that its plan, or its subscription, has ended."""


def advice(code: str, text: str, method: str, *, v3: bool = False) -> str:
    """What to do about an error; empty where there is nothing to add.

    Args:
        code: the server's code.
        text: the server's own text.
        method: the REST method.
        v3: whether it is a method of REST 3.0, whose names are others.

    >>> advice("ERROR_METHOD_NOT_FOUND", "Method not found!", "crm.deal.lst")
    "did you mean 'crm.deal.list'?"
    """
    code = code.upper()
    if any(words in text for words in _PLAN):
        return "the plan or the subscription of the portal has ended: no REST until it is renewed"
    if code == "ERROR_METHOD_NOT_FOUND" and not v3:
        return _nearest(method)
    if code == "INSUFFICIENT_SCOPE":
        word = method.partition(".")[0]
        return f"tick the permission for {word} in the webhook, or add it to the application"
    if "Application context required" in text:
        return _APPLICATION
    if code == "ACCESS_DENIED" or text.strip(" .").lower() == "access denied":
        return "the user of the webhook, or of the tokens, lacks the right in Bitrix24 itself"
    return _CODES.get(code, "")


_PAGES: Final[Mapping[int, str]] = {
    404: "there is no REST at this address: compare it with the one that the portal shows",
    413: "the server in front takes no request of this size",
}
_NO_PAGE: Final = frozenset((500, 502, 503, 504))
"""Pages of a server in front say that the portal fails, as the status does."""


def unread(status: int, kind: str, *, redirected: bool = False) -> str:
    """What to do about an answer that is none; empty where the status says it.

    Args:
        status: the HTTP status.
        kind: the media type.
        redirected: whether it sends on to another address.

    >>> unread(404, "text/html")
    'there is no REST at this address: compare it with the one that the portal shows'
    """
    if redirected:
        return "it sends on to another page, be it the sign-in of a network: open the portal in a browser"
    if kind == "application/json":
        return "the answer was damaged on its way, or the portal has put something else into it"
    if kind == "text/html" and status not in _NO_PAGE and status not in _PAGES:
        return "a page came in its place, be it the sign-in of a network: open the portal in a browser"
    return _PAGES.get(status, "")


def _nearest(method: str) -> str:
    """The documented method that is meant, or that there is none."""
    from b24orm.methods import FIRST

    word, _, rest = method.lower().partition(".")
    words = [word] if word in FIRST else get_close_matches(word, FIRST, n=1)
    known = {name.lower(): name for name in known_methods(words[0])} if words else {}
    if method.lower() in known:
        return "the portal does not have it: its module may be missing, or the portal is out of date"
    close = get_close_matches(".".join([*words, rest]), known, n=1)
    return f"did you mean {known[close[0]]!r}?" if close else "the documentation does not know it either"
