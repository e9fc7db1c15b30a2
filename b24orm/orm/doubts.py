"""Clears up the fate of changes that may not be sent twice, where the row itself tells it.

A change that adds a phone number is not repeated when its answer is lost. But once the portal can't be
working on it any more the row holds what was to be changed, or it does not, and then it can be changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from typing_extensions import TypeVar

from b24orm.errors import B24Error, OutcomeUnknown
from b24orm.executor.lost import MARGIN
from b24orm.executor.writer import Writer
from b24orm.orm.prepared import Part, Scout, Settled
from b24orm.plan.calls import Outcome, Reply
from b24orm.plan.writes import Write

__all__ = ["cleared"]

T = TypeVar("T")


async def cleared(
    writer: Writer, scout: Scout[T], part: Part[T], writes: Sequence[Write], outcomes: Sequence[Outcome]
) -> list[Outcome]:
    """The outcomes of writes, with those of unknown fate that can be told by now.

    Args:
        writer: what sends them.
        scout: looks what there is.
        part: the items.
        writes: what was sent of them.
        outcomes: what it came to.
    """
    found = {write.place: outcome for write, outcome in zip(writes, outcomes, strict=True)}
    open_ones = [w for w in writes if w.kind == "update" and isinstance(found[w.place], OutcomeUnknown)]
    if open_ones and writer.gave_up(outcomes) is None:
        sender = writer.executor.sender
        await sender.clock.sleep(sender.request_limit + MARGIN)
        found.update(await _again(writer, scout, part, [write.place for write in open_ones]))
    return [found[write.place] for write in writes]


async def _again(writer: Writer, scout: Scout[T], part: Part[T], places: Sequence[int]) -> dict[int, Outcome]:
    items = [(place, part.items[place - part.first]) for place in places]
    try:
        prepared = dict(zip(places, await scout.again(items), strict=True))
    except B24Error:  # they can't be looked at, so nothing more is known
        return {}
    done = {place: entry.id for place, entry in prepared.items() if isinstance(entry, Settled)}
    rest = [entry for entry in prepared.values() if isinstance(entry, Write) and entry.kind == "update"]
    if writer.journal is not None:
        writer.journal.done(done.items())
        writer.journal.not_done(write.place for write in rest)
    outcomes = await replace(writer, told=None).run(rest)  # they were counted before
    return {
        **{place: Reply(result=True) for place in done},
        **{write.place: outcome for write, outcome in zip(rest, outcomes, strict=True)},
    }
