"""The background loop: from scripts, running loops, threads and forked children."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import traceback
from collections.abc import AsyncIterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from b24orm.errors import TimedOut, UnknownName, UsageError
from b24orm.loop import LoopThread, _result, background

ROOT = Path(__file__).parent.parent


@pytest.fixture
def loop() -> LoopThread:
    """The process's own loop thread."""
    return background()


async def double(number: int) -> int:
    await asyncio.sleep(0)
    return 2 * number


async def fail() -> None:
    raise ZeroDivisionError("a bug")


class Numbers:
    """Counts up, and notes how it ended and where it ran."""

    def __init__(self, stop: int = 10**9) -> None:
        self.stop = stop
        self.taken = 0
        self.closed = False
        self.threads: set[str] = set()

    async def __call__(self) -> AsyncIterator[int]:
        try:
            for number in range(self.stop):
                self.threads.add(threading.current_thread().name)
                self.taken += 1
                yield number
        finally:
            await asyncio.sleep(0)  # closing takes its time
            self.closed = True


# -- one piece of work -----------------------------------------------------------------------------


def test_work_runs_from_a_plain_script(loop: LoopThread) -> None:
    assert loop.run(double(21)) == 42


async def test_work_runs_inside_a_running_loop(loop: LoopThread) -> None:
    assert loop.run(double(21)) == 42


async def test_work_can_be_awaited_from_another_loop(loop: LoopThread) -> None:
    assert await loop.arun(double(21)) == 42


def test_work_can_be_awaited_on_its_own_loop(loop: LoopThread) -> None:
    async def outer() -> int:
        return await loop.arun(double(21))

    assert loop.run(outer()) == 42


def test_many_threads_share_one_loop(loop: LoopThread) -> None:
    with ThreadPoolExecutor(32) as pool:
        found = list(pool.map(lambda number: background().run(double(number)), range(500)))

    assert (found, background() is loop) == ([2 * number for number in range(500)], True)


def test_an_error_reaches_the_caller(loop: LoopThread) -> None:
    with pytest.raises(ZeroDivisionError, match="a bug"):
        loop.run(fail())


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
def test_who_ends_the_program_on_the_loop_ends_nobody_else_s_work(
    loop: LoopThread, error: type[BaseException]
) -> None:
    """Whoever waits must not wait for ever: asyncio lets these two out of the loop itself."""

    async def ending() -> None:
        raise error("enough")

    async def other() -> int:
        await asyncio.sleep(0.05)
        return 5

    with ThreadPoolExecutor(1) as pool:
        meanwhile = pool.submit(loop.run, other())
        with pytest.raises(error, match="enough"):
            loop.run(ending())
        assert meanwhile.result(5) == 5
    assert loop.run(other()) == 5


def test_waiting_on_its_own_thread_is_refused(loop: LoopThread) -> None:
    async def outer() -> int:
        return loop.run(double(21))

    with pytest.raises(UsageError, match="a-prefixed twin"):
        loop.run(outer())


def test_the_thread_does_not_keep_the_process_alive(loop: LoopThread) -> None:
    (thread,) = [thread for thread in threading.enumerate() if thread.name == "b24orm-loop"]

    assert thread.daemon


async def test_cancelling_who_awaits_cancels_the_work(loop: LoopThread) -> None:
    started, cancelled = threading.Event(), threading.Event()

    async def work() -> None:
        started.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    task = asyncio.create_task(loop.arun(work()))
    await asyncio.to_thread(started.wait, 5)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert cancelled.wait(5)


async def test_who_is_cancelled_goes_on_when_the_work_has_let_go(loop: LoopThread) -> None:
    started, let_go = threading.Event(), threading.Event()

    async def work() -> None:
        try:
            started.set()
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.05)
            let_go.set()

    task = asyncio.create_task(loop.arun(work()))
    await asyncio.to_thread(started.wait, 5)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert let_go.is_set()


async def test_a_deadline_in_the_middle_of_an_iteration_is_a_deadline(loop: LoopThread) -> None:
    async def slow() -> AsyncIterator[int]:
        yield 1
        await asyncio.sleep(60)
        yield 2

    async def read() -> list[int]:
        return [item async for item in loop.aiterate(slow())]

    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(read(), 0.05)


# -- errors ----------------------------------------------------------------------------------------


async def deep(left: int) -> None:
    if left:
        return await deep(left - 1)
    raise UnknownName("refused far below") from TimedOut("so deep")


def _frames(error: BaseException | None) -> int:
    return len(traceback.extract_tb(None if error is None else error.__traceback__))


def test_a_traceback_does_not_show_the_way_through_the_loop(loop: LoopThread) -> None:
    with pytest.raises(UnknownName) as caught:
        loop.run(deep(10))

    assert [_frames(caught.value), _frames(caught.value.__cause__)] == [2, 0]


def test_the_traceback_of_an_error_that_is_being_handled_stays_whole(loop: LoopThread) -> None:
    with pytest.raises(UnknownName) as caught:
        try:
            raise UnknownName("the first")
        except UnknownName:
            loop.run(deep(10))

    assert (str(caught.value.__context__), _frames(caught.value.__context__)) == ("the first", 1)


async def test_nor_does_it_where_the_work_is_awaited(loop: LoopThread) -> None:
    with pytest.raises(UnknownName) as caught:
        await loop.arun(deep(10))

    assert _frames(caught.value) == 2


def test_all_of_the_way_is_shown_while_debug_is_logged(
    loop: LoopThread, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "b24orm")

    with pytest.raises(UnknownName) as caught:
        loop.run(deep(10))

    assert _frames(caught.value) > 10


def test_all_of_the_way_is_shown_of_a_fault_of_the_program(loop: LoopThread) -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        loop.run(fail())

    assert _frames(caught.value) > 3


# -- iterating -------------------------------------------------------------------------------------


def test_items_cross_one_by_one(loop: LoopThread) -> None:
    assert list(loop.iterate(Numbers(5)())) == [0, 1, 2, 3, 4]


def test_iterating_to_the_end_closes_the_source(loop: LoopThread) -> None:
    numbers = Numbers(5)
    list(loop.iterate(numbers()))

    assert numbers.closed


def test_leaving_an_iteration_closes_the_source(loop: LoopThread) -> None:
    numbers = Numbers()
    items = loop.iterate(numbers())
    next(items)
    items.close()  # type: ignore[attr-defined]

    assert numbers.closed


def test_an_error_in_the_loop_body_closes_the_source(loop: LoopThread) -> None:
    numbers = Numbers()

    def consume() -> None:
        items = loop.iterate(numbers())
        try:
            for _ in items:
                raise ZeroDivisionError
        finally:
            items.close()  # type: ignore[attr-defined]

    with pytest.raises(ZeroDivisionError):
        consume()
    assert numbers.closed


def test_the_collector_ends_an_iteration_that_it_finds_on_the_loop_s_own_thread(loop: LoopThread) -> None:
    class Ring:
        me: Ring
        items: Any

    numbers, ring = Numbers(), Ring()
    ring.me, ring.items = ring, loop.iterate(numbers())
    next(ring.items)
    del ring

    async def collect() -> None:
        gc.collect()

    unraised: list[Any] = []
    before, sys.unraisablehook = sys.unraisablehook, unraised.append
    try:
        loop.run(collect())
        for _ in range(20):
            loop.run(asyncio.sleep(0))
    finally:
        sys.unraisablehook = before
    assert (numbers.closed, unraised, loop._sources) == (True, [], {})


def test_nothing_is_produced_ahead_of_who_takes_it(loop: LoopThread) -> None:
    numbers = Numbers()
    items = loop.iterate(numbers())
    next(items)
    time.sleep(0.02)

    assert numbers.taken == 1
    items.close()  # type: ignore[attr-defined]


def test_an_iteration_runs_on_the_loop_s_own_thread(loop: LoopThread) -> None:
    numbers = Numbers(5)
    list(loop.iterate(numbers()))

    assert numbers.threads == {"b24orm-loop"}


async def test_items_cross_to_another_loop(loop: LoopThread) -> None:
    numbers = Numbers(5)
    found = [item async for item in loop.aiterate(numbers())]

    assert (found, numbers.closed, numbers.threads) == ([0, 1, 2, 3, 4], True, {"b24orm-loop"})


def test_an_error_of_the_source_reaches_who_iterates(loop: LoopThread) -> None:
    async def broken() -> AsyncIterator[int]:
        yield 1
        raise ZeroDivisionError("a bug")

    items = loop.iterate(broken())
    next(items)

    with pytest.raises(ZeroDivisionError):
        next(items)


# -- in a process of its own -----------------------------------------------------------------------


def process(script: str) -> subprocess.Popen[str]:
    """A Python process that runs a script."""
    code = "import asyncio, os, signal, sys, threading, time\nfrom b24orm.loop import background\n"
    code += "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # shells ignore it in the background
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code + textwrap.dedent(script)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def output(script: str) -> str:
    """What a script prints; its errors too."""
    found = process(script)
    out, err = found.communicate(timeout=30)
    return out + err


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_starts_a_loop_of_its_own() -> None:
    assert output(
        """
        import warnings
        warnings.simplefilter("ignore")  # newer Pythons warn of forking beside threads
        async def double(n):
            return 2 * n
        parent = background()
        assert parent.run(double(1)) == 2
        child = os.fork()
        if child == 0:
            own = background()
            os._exit(own.run(double(21)) + 100 * (own is parent))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), parent.run(double(3)))
        """
    ).split() == ["42", "6"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_forked_while_other_threads_start_the_loop_is_not_locked_out() -> None:
    assert output(
        """
        import warnings
        warnings.simplefilter("ignore")
        import b24orm.loop as module
        async def one():
            return 1
        with module._lock:  # as another thread may hold it at that moment
            child = os.fork()
            if child == 0:
                os._exit(background().run(one()))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        """
    ).split() == ["1"]


INTERRUPTED = """
    async def work():
        print("started", flush=True)
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.05)  # connections take a moment to close
            print("cleaned up", flush=True)
    try:
        background().run(work())
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
def test_ctrl_c_cancels_the_work_and_waits_until_it_has_let_go() -> None:
    running = process(INTERRUPTED)
    assert running.stdout is not None
    assert running.stdout.readline().strip() == "started"
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=30)

    assert (out.split("\n")[:2], err) == (["cleaned up", "interrupted"], "")


def test_ctrl_c_while_work_is_handed_over_ends_it_too(
    loop: LoopThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.05)
            ended.append(True)

    hand_over = asyncio.run_coroutine_threadsafe

    def interrupted(*given: Any) -> Any:
        hand_over(*given)
        time.sleep(0.1)  # it begins
        raise KeyboardInterrupt

    monkeypatch.setattr(asyncio, "run_coroutine_threadsafe", interrupted)
    with pytest.raises(KeyboardInterrupt):
        loop.run(work())

    assert ended == [True]


class Deaf(Future[int]):
    """A result that Windows would let nobody wait for and hear Ctrl-C, unless the wait has an end."""

    def result(self, timeout: float | None = None) -> int:
        assert timeout is not None or self.done()
        return super().result(timeout)


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr("b24orm.loop._TICK", 0.01)


@pytest.mark.usefixtures("windows")
def test_on_windows_waiting_is_interrupted_now_and_then() -> None:
    future = Deaf()
    threading.Timer(0.05, future.set_result, [7]).start()

    assert _result(future) == 7


@pytest.mark.usefixtures("windows")
def test_on_windows_a_time_out_of_the_work_is_not_taken_for_one_of_the_wait(loop: LoopThread) -> None:
    async def late() -> None:
        await asyncio.sleep(0.03)
        raise asyncio.TimeoutError("the work's own")

    with pytest.raises(asyncio.TimeoutError, match="own"):
        loop.run(late())


UNFINISHED = """
async def numbers():
    yield 1
    yield 2
items = background().iterate(numbers())
print(next(items))
"""


@pytest.mark.parametrize("more", ["", "ring = [items]; ring.append(ring)"], ids=["held", "in a ring"])
def test_a_process_ends_though_an_iteration_was_not_ended(more: str) -> None:
    assert output(UNFINISHED + more) == "1\n"


def test_nothing_is_waited_for_while_the_interpreter_shuts_down() -> None:
    late = """
    class Late:
        def __del__(self, run=background().run, error=print):
            try:
                run(one())
            except Exception as refused:
                error(type(refused).__name__)
    async def one(): return 1
    background().run(one())
    import builtins
    builtins.late = Late()
    """
    assert output(textwrap.dedent(late)) == "UsageError\n"


def test_a_process_ends_though_the_loop_runs() -> None:
    assert output("async def one(): return 1\nprint(background().run(one()))") == "1\n"
