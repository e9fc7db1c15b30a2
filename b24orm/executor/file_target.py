"""A file of this machine, written whole or not at all."""

from __future__ import annotations

import asyncio
from itertools import count
from pathlib import Path
from uuid import uuid4

from b24orm.transport.arrival import Arriving, name_of

__all__ = ["saved"]


async def saved(arriving: Arriving, target: Path, name: str) -> Path:
    """Writes what arrives beside its place, and puts it there when it is whole.

    Args:
        arriving: the contents.
        target: a file, which is replaced; or a directory, where nothing is.
        name: what it is called in a directory, if the portal does not tell.

    Raises:
        OSError: it can't be written.
    """
    part = _beside(target)
    try:
        await _written(arriving, part)
        return _placed(part, target, name_of(arriving.head) or name)
    finally:
        part.unlink(missing_ok=True)


def _beside(target: Path) -> Path:
    return (target if target.is_dir() else target.parent) / f".{uuid4().hex}.part"


def _placed(part: Path, target: Path, name: str) -> Path:
    place = _free(target, name) if target.is_dir() else target
    return part.replace(place)


async def _written(arriving: Arriving, part: Path) -> None:
    with part.open("xb") as file:
        async for piece in arriving.pieces:
            await asyncio.to_thread(file.write, piece)


def _free(directory: Path, name: str) -> Path:
    """A place of that name, or of one with a number in it."""
    stem, suffix = Path(name).stem, Path(name).suffix
    names = (name if not number else f"{stem} ({number}){suffix}" for number in count())
    return next(place for name in names if not (place := directory / name).exists())
