"""What every exception has."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = [
    "B24Error",
    "nearest",
]


def nearest(name: str, known: Iterable[str]) -> str:
    """The tail of a message that names the closest known spelling.

    >>> nearest("stge", ["stage", "title"])
    "; did you mean 'stage'?"
    >>> nearest("zzz", ["stage", "title"])
    ''
    """
    pool = list(known)
    close = get_close_matches(name, pool, n=1) or [k for k in pool if k.lower() == name.lower()][:1]
    return f"; did you mean {close[0]!r}?" if close else ""


class B24Error(Exception):
    """The root of everything that b24orm raises.

    Attributes:
        attempts: how often the call was tried before it was given up.
        item, number: an item of a bulk write, an id or the parameters of one of many calls that it belongs
            to, and the place among them, counted from 0.
        sent_at: when the request left, in seconds of the sender's clock; None if it never did.
    """

    attempts: int = 1
    item: object = None
    number: int | None = None
    sent_at: float | None = None

    def _belongs(self, item: object, number: int) -> None:
        self.item, self.number = item, number

    def __str__(self) -> str:
        text = super().__str__()
        return f"{text} (after {self.attempts} attempts)" if self.attempts > 1 else text
