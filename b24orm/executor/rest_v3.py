"""The one-liners of REST 3.0: any of its methods by name, whole lists, its own batch."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

from b24orm.errors import ApiError, Incomplete, InvalidValue, ServerFailure, TransportError
from b24orm.executor.executor import Executor
from b24orm.executor.retry import is_read
from b24orm.executor.trip import Trip
from b24orm.executor.writer import Writer
from b24orm.methods import ONLY_V3
from b24orm.plan.calls import Call, Outcome, Reply, rows_of
from b24orm.plan.flow import Page
from b24orm.plan.page_v3 import page_of
from b24orm.plan.steps.order import identified
from b24orm.plan.steps.sizes import BATCH
from b24orm.plan.writes import Write
from b24orm.schema import Api

__all__ = ["all_rows_v3", "api_of", "batch_body", "batch_v3", "payload", "sent"]


def api_of(method: str) -> Api:
    """Which REST a name means to whoever does not say: the classic one wherever it knows the name.

    >>> api_of("main.eventlog.list"), api_of("tasks.task.list")
    ('v3', 'v2')
    """
    return "v3" if method in ONLY_V3 else "v2"


async def sent(executor: Executor, calls: Sequence[Call]) -> list[Outcome]:
    """What calls of REST 3.0 came to; each write under a key of its own."""
    if not any(call.write for call in calls):
        return await executor.many(calls)
    return await Writer(executor).run([Write("add", call, place=n) for n, call in enumerate(calls)])


def payload(result: Any) -> Any:
    """What an answer is about: below ``item``, ``items`` or ``result``.

    >>> payload({"result": True}), payload({"item": {"id": 1}}), payload({"id": 5})
    (True, {'id': 1}, {'id': 5})
    """
    if isinstance(result, dict) and len(result) == 1:
        ((name, inner),) = result.items()
        return inner if name in ("item", "items", "result") else result
    return result


async def all_rows_v3(
    executor: Executor, method: str, params: Mapping[str, Any]
) -> AsyncGenerator[Page, None]:
    """Every row of a list method, page after page until one is empty.

    A page goes on behind the rows that came, not behind those that were asked for.

    Raises:
        Incomplete: a row came twice, so others may be missing.
    """
    if "pagination" in params:
        raise InvalidValue("get_all() pages by itself: leave pagination out")
    seen: set[Any] = set()
    count = 0
    while True:
        paged = {**params, "pagination": {"limit": page_of(method), "offset": count}}
        reply = await executor.call(Call(method, paged, api="v3"))
        page = rows_of(payload(reply.result), (), method)
        if not page:
            return
        named = [row for row in page if isinstance(row, Mapping) and "id" in row]
        ids = identified(named, lambda row: row["id"], method).keys()
        if len(ids) < len(named) or not seen.isdisjoint(ids):
            raise Incomplete(
                f"{method}: rows were repeated while the pages were read by offset: the table changed "
                "meanwhile, or the method answers its first page again; read again"
            )
        seen.update(ids)
        count += len(page)
        yield page


def batch_body(calls: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The body of a batch, checked.

    Raises:
        InvalidValue: it has too many calls, or one of them has no method or no query.
    """
    if len(calls) > BATCH:  # the server names no limit; no official client sends more
        raise InvalidValue(f"a batch holds {BATCH} calls, not {len(calls)}; split it, or use call()")
    for number, call in enumerate(calls):
        if not isinstance(call.get("method"), str) or not isinstance(call.get("query", {}), Mapping):
            raise InvalidValue(
                f"call {number} of the batch is {dict(call)!r}; "
                "it takes {'method': ..., 'query': {...}, 'as': ...}"
            )
    return [{"query": {}, **call} for call in calls]


async def batch_v3(executor: Executor, body: Sequence[Mapping[str, Any]]) -> Outcome:
    """The answer to a batch: its results in order; or the error of the first call that failed."""
    methods = [str(call["method"]) for call in body]
    trip = Trip("batch", methods, write=not all(map(is_read, methods)), api="v3")
    try:
        reply = await executor.sender.send(trip, list(body))
    except (ApiError, TransportError) as error:
        return error
    results: Any = reply.result
    if not isinstance(results, list) or len(results) != len(body):
        return ServerFailure("NO_RESULT", "a call of the batch has no answer", method="batch")
    return Reply([payload(result) for result in results], time=reply.time)
