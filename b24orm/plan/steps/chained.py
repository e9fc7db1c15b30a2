"""Batches whose commands refer to the rows of those before them, and what of their answers counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from b24orm.plan.calls import Ask, Call, Outcome, rows_in
from b24orm.plan.flow import Page
from b24orm.plan.steps.sizes import PAGE
from b24orm.schema import ListSchema

__all__ = ["chained_ask", "chained_pages", "labels_of"]


def labels_of(commands: int) -> tuple[str, ...]:
    """The labels of so many commands.

    >>> labels_of(3)
    ('c0', 'c1', 'c2')
    """
    return tuple(f"c{number}" for number in range(commands))


def chained_ask(spec: ListSchema, calls: Sequence[Call], key: object = None) -> Ask:
    """The calls of one list method, under the labels by which the later ones refer to the earlier."""
    halt = spec.dialect == "orm"  # it answers an error after a short page
    return Ask(tuple(calls), labels_of(len(calls)), chained=len(calls) > 1, halt=halt, key=key)


def chained_pages(ask: Ask, outcomes: Sequence[Outcome]) -> Iterator[Page]:
    """Pages up to the first short one, or all of them when they don't hang together.

    After a short page the reference to its 50th row is missing: a classic list then starts
    again from the first row, crm.item.list answers an error. Neither belongs to the result.

    Raises:
        B24Error: a call failed whose answer counts.
    """
    for call, outcome in zip(ask.calls, outcomes):  # noqa: B905 - a halted batch is shorter
        page = rows_in(call, outcome)
        yield page
        if ask.labels and len(page) < PAGE:
            return
