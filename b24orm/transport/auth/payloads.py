"""What a portal sends to an application: the event of its installation, and the form that opens it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl

from b24orm.errors import B24Error, InvalidValue
from b24orm.transport.auth.secret import Secret
from b24orm.transport.auth.tokens import Tokens

__all__ = ["Payload", "fields_of", "signed_by", "tokens_of"]

Payload: TypeAlias = "bytes | str | Mapping[str, Any]"
"""A form body as it came, or the fields that a web framework made of it."""

_OPENED: Final = {
    "AUTH_ID": "access_token",
    "REFRESH_ID": "refresh_token",
    "SERVER_ENDPOINT": "server_endpoint",
    "member_id": "member_id",
    "status": "status",
}
"""The names of the form that opens an application, and those of the token server for the same."""


def _auth_of(*payloads: Payload) -> dict[str, str]:
    """What payloads say of who sent them, under the names that the authorization server uses.

    Args:
        payloads: the body; for a form that opens the application also the query of its address.

    >>> _auth_of(b"event=ONAPPINSTALL&auth%5Bmember_id%5D=a1")
    {'member_id': 'a1'}
    >>> _auth_of("AUTH_ID=t1&member_id=a1", "DOMAIN=acme.bitrix24.com&PROTOCOL=1")["client_endpoint"]
    'https://acme.bitrix24.com/rest/'
    """
    fields: dict[str, Any] = {}
    for payload in payloads:
        fields.update(fields_of(payload))
    return _of_event(fields) or _of_form(fields)


def fields_of(payload: Payload) -> Mapping[str, Any]:
    """The fields of a form or a query.

    Django's and Flask's are dicts with a list of values for each name, of which asking gives one.
    """
    if isinstance(payload, Mapping):
        return {name: payload[name] for name in payload}
    text = payload.decode(errors="replace") if isinstance(payload, bytes) else payload
    return dict(parse_qsl(text.lstrip("?"), keep_blank_values=True))


def _of_event(fields: Mapping[str, Any]) -> dict[str, str]:
    nested = fields.get("auth")
    if isinstance(nested, Mapping):
        return {str(name): str(value) for name, value in nested.items()}
    flat = {name: value for name, value in fields.items() if name.startswith("auth[") and name.endswith("]")}
    return {name[len("auth[") : -1]: str(value) for name, value in flat.items()}


def _of_form(fields: Mapping[str, Any]) -> dict[str, str]:
    found = {ours: str(fields[theirs]) for theirs, ours in _OPENED.items() if theirs in fields}
    if domain := fields.get("DOMAIN"):
        scheme = "http" if str(fields.get("PROTOCOL", "1")) == "0" else "https"
        found["client_endpoint"] = f"{scheme}://{domain}/rest/"
    return found


def signed_by(*payloads: Payload) -> tuple[str, Secret]:
    """The portal that an event names, and the token that proves it: ``application_token``."""
    auth = _auth_of(*payloads)
    return auth.get("member_id", ""), Secret(auth.get("application_token", ""))


def tokens_of(*payloads: Payload, renewable: bool = True) -> Tokens | B24Error:
    """The tokens in payloads, or what is wrong with them; nothing says yet that they are genuine.

    Args:
        payloads: the body; for a form also the query of its address.
        renewable: a refresh token has to be among them.
    """
    try:
        found = Tokens.parse(_auth_of(*payloads))
    except InvalidValue:
        if not renewable:
            return InvalidValue(
                "this event brings no token: a robot, a workflow or an agent caused it, or the application "
                "was removed. credentials(member_id) acts for whoever installed the application"
            )
        return InvalidValue(
            "this payload holds no tokens: it takes the form of ONAPPINSTALL, or AUTH_ID, REFRESH_ID, "
            "member_id and DOMAIN of the form that opens an application (DOMAIN is in its query)"
        )
    if renewable and not found.refresh_token:
        return InvalidValue("this payload holds no refresh token: only an installation, or a form, does")
    return found
