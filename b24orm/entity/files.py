"""Files on their way to the server."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import IO, Any

from b24orm.errors import InvalidValue

__all__ = ["NewFile"]


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to upload into a file field. Rule: ``{"fileData": [name, base64]}``.

    >>> NewFile("note.txt", b"hi").wire()
    {'fileData': ['note.txt', 'aGk=']}

    Attributes:
        name: what the file is called on the portal, with its extension.
        content: the bytes.
        replaces: the id of the file in the field that it takes the place of.
    """

    name: str
    content: bytes = field(repr=False)
    replaces: int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.content, (bytes, bytearray, memoryview)):
            hint = "; encode() the text" if isinstance(self.content, str) else ""
            raise InvalidValue(f"NewFile takes bytes, not a {type(self.content).__name__}{hint}")

    @classmethod
    def of(
        cls, source: str | PathLike[str] | IO[bytes], *, name: str | None = None, replaces: int | None = None
    ) -> NewFile:
        """A file of this machine, or what is left to read of an open one.

        >>> from io import BytesIO
        >>> NewFile.of(BytesIO(b"hi"), name="note.txt").wire()
        {'fileData': ['note.txt', 'aGk=']}

        Args:
            source: its path, or the file, opened for bytes.
            name: what it is called on the portal; by default what it is called here.
            replaces: the id of the file in the field that it takes the place of.

        Raises:
            OSError: it can't be read.
            InvalidValue: it gives text, or nobody knows what it is called.
        """
        if isinstance(source, (str, PathLike)):
            path = Path(source)
            return cls(name or path.name, path.read_bytes(), replaces)
        if not hasattr(source, "read"):
            kind = type(source).__name__
            raise InvalidValue(
                f"NewFile.of() takes a path or an open file, not a {kind}; NewFile(name, bytes)"
            )
        known = name or getattr(source, "name", None)
        if not isinstance(known, str) or not Path(known).name:
            raise InvalidValue("the open file has no name of its own; say NewFile.of(file, name='scan.pdf')")
        return cls(Path(known).name, source.read(), replaces)

    @property
    def id(self) -> int | None:
        """The number of the portal's file that it takes the place of."""
        return self.replaces

    @property
    def url(self) -> None:
        """None: it is not on the portal yet."""
        return None

    @property
    def machine_url(self) -> None:
        """None: it is not on the portal yet."""
        return None

    @property
    def size(self) -> int:
        """Bytes in it."""
        return len(self.content)

    def wire(self) -> dict[str, Any]:
        """What is sent."""
        sent: dict[str, Any] = {"fileData": [self.name, self.base64()]}
        return {"id": self.replaces, **sent} if self.replaces is not None else sent

    def base64(self) -> str:
        """The bytes as REST takes them."""
        return b64encode(self.content).decode()

    # -- what a file of the portal has too, so that a field's value can be read whichever it is ------

    def read(self) -> bytes:
        """The bytes."""
        return bytes(self.content)

    async def aread(self) -> bytes:
        """The bytes."""
        return self.read()

    def save_to(self, path: str | PathLike[str]) -> Path:
        """Writes the bytes to a file, or to one of this name in a directory; tells where."""
        place = Path(path) / Path(self.name).name if Path(path).is_dir() else Path(path)
        place.write_bytes(self.content)
        return place

    async def asave_to(self, path: str | PathLike[str]) -> Path:
        """As :meth:`save_to`."""
        return self.save_to(path)

    def chunks(self) -> Iterator[bytes]:
        """The bytes, in one piece."""
        yield self.read()

    async def achunks(self) -> AsyncIterator[bytes]:
        """The bytes, in one piece."""
        yield self.read()
