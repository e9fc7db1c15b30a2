"""Tokens in files that only their owner can read."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, TypeVar

from b24orm.errors import TokenStoreFailed
from b24orm.forking import in_child
from b24orm.transport.auth.tokens import Tokens

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

__all__ = ["FileTokens"]

_T = TypeVar("_T")
_PATIENCE: Final = 100.0
_IN_USE: Final = 5.0
"""Seconds that a file may be in use: longer than anybody reads it."""
_PAUSE: Final = 0.02
_OTHERS: Final = 0o077
_open_locks: Final[set[int]] = set()
"""Handles of the lock files that this process has open."""


class FileTokens:
    """Keeps tokens in a folder, one file for each portal, of mode 0600, replaced as a whole.

    Processes that share the folder renew a token once: each portal has a lock file beside its
    tokens, which the operating system lets go of when its holder dies. A folder on a network must
    support such locks. Windows knows no modes: there the folder's own rights say who can read.

    Args:
        folder: made with mode 0700 if it is not there.
        patience: seconds to wait for the lock at the most.

    Raises:
        TokenStoreFailed: from each method: the files can't be read or written, others can read
            them, or the lock does not come free.

    >>> FileTokens("tokens")                                                   # doctest: +SKIP
    """

    def __init__(self, folder: str | os.PathLike[str], *, patience: float = _PATIENCE) -> None:
        self._folder = Path(folder)
        self._patience = patience

    def _path(self, key: str, kind: str) -> Path:
        """A file that no other key has, whatever the file system thinks of its characters."""
        name = re.sub(r"[^a-z0-9.-]", lambda match: f"_{ord(match[0]):x}_", key)
        return self._folder / f"{name}.{kind}"

    def load(self, key: str) -> Tokens | None:
        """The tokens that were saved last."""
        path = self._path(key, "json")
        try:
            with _unhindered(lambda: path.open("rb")) as file:
                if sys.platform != "win32" and os.fstat(file.fileno()).st_mode & _OTHERS:
                    raise TokenStoreFailed(
                        f"{path} can be read by others: chmod 600 it, and renew what was in it"
                    )
                return Tokens.from_json(file.read())
        except FileNotFoundError:
            return None

    def save(self, key: str, tokens: Tokens) -> None:
        """Writes a new file, and puts it in the place of the old one once it is on the disk."""
        self._made()
        handle, new = tempfile.mkstemp(dir=self._folder, suffix=".new")  # mode 0600
        try:
            with open(handle, "w", encoding="utf-8") as file:
                file.write(tokens.to_json())
                file.flush()
                os.fsync(file.fileno())
            _unhindered(lambda: os.replace(new, self._path(key, "json")))
        except BaseException:
            with suppress(OSError):
                os.unlink(new)
            raise
        self._sync()

    def _sync(self) -> None:
        """The folder's entry goes to the disk as well, where that can be said."""
        if sys.platform != "win32":
            handle = os.open(self._folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    def delete(self, key: str) -> None:
        """Removes the file; its lock stays, for others may be waiting for it."""
        _unhindered(lambda: self._path(key, "json").unlink(missing_ok=True))

    @contextmanager
    def lock(self, key: str) -> Generator[None, None, None]:
        """One process, and one thread of it, at a time."""
        self._made()
        handle = os.open(self._path(key, "lock"), os.O_RDWR | os.O_CREAT, 0o600)
        _open_locks.add(handle)
        try:
            self._wait(handle)
            yield
        finally:
            _let_go(handle)

    def _wait(self, handle: int) -> None:
        end = time.monotonic() + self._patience
        while not _taken(handle):
            if time.monotonic() > end:
                raise TokenStoreFailed(f"somebody has held a lock in {self._folder} for {self._patience:g} s")
            time.sleep(_PAUSE)

    def _made(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def __repr__(self) -> str:
        return f"FileTokens({str(self._folder)!r})"


def _let_go(handle: int) -> None:
    """Closing is not enough: a process that was forked meanwhile has it open too, and Windows is late."""
    _open_locks.discard(handle)
    try:
        if sys.platform != "win32":
            fcntl.flock(handle, fcntl.LOCK_UN)
        else:
            with suppress(PermissionError):  # it was not ours
                msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)
    finally:
        os.close(handle)


def _forked() -> None:
    """A child does not keep locks that its parent dies with."""
    while _open_locks:
        with suppress(OSError):
            os.close(_open_locks.pop())


in_child(_forked)


def _taken(handle: int) -> bool:
    """Whether the lock is ours now."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # anything else means that there are no locks here
        return False
    return True


def _unhindered(action: Callable[[], _T]) -> _T:
    """What the action gives; Windows refuses it while another process has the file open."""
    end = time.monotonic() + _IN_USE
    while True:
        try:
            return action()
        except PermissionError:
            if sys.platform != "win32" or time.monotonic() > end:
                raise
        time.sleep(_PAUSE)
