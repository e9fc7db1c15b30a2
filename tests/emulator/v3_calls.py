"""Calls of REST 3.0 without a socket between."""

from __future__ import annotations

import json
from typing import Any

from b24orm.emulator.cost import CostModel
from b24orm.emulator.engine import Engine
from b24orm.emulator.limits import Plan, plan_named
from b24orm.emulator.reply import Reply
from b24orm.emulator.request import Incoming
from b24orm.emulator.seed import seed_portal
from b24orm.emulator.store import Store
from b24orm.emulator.v3 import Gate, build_v3
from b24orm.emulator.v3.eventlog import event_log_methods, log_events
from tests.emulator.toy import SECRET, Clock

SCOPES = frozenset({"tasks", "main", "mail", "timeman"})


class V3Portal:
    """A portal with tasks and an event log, reached by plain calls."""

    def __init__(
        self,
        *,
        tasks: int = 0,
        events: int = 0,
        sparse: int = 1,
        plan: str | Plan = "unlimited",
        **costs: Any,
    ) -> None:
        self.clock = Clock()
        self.store = Store(clock=self.clock)
        seed_portal(self.store, users=4, tasks=tasks, seed=3)
        registry = build_v3(self.store) | event_log_methods(self.store, extra=("aggregate",))
        log_events(self.store, range(1, events * sparse + 1, sparse))
        self.engine = Engine(
            registry={},
            plan=plan_named(plan),
            clock=self.clock,
            v3=Gate(registry),
            costs=CostModel(**costs),
        )
        self.engine.credentials.add_webhook(SCOPES, secret=SECRET)

    def send(
        self,
        method: str,
        body: Any = None,
        *,
        secret: str | None = SECRET,
        content_type: str = "application/json",
        **incoming: Any,
    ) -> Reply:
        """The reply to one request."""
        path = f"/rest/api/1/{secret}/{method}" if secret else f"/rest/api/{method}"
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        reply = self.engine.take(
            Incoming(
                verb=incoming.pop("verb", "POST"), path=path, body=raw, content_type=content_type, **incoming
            )
        )
        self.engine.settle(reply)
        return reply

    def call(self, method: str, /, **params: Any) -> Any:
        """What stands under ``result``."""
        reply = self.send(method, params)
        assert reply.status == 200, reply.body
        return json.loads(reply.body)["result"]

    def error(self, method: str, body: Any = None, **options: Any) -> tuple[int, str]:
        """Status and code of a refusal, the code without its prefix."""
        reply = self.send(method, body, **options)
        return reply.status, json.loads(reply.body)["error"]["code"].removeprefix("BITRIX_REST_V3_EXCEPTION_")

    def ids(self, method: str, /, **params: Any) -> list[int]:
        """The ids of a list."""
        return [row["id"] for row in self.call(method, **params)["items"]]
