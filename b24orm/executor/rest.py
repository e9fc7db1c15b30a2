"""The one-liners: any REST method by its name, with parameters as the REST docs spell them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Final

from b24orm.errors import ApiError, B24Error, Incomplete, InvalidValue, OutcomeUnknown, TransportError
from b24orm.executor.executor import Executor
from b24orm.executor.outcomes import is_ambiguous
from b24orm.executor.rest_v3 import all_rows_v3, api_of, batch_body, batch_v3, payload, sent
from b24orm.executor.retry import is_read
from b24orm.executor.trip import Trip
from b24orm.facts import listed_by
from b24orm.plan.calls import Ask, Call, Outcome, Reply, rows_of
from b24orm.plan.flow import Flow, Page
from b24orm.plan.listing import Listing
from b24orm.plan.steps.keyset import KeysetScan
from b24orm.plan.steps.offset import OffsetPages
from b24orm.plan.steps.sizes import BATCH
from b24orm.schema import Api

__all__ = [
    "all_rows",
    "answers_a_map",
    "call_batch",
    "call_batch_v3",
    "call_many",
    "call_one",
    "get_by_id",
    "list_and_get",
    "unwrapped",
]

_READINGS: Final = 3
"""How often a list that shifted under our hands is read before we give up."""


def _call(method: str, params: Mapping[str, Any], api: Api | None = None) -> Call:
    if not method.strip("/. "):
        raise InvalidValue(f"a method is named as in 'crm.deal.list', not {method!r}")
    if method.lower() == "batch":
        raise InvalidValue("call() can't carry a batch; use call_batch()")
    return Call(method, params, write=not is_read(method), api=api or api_of(method))


def unwrapped(result: Any) -> Any:
    """The payload of an answer that is nothing but an envelope around one object or list.

    >>> unwrapped({"item": {"id": 1}})
    {'id': 1}
    >>> unwrapped({"count": 3})
    {'count': 3}
    """
    if isinstance(result, dict) and len(result) == 1:
        (inner,) = result.values()
        if isinstance(inner, (dict, list)):
            return inner
    return result


def answers_a_map(method: str) -> bool:
    """Whether a method answers a map by name and no rows.

    >>> answers_a_map("crm.deal.fields"), answers_a_map("crm.deal.list")
    (True, False)
    """
    return method.rpartition(".")[2].lower() in ("fields", "getfields")


async def call_one(
    executor: Executor, method: str, params: Mapping[str, Any], api: Api | None = None
) -> Reply:
    """One call, sent alone."""
    call = _call(method, params, api)
    if call.api == "v3":
        (outcome,) = await sent(executor, [call])
        return _good([call], outcome)
    return _good([call], await executor.outcome(call))


async def call_many(
    executor: Executor, method: str, items: Iterable[Mapping[str, Any]], api: Api | None = None
) -> list[Any]:
    """The answers to many calls of one method, in order; the first error ends it."""
    calls = [_call(method, item, api) for item in items]
    newer = bool(calls) and calls[0].api == "v3"
    outcomes = await (sent(executor, calls) if newer else executor.many(calls))
    lost = [number for number, call in enumerate(calls) if _is_lost(call, outcomes[number])]
    if lost:  # it matters most, whatever else went wrong
        _good([calls[number] for number in lost], outcomes[lost[0]])
    opened = payload if newer else unwrapped
    return [opened(_good([], outcome).result) for outcome in outcomes]


async def call_batch_v3(executor: Executor, calls: Iterable[Mapping[str, Any]]) -> list[Any]:
    """A batch of REST 3.0: the results in order.

    Raises:
        ApiError: a call failed; those before it are done, those behind it are not.
    """
    body = batch_body(list(calls))
    if not body:
        return []
    reads = all(is_read(str(call["method"])) for call in body)
    reply = _good([Call("batch", {"calls": body}, write=not reads)], await batch_v3(executor, body))
    return list(reply.result)


def _is_lost(call: Call, outcome: Outcome) -> bool:
    return call.write and isinstance(outcome, B24Error) and is_ambiguous(outcome)


def _good(sent: Sequence[Call], outcome: Outcome) -> Reply:
    """The reply; or the error raised, which says so if nobody knows what became of the writes sent."""
    if not isinstance(outcome, B24Error):
        return outcome
    if not is_ambiguous(outcome) or not any(call.write for call in sent):
        raise outcome
    unknown = OutcomeUnknown(
        f"{outcome}: whether it was executed is unknown, and it was not sent again",
        [dict(call.params) for call in sent],
    )
    raise unknown from outcome


async def call_batch(executor: Executor, params: Mapping[str, Any]) -> dict[str, Any]:
    """A batch as the REST docs write it: the results by the labels of their commands."""
    spelled = {str(key).lower(): value for key, value in params.items()}
    commands = spelled.get("cmd")
    if not isinstance(commands, (Mapping, list, tuple)):
        raise InvalidValue("call_batch() takes {'halt': 0, 'cmd': {label: 'method?query', ...}}")
    labelled = commands if isinstance(commands, Mapping) else dict(enumerate(commands))
    if not labelled:
        return {}
    if len(labelled) > BATCH:
        raise InvalidValue(f"a batch holds {BATCH} commands, not {len(labelled)}; split it, or use call()")
    for label, text in labelled.items():
        if not isinstance(text, str):
            raise InvalidValue(f"command {label!r} must be a str like 'crm.deal.get?id=1', not {text!r}")
    methods = [str(text).partition("?")[0] for text in labelled.values()]
    writes = not all(is_read(method) for method in methods)
    body = {"halt": 1 if spelled.get("halt") else 0, "cmd": {str(k): text for k, text in labelled.items()}}
    try:
        reply = await executor.sender.send(Trip("batch", methods, write=writes), body)
    except (ApiError, TransportError) as error:
        reply = _good([Call("batch", body, write=writes)], error)
    outcomes = executor.batch_outcomes(
        reply, [str(label) for label in labelled], methods, halt=bool(body["halt"])
    )
    found: dict[str, Any] = {}
    for (label, text), method, outcome in zip(labelled.items(), methods, outcomes, strict=True):
        sent = Call(method, {"cmd": text}, write=not is_read(method))
        found[str(label)] = _good([sent], outcome).result
    return found


async def get_by_id(
    executor: Executor,
    method: str,
    ids: Iterable[int | str],
    id_name: str,
    params: Mapping[str, Any],
) -> dict[Any, Any]:
    """What a method answers for each of many ids, by id."""
    wanted = list(dict.fromkeys(ids))
    if any(key.lower() == id_name.lower() for key in params):
        raise InvalidValue(f"the parameter {id_name!r} is filled with the ids; leave it out of params")
    outcomes = await executor.many([_call(method, {**params, id_name: key}) for key in wanted])
    return {key: unwrapped(_good([], outcome).result) for key, outcome in zip(wanted, outcomes, strict=True)}


async def list_and_get(executor: Executor, branch: str, id_name: str) -> dict[Any, Any]:
    """Everything ``branch.list`` lists, each as ``branch.get`` answers it, by id."""
    found: list[Any] = []
    async for page in all_rows(executor, f"{branch}.list", {"select": [id_name]}):
        found.extend(row.get(id_name, row.get(id_name.lower())) for row in page)
    return await get_by_id(executor, f"{branch}.get", found, id_name, {})


async def all_rows(executor: Executor, method: str, params: Mapping[str, Any]) -> AsyncGenerator[Page, None]:
    """Every row of a list method: each once, none lost, equals kept, in the order asked.

    By keyset where the method has one and no order is asked; by offset else. A list that
    shifts while it is read by offset is read again as a whole.
    """
    if api_of(method) == "v3":
        async with aclosing(all_rows_v3(executor, method, params)) as found:
            async for page in found:
                yield page
        return
    scan = _keyset(method, params)
    if scan is not None:
        async with aclosing(executor.stream(scan)) as found:
            async for page in found:
                yield page
        return
    for reading in range(1, _READINGS + 1):
        try:
            pages = [page async for page in executor.stream(await _offset(executor, method, params))]
        except Incomplete:
            if reading == _READINGS:
                raise
            continue
        for page in pages:
            yield page
        return


def _spelled(params: Mapping[str, Any]) -> dict[str, Any]:
    return {str(key).lower(): value for key, value in params.items()}


def _keyset(method: str, params: Mapping[str, Any]) -> Flow | None:
    schema = listed_by(method)
    spelled = _spelled(params)
    if schema is None or schema.list is None or not {"order", "start", "sort"}.isdisjoint(spelled):
        return None
    spec = schema.list
    if spec.positional or spec.start != "start":
        return None
    if not (spec.keyset and spec.count_free and spec.order_style and schema.id_field.type == "integer"):
        return None
    conditions = spelled.get("filter") or {}
    if not isinstance(conditions, Mapping) or any(
        _names_id(key, schema.id_field.query_name) for key in conditions
    ):
        return None
    select = spelled.get("select")
    if select and spec.dialect != "classic" and not {"*", schema.id_field.query_name} & set(select):
        return None
    rest = {key: value for key, value in params.items() if str(key).lower() not in ("filter", "select")}
    chosen = tuple(select) if select else None
    return KeysetScan(Listing(schema, rest, conditions, chosen), joins=_may_join(conditions, schema.by_wire))


def _names_id(key: Any, id_name: str) -> bool:
    return str(key).lstrip("!=<>@%?*+").upper() == id_name.upper()


def _may_join(conditions: Mapping[str, Any], fields: Mapping[str, Any]) -> bool:
    names = (str(key).lstrip("!=<>@%?*+") for key in conditions)
    return any(name in fields and fields[name].joins for name in names)


async def _offset(executor: Executor, method: str, params: Mapping[str, Any]) -> Flow:
    """An offset scan that has already been given its first page, which tells the envelope."""
    start = int(_spelled(params).get("start") or 0)
    rest = {key: value for key, value in params.items() if str(key).lower() != "start"}
    schema = listed_by(method)
    spec = schema.list if schema is not None else None
    if (
        spec is not None
        and spec.order == "order"
        and "order" not in _spelled(rest)
        and spec.order_style == "map"
    ):
        assert schema is not None
        rest["order"] = {schema.id_field.query_name: "ASC"}
    first = await executor.call(Call(method, {**rest, "start": start}))
    envelope = spec.envelope if spec is not None else _envelope(first.result)
    rows = rows_of(first.result, envelope, method, null=True)

    def call(offset: int) -> Call:
        return Call(method, {**rest, "start": offset}, envelope=envelope)

    hides = spec is not None and spec.hides_rows
    size = first.next - start if first.next is not None and first.next > start else max(50, len(rows))
    if spec is not None and hides:  # its pages are counted with the rows that they do not hold
        size = spec.page_size or size
    flow = OffsetPages(call, identify=_identity(rows), start=start, page_size=size, hides=hides)
    (ask,) = flow.asks(1)
    flow.receive(Ask(ask.calls, key=ask.key), [first])
    return flow


def _envelope(result: Any) -> tuple[str | int, ...]:
    if isinstance(result, dict) and len(result) == 1:
        ((name, inner),) = result.items()
        return (name,) if isinstance(inner, (list, dict)) else ()
    return ()


def _identity(rows: Page) -> Any:
    """What tells rows apart, if they have an id; without one equal rows are all kept."""
    for name in ("ID", "id"):
        named = bool(rows) and all(isinstance(row, Mapping) and name in row for row in rows)
        if named and len({str(row[name]) for row in rows}) == len(rows):
            return lambda row: str(row[name])
    return None
