"""Rows picked by their ids out of what another flow brings."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from b24orm.plan.calls import Ask, Outcome
from b24orm.plan.flow import Flow, Page

__all__ = ["Picked"]


class Picked:
    """The rows of a flow that have one of these ids.

    Args:
        flow: brings all rows.
        key: where a row holds its id.
        ids: the ids that are wanted.
    """

    expected: int | None = None

    def __init__(self, flow: Flow, key: str, ids: Collection[Any]) -> None:
        self._flow = flow
        self._key = key
        self._ids = frozenset(map(str, ids))

    @property
    def done(self) -> bool:
        """The flow has nothing more."""
        return self._flow.done

    def asks(self, free: int) -> Sequence[Ask]:
        """What the flow asks."""
        return self._flow.asks(free)

    def receive(self, ask: Ask, outcomes: Sequence[Outcome]) -> None:
        """Hands the answers to the flow."""
        self._flow.receive(ask, outcomes)

    def pages(self) -> Iterator[Page]:
        """What is wanted of the flow's pages."""
        for page in self._flow.pages():
            kept = [row for row in page if str(row.get(self._key)) in self._ids]
            if kept:
                yield kept
