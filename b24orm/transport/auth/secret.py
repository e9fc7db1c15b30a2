"""Texts that don't show themselves."""

from __future__ import annotations

import hmac
from typing import NoReturn

__all__ = ["Secret", "same"]

_SHORTEST = 6
"""Characters that a secret must have for its occurrences to be taken out of texts."""


class Secret:
    """A text that only :meth:`reveal` shows: no repr, no format, no pickle, no copy.

    >>> Secret("hush")
    Secret('***')
    >>> f"{Secret('hush')}"
    '***'
    """

    __slots__ = ("_text",)

    def __init__(self, text: str = "") -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def redact(self, text: str) -> str:
        """Another text, without this one in it."""
        return text.replace(self._text, "***") if len(self._text) >= _SHORTEST else text

    def __repr__(self) -> str:
        return "Secret('***')" if self._text else "Secret()"

    def __str__(self) -> str:
        return "***" if self._text else ""

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return same(self, other) if isinstance(other, Secret) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret is neither pickled nor copied")


def same(one: Secret | str, other: Secret | str) -> bool:
    """Whether two secrets are the same, in a time that tells nothing of where they differ.

    An empty text is the same as nothing, not even as another empty one.

    >>> same(Secret("hush"), "hush"), same("", "")
    (True, False)
    """
    texts = [text.reveal() if isinstance(text, Secret) else text for text in (one, other)]
    return all(texts) and hmac.compare_digest(*(text.encode(errors="surrogatepass") for text in texts))
