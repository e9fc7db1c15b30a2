"""The portal behind the socket: takes a request, works, and says what to send.

Nothing here sleeps or touches a connection, so a whole portal can be tested with plain calls.
"""

from __future__ import annotations

import json
import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import tzinfo
from types import MappingProxyType
from typing import Any, Final

from b24orm.emulator import batch
from b24orm.emulator.answers import Refusal, Registry, unlicensed
from b24orm.emulator.cost import CostModel
from b24orm.emulator.credentials import Credentials, Identity
from b24orm.emulator.envelope import error_body, json_bytes, xml_bytes
from b24orm.emulator.faults import Faults
from b24orm.emulator.file_bodies import FileBody, file_reply
from b24orm.emulator.file_links import Visit, opened_token, visiting
from b24orm.emulator.file_server import FileServer
from b24orm.emulator.limits import BUCKET_SECONDS, LeakyBucket, Meter, OperatingBudget, Plan
from b24orm.emulator.oauth import AuthorizationServer
from b24orm.emulator.pipeline import Hit, Outcome, WireMethod, call_of, counter_key, find_method, perform
from b24orm.emulator.reply import CONTENT_TYPES, Reply, gateway_page, json_reply, spoil
from b24orm.emulator.request import Incoming, Route, parameters, route
from b24orm.emulator.stats import RequestRecord, Stats
from b24orm.emulator.v3.gate import Gate, credential
from b24orm.emulator.v3.refusals import V3Refusal, access_denied
from b24orm.emulator.values import ZONE

__all__ = ["Engine"]

_log = logging.getLogger("b24orm.emulator")

_WIRE_METHODS: Final[Mapping[str, WireMethod]] = MappingProxyType({"batch": batch.run_batch})
_RATE_LIMITED: Final = {"error": "QUERY_LIMIT_EXCEEDED", "error_description": "Too many requests"}
_DELETED: Final = {"error": "PORTAL_DELETED", "error_description": "Portal was deleted"}
_CONNECTORS: Final = "rest_auth_connector"
_DEFECT: Final = {"error": "INTERNAL_SERVER_ERROR", "error_description": "Internal server error"}


@dataclass(slots=True, kw_only=True)
class Engine:
    """The state of a portal's wire half.

    Attributes:
        registry: the methods.
        files: what is behind signed links and pages, if there is anything.
        v3: the methods of REST 3.0.
        clock: gives unix seconds.
        churn: called before the work of each request.
        around: surrounds the work of each request, for what is told only when it is done.
        stats, log: what was done; the log holds the last requests only.
        deleted: the portal is gone: before anything else is looked at, it says so.
    """

    registry: Registry
    plan: Plan
    clock: Callable[[], float]
    credentials: Credentials = field(default_factory=Credentials)
    costs: CostModel = field(default_factory=CostModel)
    faults: Faults = field(default_factory=Faults)
    churn: Callable[[], None] | None = None
    around: Callable[[], AbstractContextManager[None]] = nullcontext
    files: FileServer | None = None
    v3: Gate = field(default_factory=lambda: Gate({}))
    zone: tzinfo = ZONE
    stats: Stats = field(default_factory=Stats)
    log: deque[RequestRecord] = field(default_factory=lambda: deque[RequestRecord](maxlen=1000))
    deleted: bool = False
    bucket: LeakyBucket = field(init=False)
    budget: OperatingBudget = field(init=False)
    oauth: AuthorizationServer = field(init=False)

    def __post_init__(self) -> None:
        self.bucket = LeakyBucket(self.plan)
        self.budget = OperatingBudget(self.plan.operating)
        self.oauth = AuthorizationServer(self.credentials, self.clock)

    def take(self, incoming: Incoming) -> Reply:
        """Work on a request; :meth:`settle` has to follow once its answer is out.

        The token endpoint is another server: it has faults of its own, no limit, and isn't counted here.
        """
        place = route(incoming.path)
        if place.api == "oauth":
            return self._tokens(incoming, parameters(incoming, place))
        if place.api == "consent":
            return _sent_on(self.oauth.consent(parameters(incoming, place)))
        if place.api == "page":
            return self._page(incoming, place)
        self.stats.requests += 1
        if self.bucket.take(incoming.remote, self.clock()):
            reply = self._accept(incoming, place)
        else:
            reply = self._rate_limited()
        self._record(place, reply)
        return reply

    def _tokens(self, incoming: Incoming, params: Mapping[str, Any]) -> Reply:
        fault = self.oauth.faults.draw(["oauth"])
        if fault is None or fault.works:
            reply = json_reply(*self.oauth.answer(params))
        else:
            self.oauth.requests += 1
            reply = Reply(status=0)
        return reply if fault is None else spoil(reply, fault, incoming.path)

    def _page(self, incoming: Incoming, place: Route) -> Reply:
        """A page of the portal: no part of REST, so neither counted nor limited as such."""
        fault = self.faults.draw([place.method.lower()])
        if fault is not None and not fault.works:
            return spoil(Reply(status=0), fault, incoming.path)
        page = None if self.files is None else self.files.page(incoming, self.clock())
        reply = page or gateway_page(Reply(status=404), 404)
        return reply if fault is None else spoil(reply, fault, incoming.path)

    def settle(self, reply: Reply) -> None:
        """Enter the operating time of a request, as the server does after the response."""
        if reply.meter is not None:
            reply.meter.commit()
            reply.meter = None

    def spend(self, identity: Identity, method: str, seconds: float) -> None:
        """Enter operating time of a method, for direct and for batched calls of this caller."""
        now = self.clock()
        for batched in (False, True):
            key = counter_key(identity, method.lower(), batched=batched)
            self.budget.add(key, int(now) // BUCKET_SECONDS, seconds, now)

    def _accept(self, incoming: Incoming, place: Route) -> Reply:
        if self.churn is not None:
            self.churn()
        params = parameters(incoming, place)
        names = self.v3.names(place.method, incoming) if place.api == "v3" else _methods(place, params)
        fault = self.faults.draw(names)
        if fault is None:
            return self._work(incoming, place, params)
        self.stats.faults += 1
        self.stats.rejected += fault.kind == "rate_limited"
        if fault.kind == "half_done":
            params = batch.first_half(params)
        reply = self._work(incoming, place, params) if fault.works else Reply(status=0)
        if fault.kind == "half_answered" and place.method.lower() == "batch" and reply.status == 200:
            reply.body = json_bytes(batch.half_answered(json.loads(reply.body), params))
        return spoil(reply, fault, incoming.path)

    def _work(self, incoming: Incoming, place: Route, params: dict[str, Any]) -> Reply:
        if place.api == "v3":
            return self._work_v3(incoming, place)
        if place.api != "v2":
            return gateway_page(Reply(status=404), 404)
        if self.deleted:
            return json_reply(403, _DELETED)
        if self.files is not None and (self.files.serves(place.method.lower()) or "token" in params):
            return self._linked(incoming, place, params)
        hit: Hit | None = None
        try:
            method = find_method(self.registry, _WIRE_METHODS, place.method.lower())
            hit = self._hit(incoming, params, method.scope if method else None)
            with self.around(), visiting(_visit(incoming, hit.identity, params)):
                outcome = perform(hit, place.method, params)
        except Refusal as refusal:
            outcome = Outcome(refusal.status, error_body(refusal))
        except Exception:
            _log.exception("%s failed inside the emulator", place.method)
            outcome = Outcome(500, _DEFECT)
        return self._reply(place, outcome, hit)

    def _linked(self, incoming: Incoming, place: Route, params: dict[str, Any]) -> Reply:
        """What a signed link leads to. It has no time of its own, and costs the method none."""
        assert self.files is not None
        name = place.method.lower()
        try:
            token = str(params.get("token", ""))
            identity = self._hit(incoming, params, token.partition("|")[0]).identity
            visit = _visit(incoming, identity, params)
            scope, meant = opened_token(name, token, visit.auth)
            with self.around(), visiting(visit):
                found = self.files.by_link(scope, call_of(identity, name, meant), incoming)
        except Refusal as refusal:
            return json_reply(refusal.status, error_body(refusal))
        if isinstance(found, FileBody):
            return file_reply(found, incoming)
        return json_reply(200, {"result": found})

    def _work_v3(self, incoming: Incoming, place: Route) -> Reply:
        hit: Hit | None = None
        reply = Reply(status=200, seconds=self.costs.overhead)
        try:
            self.v3.find(place.method)
            hit = self._hit(incoming, {**credential(incoming), **place.params})
            with self.around():
                sent = self.v3.perform(hit, place.method, incoming)
            reply.body, reply.headers = sent.body, (*reply.headers, *sent.headers)
        except V3Refusal as refusal:
            reply.status, reply.body = refusal.status, json_bytes(refusal.body())
        except Refusal:  # REST 3.0 has one word for every bad credential
            reply.status, reply.body = 401, json_bytes(access_denied(401).body())
        except Exception:
            _log.exception("%s failed inside the emulator", place.method)
            failure = V3Refusal("INTERNAL_INTERNALEXCEPTION", "Internal error", status=500)
            reply.status, reply.body = 500, json_bytes(failure.body())
        return self._charged(reply, hit)

    def _hit(self, incoming: Incoming, params: Mapping[str, Any], scope: str | None = None) -> Hit:
        started = self.clock()
        identity = self.credentials.identify(params, incoming.authorization, started, scope)
        if identity.connector and _CONNECTORS in self.plan.lacks:
            raise unlicensed("auth_connector")
        return Hit(
            registry=self.registry,
            wire_methods=_WIRE_METHODS,
            identity=identity,
            meter=Meter(self.budget, started),
            costs=self.costs,
            zone=self.zone,
            started=started,
            elapsed=self.costs.overhead,
        )

    def _reply(self, place: Route, outcome: Outcome, hit: Hit | None) -> Reply:
        encode = xml_bytes if place.transport == "xml" else json_bytes
        reply = Reply(
            status=outcome.status,
            body=encode(outcome.body),
            content_type=CONTENT_TYPES[place.transport],
            seconds=self.costs.overhead,
        )
        return self._charged(reply, hit)

    def _charged(self, reply: Reply, hit: Hit | None) -> Reply:
        """The reply with what the request cost."""
        if hit is None:
            return reply
        reply.seconds, reply.meter, reply.calls = hit.elapsed, hit.meter, tuple(hit.calls)
        reply.headers += tuple(_hit_headers(hit))
        return self._cut(reply) if hit.elapsed > self.costs.time_limit else reply

    def _cut(self, reply: Reply) -> Reply:
        """A request over the time limit: what it did stays done, its answer is a gateway's page."""
        reply.seconds = self.costs.time_limit
        return gateway_page(reply, 504)

    def _rate_limited(self) -> Reply:
        self.stats.rejected += 1
        return json_reply(503, _RATE_LIMITED)

    def _record(self, place: Route, reply: Reply) -> None:
        for call in reply.calls:
            self.stats.add(call)
        record = RequestRecord(
            method=place.method.lower(),
            commands=tuple(call.method for call in reply.calls),
            status=reply.status,
            seconds=reply.seconds,
            rows=sum(call.rows for call in reply.calls),
        )
        self.log.append(record)
        _log.debug("%s: %d, %d calls, %d rows", record.method, record.status, len(reply.calls), record.rows)


def _visit(incoming: Incoming, identity: Identity, params: Mapping[str, Any]) -> Visit:
    """Whom addresses in the answer are made for; a token in a header is not handed on."""
    auth = {name: str(params[name]) for name in identity.auth_keys if name in params}
    return Visit(incoming.origin, auth)


def _sent_on(address: str | None) -> Reply:
    """The browser goes on to an address, or sees that there is none."""
    if address is None:
        return gateway_page(Reply(status=404), 404)
    reply = gateway_page(Reply(status=302), 302)
    reply.headers = (("Location", address),)
    return reply


def _methods(place: Route, params: Mapping[str, Any]) -> Iterable[str]:
    name = place.method.lower()
    return [name, *batch.command_methods(params)] if name == "batch" else [name]


def _hit_headers(hit: Hit) -> Iterable[tuple[str, str]]:
    if hit.identity.client_id:
        yield "X-Bitrix-Rest-Application", hit.identity.client_id
    work = sum(call.seconds for call in hit.calls)
    yield "X-Bitrix-Rest-Time", f"{int(hit.now) - int(hit.now - work):.10f}"
    yield "X-Bitrix-Rest-User-Time", f"{work:.10f}"
    yield "X-Bitrix-Rest-System-Time", f"{0:.10f}"
