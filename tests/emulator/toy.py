"""A portal with a handful of toy methods, and the shortest ways to call it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from b24orm.emulator.answers import Answer, Call, Cost, Method, Refusal, Registry
from b24orm.emulator.engine import Engine
from b24orm.emulator.reply import Reply
from b24orm.emulator.request import Incoming

SCOPES = frozenset({"crm", "user"})
SECRET = "topsecret0123456"
WEBHOOK = f"/rest/1/{SECRET}/"


class Clock:
    """Time that passes only when told to."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def toy_registry() -> Registry:
    """Methods that show what reached them, and a few that answer like a CRM."""
    rows = [{"ID": str(number), "TITLE": f"Deal {number}"} for number in range(1, 121)]
    added: list[Any] = []

    def echo(call: Call) -> Answer:
        return Answer(
            {"params": dict(call.params), "start": call.start, "user": call.user_id, "auth": call.auth}
        )

    def page(call: Call) -> Answer:
        low = int(call.params.get("filter", {}).get(">ID", 0))
        found = [row for row in rows if int(row["ID"]) > low][:50]
        return Answer(found, total=len(rows), next=50, cost=Cost("page", counted=len(rows), rows=len(found)))

    def get(call: Call) -> Answer:
        found = [row for row in rows if row["ID"] == str(call.params.get("ID"))]
        if not found:
            raise Refusal("", "Not found")
        return Answer(found[0], cost=Cost("get", rows=1))

    def add(call: Call) -> Answer:
        added.append(call.params.get("fields"))
        return Answer(len(added), cost=Cost("write"))

    def give(call: Call) -> Answer:
        return Answer(json.loads(call.params["json"]))

    def argument(_: Call) -> Answer:
        raise Refusal("ERROR_ARGUMENT", "wrong", argument="EMAIL")

    def broken(_: Call) -> Answer:
        raise ZeroDivisionError

    return {
        "echo": Method(echo),
        "give": Method(give),
        "argument": Method(argument),
        "broken": Method(broken),
        "count.added": Method(lambda _: Answer(len(added))),
        "work.long": Method(lambda _: Answer(True)),
        "work.short": Method(lambda _: Answer(True)),
        "work.fail": Method(get),
        "crm.deal.list": Method(page, "crm"),
        "crm.deal.get": Method(get, "crm"),
        "crm.deal.add": Method(add, "crm"),
        "user.get": Method(echo, "user"),
        "task.list": Method(echo, "task"),
    }


@dataclass
class Toy:
    """A toy portal and the shortest ways to call it."""

    engine: Engine
    clock: Clock
    secret: str = SECRET
    replies: list[Reply] = field(default_factory=list)

    def send(self, path: str, body: bytes = b"", content_type: str = "", **changes: Any) -> Reply:
        verb = changes.pop("verb", "POST" if body else "GET")
        address, _, query = path.partition("?")
        reply = self.engine.take(
            Incoming(verb=verb, path=address, query=query, body=body, content_type=content_type, **changes)
        )
        self.engine.settle(reply)
        self.replies.append(reply)
        return reply

    def call(self, method: str, params: Any = None, **changes: Any) -> Any:
        """The decoded body of a webhook call with a JSON body."""
        return json.loads(self.post(method, params, **changes).body)

    def post(self, method: str, params: Any = None, **changes: Any) -> Reply:
        body = json.dumps({} if params is None else params).encode()
        path = f"/rest/1/{changes.pop('secret', self.secret)}/{method}"
        return self.send(path, body, "application/json", verb="POST", **changes)

    def batch(self, cmd: Any, halt: Any = 0) -> Any:
        """The ``result`` of a batch."""
        return self.call("batch", {"halt": halt, "cmd": cmd})["result"]

    def token(
        self, scope: frozenset[str] = SCOPES, expires_in: float = 3600, client_id: str = "app.1"
    ) -> str:
        return self.engine.credentials.issue_token(
            scope, expires_at=self.clock.now + expires_in, client_id=client_id
        ).value


MakeToy = Callable[..., Toy]
Serve = Callable[..., str]
