"""A store as the client uses it: whatever goes wrong in it is one kind of error, and tells no secret."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from traceback import walk_tb
from typing import Final, TypeVar

from b24orm.errors import TokenStoreFailed
from b24orm.transport.auth.stores.base import TokenStore
from b24orm.transport.auth.tokens import Tokens

__all__ = ["GuardedStore"]

_T = TypeVar("_T")
log: Final = logging.getLogger("b24orm")


class GuardedStore:
    """Another store, whose errors become TokenStoreFailed.

    Their text and their frames are dropped: a database may well repeat what it was to keep.
    """

    def __init__(self, store: TokenStore) -> None:
        self._store = store
        self._saved: dict[str, Tokens] = {}

    def load(self, key: str) -> Tokens | None:
        """The tokens that were saved last."""
        return _kept("read", lambda: self._store.load(key))

    def save(self, key: str, tokens: Tokens) -> None:
        """Keeps the tokens."""
        _kept("kept", lambda: self._store.save(key, tokens))
        self._saved[key] = tokens

    def delete(self, key: str) -> None:
        """Forgets the tokens."""
        _kept("deleted", lambda: self._store.delete(key))

    @contextmanager
    def lock(self, key: str) -> Generator[None, None, None]:
        """One holder at a time; a lock that can't be let go of is only told of, for it ends by itself.

        Unless tokens that were saved meanwhile went with it: to let go may be the end of a transaction.
        """
        held = _kept("locked", lambda: self._store.lock(key))
        _kept("locked", held.__enter__)
        try:
            yield
        finally:
            saved = self._saved.pop(key, None)
            found = _outcome("let go of", lambda: held.__exit__(None, None, None))
            if isinstance(found, TokenStoreFailed):
                if saved is not None and self.load(key) != saved:
                    raise found
                log.warning("%s", found)


def _kept(what: str, work: Callable[[], _T]) -> _T:
    found = _outcome(what, work)
    if isinstance(found, TokenStoreFailed):
        raise found
    return found


def _outcome(what: str, work: Callable[[], _T]) -> _T | TokenStoreFailed:
    try:
        return work()
    except TokenStoreFailed as error:
        return error.with_traceback(None)
    except Exception as error:
        where = _place(error)
        text = f"OAuth tokens could not be {what}: the store raised {type(error).__name__} at {where}"
        return TokenStoreFailed(text)


def _place(error: Exception) -> str:
    """Where in the store it was raised: all that may be told, for the text may repeat the tokens.

    >>> _place(ValueError())
    'an unknown place'
    """
    for frame, line in walk_tb(error.__traceback__):
        if frame.f_code.co_filename not in (__file__, contextlib.__file__):
            return f"{Path(frame.f_code.co_filename).name}:{line}"
    return "an unknown place"
