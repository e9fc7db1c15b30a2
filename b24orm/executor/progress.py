"""Progress bars: only where somebody watches, and only for work that takes its time."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any, Final, Literal, TypeAlias

from b24orm.plan.flow import Estimating, Flow

__all__ = ["Progress", "ProgressMode"]

ProgressMode: TypeAlias = bool | Literal["auto"]

_PATIENCE: Final = 1.0
"""Seconds before a bar shows up on its own."""

_ABOUT: Final = "{desc}: ~{percentage:.0f}%|{bar}| {n_fmt}/~{total_fmt} [{elapsed}<{remaining}, {rate_fmt}]"
"""How a bar is shown whose end is not known for sure."""


def _rounded(number: int) -> int:
    """Two figures of a number; more would say more than is known.

    >>> _rounded(12_345), _rounded(98)
    (12000, 98)
    """
    return round(number, 2 - len(str(number)))


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

    def add(self, rows: int, expected: int | None = None, flow: Flow | None = None) -> None:
        """Some rows more.

        Args:
            rows: how many.
            expected: the number in all, if it is known.
            flow: what they come from, which may know that number, or about.
        """
        if not self._shown:
            return
        expected = flow.expected if flow is not None and expected is None else expected
        about = flow.about if expected is None and isinstance(flow, Estimating) else None
        if self._bar is None:
            from tqdm.auto import tqdm

            self._bar = tqdm(desc=self._label, unit=" rows", delay=self._delay)
        self._bar.total, self._bar.bar_format = self._told(self._bar.n + rows, expected, about)
        self._bar.update(rows)

    def _told(self, rows: int, expected: int | None, about: int | None) -> tuple[int | None, str | None]:
        """The number in all and how it is shown: an estimate has no more than two figures, and a tilde."""
        if about is None or about <= rows:
            return expected, None
        return max(rows, _rounded(about)), _ABOUT

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is None:
            return
        if kind is None and self._bar.bar_format is not None:  # now it is known how many there were
            self._bar.total, self._bar.bar_format = self._bar.n, None
            self._bar.refresh()
        self._bar.close()
