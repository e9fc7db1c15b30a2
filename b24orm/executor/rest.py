"""The one-liners: any REST method by its name, with parameters as the REST docs spell them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from b24orm.errors import ApiError, B24Error, InvalidValue, OutcomeUnknown, ServerFailure, TransportError
from b24orm.executor.all_rows import all_rows
from b24orm.executor.executor import Executor
from b24orm.executor.outcomes import is_ambiguous
from b24orm.executor.rest_v3 import api_of, batch_body, batch_v3, payload, sent
from b24orm.executor.retry import is_read
from b24orm.executor.trip import Trip
from b24orm.plan.calls import Call, Outcome, Reply
from b24orm.plan.steps.sizes import BATCH
from b24orm.schema import Api

__all__ = [
    "answer",
    "answers_a_map",
    "call_batch",
    "call_batch_v3",
    "get_by_id",
    "list_and_get",
]


def _call(method: str, params: Mapping[str, Any], api: Api | None = None) -> Call:
    if not method.strip("/. "):
        raise InvalidValue(f"a method is named as in 'crm.deal.list', not {method!r}")
    if method.lower() == "batch":
        raise InvalidValue("call() can't carry a batch; use call_batch()")
    return Call(method, params, write=not is_read(method), api=api or api_of(method))


def _unwrapped(result: Any) -> Any:
    """The payload of an answer that is nothing but an envelope around one object or list.

    >>> _unwrapped({"item": {"id": 1}})
    {'id': 1}
    >>> _unwrapped({"count": 3})
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


async def answer(
    executor: Executor, method: str, items: object, *, raw: bool = False, api: Api | None = None
) -> Any:
    """The answer of a method; for a list of parameter sets, the answers in order.

    Args:
        executor: what asks the portal.
        method: the method.
        items: its parameters, or a list of them; None for none.
        raw: the whole answer, not only what it is about.
        api: which REST; None: the one that knows the name.

    Raises:
        InvalidValue: the items are neither.
    """
    if items is not None and not isinstance(items, Mapping):
        listed = _listed(method, items)
        if raw:
            raise InvalidValue("call(raw=True) takes one set of parameters, not several")
        return await _many(executor, method, listed, api)
    reply = await _one(executor, method, items or {}, api)
    opened = payload if (api or api_of(method)) == "v3" else _unwrapped
    return dict(reply.body or {}) if raw else opened(reply.result)


def _listed(method: str, items: object) -> list[Mapping[str, Any]]:
    if isinstance(items, (str, bytes)) or not isinstance(items, Iterable):
        raise InvalidValue(f"call({method!r}) takes a dict of parameters or a list of them, not {items!r}")
    listed = list(items)
    for number, item in enumerate(listed):
        if not isinstance(item, Mapping):
            raise InvalidValue(f"call({method!r}): item {number} must be a dict of parameters, not {item!r}")
    return listed


async def _one(executor: Executor, method: str, params: Mapping[str, Any], api: Api | None = None) -> Reply:
    """One call, sent alone."""
    call = _call(method, params, api)
    if call.api == "v3":
        (outcome,) = await sent(executor, [call])
        return _good([call], outcome)
    return _good([call], await executor.outcome(call))


async def _many(
    executor: Executor, method: str, items: Iterable[Mapping[str, Any]], api: Api | None = None
) -> list[Any]:
    """The answers to many calls of one method, in order; the first error ends it."""
    calls = [_call(method, item, api) for item in items]
    v3 = bool(calls) and calls[0].api == "v3"
    outcomes = await (sent(executor, calls) if v3 else executor.many(calls))
    lost = [number for number, call in enumerate(calls) if _is_lost(call, outcomes[number])]
    if lost:  # it matters most, whatever else went wrong
        _good([calls[number] for number in lost], outcomes[lost[0]])
    opened = payload if v3 else _unwrapped
    return [
        opened(reply.result) for reply in _each(outcomes, [call.params for call in calls], "item {number}")
    ]


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


def _each(outcomes: Iterable[Outcome], items: Sequence[object], place: str) -> Iterator[Reply]:
    """The replies; the first error is raised, and says which of the items it is about."""
    for number, (outcome, item) in enumerate(zip(outcomes, items, strict=True)):
        if isinstance(outcome, ApiError) and outcome.command:  # not the whole batch's
            outcome.placed(place.format(number=number, item=item), item, number)
        yield _good([], outcome)


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
    replies = _each(outcomes, wanted, "id {item}")
    return {key: _unwrapped(reply.result) for key, reply in zip(wanted, replies, strict=True)}


async def list_and_get(executor: Executor, branch: str, id_name: str) -> dict[Any, Any]:
    """Everything ``branch.list`` lists, each as ``branch.get`` answers it, by id."""
    found: list[Any] = []
    async for page in all_rows(executor, f"{branch}.list", {"select": [id_name]}):
        found.extend(_id_of(row, id_name, f"{branch}.list") for row in page)
    return await get_by_id(executor, f"{branch}.get", found, id_name, {})


def _id_of(row: Any, id_name: str, method: str) -> Any:
    """The id in a row of a list, in whichever letters.

    Raises:
        ServerFailure: the row has none.
    """
    for name in (id_name, id_name.lower(), id_name.upper()):
        if isinstance(row, Mapping) and row.get(name) is not None:
            return row[name]
    raise ServerFailure("NO_ID", f"a row of the answer has no {id_name}", method=method)
