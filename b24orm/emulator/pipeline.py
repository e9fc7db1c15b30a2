"""One version-2 call on its way through the server, alone or as a command of a batch.

The order of checks is the server's: the method exists (404), the credential is good and has the
scope (401), the method's operating time is not used up (429), then the method runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from b24orm.emulator.actor import Actor, acting
from b24orm.emulator.answers import Answer, Call, Method, Refusal, Registry
from b24orm.emulator.cost import CostModel
from b24orm.emulator.credentials import Identity, check_scope
from b24orm.emulator.envelope import Timing, success_body
from b24orm.emulator.limits import Meter
from b24orm.emulator.request import take_start
from b24orm.emulator.stats import CallRecord

__all__ = ["Hit", "Outcome", "WireMethod", "call_of", "counter_key", "find_method", "perform"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A success: HTTP status and envelope."""

    status: int
    body: dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Hit:
    """One HTTP request at work. Time in it is modelled: it passes as calls cost, from ``started`` on."""

    registry: Registry
    wire_methods: Mapping[str, WireMethod]
    identity: Identity
    meter: Meter
    costs: CostModel
    zone: tzinfo
    started: float
    elapsed: float = 0.0
    calls: list[CallRecord] = field(default_factory=list[CallRecord])

    @property
    def now(self) -> float:
        """The moment within the request, in unix seconds."""
        return self.started + self.elapsed


WireMethod = Callable[[Hit, Mapping[str, Any]], Answer]
"""A method of the wire itself (``batch``): it runs other calls of the same hit."""


def find_method(registry: Registry, wire_methods: Mapping[str, WireMethod], name: str) -> Method | None:
    """The registered method of a lower-cased name; None for a method of the wire.

    Raises:
        Refusal: 404 ERROR_METHOD_NOT_FOUND.
    """
    if name in wire_methods:
        return None
    method = registry.get(name)
    if method is None:
        raise Refusal("ERROR_METHOD_NOT_FOUND", "Method not found!", status=404)
    return method


def perform(hit: Hit, spelled: str, params: dict[str, Any], *, batched: bool = False) -> Outcome:
    """Check and run one call.

    Raises:
        Refusal: whatever the checks or the method refuse.
    """
    name = spelled.lower()
    method = find_method(hit.registry, hit.wire_methods, name)
    began = hit.now
    for credential in hit.identity.auth_keys:
        params.pop(credential, None)
    if method is None:
        answer = hit.wire_methods[name](hit, params)
        return _outcome(hit, answer, began, ("batch",))
    if batched:  # a call of its own was checked when its caller was looked up
        check_scope(hit.identity.scope, method.scope)
    key = counter_key(hit.identity, name, batched=batched)
    if hit.meter.blocked(key):
        raise Refusal("OPERATION_TIME_LIMIT", "Method is blocked due to operation time limit.", status=429)
    return _outcome(hit, _run(hit, method, call_of(hit.identity, name, params), key), began, key)


def counter_key(identity: Identity, name: str, *, batched: bool) -> tuple[str, str, str]:
    """What the operating time of a lower-cased method is entered under."""
    return (identity.auth, identity.batch_entity if batched else identity.entity, name)


def call_of(identity: Identity, name: str, params: dict[str, Any]) -> Call:
    """The call of a method by who asks; takes ``start`` and ``state`` out of the parameters."""
    params.pop("state", None)
    return Call(
        method=name,
        start=take_start(params),
        params=params,
        user_id=identity.user_id,
        admin=identity.admin,
        scope=identity.scope,
        auth=identity.auth,
        client_id=identity.client_id,
        connector=identity.connector,
        session=identity.session,
    )


def _run(hit: Hit, method: Method, call: Call, key: tuple[str, str, str]) -> Answer:
    hit.meter.start(key, hit.now)
    try:
        with acting(Actor(call.user_id, call.client_id, call.connector, call.session)):
            answer = method.handler(call)
    except Refusal as refusal:
        hit.elapsed += hit.costs.system
        hit.calls.append(CallRecord(call.method, hit.costs.system, error=refusal.code))
        raise
    seconds = hit.costs.seconds(call.method, answer.cost)
    hit.elapsed += seconds
    hit.meter.finish(key, hit.now)
    hit.calls.append(CallRecord(call.method, seconds, answer.cost.rows, answer.cost.counted))
    return answer


def _outcome(hit: Hit, answer: Answer, began: float, key: tuple[str, ...]) -> Outcome:
    timing = Timing(
        start=began,
        work_start=began,
        work_finish=hit.now,
        finish=hit.now,
        operating=hit.meter.operating(key),
        reset_at=hit.meter.reset_at(key),
        zone=hit.zone,
    )
    return Outcome(answer.status, success_body(answer, timing))
