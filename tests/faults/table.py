"""The table: each operation under each trouble, played over HTTP and compared with the store."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final, Literal

from b24orm import AsyncPortal, Portal
from b24orm.loop import background
from tests.faults.operations import OPERATIONS, Answer, Operation
from tests.faults.stage import Stage, background_tasks, open_sockets, settled, stage
from tests.faults.troubles import TROUBLES, Fate, Trouble, When

Door = Literal["sync", "async"]
WHEN: Final[tuple[When, ...]] = ("once", "for good")


@dataclass(frozen=True)
class Plot:
    """What is to be played.

    Attributes:
        trouble, operation, when: which cell.
        door: through which kind of portal.
    """

    trouble: Trouble
    operation: Operation
    when: When
    door: Door = "sync"

    @property
    def expected(self) -> frozenset[str]:
        """The classes of error that it must end in; none: the right answer."""
        found = fate_of(self.trouble, self.when)
        assert found is not None
        return found[self.operation.group]

    @property
    def patience(self) -> float:
        """Seconds that the client may take at the most."""
        return self.trouble.patience[WHEN.index(self.when)]

    @property
    def timeout(self) -> float:
        """Seconds that the client waits for an answer."""
        return self.trouble.timeout[WHEN.index(self.when)]

    def __str__(self) -> str:
        return f"{self.trouble.name}-{self.operation.name}-{self.when}-{self.door}"


@dataclass(frozen=True)
class Cell:
    """What came of it.

    Attributes:
        plot: what was played.
        errors: the classes of the errors, with the number of items that each befell.
        requests: HTTP requests that the client sent.
        retries: how many more those are than without trouble.
        doubled: rows that were added more than once.
        false: rows missing, surplus, or told otherwise than they are.
        tasks, sockets: how many were left behind.
        struck: whether there was any trouble at all.
        seconds: what the client took, waiting included.
        took: what it took here, where waiting is skipped.
    """

    plot: Plot
    errors: dict[str, int]
    requests: int
    retries: int
    doubled: int
    false: int
    tasks: int
    sockets: int
    struck: bool
    seconds: float
    took: float

    @property
    def outcome(self) -> str:
        """The right answer, or the errors."""
        if self.errors:
            return ", ".join(f"{n} x {name}" if n > 1 else name for name, n in sorted(self.errors.items()))
        return "right answer" if not self.false else "WRONG ANSWER"


def fate_of(trouble: Trouble, when: When) -> Fate | None:
    return trouble.once if when == "once" else trouble.lasting


def plots(door: Door = "sync") -> Iterator[Plot]:
    """Every cell that can be played."""
    for trouble in TROUBLES:
        for when in WHEN:
            if fate_of(trouble, when) is not None:
                yield from (Plot(trouble, operation, when, door) for operation in OPERATIONS)


def play(plot: Plot) -> Cell:
    """Plays one cell."""
    background()  # its own sockets are no leak
    sockets = open_sockets()
    with tempfile.TemporaryDirectory() as folder:
        scene = stage(Path(folder), tls=plot.trouble.tls, costs=plot.trouble.costs)
        try:
            plot.operation.prepare(scene)
            with plot.trouble.playing(scene, plot.operation, plot.when):
                cell = _played(plot, scene)
        finally:
            scene.portal.stop()
    return replace(cell, sockets=settled(lambda: open_sockets() - sockets))


def problems(cell: Cell) -> list[str]:
    """What is not as promised; nothing, as a rule."""
    plot, found = cell.plot, frozenset(cell.errors)
    # only where the portal hangs is the time that passes here the client's waiting, and not the machine's work
    waited = cell.seconds if plot.timeout < 1 else cell.seconds - cell.took
    as_told = found == plot.expected if plot.trouble.certain else found <= plot.expected
    return [
        text
        for text, wrong in (
            ("the trouble never struck", not cell.struck),
            (f"{cell.outcome} instead of {', '.join(plot.expected) or 'the right answer'}", not as_told),
            (f"{cell.false} rows are told otherwise than they are", cell.false),
            (f"{cell.doubled} rows were added twice", cell.doubled),
            (f"{cell.tasks} tasks are left", cell.tasks),
            (f"{cell.sockets} sockets are left", cell.sockets),
            (f"it waited {waited:.0f} s, more than {plot.patience:g}", waited > plot.patience),
        )
        if wrong
    ]


def _played(plot: Plot, scene: Stage) -> Cell:
    began, clock = time.perf_counter(), scene.clock.now()
    perform = _synchronously if plot.door == "sync" else _asynchronously
    answer, tasks = perform(plot.operation, scene, plot.timeout)
    seconds, took = scene.clock.now() - clock, time.perf_counter() - began
    verdict = plot.operation.judge(scene, answer)
    return Cell(
        plot,
        dict(verdict.errors),
        scene.clock.requests,
        max(0, scene.clock.requests - undisturbed(plot.operation)),
        verdict.doubled,
        verdict.false,
        tasks,
        0,
        scene.struck,
        seconds,
        took,
    )


def _synchronously(operation: Operation, scene: Stage, timeout: float) -> tuple[Answer, int]:
    """The answer, and the tasks left once it is there."""
    client = Portal(scene.who, progress=False, timeout=timeout, **scene.options)
    scene.fit(client)
    try:
        return operation.run(client, scene), settled(background_tasks)
    except Exception as error:
        return error, settled(background_tasks)
    finally:
        client.close()


def _asynchronously(operation: Operation, scene: Stage, timeout: float) -> tuple[Answer, int]:
    return asyncio.run(_awaited(operation, scene, timeout))


async def _awaited(operation: Operation, scene: Stage, timeout: float) -> tuple[Answer, int]:
    async with AsyncPortal(scene.who, progress=False, timeout=timeout, **scene.options) as client:
        scene.fit(client)
        try:
            answer = await operation.arun(client, scene)
        except Exception as error:
            answer = error
        deadline = time.monotonic() + 2.0
        while (left := len(asyncio.all_tasks()) - 1) and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.002)
        return answer, left


@cache
def undisturbed(operation: Operation) -> int:
    """How many requests an operation takes when nothing goes wrong."""
    with tempfile.TemporaryDirectory() as folder:
        scene = stage(Path(folder))
        try:
            operation.prepare(scene)
            answer, _ = _synchronously(operation, scene, 10.0)
            verdict = operation.judge(scene, answer)
            assert not verdict.errors, verdict
            assert not verdict.false, verdict
            return scene.clock.requests
        finally:
            scene.portal.stop()
