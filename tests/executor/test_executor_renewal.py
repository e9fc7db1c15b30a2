"""A call whose access is out of date is sent again with another one: it was refused before any work."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from b24orm.errors import ExpiredToken
from b24orm.executor.executor import Executor
from b24orm.executor.limits import PortalLimits
from b24orm.executor.sender import Sender
from b24orm.plan.calls import Call
from b24orm.transport.auth.base import Access
from tests.executor.fakes import UNLIMITED, Asked, FakeTransport, LoopClock, error, result, run

EXPIRED = error("expired_token", "The access token provided has expired.", 401)
WRITE = Call("crm.deal.add", {"fields": {}}, write=True)


@dataclass
class Numbered:
    """Tokens t1, t2 ..., as many as there are."""

    tokens: int
    refused: list[str] = field(default_factory=list)
    current: int = 1

    host = "acme.bitrix24.com"

    async def access(self) -> Access:
        return Access("https://acme.bitrix24.com/rest/s3cretcode99", self.host, token=f"t{self.current}")

    async def renew(self, refused: Access) -> bool:
        self.refused.append(refused.token)
        self.current = min(self.tokens, self.current + 1)
        return len(self.refused) < self.tokens

    def account(self, *, batched: bool) -> str:
        return "app"

    async def moved(self, base: str) -> bool:
        return False

    def redact(self, text: str) -> str:
        return text


def client(credentials: Numbered, good: str) -> tuple[Executor, FakeTransport]:
    def handler(asked: Asked) -> Any:
        return result(asked.params["auth"]) if asked.params["auth"] == good else EXPIRED

    transport = FakeTransport(handler)
    return Executor(Sender(transport, credentials, PortalLimits(UNLIMITED), clock=LoopClock())), transport


@pytest.mark.parametrize("call", [Call("profile"), WRITE], ids=["read", "write"])
@pytest.mark.parametrize("good", ["t2", "t3"])
def test_a_call_is_sent_again_with_the_next_token(call: Call, good: str) -> None:
    executor, _ = client(Numbered(9), good)

    assert run(executor.call(call)).result == good


def test_the_token_that_was_refused_is_named() -> None:
    credentials = Numbered(9)
    executor, _ = client(credentials, "t3")

    run(executor.call(WRITE))

    assert credentials.refused == ["t1", "t2"]


def test_without_another_token_the_refusal_is_final() -> None:
    executor, transport = client(Numbered(1), "none")

    with pytest.raises(ExpiredToken):
        run(executor.call(WRITE))
    assert len(transport.log) == 1


def test_a_portal_that_refuses_every_token_is_given_up() -> None:
    executor, transport = client(Numbered(99), "none")

    with pytest.raises(ExpiredToken):
        run(executor.call(Call("profile")))
    assert len(transport.log) == 4
