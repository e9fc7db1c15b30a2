"""What a portal posts to an application when it is installed and when it is opened.

Both are ``application/x-www-form-urlencoded``; the installation is an event with PHP's bracket names.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from b24orm.emulator.oauth import AuthorizationServer

__all__ = ["install_event", "placement"]

_TOLD = (
    "access_token",
    "expires",
    "expires_in",
    "scope",
    "server_endpoint",
    "status",
    "client_endpoint",
    "member_id",
    "user_id",
    "refresh_token",
)


def install_event(oauth: AuthorizationServer, client_id: str, *, user_id: int = 1) -> bytes:
    """The body of ONAPPINSTALL; it is one of the few events that carry a refresh token."""
    tokens = oauth.tokens(client_id, user_id=user_id)
    auth: dict[str, Any] = {name: tokens[name] for name in _TOLD}
    auth["domain"] = urlsplit(tokens["client_endpoint"]).netloc
    auth["application_token"] = oauth.application(client_id).application_token
    fields: dict[str, Any] = {
        "event": "ONAPPINSTALL",
        "event_handler_id": 1,
        "data[VERSION]": 1,
        "data[ACTIVE]": "Y",
        "data[INSTALLED]": "Y",
        "data[LANGUAGE_ID]": "en",
        "ts": int(time.time()),
        **{f"auth[{name}]": value for name, value in auth.items()},
    }
    return urlencode(fields).encode()


def placement(
    oauth: AuthorizationServer,
    client_id: str,
    *,
    user_id: int = 1,
    place: str = "DEFAULT",
    options: Mapping[str, Any] | None = None,
) -> tuple[str, bytes]:
    """The query and the body with which a portal opens an application in its frame."""
    tokens = oauth.tokens(client_id, user_id=user_id)
    address = urlsplit(tokens["client_endpoint"])
    query: Mapping[str, Any] = {
        "DOMAIN": address.netloc,
        "PROTOCOL": int(address.scheme == "https"),
        "LANG": "en",
        "APP_SID": tokens["access_token"][:32],
    }
    body: Mapping[str, Any] = {
        "AUTH_ID": tokens["access_token"],
        "AUTH_EXPIRES": tokens["expires_in"],
        "REFRESH_ID": tokens["refresh_token"],
        "SERVER_ENDPOINT": tokens["server_endpoint"],
        "member_id": tokens["member_id"],
        "status": tokens["status"],
        "PLACEMENT": place,
        "PLACEMENT_OPTIONS": json.dumps({name: str(value) for name, value in options.items()})
        if options
        else "[]",
    }
    return urlencode(query), urlencode(body).encode()
