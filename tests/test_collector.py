"""Python's collector is paused while rows are made, by however many threads, and goes on as it was before."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from threading import Event, Thread

import pytest

from b24orm.collector import collector_paused


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    """As programs have it, before and after."""
    gc.enable()
    yield
    gc.enable()


def test_it_is_paused_within_the_block_and_no_longer() -> None:
    with collector_paused():
        within = gc.isenabled()

    assert (within, gc.isenabled()) == (False, True)


def test_it_goes_on_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), collector_paused():
        raise ZeroDivisionError

    assert gc.isenabled()


def test_a_block_within_a_block_does_not_end_the_pause() -> None:
    with collector_paused():
        with collector_paused():
            pass
        between = gc.isenabled()

    assert (between, gc.isenabled()) == (False, True)


def test_it_stays_off_where_the_program_has_turned_it_off() -> None:
    gc.disable()
    with collector_paused():
        pass

    assert not gc.isenabled()


def test_whoever_leaves_last_ends_the_pause() -> None:
    inside, may_go = Event(), Event()

    def other() -> None:
        with collector_paused():
            inside.set()
            may_go.wait(10)

    thread = Thread(target=other)
    with collector_paused():
        thread.start()
        inside.wait(10)
    left = gc.isenabled()
    may_go.set()
    thread.join()

    assert (left, gc.isenabled()) == (False, True)


def test_a_second_pause_is_as_the_first() -> None:
    seen = list[bool]()
    for _ in range(2):
        with collector_paused():
            seen.append(gc.isenabled())
        seen.append(gc.isenabled())

    assert seen == [False, True, False, True]
