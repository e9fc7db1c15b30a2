"""``portal.v3``: the methods of REST 3.0, also those whose names the classic REST has too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from typing import Any, Generic

from b24orm.executor import rest
from b24orm.executor.rest_v3 import all_rows_v3
from b24orm.guard import guard
from b24orm.methods.v3 import NamedMethodsV3
from b24orm.namespace import R_co
from b24orm.portal.client import Client
from b24orm.portal.twins import Items

__all__ = ["MethodsV3", "awaited"]


class MethodsV3(NamedMethodsV3[R_co], Generic[R_co]):
    """The methods of REST 3.0 of one portal, by name and in general.

    ``portal.v3.tasks.task.get(id=5)`` checks names and types before anything is sent.

    >>> portal.v3.call("tasks.task.list", {"select": ["id", "title"]})             # doctest: +SKIP

    Args:
        client: the portal.
        run: runs work on the portal's loop, or gives what is to be awaited.
    """

    def __init__(self, client: Client, run: Callable[[Callable[[], Coroutine[Any, Any, Any]]], Any]) -> None:
        self._client = client
        self._run = run

    def __repr__(self) -> str:
        return f"<REST 3.0 of {self._client!r}>"

    @guard
    def call(self, method: str, items: Items | None = None, *, raw: bool = False) -> R_co:
        """The answer of a method; for a list of parameter sets, the answers in order.

        A write carries an ``Idempotency-Key``, and is sent again under it when its answer is lost.

        Args:
            method: the method, ``tasks.task.get``.
            items: its parameters, or a list of them; each set travels in a request of its own.
            raw: the whole answer with ``time``, not only what it is about.

        Raises:
            ApiError: the server answered with an error.
            TransportError: no answer arrived.
        """
        answer: R_co = self._run(lambda: rest.answer(self._client.executor, method, items, raw=raw, api="v3"))
        return answer

    @guard
    def get_all(self, method: str, params: Mapping[str, Any] | None = None) -> R_co:
        """Every row of a list method, page after page until one is empty.

        Raises:
            Incomplete: a row came twice, because the table changed meanwhile.
        """
        answer: R_co = self._run(lambda: self._listed(method, params or {}))
        return answer

    async def _listed(self, method: str, params: Mapping[str, Any]) -> list[Any]:
        pages = self._client.stream(lambda executor: all_rows_v3(executor, method, params), method)
        return [row async for page in pages for row in page]

    @guard
    def call_batch(self, calls: Iterable[Mapping[str, Any]]) -> R_co:
        """A batch as REST 3.0 takes it; the results in order. Rule: ``batch``.

        The first call that fails ends it: what was done before it stays done.

        Args:
            calls: ``{"method": ..., "query": {...}, "as": ...}``; inside a query ``{"$ref": "alias.id"}``
                and ``{"$refArray": "alias.id"}`` stand for what an earlier call answered.

        Raises:
            ApiError: a call failed.
            OutcomeUnknown: the answer to a batch that writes was lost.
        """
        answer: R_co = self._run(lambda: rest.call_batch_v3(self._client.executor, calls))
        return answer


def awaited(work: Callable[[], Coroutine[Any, Any, Any]]) -> Awaitable[Any]:
    """The work, for whoever awaits it on the portal's loop."""
    return work()
