"""A file that the portal holds, as a file field tells of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from typing_extensions import Self

from b24orm.errors import InvalidValue, UnknownAttribute, UsageError, nearest

__all__ = ["FileSource", "StoredFile"]

_KNOWN: Final = ("id", "url", "machine_url", "read", "aread", "save_to", "asave_to", "chunks", "achunks")

_CONTENT: Final = frozenset({"content", "contents", "data", "download", "get", "open", "save"})
"""What people look for who want what is in the file."""
_HOW: Final = "; read() gives what is in it, save_to(path) writes it to a file"


class FileSource(Protocol):
    """What reads the contents of files: the files of a portal."""

    def read(self, file: StoredFile, /) -> bytes: ...

    async def aread(self, file: StoredFile, /) -> bytes: ...

    def save(self, file: StoredFile, path: str | PathLike[str], /) -> Path: ...

    async def asave(self, file: StoredFile, path: str | PathLike[str], /) -> Path: ...

    def chunks(self, file: StoredFile, /) -> Iterator[bytes]: ...

    def achunks(self, file: StoredFile, /) -> AsyncIterator[bytes]: ...


class _Bound:
    """What a file knows besides its fields: how to find who reads its contents. No pickle holds it."""

    __slots__ = ("_source",)

    _source: Callable[[], FileSource]


@dataclass(frozen=True, slots=True)
class StoredFile(_Bound):
    """A file of the portal: its number, where to get it, and what is in it.

    The contents are read on demand, with the rights of the portal that the row came from.

    >>> deal.contract.read()[:4]                                            # doctest: +SKIP
    b'%PDF'
    >>> deal.contract.save_to("contract.pdf")                               # doctest: +SKIP
    PosixPath('contract.pdf')

    Rule: classic methods answer ``{"id", "showUrl", "downloadUrl"}``, ``crm.item.*`` and the catalog
    ``{"id", "url", "urlMachine"}``, the disk ``DOWNLOAD_URL``, comments and messages ``urlDownload``, user
    photos are a bare address, list-like methods the bare number.

    >>> StoredFile.parse({"id": "7", "downloadUrl": "/d"}).wire(), StoredFile.parse("https://x/a.png").url
    ({'id': 7}, 'https://x/a.png')

    Attributes:
        id: its number; None where only the address is told.
        url: where a browser gets it.
        machine_url: where a program gets it with the rights of the webhook or the app. It is another one in
            each answer, and holds their secret or token, so the repr leaves it out; keep it out of logs.
        size: bytes in it, where the answer tells.
    """

    id: int | None = None
    url: str | None = None
    machine_url: str | None = field(default=None, repr=False, compare=False)
    size: int | None = field(default=None, compare=False)

    @classmethod
    def parse(cls, value: Any) -> StoredFile:
        """The value of the server's spelling.

        Raises:
            InvalidValue: it is none.
        """
        if isinstance(value, Mapping):
            number = value.get("id", value.get("ID"))
            url = _first(value, ("url", "showUrl", "src", "urlShow", "DETAIL_URL"))
            machine = _first(value, ("urlMachine", "downloadUrl", "DOWNLOAD_URL", "urlDownload"))
            if number is not None or url or machine:
                size = value.get("SIZE", value.get("size")) if machine else None
                known = None if size is None else _number(size)
                return cls(_number(number) if number is not None else None, url, machine, known)
        if isinstance(value, str) and not value.isdigit():
            return cls(url=value)
        return cls(_number(value))

    def bound_to(self, source: Callable[[], FileSource]) -> Self:
        """The same file, with contents that are read by what ``source`` gives then."""
        bound = type(self)(self.id, self.url, self.machine_url, self.size)
        object.__setattr__(bound, "_source", source)
        return bound

    def read(self) -> bytes:
        """All that is in the file.

        Raises:
            NotFound: the portal has no such file (any more).
            AccessDenied: the user may not read it, or the portal wants a person to log in.
            Unsupported: the portal gives it to browsers only.
            Incomplete: another number of bytes arrived than the file has.
            TransportError: it did not arrive, several times.
            UsageError: the file came from no row, so that no portal is known; see ``portal.files.of()``.
        """
        return self._reader().read(self)

    async def aread(self) -> bytes:
        """As :meth:`read`, awaited."""
        return await self._reader().aread(self)

    def save_to(self, path: str | PathLike[str]) -> Path:
        """Writes what is in the file to a file of this machine, and tells where.

        It is written beside its place under another name, and renamed when it is whole: whoever looks sees
        the old file or the new one, never a part.

        Args:
            path: a file, which is replaced; or a directory, where it gets the name that the portal tells. If
                that one is taken, a number is added.

        Raises:
            InvalidValue: there is no such directory.
            OSError: it can't be written.
            B24Error: as :meth:`read`; nothing is left behind.
        """
        return self._reader().save(self, path)

    async def asave_to(self, path: str | PathLike[str]) -> Path:
        """As :meth:`save_to`, awaited."""
        return await self._reader().asave(self, path)

    def chunks(self) -> Iterator[bytes]:
        """What is in the file, piece by piece: no more than a piece is in memory.

        If the last piece came without an error, the file is whole.

        >>> for chunk in deal.contract.chunks():                            # doctest: +SKIP
        ...     digest.update(chunk)

        Raises:
            B24Error: as :meth:`read`. If the pieces break off, the rest is asked for, but not of a file of
                the disk, whose contents may be new by then.
        """
        return self._reader().chunks(self)

    def achunks(self) -> AsyncIterator[bytes]:
        """As :meth:`chunks`, for ``async for``."""
        return self._reader().achunks(self)

    def _reader(self) -> FileSource:
        source: Callable[[], FileSource] | None = getattr(self, "_source", None)
        if source is None:
            raise UsageError(
                "this file belongs to no row, so nobody knows which portal has it; "
                "take it from a row that was fetched, or say portal.files.of(file).read()"
            )
        return source()

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            hint = _HOW if name in _CONTENT else nearest(name, _KNOWN)
            raise UnknownAttribute(f"StoredFile has no attribute {name!r}{hint}")

    def wire(self) -> dict[str, Any]:
        """What keeps the file where a list of files is written."""
        if self.id is None:
            raise InvalidValue("a file without its number can't be written back")
        return {"id": self.id}


def _first(value: Mapping[Any, Any], names: Iterable[str]) -> Any:
    return next((value[name] for name in names if value.get(name)), None)


def _number(value: Any) -> int:
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdigit()):
        raise InvalidValue(f"{value!r} is no file of the portal")
    return int(text)
