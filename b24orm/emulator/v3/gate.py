"""One request of REST 3.0 on its way through the server.

The order of checks is the server's: the method exists (404), the credential is good (401), the method's
operating time is not used up (429), the scope is granted (403), the body is JSON (400); then it runs.
Within a batch only scopes are checked, and all of its time counts as the method ``batch``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from b24orm.emulator.answers import Cost
from b24orm.emulator.envelope import Timing, json_bytes, time_block
from b24orm.emulator.phpjson import NotJson, decode
from b24orm.emulator.pipeline import Hit
from b24orm.emulator.request import Incoming
from b24orm.emulator.stats import CallRecord
from b24orm.emulator.v3.batch import read_items, run_batch
from b24orm.emulator.v3.idempotency import Idempotency, Place, check_key
from b24orm.emulator.v3.refusals import V3Refusal
from b24orm.emulator.v3.registry import V3Answer, V3Call, V3Method, V3Registry

__all__ = ["Gate", "Sent", "credential"]

_BATCH: Final = "batch"
_ROW: Final = 0.0005
"""Seconds a row beyond the fiftieth."""


@dataclass(slots=True)
class Sent:
    """What goes back: a status, a body, and the headers that speak of a key."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


def credential(incoming: Incoming) -> Mapping[str, Any]:
    """What a body says of who calls: ``auth``; nothing where the body can't be read."""
    try:
        body = decode(incoming.body) if incoming.body else {}
    except NotJson:
        return {}
    return {"auth": body["auth"]} if isinstance(body, Mapping) and "auth" in body else {}


@dataclass(slots=True)
class Gate:
    """The methods, and the answers that are kept for their keys.

    Attributes:
        registry: methods by name; the case of a name counts.
    """

    registry: V3Registry
    kept: Idempotency = field(default_factory=Idempotency)

    def find(self, name: str) -> V3Method | None:
        """The method of a name; None for the batch.

        Raises:
            V3Refusal: there is none.
        """
        if name == _BATCH:
            return None
        if name not in self.registry:
            raise V3Refusal("METHODNOTFOUNDEXCEPTION", f"Method `{name}` not found", status=404)
        return self.registry[name]

    def names(self, method: str, incoming: Incoming) -> list[str]:
        """The method of a request and, of a batch, those of its calls."""
        if method != _BATCH:
            return [method.lower()]
        try:
            items = read_items(decode(incoming.body))
        except (NotJson, V3Refusal):
            return [_BATCH]
        return [_BATCH, *(item.method.lower() for item in items)]

    def perform(self, hit: Hit, name: str, incoming: Incoming) -> Sent:
        """Checks and runs a request whose caller is known.

        Raises:
            V3Refusal: whatever the checks or the method refuse.
        """
        method = self.find(name)
        key = incoming.idempotency_key if method is not None and method.writes else None
        if key is None:
            return Sent(200, self._run(hit, name, method, incoming))
        check_key(key)
        identity = hit.identity
        place: Place = (identity.auth, identity.entity, identity.user_id, name, key)
        echoed = (("Idempotency-Key", key),)
        kept = self.kept.replay(place, incoming.body, hit.started)
        if kept is not None:
            return Sent(200, kept, (*echoed, ("Idempotent-Replayed", "true")))
        answer = self._run(hit, name, method, incoming)
        self.kept.keep(place, incoming.body, answer, hit.started)
        return Sent(200, answer, echoed)

    def _run(self, hit: Hit, name: str, method: V3Method | None, incoming: Incoming) -> bytes:
        meter = (hit.identity.auth, hit.identity.entity, name)
        if hit.meter.blocked(meter):
            raise V3Refusal("RATELIMITEXCEPTION", "Operation time limit exceeded", status=429)
        began = hit.now
        hit.meter.start(meter, began)
        if method is None:
            result: Any = self._batch(hit, incoming)
            raw = False
        else:
            answer = self._call(hit, name, method, _parameters(incoming))
            result, raw = answer.result, answer.raw
        hit.meter.finish(meter, hit.now)
        if raw:
            return json_bytes(result)
        return json_bytes({"result": result, "time": time_block(_timing(hit, began, meter))})

    def _batch(self, hit: Hit, incoming: Incoming) -> list[Any]:
        items = read_items(_body(incoming))
        for item in items:
            self.find(item.method)

        def run(name: str, query: Mapping[str, Any]) -> V3Answer:
            method = self.find(name)
            if method is None:
                raise V3Refusal("METHODNOTFOUNDEXCEPTION", "Method `batch` not found", status=404)
            return self._call(hit, name, method, query)

        return run_batch(items, run)

    @staticmethod
    def _call(hit: Hit, name: str, method: V3Method, params: Mapping[str, Any]) -> V3Answer:
        if method.scope is not None and method.scope not in hit.identity.scope:
            raise V3Refusal("INSUFFICIENTSCOPEEXCEPTION", "Insufficient scope", status=403)
        try:
            answer = method.handler(V3Call(name, params, hit.identity.user_id, hit.identity.admin))
        except V3Refusal as refusal:
            hit.elapsed += hit.costs.system
            hit.calls.append(CallRecord(name, hit.costs.system, error=refusal.code))
            raise
        seconds = _seconds(hit, name, answer.cost)
        hit.elapsed += seconds
        hit.calls.append(CallRecord(name, seconds, answer.cost.rows, answer.cost.counted))
        return answer


def _seconds(hit: Hit, name: str, cost: Cost) -> float:
    """The classic cost of a page of 50, and a little for each further row."""
    return hit.costs.seconds(name, cost) + max(0, cost.rows - 50) * _ROW


def _timing(hit: Hit, began: float, meter: tuple[str, str, str]) -> Timing:
    return Timing(
        start=began,
        work_start=began,
        work_finish=hit.now,
        finish=hit.now,
        operating=hit.meter.operating(meter),
        reset_at=hit.meter.reset_at(meter),
        zone=hit.zone,
    )


def _body(incoming: Incoming) -> Any:
    """The JSON of a request; nothing for GET and for an empty body.

    Raises:
        V3Refusal: the body is no JSON, or is not called JSON.
    """
    if incoming.verb != "POST" or not incoming.body.strip():
        return {}
    media = incoming.content_type.partition(";")[0].strip().lower()
    try:
        value = decode(incoming.body)
    except NotJson:
        value = None
    if not isinstance(value, (list, dict)) or not (media == "application/json" or "+json" in media):
        raise V3Refusal("INVALIDJSONEXCEPTION", "The request body is not valid JSON")
    return value


def _parameters(incoming: Incoming) -> Mapping[str, Any]:
    body = _body(incoming)
    return {key: value for key, value in body.items() if key != "auth"} if isinstance(body, Mapping) else {}
