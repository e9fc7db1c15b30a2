"""Files of tokens on Windows, which locks bytes and neither opens nor replaces a file in use.

The store's module is loaded as Windows would load it. The locks below it are real ones: they stand
between two handles, as Windows' locks do.
"""

from __future__ import annotations

import errno
import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

import pytest

from b24orm.errors import TokenStoreFailed
from b24orm.transport.auth.stores import file
from tests.auth.test_auth_stores import TOKENS

fcntl = pytest.importorskip("fcntl", reason="this is Windows: the other tests of the stores say it")


class Msvcrt(ModuleType):
    """Its ``locking``, and what was asked of it."""

    LK_UNLCK, LK_LOCK, LK_NBLCK = 0, 1, 2

    def __init__(self) -> None:
        super().__init__("msvcrt")
        self.asked: list[tuple[int, int, int]] = []

    def locking(self, handle: int, mode: int, size: int) -> None:
        self.asked.append((mode, os.lseek(handle, 0, os.SEEK_CUR), size))
        try:
            fcntl.flock(handle, fcntl.LOCK_UN if mode == self.LK_UNLCK else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PermissionError(errno.EACCES, "Permission denied") from None


@pytest.fixture
def msvcrt(monkeypatch: pytest.MonkeyPatch) -> Msvcrt:
    made = Msvcrt()
    monkeypatch.setitem(sys.modules, "msvcrt", made)
    monkeypatch.setattr(sys, "platform", "win32")
    return made


@pytest.fixture
def windows(msvcrt: Msvcrt) -> Any:
    """The store's module, as Windows loads it."""
    spec = importlib.util.spec_from_file_location("b24orm_file_on_windows", file.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class InUse:
    """A function of the system that refuses a file the first times, as if somebody had it open."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, times: int) -> None:
        self._real = getattr(owner, name)
        self.left = times
        monkeypatch.setattr(owner, name, self)

    def __call__(self, *given: Any, **options: Any) -> Any:
        if self.left:
            self.left -= 1
            raise PermissionError(errno.EACCES, "The process cannot access the file")
        return self._real(*given, **options)


def test_one_holds_the_lock_at_a_time(windows: Any, tmp_path: Path) -> None:
    with windows.FileTokens(tmp_path).lock("k"), pytest.raises(TokenStoreFailed, match="held a lock"):
        windows.FileTokens(tmp_path, patience=0.1).lock("k").__enter__()


def test_the_lock_is_the_first_byte_and_opened_before_the_file_is_closed(
    windows: Any, msvcrt: Msvcrt, tmp_path: Path
) -> None:
    with windows.FileTokens(tmp_path).lock("k"):
        pass

    assert msvcrt.asked == [(Msvcrt.LK_NBLCK, 0, 1), (Msvcrt.LK_UNLCK, 0, 1)]


def test_the_next_one_gets_the_lock(windows: Any, tmp_path: Path) -> None:
    with windows.FileTokens(tmp_path).lock("k"):
        pass
    with windows.FileTokens(tmp_path, patience=0.0).lock("k"):
        pass


def test_tokens_are_kept_though_somebody_reads_the_old_ones(
    windows: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = windows.FileTokens(tmp_path)
    InUse(monkeypatch, os, "replace", 2)

    store.save("k", TOKENS)

    assert store.load("k") == TOKENS


def test_tokens_are_read_though_somebody_replaces_them(
    windows: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = windows.FileTokens(tmp_path)
    store.save("k", TOKENS)
    path, opened = store._path("k", "json"), Path.open
    refusals = iter([True, True])

    def hindered(self: Path, *given: Any, **options: Any) -> Any:
        if self == path and next(refusals, False):
            raise PermissionError(errno.EACCES, "The process cannot access the file")
        return opened(self, *given, **options)

    monkeypatch.setattr(Path, "open", hindered)

    assert store.load("k") == TOKENS


def test_a_file_that_stays_in_use_is_an_error_and_leaves_nothing(
    windows: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows, "_IN_USE", 0.05)
    InUse(monkeypatch, os, "replace", 1_000)

    with pytest.raises(PermissionError):
        windows.FileTokens(tmp_path).save("k", TOKENS)

    assert list(tmp_path.iterdir()) == []


def test_elsewhere_a_refusal_is_final(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = InUse(monkeypatch, os, "replace", 2)

    with pytest.raises(PermissionError):
        file.FileTokens(tmp_path).save("k", TOKENS)

    assert refused.left == 1


def test_a_folder_without_locks_says_so_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: int) -> NoReturn:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", none)

    with pytest.raises(OSError, match="No locks"):
        file.FileTokens(tmp_path).lock("k").__enter__()
