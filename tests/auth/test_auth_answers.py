"""Whatever comes instead of tokens: an error of ours, that tells no secret."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from b24orm.errors import AuthError, TokenServerFailed
from b24orm.transport.auth.endpoint import TokenServer
from b24orm.transport.auth.secret import Secret
from b24orm.transport.auth.tokens import Tokens
from b24orm.transport.base import Request, Response

SECRETS = ("client-secret-1", "refresh-token-2")
TOKENS = Tokens("m1", "https://acme.bitrix24.com/rest", Secret("a"), Secret(SECRETS[1]))
GOOD: dict[str, Any] = {
    "access_token": "x",
    "member_id": "m1",
    "client_endpoint": "https://acme.bitrix24.com/rest/",
}


class Saying:
    """Answers every request with the same."""

    def __init__(self, body: bytes, status: int = 200) -> None:
        self._response = Response(status, "application/json", body)

    async def send(self, request: Request) -> Response:
        return self._response

    async def close(self) -> None:
        pass


def refreshed(body: bytes, status: int = 200) -> Tokens:
    server = TokenServer(
        "app", Secret(SECRETS[0]), lambda: Saying(body, status), pause=lambda _: asyncio.sleep(0)
    )
    return asyncio.run(server.refresh(TOKENS))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>sign in</html>",
        b"[]",
        b"null",
        b"\xff",
        b"[" * 200_000,
        b'{"access_token": ' + b"9" * 5_000 + b"}",
        json.dumps({**GOOD, "access_token": None}).encode(),
        json.dumps({**GOOD, "access_token": ["x"]}).encode(),
        json.dumps({**GOOD, "member_id": {}}).encode(),
        json.dumps({**GOOD, "client_endpoint": "javascript:alert(1)"}).encode(),
        json.dumps({**GOOD, "client_endpoint": "https://acme.bitrix24.com:x/rest/"}).encode(),
    ],
    ids=lambda body: body[:40].decode(errors="replace"),
)
def test_what_holds_no_tokens_is_no_answer(body: bytes) -> None:
    with pytest.raises(TokenServerFailed, match="no tokens in 3 tries") as caught:
        refreshed(body)
    assert not any(secret in str(caught.value) for secret in SECRETS)


@pytest.mark.parametrize("error", [None, 5, [], {}, {"code": SECRETS[1]}, "x" * 9_999, SECRETS[0]])
def test_an_error_of_any_shape_is_a_refusal(error: Any) -> None:
    body = json.dumps({"error": error, "error_description": {"text": SECRETS}}).encode()
    with pytest.raises(AuthError) as caught:
        refreshed(body, 400)
    assert not any(secret in str(caught.value) for secret in SECRETS)


@pytest.mark.parametrize(
    ("name", "value"),
    [("expires", 1e400), ("expires", -1), ("user_id", True), ("scope", ["crm"]), ("refresh_token", None)],
)
def test_what_is_odd_beside_the_tokens_does_no_harm(name: str, value: Any) -> None:
    found = refreshed(json.dumps({**GOOD, name: value}).encode())
    assert found.access_token.reveal() == "x"
