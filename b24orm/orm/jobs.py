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
    Generator,
    Iterable,
    Iterator,
    Sequence,
    Sized,
)
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from itertools import islice
from os import PathLike
from typing import Any, Generic, cast

from typing_extensions import TypeVar

from b24orm.entity.base import Entity
from b24orm.errors import B24Error, InvalidValue, OutcomeUnknown, UnknownName
from b24orm.executor.journal import Journal
from b24orm.executor.lost import ByOrigin, Finder
from b24orm.executor.traces import traces_of
from b24orm.executor.userfields import check_sent
from b24orm.executor.writer import GROUPS, Writer
from b24orm.loop import background
from b24orm.orm.checks import check_journal, check_source
from b24orm.orm.doubts import cleared
from b24orm.orm.prepared import Part, Prepared, Scout, Settled
from b24orm.orm.results import DONE, RaiseOnError, WriteOutcome, WriteResult, about, check_mode, first_error
from b24orm.orm.stopping import Brake
from b24orm.plan.calls import Call, Outcome, Reply
from b24orm.plan.origin import Origin
from b24orm.plan.writes import Kind, Write, method_for, sent_names
from b24orm.portal import AsyncPortal, Portal
from b24orm.transport.encoding import to_json

__all__ = ["Job", "Options", "Source", "streamed"]

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
        scout: looks first what there is; it takes the place of ``call``.
        finder: finds new rows by what they carry, where ``origin`` does not.
        task: what the job does in all, for its journal; the method, where that says it.
    """

    kind: Kind
    model: type[Entity]
    portal: Portal | AsyncPortal
    options: Options
    call: Callable[[T], Call | None]
    repeatable: Callable[[Call], bool]
    settle: Callable[[T, Write, Reply], Any]
    origin: Origin | None = None
    by_values: bool = False
    alike: bool = False
    scout: Scout[T] | None = None
    finder: Finder | None = None
    task: str = ""
    _key: str = field(default_factory=lambda: uuid.uuid4().hex[:16])
    _count: int = 0

    # -- driving ---------------------------------------------------------------------

    def run(self, source: Source[T]) -> Iterator[WriteResult[T, Any]]:
        """The results, for synchronous code.

        Raises:
            JobStopped: the portal serves it no more.
        """
        brake = self._brake()
        with self._open(source) as writer:
            items = iter(_pulled(source))
            while window := list(islice(items, self._room(writer))):
                with brake.holding(window, asks=True):
                    prepared = self.portal.run(partial(self._prepared, writer, window))
                for part in self._parts(writer, window, prepared):
                    with brake.holding(part.left):
                        results = self.portal.run(partial(self._written, writer, part, brake))
                    yield from results
                    brake.check()

    async def arun(self, source: Source[T]) -> AsyncGenerator[WriteResult[T, Any], None]:
        """The results, for asynchronous code.

        Raises:
            JobStopped: the portal serves it no more.
        """
        brake = self._brake()
        with self._open(source) as writer:
            async for window in _windows(source, lambda: self._room(writer)):
                with brake.holding(window, asks=True):
                    prepared = await self.portal.arun(partial(self._prepared, writer, window))
                for part in self._parts(writer, window, prepared):
                    with brake.holding(part.left):
                        results = await self.portal.arun(partial(self._written, writer, part, brake))
                    for result in results:
                        yield result
                    brake.check()

    def _brake(self) -> Brake[T]:
        return Brake(f"{self.model.__name__} {self._name}", self.portal.host)

    @property
    def _name(self) -> str:
        return "upsert" if self.scout is not None else self.kind

    @contextmanager
    def _open(self, source: Source[T]) -> Generator[Writer, None, None]:
        """What writes the items: with its journal open, and a progress bar that counts them."""
        total = len(source) if isinstance(source, Sized) else None
        check_source(source)
        with ExitStack() as stack:
            if self.scout is not None:
                self.scout.begin(source)
                stack.callback(self.scout.close)
            journal = self._opened()
            if journal is not None:
                stack.callback(journal.close)
            bar = stack.enter_context(self.portal.progress(f"{self.model.__name__} {self._name}"))
            yield self._writer(journal, lambda rows: bar.add(rows, total))

    def _room(self, writer: Writer) -> int:
        """Items that are in memory at a time: enough for every request that may be under way."""
        return self.scout.stretch if self.scout is not None else self._at_once(writer)

    def _at_once(self, writer: Writer) -> int:
        """Items that are written side by side."""
        return GROUPS * writer.size(self.kind, method_for(self.model.__schema__, self.kind).name)

    def _opened(self) -> Journal | None:
        if self.options.journal is None:
            return None
        method = self.task or self.model.__schema__.methods[self.kind].name
        job = {"method": method, "portal": self.portal.host}
        journal = Journal(self.options.journal, job)
        self._key = journal.key
        return journal

    def _writer(self, journal: Journal | None, told: Callable[[int], None]) -> Writer:
        executor = self.portal.executor
        return Writer(
            executor,
            halt=self.options.raise_on_error == "first",
            ordered=self.options.ordered,
            finder=ByOrigin(executor, self.origin) if self.origin is not None else self.finder,
            traces=traces_of(executor, self.model.__schema__) if self.kind == "add" else None,
            by_values=self.by_values,
            journal=journal,
            told=told,
        )

    # -- one window ------------------------------------------------------------------

    async def _prepared(self, writer: Writer, items: Sequence[T]) -> list[Prepared]:
        """What is to be done with the items of a window."""
        first, self._count = self._count, self._count + len(items)
        if self.scout is not None:
            found = await self.scout.prepared(writer, items, first)
        else:
            found = [self._write(item, place) for place, item in enumerate(items, first)]
        prepared = [await self._checked(entry) for entry in found]
        if self.options.raise_on_error == "first":
            for place, (item, entry) in enumerate(zip(items, prepared, strict=True), first):
                if isinstance(entry, B24Error):
                    entry.item, entry.number = item, place
                    raise entry
        return prepared

    def _parts(self, writer: Writer, items: Sequence[T], prepared: Sequence[Prepared]) -> Iterator[Part[T]]:
        """The items of a window, as many at a time as are written side by side."""
        begin, first = 0, self._count - len(items)
        while begin < len(items):
            end, room = begin, self._at_once(writer)
            while end < len(items) and room:
                room -= isinstance(prepared[end], Write)
                end += 1
            yield Part(items[begin:end], prepared[begin:end], first + begin, items[begin:])
            begin = end

    async def _written(self, writer: Writer, part: Part[T], brake: Brake[T]) -> list[WriteResult[T, Any]]:
        writes = [entry for entry in part.prepared if isinstance(entry, Write)]
        found = await writer.run(writes)
        if self.scout is not None:
            found = await cleared(writer, self.scout, part, writes, found)
        outcomes = iter(found)
        if writer.told is not None and len(writes) < len(part.items):
            writer.told(len(part.items) - len(writes))  # those that nothing was sent for
        results = [
            self._result(number, item, entry, next(outcomes))
            if isinstance(entry, Write)
            else _unsent(number, item, entry)
            for number, (item, entry) in enumerate(zip(part.items, part.prepared, strict=True), part.first)
        ]
        if self.options.raise_on_error == "first" and (error := first_error(results)) is not None:
            raise error
        return brake.sorted(results, writer.gave_up(found))

    def _write(self, item: T, place: int) -> Prepared:
        """The write of an item; what is wrong with it, where it fails alone."""
        try:
            call = self.call(item)
            if call is None:
                return Settled("unchanged", getattr(item, "pk", None))
            digest = sha256(to_json(call.params)).hexdigest() if self.options.journal is not None else ""
        except B24Error as error:
            return error
        origin = None
        if self.origin is not None:
            call, origin = self.origin.marked(call, f"{self._key}:{place}")
        return Write(self.kind, call, self.repeatable(call), origin, place, digest)

    async def _checked(self, entry: Prepared) -> Prepared:
        """What is to be done, unless the portal lacks a user field that it sends."""
        if isinstance(entry, Write):
            try:
                await check_sent(self.portal.executor, self.model.__schema__, entry.kind, entry.call)
            except UnknownName as error:
                if self.alike:
                    raise
                return error
        return entry

    def _result(self, number: int, item: T, write: Write, outcome: Outcome) -> WriteResult[T, Any]:
        if not isinstance(outcome, B24Error):
            try:
                row_id = self.settle(item, write, outcome)
                sent = sent_names(self.model.__schema__, write) if write.kind == "update" else ()
                return WriteResult(item, row_id, None, number, DONE[write.kind], sent)
            except B24Error as error:
                return _failed(number, item, error)
        return _failed(number, item, outcome)


def _unsent(number: int, item: T, entry: Settled | B24Error) -> WriteResult[T, Any]:
    """The result of an item that was not sent."""
    if isinstance(entry, B24Error):
        return _failed(number, item, entry)
    return WriteResult(item, entry.id, None, number, entry.outcome)


def _failed(number: int, item: T, error: B24Error) -> WriteResult[T, Any]:
    if error.item is not None:  # one error may be the error of a whole batch
        error = _copied(error)
    outcome: WriteOutcome = "unknown" if isinstance(error, OutcomeUnknown) else "failed"
    return WriteResult(item, None, about(error, item, number), number, outcome)


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
