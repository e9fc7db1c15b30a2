"""Where a consumer of offline events remembers which rows it holds.

The portal reserves rows under the name of a process and never frees them by itself. Who forgets that name
can't ask for the rows again. A consumer that is alone finds them in the queue; several beside one another
need such a memory each.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from os import PathLike
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Protocol, runtime_checkable

from b24orm.errors import InvalidValue

__all__ = ["FileProcesses", "MemoryProcesses", "Processes"]


@runtime_checkable
class Processes(Protocol):
    """What remembers the names of processes; one object belongs to one consumer."""

    def load(self) -> Sequence[str]:
        """The names that were saved last, none at first."""
        ...

    def save(self, names: Sequence[str]) -> None:
        """Replaces the names; they must be safe when this returns."""
        ...


class MemoryProcesses:
    """Forgets everything with the program: for tests, and for consumers that are alone."""

    def __init__(self) -> None:
        self._names: tuple[str, ...] = ()

    def load(self) -> Sequence[str]:
        """The names that were saved last."""
        return self._names

    def save(self, names: Sequence[str]) -> None:
        """Replaces the names."""
        self._names = tuple(names)


class FileProcesses:
    """Keeps the names in a small JSON file, replaced as a whole each time.

    Args:
        path: the file; made when it is needed. Two consumers must not share it.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self._path = Path(path)

    def load(self) -> Sequence[str]:
        """The names in the file; none if there is no file.

        Raises:
            InvalidValue: the file holds something else.
        """
        try:
            text = self._path.read_text("utf-8")
        except FileNotFoundError:
            return ()
        try:
            names = json.loads(text)
        except ValueError:
            names = None
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise InvalidValue(f"{self._path} holds no names of processes: is it another program's file?")
        return tuple(names)

    def save(self, names: Sequence[str]) -> None:
        """Writes the names beside the file, then puts them in its place."""
        with NamedTemporaryFile("w", dir=self._path.parent, delete=False, encoding="utf-8") as fresh:
            try:
                json.dump(list(names), fresh)
                fresh.flush()
                os.fsync(fresh.fileno())
                fresh.close()
                os.replace(fresh.name, self._path)
            except BaseException:
                with suppress(OSError):
                    os.unlink(fresh.name)
                raise
