"""SQL's three-valued logic and the few comparisons that the server's filters are made of.

True, False and None (unknown) are what a condition may come to; a row is found only by True.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import reduce
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Final, TypeAlias

Truth: TypeAlias = "bool | None"

SIGNS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "=": eq,
    "!=": ne,
    "<>": ne,
    ">": gt,
    ">=": ge,
    "<": lt,
    "<=": le,
}


def negated(truth: Truth) -> Truth:
    """NOT."""
    return None if truth is None else not truth


def _both(one: Truth, two: Truth) -> Truth:
    if one is False or two is False:
        return False
    return None if one is None or two is None else True


def every(truths: Iterable[Truth]) -> Truth:
    """AND."""
    return reduce(_both, truths, True)


def some(truths: Iterable[Truth]) -> Truth:
    """OR."""
    return negated(every(negated(truth) for truth in truths))


def compared(stored: Any, sign: str, value: Any) -> Truth:
    """``stored sign value``; unknown when one of them is NULL."""
    return None if stored is None or value is None else SIGNS[sign](stored, value)


def among(stored: Any, values: Iterable[Any]) -> Truth:
    """``stored IN (values)``."""
    return some(compared(stored, "=", value) for value in values)


def like(stored: str | None, pattern: str, *, escape: str = "\\") -> Truth:
    """``stored LIKE pattern``, blind to the case as the portals' collations are."""
    if stored is None:
        return None
    return re.fullmatch(_regex(pattern, escape), stored, re.IGNORECASE | re.DOTALL) is not None


def _regex(pattern: str, escape: str) -> str:
    found: list[str] = []
    letters = iter(pattern)
    for letter in letters:
        if letter == escape:
            found.append(re.escape(next(letters, letter)))
        else:
            found.append({"%": ".*", "_": "."}.get(letter) or re.escape(letter))
    return "".join(found)
