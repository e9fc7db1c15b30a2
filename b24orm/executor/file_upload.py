"""Sends a file as a form, piece by piece: it is never in memory as a whole, and not in base64 at all."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import IO, Final
from uuid import uuid4

from b24orm.errors import Incomplete, InvalidValue

__all__ = ["Form", "Upload", "upload_of"]

_PIECE: Final = 2**18
_UNFIT: Final = frozenset('"\\/:*?<>|\r\n\x00')
"""What no file of the disk may have in its name."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to send.

    Attributes:
        name: what it is called on the portal.
        size: bytes in it.
        open: opens it, as often as it is sent.
    """

    name: str
    size: int
    open: Callable[[], AbstractContextManager[IO[bytes]]] = field(repr=False)


def upload_of(source: str | PathLike[str] | bytes | IO[bytes], name: str | None) -> Upload:
    """What is sent of a path, of bytes, or of an open file from where it stands.

    Raises:
        InvalidValue: it has no name, or one that the disk does not take; or an open file that can't be
            measured, or gives text.
        OSError: it can't be read.

    >>> upload_of(b"hi", "note.txt").size
    2
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        content = bytes(source)
        return Upload(_checked(name), len(content), lambda: BytesIO(content))
    if isinstance(source, (str, PathLike)):
        path = Path(source)
        return Upload(_checked(name or path.name), path.stat().st_size, lambda: path.open("rb"))
    return _opened(source, name)


def _opened(file: IO[bytes], name: str | None) -> Upload:
    if not hasattr(file, "read") or not hasattr(file, "seekable") or not file.seekable():
        kind = type(file).__name__
        raise InvalidValue(f"upload takes a path, bytes, or an open file that can be rewound, not a {kind}")
    if hasattr(file, "encoding"):
        raise InvalidValue("the file is open for text; open it with mode 'rb'")
    begin = file.tell()
    size = file.seek(0, os.SEEK_END) - begin
    known = name or getattr(file, "name", None)

    def again() -> AbstractContextManager[IO[bytes]]:
        file.seek(begin)
        return nullcontext(file)

    return Upload(_checked(Path(known).name if isinstance(known, str) else None), size, again)


def _checked(name: str | None) -> str:
    if not name:
        raise InvalidValue("a file on the disk needs a name: name='report.pdf'")
    if unfit := _UNFIT.intersection(name):
        raise InvalidValue(f"a file on the disk can't be called {name!r}: there is {min(unfit)!r} in it")
    return name


@dataclass(frozen=True, slots=True)
class Form:
    """A form with one file in it.

    Attributes:
        name: the name of the form's field.
        upload: the file.
    """

    name: str
    upload: Upload
    _boundary: str = field(default_factory=lambda: uuid4().hex)

    @property
    def headers(self) -> dict[str, str]:
        """What says how long it is, and where it ends."""
        size = len(self._head) + self.upload.size + len(self._tail)
        return {
            "Content-Type": f"multipart/form-data; boundary={self._boundary}",
            "Content-Length": str(size),
        }

    @property
    def _head(self) -> bytes:
        return (
            f'--{self._boundary}\r\nContent-Disposition: form-data; name="{self.name}"; '
            f'filename="{self.upload.name}"\r\nContent-Type: application/octet-stream\r\n\r\n'
        ).encode()

    @property
    def _tail(self) -> bytes:
        return f"\r\n--{self._boundary}--\r\n".encode()

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """The form, piece by piece.

        Raises:
            Incomplete: the file has become shorter.
        """
        yield self._head
        left = self.upload.size
        with self.upload.open() as file:
            while left:
                piece = await asyncio.to_thread(file.read, min(left, _PIECE))
                if not piece:
                    raise Incomplete(f"{self.upload.name} became shorter while it was sent")
                left -= len(piece)
                yield piece
        yield self._tail
