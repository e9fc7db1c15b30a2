"""Everything that an error, a log or a screen could show to somebody."""

from __future__ import annotations

import contextlib
import logging
import pickle
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, TracebackType

import b24orm

OURS = str(Path(b24orm.__file__).parent)
LIBRARIES = ("aiohttp", "asyncio", "beartype", "redis", "sqlite3", "<@beartype")


def seen_in(error: BaseException) -> str:
    """Texts, attributes, pickles, and the local variables of every frame of every error in the chain.

    The frames of the test are left out: it knows the secrets. Suppressed contexts are walked too, for
    not every tool suppresses them.
    """
    seen: list[str] = []
    for one in _chain(error):
        seen += [str(one), repr(one), repr(one.args), repr(vars(one))]
        with contextlib.suppress(Exception):
            seen.append(repr(pickle.dumps(one)))
        for frame in _frames(one.__traceback__):
            seen += [
                f"{frame.f_code.co_name}: {name}={_shown(value)}" for name, value in frame.f_locals.items()
            ]
    return "\n".join(seen)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    done: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in done:
            continue
        done.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__, *getattr(one, "exceptions", ())]


def _frames(trace: TracebackType | None) -> Iterator[FrameType]:
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name.startswith(OURS) or any(library in name for library in LIBRARIES):
            yield trace.tb_frame
        trace = trace.tb_next


def _shown(value: object) -> str:
    """As tracebacks with locals show it: its repr, and those of its attributes, as rich goes into them."""
    shown: list[str] = []
    with contextlib.suppress(Exception):  # a thing half made has no repr yet
        shown.append(repr(value))
    with contextlib.suppress(Exception):
        shown += [repr(inner) for inner in vars(value).values()]
    return " ".join(shown)


class Everything(logging.Handler):
    """Every record of every logger, as it was formatted and as it was before."""

    def __init__(self) -> None:
        super().__init__(0)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen += [self.format(record), repr(vars(record))]

    def __enter__(self) -> Everything:
        root = logging.getLogger()
        self._level = root.level
        root.addHandler(self)
        root.setLevel(1)
        for name in ("b24orm", "b24orm.emulator", "aiohttp", "asyncio"):
            logging.getLogger(name).setLevel(1)
        return self

    def __exit__(self, *_: object) -> None:
        root = logging.getLogger()
        root.removeHandler(self)
        root.setLevel(self._level)
        for name in ("b24orm", "b24orm.emulator", "aiohttp", "asyncio"):
            logging.getLogger(name).setLevel(logging.NOTSET)
