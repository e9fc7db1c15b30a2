"""A portal's way to the Redis that its limits are kept in, and the names of their keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from b24orm.executor.limits.connections import Connections, Note, Server, connections_of, failures, let_go

__all__ = ["Keys", "Link"]


@dataclass(frozen=True, slots=True)
class Keys:
    """The names of a portal's keys; in a cluster they lie on one node, as scripts need them to."""

    prefix: str
    host: str
    address: str

    @property
    def bucket(self) -> str:
        return f"{self.prefix}:{{{self.host}}}:bucket:{self.address}"

    def budget(self, account: str, method: str) -> str:
        return f"{self.prefix}:{{{self.host}}}:operating:{account}:{method}"

    def all(self, account: str, methods: Sequence[str]) -> list[str]:
        budgets = [self.budget(account, method) for method in methods]
        return [self.bucket, *(key for budget in budgets for key in (budget, f"{budget}:under-way"))]


class Link:
    """One portal's hold on connections that it shares with others; taken when it first needs them.

    Args:
        server: where Redis is.
    """

    def __init__(self, server: Server) -> None:
        self.failures: tuple[type[Exception], ...] = failures()
        self._server = server
        self._connections: Connections | None = None

    async def ask(self, script: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        """The answer of a script."""
        return await self._held().ask(script, keys, arguments)

    async def tell(self, notes: Sequence[Note]) -> None:
        """Runs scripts whose answers say nothing, in order."""
        await self._held().tell(notes)

    def _held(self) -> Connections:
        if self._connections is None:
            self._connections = connections_of(self, self._server)
        return self._connections

    async def close(self) -> None:
        """Lets go of the connections; who is the last closes them."""
        held, self._connections = self._connections, None
        if held is not None:
            await let_go(self, held)
