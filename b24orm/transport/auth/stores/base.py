"""What a store of tokens has to do."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from b24orm.transport.auth.tokens import Tokens

__all__ = ["TokenStore"]


class TokenStore(Protocol):
    """Keeps tokens by key. Any object with these methods will do.

    All methods may block: they are called in a thread that belongs to them, never on an event loop,
    and a renewal calls :meth:`lock`, :meth:`load`, :meth:`save` in one and the same thread. What
    they raise is told to the caller as TokenStoreFailed, without the text of their error.
    """

    def load(self, key: str) -> Tokens | None:
        """The tokens that were saved last, or None."""
        ...

    def save(self, key: str, tokens: Tokens) -> None:
        """Keeps the tokens; they must be safe when it returns. ``Tokens.to_json`` is a text for it."""
        ...

    def delete(self, key: str) -> None:
        """Forgets the tokens, if there are any."""
        ...

    def lock(self, key: str) -> AbstractContextManager[object]:
        """Nobody else who shares the store is within ``with store.lock(key)`` at the same time.

        A holder that died must not keep it for ever. A renewal holds it for less than 90 seconds.
        """
        ...
