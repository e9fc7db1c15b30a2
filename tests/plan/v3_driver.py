"""Runs a plan of REST 3.0 by hand against the methods of the local portal, answers in any order."""

from __future__ import annotations

import json
import random
from typing import Any

from b24orm.errors import ApiError
from b24orm.plan.calls import Ask, Call, Outcome, Reply
from b24orm.plan.plan import Plan
from b24orm.plan.steps.single import Count
from b24orm.transport.encoding_v3 import to_json_v3
from tests.emulator.v3_calls import V3Portal

__all__ = ["answer", "counted", "run"]


def answer(portal: V3Portal, call: Call) -> Outcome:
    """What a call comes to."""
    assert call.api == "v3"
    reply = portal.send(call.method, to_json_v3(call.params))
    body = json.loads(reply.body)
    if "error" in body:
        return ApiError(body["error"]["code"], body["error"]["message"], status=reply.status)
    return Reply(body["result"])


def run(plan: Plan, portal: V3Portal, *, free: int = 4, seed: int = 0, most: int = 0) -> list[dict[str, Any]]:
    """The rows of a plan, cut to its slice."""
    flow, dice = plan.flow(), random.Random(seed)
    waiting: list[Ask] = []
    rows: list[dict[str, Any]] = []
    while not flow.done:
        waiting += flow.asks(free - len(waiting))
        for page in flow.pages():
            rows += page
        if flow.done:
            break
        assert waiting, "the flow is stuck"
        ask = waiting.pop(dice.randrange(len(waiting)))
        assert len(ask.calls) <= (most or plan.batch)
        flow.receive(ask, [answer(portal, call) for call in ask.calls])
    for page in flow.pages():
        rows += page
    cut = rows[plan.skip :]
    return cut if plan.take is None else cut[: plan.take]


def counted(plan: Plan, portal: V3Portal) -> int:
    """The number that a counting plan comes to."""
    flow = plan.flow()
    if not isinstance(flow, Count):
        return len(run(plan, portal))
    (ask,) = flow.asks(1)
    flow.receive(ask, [answer(portal, call) for call in ask.calls])
    return max(0, flow.total - plan.query.start)
