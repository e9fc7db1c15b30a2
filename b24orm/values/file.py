"""A file that the portal holds, as a file field tells of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from b24orm.errors import InvalidValue, UnknownAttribute, nearest

__all__ = ["StoredFile"]

_CONTENT: Final = frozenset({"content", "data", "download", "get", "open", "save"})
"""What people look for who want what is in the file."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of the portal: its number, and where to get it.

    Rule: classic methods answer ``{"id", "showUrl", "downloadUrl"}``, ``crm.item.*`` and the catalog
    ``{"id", "url", "urlMachine"}``, user photos are a bare address, list-like methods the bare number.

    >>> StoredFile.read({"id": "7", "downloadUrl": "/d"}).wire(), StoredFile.read("https://x/a.png").url
    ({'id': 7}, 'https://x/a.png')

    Attributes:
        id: its number; None where only the address is told.
        url: where a browser gets it.
        machine_url: where a program gets it with the rights of the webhook or the app.
    """

    id: int | None = None
    url: str | None = None
    machine_url: str | None = None

    @classmethod
    def read(cls, value: Any) -> StoredFile:
        """The value of the server's spelling.

        Raises:
            InvalidValue: it is none.
        """
        if isinstance(value, Mapping):
            number = value.get("id", value.get("ID"))
            url = value.get("url") or value.get("showUrl") or value.get("src")
            machine = value.get("urlMachine") or value.get("downloadUrl")
            if number is not None or url or machine:
                return cls(_number(number) if number is not None else None, url, machine)
        if isinstance(value, str) and not value.isdigit():
            return cls(url=value)
        return cls(_number(value))

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            known = ("id", "url", "machine_url")
            fetch = "; fetch what is in it from its machine_url, as with urllib.request.urlopen()"
            hint = fetch if name in _CONTENT else nearest(name, known)
            raise UnknownAttribute(f"StoredFile has no attribute {name!r}{hint}")

    def wire(self) -> dict[str, Any]:
        """What keeps the file where a list of files is written."""
        if self.id is None:
            raise InvalidValue("a file without its number can't be written back")
        return {"id": self.id}


def _number(value: Any) -> int:
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdigit()):
        raise InvalidValue(f"{value!r} is no file of the portal")
    return int(text)
