"""``Idempotency-Key``: the answer to a write is kept for a day and given again for the same call.

The key counts within one application or webhook, one user and one method. Only successes are kept. The
same key with another body is refused. Two calls that come at the same time may both run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from b24orm.emulator.v3.refusals import V3Refusal

__all__ = ["Idempotency", "Place", "check_key"]

_LIFETIME: Final = 24 * 3600.0
"""Seconds that an answer is kept."""

Place = tuple[str, str, int, str, str]
"""Kind and id of the credential, user, method, key."""


@dataclass(frozen=True, slots=True)
class _Kept:
    digest: str
    body: bytes
    at: float


@dataclass(slots=True)
class Idempotency:
    """The answers that are kept."""

    _kept: dict[Place, _Kept] = field(default_factory=dict[Place, _Kept])

    def replay(self, place: Place, body: bytes, now: float) -> bytes | None:
        """The answer that the same call had, if it is still kept.

        Raises:
            V3Refusal: the key was used with another body.
        """
        kept = self._kept.get(place)
        if kept is None or now - kept.at >= _LIFETIME:
            return None
        if kept.digest != sha256(body).hexdigest():
            raise V3Refusal(
                "IDEMPOTENCYKEYREUSEDEXCEPTION",
                "The idempotency key was already used with a different request body",
                status=422,
            )
        return kept.body

    def keep(self, place: Place, body: bytes, answer: bytes, now: float) -> None:
        """Keeps the answer of a success."""
        self._kept[place] = _Kept(sha256(body).hexdigest(), answer, now)


def check_key(key: str) -> None:
    """Refuses a key that is no 1 to 255 printable ASCII characters.

    Raises:
        V3Refusal: it is not.
    """
    if not 1 <= len(key) <= 255 or not all(" " <= letter <= "~" for letter in key):
        raise V3Refusal(
            "INVALIDIDEMPOTENCYKEYEXCEPTION",
            "The idempotency key must be 1 to 255 printable ASCII characters",
        )
