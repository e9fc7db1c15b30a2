"""The contents of a portal's files: read, written to files of this machine, uploaded to the disk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, TypeAlias, overload

from b24orm.errors import B24Error, InvalidValue, UsageError
from b24orm.executor.file_target import saved
from b24orm.executor.file_upload import Upload, upload_of
from b24orm.executor.nursery import Nursery
from b24orm.guard import guard
from b24orm.plan.file_links import Place, place_of
from b24orm.transport.arrival import Arriving
from b24orm.values import StoredFile

if TYPE_CHECKING:
    from b24orm.portal.portal import AsyncPortal, Portal

    Source: TypeAlias = str | PathLike[str] | bytes | IO[bytes]
    Pairs: TypeAlias = Iterable[tuple[Any, str | PathLike[str]]]
else:
    Pairs = Iterable[Any]  # checked one by one
    Source = Any  # checked in upload_of, which says more than a type hint could

__all__ = ["AnyPortal", "PortalFiles"]

AnyPortal: TypeAlias = "Portal | AsyncPortal"


class PortalFiles:
    """The files of one portal: ``portal.files``.

    >>> report = portal.files.of(portal.call("disk.file.get", {"id": 103}))  # doctest: +SKIP
    >>> report.save_to("report.pdf").name                                   # doctest: +SKIP
    'report.pdf'

    Each method has an a-prefixed twin to be awaited; an :class:`AsyncPortal` has only those.
    """

    def __init__(self, portal: AnyPortal) -> None:
        self._portal = portal

    def __repr__(self) -> str:
        return f"<files of {self._portal.host}>"

    def of(self, value: Any) -> StoredFile:
        """A file whose contents can be read.

        Args:
            value: what a method answered of it (``{"id", "urlMachine"}``, ``{"id", "downloadUrl"}``, a file
                of the disk with ``DOWNLOAD_URL``); a row of :class:`DiskFile`, :class:`DiskAttachedObject` or
                another model with a ``download_url``; an address; or a file that came without its row.

        Raises:
            InvalidValue: it is nothing of these.
            UsageError: it came from another portal, whose numbers mean other files here.
        """
        _check_home(value, self._portal)
        link = getattr(value, "download_url", None)
        if isinstance(link, str):
            value = {
                "ID": getattr(value, "id", None),
                "DOWNLOAD_URL": link,
                "SIZE": getattr(value, "size", None),
            }
        file = value if isinstance(value, StoredFile) else StoredFile.parse(value)
        return file.bound_to(lambda: self)

    # -- one file -------------------------------------------------------------------------

    @property
    def host(self) -> str:
        """The portal's host."""
        return self._portal.host

    def read(self, file: StoredFile, /) -> bytes:
        """All that is in a file; see :meth:`StoredFile.read`."""
        place = place_of(file)
        return self._portal.run(lambda: self._read(place))

    async def aread(self, file: StoredFile, /) -> bytes:
        """As :meth:`read`, awaited."""
        place = place_of(file)
        return await self._portal.arun(lambda: self._read(place))

    def save(self, file: StoredFile, path: str | PathLike[str], /) -> Path:
        """Writes what is in a file to one of this machine; see :meth:`StoredFile.save_to`."""
        place, target = place_of(file), _target(path)
        return self._portal.run(lambda: self._saved(place, target, file))

    async def asave(self, file: StoredFile, path: str | PathLike[str], /) -> Path:
        """As :meth:`save`, awaited."""
        place, target = place_of(file), _target(path)
        return await self._portal.arun(lambda: self._saved(place, target, file))

    def chunks(self, file: StoredFile, /) -> Iterator[bytes]:
        """What is in a file, piece by piece; see :meth:`StoredFile.chunks`."""
        place = place_of(file)
        return self._portal.each(lambda: self._portal.file_work().chunks(place))

    def achunks(self, file: StoredFile, /) -> AsyncIterator[bytes]:
        """As :meth:`chunks`, for ``async for``."""
        place = place_of(file)
        return self._portal.aeach(lambda: self._portal.file_work().chunks(place))

    # -- many files -----------------------------------------------------------------------

    @overload
    def save_all(
        self, files: Pairs, *, concurrency: int = 8, return_errors: Literal[False] = False
    ) -> list[Path]: ...

    @overload
    def save_all(
        self, files: Pairs, *, concurrency: int = 8, return_errors: bool
    ) -> list[Path | B24Error]: ...

    @guard
    def save_all(
        self, files: Pairs, *, concurrency: int = 8, return_errors: bool = False
    ) -> list[Path] | list[Path | B24Error]:
        """Writes what is in many files to files of this machine, several side by side.

        >>> reports = portal.get_all("disk.folder.getChildren", {"id": 14})  # doctest: +SKIP
        >>> saved = portal.files.save_all((report, ".") for report in reports)  # doctest: +SKIP

        Args:
            files: pairs of a file, or of what :meth:`of` takes, and a path as in :meth:`StoredFile.save_to`.
            concurrency: files under way at once.
            return_errors: put the error of a file in its place; else the first one ends it all. Files that
                were written by then stay.

        Returns:
            where each of them is, in their order.

        Raises:
            InvalidValue: two of them would be written to the same place.
            B24Error: as :meth:`StoredFile.read`; ``number`` tells which file it was.
        """
        pairs = self._pairs(files, concurrency)
        return self._portal.run(lambda: self._all_saved(pairs, concurrency, return_errors=return_errors))

    @overload
    async def asave_all(
        self, files: Pairs, *, concurrency: int = 8, return_errors: Literal[False] = False
    ) -> list[Path]: ...

    @overload
    async def asave_all(
        self, files: Pairs, *, concurrency: int = 8, return_errors: bool
    ) -> list[Path | B24Error]: ...

    @guard
    async def asave_all(
        self, files: Pairs, *, concurrency: int = 8, return_errors: bool = False
    ) -> list[Path] | list[Path | B24Error]:
        """As :meth:`save_all`, awaited."""
        pairs = self._pairs(files, concurrency)
        return await self._portal.arun(
            lambda: self._all_saved(pairs, concurrency, return_errors=return_errors)
        )

    # -- uploads --------------------------------------------------------------------------

    @guard
    def upload(
        self,
        source: Source,
        *,
        folder: int,
        name: str | None = None,
        unique_name: bool = False,
    ) -> StoredFile:
        """A new file in a folder of the disk, sent piece by piece: it may be of any size.

        >>> portal.files.upload(b"minutes", folder=14, name="minutes.txt").size  # doctest: +SKIP
        7

        Rule: ``disk.folder.uploadFile`` without ``fileContent``, then a form to its ``uploadUrl``.

        Args:
            source: a path, bytes, or an open file, which is sent from where it stands.
            folder: the id of the folder.
            name: what it is called there; by default what it is called here.
            unique_name: if the folder has a file of that name, add a number instead of being refused.

        Returns:
            the file; its ``id`` is what tasks and comments take (``f"n{file.id}"``).

        Raises:
            InvalidValue: there is no name, or one that the disk does not take.
            OSError: the source can't be read.
            ApiError: the portal refuses it.
            TransportError: the answer was lost; whether the file is there is not known.
        """
        sent = upload_of(source, name)
        return self._portal.run(lambda: self._uploaded(sent, folder, unique=unique_name))

    @guard
    async def aupload(
        self,
        source: Source,
        *,
        folder: int,
        name: str | None = None,
        unique_name: bool = False,
    ) -> StoredFile:
        """As :meth:`upload`, awaited."""
        sent = upload_of(source, name)
        return await self._portal.arun(lambda: self._uploaded(sent, folder, unique=unique_name))

    # -- on the portal's own loop ---------------------------------------------------------

    async def _read(self, place: Place) -> bytes:
        async def joined(arriving: Arriving) -> bytes:
            return b"".join([piece async for piece in arriving.pieces])

        return await self._portal.file_work().whole(place, joined)

    async def _saved(self, place: Place, target: Path, file: StoredFile) -> Path:
        name = f"file-{file.id}" if file.id is not None else "file"
        return await self._portal.file_work().whole(place, lambda arriving: saved(arriving, target, name))

    def _pairs(self, files: Iterable[Any], concurrency: int) -> list[tuple[StoredFile, Path]]:
        if concurrency < 1:
            raise InvalidValue(f"concurrency must be at least 1, not {concurrency}")
        pairs = [(self.of(file), _target(path)) for file, path in (_pair(item) for item in files)]
        taken = [path.absolute() for _, path in pairs if not path.is_dir()]
        if len(set(taken)) < len(taken):
            twice = next(path for number, path in enumerate(taken) if path in taken[:number])
            raise InvalidValue(f"two files would be written to {twice}")
        return pairs

    async def _all_saved(
        self, pairs: Sequence[tuple[StoredFile, Path]], concurrency: int, *, return_errors: bool
    ) -> list[Path | B24Error]:
        gate = asyncio.Semaphore(concurrency)

        async def one(number: int, file: StoredFile, target: Path) -> Path | B24Error:
            async with gate:
                try:
                    return await self._saved(place_of(file), target, file)
                except B24Error as error:
                    error.number = number
                    if return_errors:
                        return error
                    raise

        async with Nursery() as nursery:
            tasks = [nursery.start(one(number, *pair)) for number, pair in enumerate(pairs)]
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION) if tasks else (set(), ())
            failed = [task for task in done if task.exception() is not None]
            return [await task for task in failed or tasks]

    async def _uploaded(self, sent: Upload, folder: int, *, unique: bool) -> StoredFile:
        return self.of(await self._portal.file_work().upload(sent, folder, unique=unique))


def _check_home(value: Any, portal: AnyPortal) -> None:
    source = getattr(value, "_source", None)
    home = source() if callable(source) else getattr(value, "__portal__", None)
    host = getattr(home, "host", portal.host)
    if host != portal.host:
        raise UsageError(f"this file is one of {host}; on {portal.host} its number means another one, if any")


def _pair(item: Any) -> tuple[Any, Any]:
    if not isinstance(item, (tuple, list)) or len(item) != 2:
        raise InvalidValue(f"save_all() takes pairs of a file and a path, not {item!r}")
    return item[0], item[1]


def _target(path: str | PathLike[str]) -> Path:
    target = Path(path)
    if not target.is_dir() and not target.parent.is_dir():
        raise InvalidValue(f"there is no directory {str(target.parent)!r} to write {target.name!r} to")
    return target
