"""The addresses under which a portal gives files away, and takes them: signed for whoever asked.

Rule: ``CRestUtil::getSpecialUrl``. A link names the scope and the parameters, and carries a signature over
them, over the method and over the credential that it was made for. So it is good with that credential
only, and as long as that one is.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode

from b24orm.emulator.answers import Refusal
from b24orm.emulator.php import parse_str

__all__ = ["Visit", "opened_token", "origin", "special_url", "token_of_visit", "visiting"]

_KEY: Final = secrets.token_bytes(32)
_DELIMITER: Final = "|"


@dataclass(frozen=True, slots=True)
class Visit:
    """Where somebody called, and with which credential.

    Attributes:
        origin: scheme and host, as the caller spelled them.
        auth: the parameters that carried the credential: ``auth``, or ``aplogin`` and ``ap``.
    """

    origin: str = "https://portal.example"
    auth: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)


_current: ContextVar[Visit] = ContextVar("visit", default=Visit())  # noqa: B039 - it is frozen


@contextmanager
def visiting(visit: Visit) -> Generator[None, None, None]:
    """Addresses made inside the block are for this visit."""
    token = _current.set(visit)
    try:
        yield
    finally:
        _current.reset(token)


def origin() -> str:
    """Scheme and host of the portal, as the one who asks now spells them."""
    return _current.get().origin


def token_of_visit() -> Mapping[str, str]:
    """The parameters that carry the credential of the one who asks now."""
    return _current.get().auth


def special_url(method: str, query: Mapping[str, Any], scope: str) -> str:
    """The address where the one who asks now calls a method with just these parameters."""
    visit = _current.get()
    payload = b64encode(f"{urlencode(query)}&_={secrets.token_hex(16)}".encode()).decode()
    token = _DELIMITER.join((scope, payload, _signature(method, scope, payload, visit.auth)))
    if "ap" in visit.auth:
        hook = f"{quote(visit.auth['aplogin'])}/{quote(visit.auth['ap'])}"
        return f"{visit.origin}/rest/{hook}/{method}/?{urlencode({'token': token})}"
    return f"{visit.origin}/rest/{method}.json?{urlencode({**visit.auth, 'token': token})}"


def opened_token(method: str, token: str, auth: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """The scope and the parameters of a link.

    Raises:
        Refusal: 403, it was not made for this method and this credential.
    """
    scope, payload, signature = [*token.split(_DELIMITER, 2), "", ""][:3]
    if not hmac.compare_digest(signature.encode(), _signature(method, scope, payload, auth).encode()):
        raise Refusal("ACCESS_DENIED", "Access denied! Link check failed", status=403)
    params = parse_str(b64decode(payload).decode())
    params.pop("_", None)
    return scope, params


def _signature(method: str, scope: str, payload: str, auth: Mapping[str, str]) -> str:
    state = _DELIMITER.join((method.lower(), scope, payload, *auth.values()))
    return b64encode(hmac.new(_KEY, state.encode(), hashlib.sha256).digest()).decode()
