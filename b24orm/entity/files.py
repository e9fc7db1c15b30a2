"""Files on their way to the server."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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
    def read(cls, path: str | Path, *, replaces: int | None = None) -> NewFile:
        """A file of this machine.

        Raises:
            OSError: it can't be read.
        """
        source = Path(path)
        return cls(source.name, source.read_bytes(), replaces)

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

    def wire(self) -> dict[str, Any]:
        """What is sent."""
        sent: dict[str, Any] = {"fileData": [self.name, self.base64()]}
        return {"id": self.replaces, **sent} if self.replaces is not None else sent

    def base64(self) -> str:
        """The bytes as REST takes them."""
        return b64encode(self.content).decode()
