"""The two kinds of portal: for synchronous code, and for asynchronous code."""

from __future__ import annotations

import asyncio
import os
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, Literal, TypeAlias, TypeVar, overload

from b24orm.entity.habits import familiar
from b24orm.errors import B24Error, UsageError
from b24orm.executor import rest
from b24orm.executor.executor import Executor
from b24orm.guard import guard
from b24orm.loop import LoopThread, background
from b24orm.methods import NamedMethods
from b24orm.plan.flow import Flow, Page
from b24orm.portal import current
from b24orm.portal.client import Client, Source
from b24orm.portal.twins import Items
from b24orm.portal.v3 import MethodsV3, awaited
from b24orm.tracebacks import bare
from b24orm.transport.auth.oauth import OAuth

__all__ = ["AsyncPortal", "Portal"]

_T = TypeVar("_T")

Params: TypeAlias = "dict[str, Any]"
"""The parameters of one call."""


class AsyncPortal(Client, NamedMethods[Coroutine[Any, Any, Any]]):
    """A portal for asynchronous code.

    >>> async with AsyncPortal("https://acme.bitrix24.com/rest/1/secret/") as portal:   # doctest: +SKIP
    ...     deals = await portal.get_all("crm.deal.list", {"filter": {"STAGE_ID": "WON"}})

    Inside ``async with`` it is the portal of the task, and of the tasks that it starts. With a webhook it
    is the default of the program as well, if that has none; with an application's credentials it is not.

    Args:
        url: the webhook, or credentials; without it ``B24_WEBHOOK_URL`` is read.
        plan: ``standard``, ``enterprise``, ``unlimited`` or :class:`RateLimits`.
        limits: :class:`RedisLimits` makes what ``plan`` permits one budget of many processes and hosts.
        progress: show progress bars: True, False, or ``auto`` (on a terminal, after a second).
        timeout: seconds for one request; the cloud itself cuts requests at 60.
        give_up_after: seconds without any answer, after which nothing is tried again and nothing new is
            sent but a request each half minute; a bulk write ends with :class:`~b24orm.errors.JobStopped`.
        verify_ssl: False, or an SSLContext of your own, changes how certificates are checked.
        session: an aiohttp session to send with; it is left open.
        allow_http: accept plain http, which shows the secret to everybody on the way.
        on_invalid: a value that does not fit its field: ``raise`` InvalidRow, or ``keep`` it as the
            server sent it, with a warning.
        on_request: called with an :class:`Exchange` for every HTTP request, on the thread that sent it, for
            metrics and traces; it must not block.
    """

    _loop: asyncio.AbstractEventLoop | None = None

    def _moved_on(self) -> bool:
        """Whether the event loop of the connections has ended; those of the running one are made anew.

        Raises:
            UsageError: it goes on: connections can't be used from two loops.
        """
        before, here = self._loop, _running_loop()
        if here is None or here is before:
            return False
        if before is not None and not before.is_closed() and self._pid == os.getpid():
            raise UsageError(
                f"this AsyncPortal of {self.host} is in use on another event loop; make one for each loop, "
                "or a Portal: it can be awaited from all of them"
            )
        self._loop = here
        return before is not None

    async def __aenter__(self) -> AsyncPortal:
        self._open()
        # an application serves many portals: what names none must not reach the one that is open just now
        self._entered = current.enter(self, default=not isinstance(self._credentials, OAuth))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        current.leave(self, self._entered)
        await self.close()

    @property
    def v3(self) -> MethodsV3[Coroutine[Any, Any, Any]]:
        """The methods of REST 3.0, also those whose names the classic REST has too."""
        return MethodsV3(self, awaited)

    async def close(self) -> None:
        """Closes the connections; calls after that are refused."""
        if self._executor is not None and not self._closed:
            await self._executor.close()
        self._closed = True

    @overload
    async def call(
        self, method: str, items: Params | None = None, *, raw: Literal[True]
    ) -> dict[str, Any]: ...
    @overload
    async def call(self, method: str, items: Params | None = None, *, raw: bool = False) -> Any: ...
    @overload
    async def call(self, method: str, items: Iterable[Mapping[str, Any]]) -> list[Any]: ...
    @familiar
    @guard
    async def call(self, method: str, items: Items | None = None, *, raw: bool = False) -> Any:
        """The answer of a method; for a list of parameter sets, the answers in order.

        A method by its name, ``portal.crm.deal.get(id=5)``, has typed parameters; what it answers is of no
        type here either, for that depends on the portal. Rows with types come from the models.

        Args:
            method: the REST method, ``crm.deal.get``.
            items: its parameters, or a list of them, which is packed into batches.
            raw: the whole answer with ``time`` and ``total``, not only its result.

        Raises:
            ApiError: the server answered with an error.
            TransportError: no answer arrived.
        """
        return await rest.answer(self._open(), method, items, raw=raw)

    @guard
    async def call_batch(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """A batch as the REST docs write it; the results by label. Rule: ``batch``."""
        return await rest.call_batch(self._open(), params)

    @familiar
    @guard
    async def get_all(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        """Every row of a list method, whatever the paging. ``order`` is kept, equals are kept.

        The answer is a list; of a ``*.fields`` method it is the dict of the fields by name.
        """
        return await self._get_all(method, params)

    @familiar
    @guard
    async def get_by_ID(  # noqa: N802 - the name that users know
        self,
        method: str,
        ID_list: Iterable[int | str],  # noqa: N803
        ID_field_name: str = "ID",  # noqa: N803
        params: Mapping[str, Any] | None = None,
    ) -> dict[Any, Any]:
        """What the method answers for each id, as a dict by id."""
        return await rest.get_by_id(self._open(), method, ID_list, ID_field_name, params or {})

    @guard
    async def list_and_get(self, method_branch: str, ID_field_name: str = "ID") -> dict[Any, Any]:  # noqa: N803
        """Everything ``branch.list`` lists, as ``branch.get`` answers it, by id."""
        return await rest.list_and_get(self._open(), method_branch, ID_field_name)

    async def arun(self, work: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        """Runs work on the portal's loop: the running one."""
        try:
            return await work()
        except B24Error as error:
            raise bare(error)  # noqa: B904 - the same error, without the way it took

    def astream(self, source: Source, label: str, flow: Flow) -> AsyncIterator[Page]:
        """The pages of a source."""
        return self.stream(source, label, flow)

    def aeach(self, source: Callable[[], AsyncIterator[_T]]) -> AsyncIterator[_T]:
        """The items of a source that runs on the portal's loop: the running one."""
        return _bared(source())

    def each(self, source: Callable[[], AsyncIterator[_T]]) -> Iterator[_T]:  # noqa: ARG002
        """Refused, as :meth:`run`."""
        return self.run(_nothing)

    def run(self, work: Callable[[], Coroutine[Any, Any, _T]]) -> _T:  # noqa: ARG002
        """Refused: this portal's connections belong to your event loop."""
        raise UsageError(
            "an AsyncPortal can't be used synchronously: await the a-prefixed twin, or use connect()"
        )

    def iterate(self, source: Source, label: str, flow: Flow) -> Iterator[Page]:  # noqa: ARG002
        """Refused, as :meth:`run`."""
        raise UsageError("an AsyncPortal can't be used synchronously: use 'async for', or connect()")


class Portal(Client, NamedMethods[Any]):
    """A portal for synchronous code; made by :func:`connect`.

    Its work happens on one background event loop, so it works in scripts, in notebooks, inside a
    running loop and from several threads.
    """

    def _opened(self, executor: Executor) -> None:
        """Sees to it that a portal that nobody holds any more lets go of its connections."""
        weakref.finalize(self, _let_go, executor, os.getpid())

    def __enter__(self) -> Portal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def v3(self) -> MethodsV3[Any]:
        """The methods of REST 3.0, also those whose names the classic REST has too."""
        return MethodsV3(self, self.run)

    def close(self) -> None:
        """Closes the connections; calls after that are refused."""
        executor = self._executor
        if executor is not None and not self._closed and self._pid == os.getpid():
            self._loop.run(executor.close())
        self._closed = True
        current.forget(self)

    @property
    def _loop(self) -> LoopThread:
        return background()

    def run(self, work: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        """Runs work on the background loop and waits for it."""
        self._open()
        return self._loop.run(work())

    def iterate(self, source: Source, label: str, flow: Flow) -> Iterator[Page]:
        """The pages of a source, one hop to the background loop a page."""
        return self._loop.iterate(self.stream(source, label, flow))

    def each(self, source: Callable[[], AsyncIterator[_T]]) -> Iterator[_T]:
        """The items of a source that runs on the background loop, one hop an item."""
        self._open()
        return self._loop.iterate(source())

    def aeach(self, source: Callable[[], AsyncIterator[_T]]) -> AsyncIterator[_T]:
        """The items of a source that runs on the background loop, for ``async for`` on any other."""
        self._open()
        return self._loop.aiterate(source())

    async def arun(self, work: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        """Runs work on the background loop, awaited from any other."""
        self._open()
        return await self._loop.arun(work())

    def astream(self, source: Source, label: str, flow: Flow) -> AsyncIterator[Page]:
        """The pages of a source, for ``async for`` on any loop."""
        return self._loop.aiterate(self.stream(source, label, flow))

    @overload
    def call(self, method: str, items: Params | None = None, *, raw: Literal[True]) -> dict[str, Any]: ...
    @overload
    def call(self, method: str, items: Params | None = None, *, raw: bool = False) -> Any: ...
    @overload
    def call(self, method: str, items: Iterable[Mapping[str, Any]]) -> list[Any]: ...
    @familiar
    @guard
    def call(self, method: str, items: Items | None = None, *, raw: bool = False) -> Any:
        """The answer of a method; for a list of parameter sets, the answers in order.

        A method by its name, ``portal.crm.deal.get(id=5)``, has typed parameters; what it answers is of no
        type here either, for that depends on the portal. Rows with types come from the models.

        >>> portal.call("crm.deal.get", {"id": 5})                             # doctest: +SKIP
        >>> first, second = portal.call("crm.deal.get", [{"id": 5}, {"id": 6}])    # doctest: +SKIP

        Args:
            method: the REST method, ``crm.deal.get``.
            items: its parameters, or a list of them, which is packed into batches.
            raw: the whole answer with ``time`` and ``total``, not only its result.

        Raises:
            ApiError: the server answered with an error.
            TransportError: no answer arrived.
        """
        return self.run(lambda: rest.answer(self._open(), method, items, raw=raw))

    @guard
    def call_batch(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """A batch as the REST docs write it; the results by label. Rule: ``batch``.

        >>> portal.call_batch({"halt": 0, "cmd": {"deal": "crm.deal.get?id=5"}})    # doctest: +SKIP

        Args:
            params: ``cmd``, up to 50 commands by label, and ``halt``.

        Raises:
            InvalidValue: there are more than 50 commands.
            ApiError: a command failed; ``command`` names it.
        """
        return self.run(lambda: rest.call_batch(self._open(), params))

    @familiar
    @guard
    def get_all(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        """Every row of a list method, whatever the paging. ``order`` is kept, equals are kept.

        The answer is a list; of a ``*.fields`` method it is the dict of the fields by name.

        >>> won = portal.get_all("crm.deal.list", {"filter": {"STAGE_ID": "WON"}})    # doctest: +SKIP

        Args:
            method: a method that lists rows, ``crm.deal.list``.
            params: its parameters: ``filter``, ``select``, ``order`` ...

        Raises:
            Incomplete: others changed rows that can't be read by id, so that some may be missing.
            ApiError: the server answered with an error.
            TransportError: no answer arrived.
        """
        return self.run(lambda: self._get_all(method, params))

    @familiar
    @guard
    def get_by_ID(  # noqa: N802 - the name that users know
        self,
        method: str,
        ID_list: Iterable[int | str],  # noqa: N803
        ID_field_name: str = "ID",  # noqa: N803
        params: Mapping[str, Any] | None = None,
    ) -> dict[Any, Any]:
        """What the method answers for each id, as a dict by id.

        >>> contacts = portal.get_by_ID("crm.deal.contact.items.get", [5, 6])    # doctest: +SKIP

        Args:
            method: a method that takes one id, ``crm.deal.get``.
            ID_list: the ids; they are the keys of the answer as they are given.
            ID_field_name: the parameter that takes the id.
            params: further parameters of every call.

        Raises:
            ApiError: the server answered one of the calls with an error.
            TransportError: no answer arrived.
        """
        return self.run(lambda: rest.get_by_id(self._open(), method, ID_list, ID_field_name, params or {}))

    @guard
    def list_and_get(self, method_branch: str, ID_field_name: str = "ID") -> dict[Any, Any]:  # noqa: N803
        """Everything ``branch.list`` lists, as ``branch.get`` answers it, by id.

        >>> deals = portal.list_and_get("crm.deal")                            # doctest: +SKIP
        """
        return self.run(lambda: rest.list_and_get(self._open(), method_branch, ID_field_name))


async def _bared(source: AsyncIterator[_T]) -> AsyncIterator[_T]:
    try:
        async for item in source:
            yield item
    except B24Error as error:
        raise bare(error)  # noqa: B904 - the same error, without the way it took
    finally:
        if isinstance(source, AsyncGenerator):
            await source.aclose()


async def _nothing() -> Any:
    """What nobody runs."""


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _let_go(executor: Executor, pid: int) -> None:
    """Closes an executor's connections on the background loop, without waiting in it."""
    if pid == os.getpid():
        background().finish(executor.close())
