"""The three ways the server pages a list, as pure arithmetic.

``classic`` lists count and page by whole pages, and a page past the end is the first page again;
``offset`` lists start exactly where they are told; ``controller`` lists page by whole pages and
answer an empty page past the end. A negative start spares the COUNT, each family in its own way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from b24orm.emulator.answers import NO_TOTAL

__all__ = ["PAGE", "Window", "classic", "controller", "offset"]

PAGE: Final = 50
"""Rows a page; no v2 method takes another number."""


@dataclass(frozen=True, slots=True)
class Window:
    """Which rows to read, and what the envelope says about the rest.

    Attributes:
        offset: rows to skip.
        limit: rows to read.
        counted: rows a COUNT had to visit; 0 if there was none.
        total: ``total`` of the envelope, :data:`NO_TOTAL` for none.
        family: how ``next`` is worked out.
    """

    offset: int
    limit: int
    counted: int
    total: int
    family: str

    def next_start(self, rows: int) -> int | None:
        """``next`` of the envelope, once the number of rows on the page is known."""
        if self.counted == 0:
            return None
        end = self.offset + (self.limit if self.family == "classic" else rows)
        return end if end < self.counted else None


def classic(start: int | None, count: Callable[[], int]) -> Window:
    """Family A: ``start`` is rounded down to a page; past the end comes page 1 again.

    Args:
        start: as sent; any negative number means the first rows without a COUNT and ``total: 0``.
        count: runs the COUNT.
    """
    begin = start or 0
    if begin < 0:
        return Window(0, PAGE, 0, 0, "classic")
    total = count()
    page = begin // PAGE
    last = (total - 1) // PAGE
    return Window((page if page <= last else 0) * PAGE, PAGE, total, total, "classic")


def offset(start: int | None, count: Callable[[], int]) -> Window:
    """Family B: any ``start`` is an exact offset; past the end the list is empty.

    Only -1 spares the COUNT; other negative numbers read the first rows and count.
    """
    begin = start or 0
    total = 0 if begin == -1 else count()
    return Window(max(begin, 0), PAGE, total, total, "offset")


def controller(start: int | None, count: Callable[[], int]) -> Window:
    """Family C: ``start`` is rounded down to a page; past the end the list is empty.

    With -1 there is no COUNT, and neither ``total`` nor ``next``; other negative numbers count.
    """
    begin = start or 0
    if begin == -1:
        return Window(0, PAGE, 0, NO_TOTAL, "controller")
    total = count()
    return Window(max(begin, 0) // PAGE * PAGE, PAGE, total, total, "controller")
