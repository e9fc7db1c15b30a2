"""Two thousand adds over a bad line, the process killed twice: none lost, none doubled, each told."""

from __future__ import annotations

from functools import cache
from typing import Any

from tests.faults.adds import COUNT, KILLED_AT, Compared, compared

told = cache(compared)


def test_none_is_lost_none_is_doubled_and_every_outcome_is_told(capsys: Any) -> None:
    found: Compared = told()
    with capsys.disabled():
        print("\n" + "\n".join(found.lines()))  # noqa: T201
    assert (found.ours.stored, found.ours.problems(), found.ours.end) == (COUNT, [], "")
    assert found.ours.kills == len(KILLED_AT)
    assert found.ours.faults > 15, "the line was not bad enough to tell anything"


def test_the_line_is_bad_enough_to_double_what_another_client_adds() -> None:
    assert told().spared.doubled > 0
    assert told().theirs.problems() != []
