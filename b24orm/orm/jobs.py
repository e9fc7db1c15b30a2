"""A bulk write: items of any source, taken window by window, each with its own outcome.

The source is read by whoever called, the window runs on the portal's own loop; so a generator may
itself ask the portal, and no more than a window of items is in memory.
"""

from __future__ import annotations

import uuid
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Callable,
    Coroutine,
    Generator,
    Iterable,
    Iterator,
    Sequence,
    Sized,
)
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from itertools import islice
from os import PathLike
from typing import Any, Generic, cast

from typing_extensions import TypeVar

from b24orm.entity.base import Entity
from b24orm.errors import B24Error, InvalidValue, JobStopped, UnknownName
from b24orm.executor.journal import Journal
from b24orm.executor.traces import traces_of
from b24orm.executor.userfields import check_sent
from b24orm.executor.writer import GROUPS, Writer
from b24orm.loop import background
from b24orm.orm.checks import check_journal, check_source
from b24orm.orm.results import RaiseOnError, WriteResult, about, check_mode, first_error, group_of, raised
from b24orm.orm.stopping import Brake
from b24orm.plan.calls import Call, Outcome
from b24orm.plan.origin import Origin
from b24orm.plan.writes import Kind, Write, method_for
from b24orm.portal import AsyncPortal, Portal
from b24orm.transport.encoding import to_json

__all__ = ["Job", "Options", "Source", "acollected", "acounted", "collected", "counted", "streamed"]

T = TypeVar("T")
Source = Iterable[T] | AsyncIterable[T]


@dataclass(frozen=True, slots=True)
class Options:
    """How a bulk write is done.

    Attributes:
        ordered: each batch waits for the one before it.
        raise_on_error: ``first``: the first error ends the job; ``group``: all errors at the end, as
            an ExceptionGroup; False: none, they stand in the results.
        journal: a file that lets a killed job go on.
    """

    ordered: bool = False
    raise_on_error: RaiseOnError = "group"
    journal: str | PathLike[str] | None = None

    def __post_init__(self) -> None:
        check_mode(self.raise_on_error)
        check_journal(self.journal)
        if not isinstance(self.ordered, bool):
            raise InvalidValue(f"ordered is True or False, not {self.ordered!r}")


def streamed(ordered: bool, journal: str | PathLike[str] | None) -> Options:  # noqa: FBT001
    """How a bulk write is done whose results are handed out one by one: errors stand in them."""
    return Options(ordered, raise_on_error=False, journal=journal)


@dataclass
class Job(Generic[T]):
    """One bulk write.

    Attributes:
        kind: what is done to each item.
        model: the entity.
        portal: where.
        options: how.
        call: makes the call of an item, None if there is nothing to do; raises what is wrong with it.
        repeatable: whether a call may be sent twice.
        settle: takes in that an item was written, and gives its id.
        origin: where new rows carry their key, if they do.
        by_values: new rows whose answer was lost are looked for by their values.
        alike: every item is written the same: what is wrong with one is raised at once.
    """

    kind: Kind
    model: type[Entity]
    portal: Portal | AsyncPortal
    options: Options
    call: Callable[[T], Call | None]
    repeatable: Callable[[Call], bool]
    settle: Callable[[T, Call, Any], Any]
    origin: Origin | None = None
    by_values: bool = False
    alike: bool = False
    _key: str = field(default_factory=lambda: uuid.uuid4().hex[:16])
    _count: int = 0

    # -- driving ---------------------------------------------------------------------

    def run(self, source: Source[T]) -> Iterator[WriteResult[T]]:
        """The results, for synchronous code.

        Raises:
            JobStopped: the portal serves it no more.
        """
        brake = self._brake()
        with self._open(source) as writer:
            items = iter(_pulled(source))
            while window := list(islice(items, self._room(writer))):
                yield from self.portal.run(self._step(writer, window, brake))
                brake.check()

    async def arun(self, source: Source[T]) -> AsyncGenerator[WriteResult[T], None]:
        """The results, for asynchronous code.

        Raises:
            JobStopped: the portal serves it no more.
        """
        brake = self._brake()
        with self._open(source) as writer:
            async for window in _windows(source, lambda: self._room(writer)):
                for result in await self.portal.arun(self._step(writer, window, brake)):
                    yield result
                brake.check()

    def _step(
        self, writer: Writer, window: Sequence[T], brake: Brake[T]
    ) -> Callable[[], Coroutine[Any, Any, list[WriteResult[T]]]]:
        """What is done for a window of items on the portal's own loop.

        Raises:
            JobStopped: the portal serves the job no more.
        """
        brake.check(window)
        return partial(self._window, writer, window, brake)

    def _brake(self) -> Brake[T]:
        return Brake(f"{self.model.__name__} {self.kind}", self.portal.host)

    @contextmanager
    def _open(self, source: Source[T]) -> Generator[Writer, None, None]:
        """What writes the items: with its journal open, and a progress bar that counts them."""
        total = len(source) if isinstance(source, Sized) else None
        journal = self._opened()
        try:
            with self.portal.progress(f"{self.model.__name__} {self.kind}") as bar:
                yield self._writer(journal, lambda rows: bar.add(rows, total))
        finally:
            if journal is not None:
                journal.close()

    def _room(self, writer: Writer) -> int:
        """Items that are in memory at a time: enough for every request that may be under way."""
        return GROUPS * writer.size(self.kind, method_for(self.model.__schema__, self.kind).name)

    def _opened(self) -> Journal | None:
        if self.options.journal is None:
            return None
        method = self.model.__schema__.methods[self.kind].name
        job = {"method": method, "portal": self.portal.host}
        journal = Journal(self.options.journal, job)
        self._key = journal.key
        return journal

    def _writer(self, journal: Journal | None, told: Callable[[int], None]) -> Writer:
        return Writer(
            self.portal.executor,
            halt=self.options.raise_on_error == "first",
            ordered=self.options.ordered,
            origin=self.origin,
            traces=traces_of(self.portal.executor, self.model.__schema__) if self.kind == "add" else None,
            by_values=self.by_values,
            journal=journal,
            told=told,
        )

    # -- one window ------------------------------------------------------------------

    async def _window(self, writer: Writer, items: Sequence[T], brake: Brake[T]) -> list[WriteResult[T]]:
        first = self._count
        prepared = [await self._checked(self._prepared(item)) for item in items]
        writes = [write for write in prepared if isinstance(write, Write)]
        found = await writer.run(writes)
        outcomes = iter(found)
        if writer.told is not None and len(writes) < len(items):
            writer.told(len(items) - len(writes))  # those that were wrong before they were sent
        results = [
            self._result(number, item, write, next(outcomes))
            if isinstance(write, Write)
            else _unsent(number, item, write)
            for number, (item, write) in enumerate(zip(items, prepared, strict=True), first)
        ]
        if self.options.raise_on_error == "first" and (error := first_error(results)) is not None:
            raise error
        return brake.sorted(results, writer.gave_up(found))

    def _prepared(self, item: T) -> Write | B24Error | None:
        """The write of an item; what is wrong with it, where it fails alone; None: it is as it should be."""
        place = self._count
        self._count += 1
        try:
            call = self.call(item)
            if call is None:
                return None
            digest = sha256(to_json(call.params)).hexdigest() if self.options.journal is not None else ""
        except B24Error as error:
            if self.options.raise_on_error == "first":
                error.item, error.number = item, place
                raise
            return error
        origin = None
        if self.origin is not None:
            call, origin = self.origin.marked(call, f"{self._key}:{place}")
        return Write(self.kind, call, self.repeatable(call), origin, place, digest)

    async def _checked(self, write: Write | B24Error | None) -> Write | B24Error | None:
        """The write, unless the portal lacks a user field that it sends."""
        if isinstance(write, Write):
            try:
                await check_sent(self.portal.executor, self.model.__schema__, write.kind, write.call)
            except UnknownName as error:
                if self.alike or self.options.raise_on_error == "first":
                    raise
                return error
        return write

    def _result(self, number: int, item: T, write: Write, outcome: Outcome) -> WriteResult[T]:
        if not isinstance(outcome, B24Error):
            try:
                return WriteResult(item, self.settle(item, write.call, outcome), number=number)
            except B24Error as error:
                return _failed(number, item, error)
        return _failed(number, item, outcome)


def _unsent(number: int, item: T, error: B24Error | None) -> WriteResult[T]:
    """The result of an item that was not sent."""
    if error is not None:
        return _failed(number, item, error)
    return WriteResult(item, getattr(item, "pk", None), number=number)


def _failed(number: int, item: T, error: B24Error) -> WriteResult[T]:
    if error.item is not None:  # one error may be the error of a whole batch
        error = _copied(error)
    return WriteResult(item, error=about(error, item, number), number=number)


def _copied(error: B24Error) -> B24Error:
    from copy import copy

    made = copy(error)
    made.attempts, made.sent_at, made.__cause__ = error.attempts, error.sent_at, error.__cause__
    return made


# -- sources ---------------------------------------------------------------------------


def _pulled(source: Source[T]) -> Iterable[T]:
    """The items of a source, for synchronous code."""
    check_source(source)
    if isinstance(source, AsyncIterable) and not isinstance(source, Iterable):
        return background().iterate(aiter(source))
    return cast("Iterable[T]", source)


async def _windows(source: Source[T], room: Callable[[], int]) -> AsyncIterator[list[T]]:
    check_source(source)
    if not isinstance(source, AsyncIterable):
        items = iter(source)
        while window := list(islice(items, room())):
            yield window
        return
    gathered: list[T] = []
    async for item in source:
        gathered.append(item)
        if len(gathered) >= room():
            yield gathered
            gathered = []
    if gathered:
        yield gathered


def collected(results: Iterable[WriteResult[T]], mode: RaiseOnError) -> list[WriteResult[T]]:
    """All results as a list.

    Raises:
        WriteErrors: some failed, and the mode is ``group``.
        JobStopped: the job ended early; it has the results so far.
    """
    with _gathering() as gathered:
        gathered.extend(results)
    return _unless_failed(gathered, mode)


async def acollected(results: AsyncIterable[WriteResult[T]], mode: RaiseOnError) -> list[WriteResult[T]]:
    """As :func:`collected`, for asynchronous code."""
    with _gathering() as gathered:
        async for result in results:
            gathered.append(result)
    return _unless_failed(gathered, mode)


@contextmanager
def _gathering() -> Generator[list[WriteResult[Any]], None, None]:
    """A list for results, which a job that ends early has with it."""
    gathered: list[WriteResult[Any]] = []
    try:
        yield gathered
    except JobStopped as stopped:
        stopped.results = gathered
        raise


def _unless_failed(results: list[WriteResult[T]], mode: RaiseOnError) -> list[WriteResult[T]]:
    if mode == "group" and (errors := raised(results)):
        raise group_of(errors, len(results))
    return results


def counted(results: Iterable[WriteResult[T]]) -> int:
    """How many items were written; only what failed is kept.

    Raises:
        WriteErrors: some failed.
    """
    kept = _Count()
    for result in results:
        kept.add(result)
    return kept.total()


async def acounted(results: AsyncIterable[WriteResult[T]]) -> int:
    """As :func:`counted`, for asynchronous code."""
    kept = _Count()
    async for result in results:
        kept.add(result)
    return kept.total()


class _Count:
    """Counts results."""

    def __init__(self) -> None:
        self._items = 0
        self._failed: list[WriteResult[Any]] = []

    def add(self, result: WriteResult[Any]) -> None:
        """One result more."""
        self._items += 1
        if result.error is not None:
            self._failed.append(result)

    def total(self) -> int:
        """The number of items, all of which were written."""
        if self._failed:
            raise group_of(raised(self._failed), self._items)
        return self._items
