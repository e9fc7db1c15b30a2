"""Progress bars: only where somebody watches, and only for work that takes its time."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any, Final, Literal, TypeAlias

__all__ = ["Progress", "ProgressMode"]

ProgressMode: TypeAlias = bool | Literal["auto"]

_PATIENCE: Final = 1.0
"""Seconds before a bar shows up on its own."""


def _watched() -> bool:
    return sys.stderr.isatty() or "ipykernel" in sys.modules


class Progress:
    """Counts rows; shows them with tqdm if it should.

    Args:
        mode: True: always; False: never; ``auto``: on a terminal or in a notebook, after a second.
        label: what is counted.
    """

    def __init__(self, mode: ProgressMode, label: str) -> None:
        self._shown = mode is True or (mode == "auto" and _watched())
        self._delay = 0.0 if mode is True else _PATIENCE
        self._label = label
        self._bar: Any = None

    def add(self, rows: int, expected: int | None = None) -> None:
        """Some rows more; ``expected`` is the number in all, once it is known."""
        if not self._shown:
            return
        if self._bar is None:
            from tqdm.auto import tqdm

            self._bar = tqdm(desc=self._label, unit=" rows", delay=self._delay, total=expected)
        elif expected is not None and self._bar.total != expected:
            self._bar.total = expected
        self._bar.update(rows)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()
