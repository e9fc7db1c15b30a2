"""A file as it travels over HTTP: what a portal sends, and what it takes from a form.

Rule: ``CFile::ViewByUser``. Each file has a length and a name; one range of it may be asked for.
"""

from __future__ import annotations

import mimetypes
import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from b24orm.emulator.reply import Reply
from b24orm.emulator.request import Incoming

__all__ = ["FileBody", "file_reply", "uploaded"]

_RANGE: Final = re.compile(r"bytes=(\d*)-(\d*)\Z")
_BOUNDARY: Final = re.compile(r'boundary="?([^";]+)"?')
_NAME: Final = re.compile(rb'[; ]name="([^"]*)"')
_FILE_NAME: Final = re.compile(rb'filename="((?:[^"\\]|\\.)*)"')


_NOT_FOUND: Final = (
    b"<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>nginx</body>\r\n</html>\r\n"
)
"""What the web server puts behind the headers of a file if a client does not say who it is."""


@dataclass(frozen=True, slots=True)
class FileBody:
    """A file to send.

    Attributes:
        name: what it is called.
        content: the bytes.
    """

    name: str
    content: bytes = field(repr=False)

    @property
    def content_type(self) -> str:
        """Its media type, by its name."""
        return mimetypes.guess_type(self.name)[0] or "application/octet-stream"


def file_reply(body: FileBody, incoming: Incoming) -> Reply:
    """The file, or the range of it that was asked for."""
    plain = body.name.encode("ascii", "replace").decode().replace("?", "_").replace(" ", "-")
    headers = (
        ("Content-Disposition", f"attachment; filename=\"{plain}\"; filename*=utf-8''{quote(body.name)}"),
        ("Content-Transfer-Encoding", "binary"),
        ("Cache-Control", "no-cache, must-revalidate, post-check=0, pre-check=0"),
    )
    if not incoming.agent:
        return Reply(status=404, body=_NOT_FOUND, content_type="text/html", headers=headers)
    if not incoming.range:
        return Reply(status=200, body=body.content, content_type=body.content_type, headers=headers)
    size = len(body.content)
    span = _span(incoming.range, size)
    if span is None:
        return Reply(status=416, content_type="text/html", headers=(("Content-Range", f"bytes */{size}"),))
    first, last = span
    ranged = (("Accept-Ranges", "bytes"), ("Content-Range", f"bytes {first}-{last}/{size}"))
    part = body.content[first : last + 1]
    return Reply(status=206, body=part, content_type=body.content_type, headers=(*headers, *ranged))


def _span(asked: str, size: int) -> tuple[int, int] | None:
    """The first and the last byte of one range; None for several, and for what is not there."""
    found = _RANGE.match(asked.strip())
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        first, last = max(size - int(found[2]), 0), size - 1
    else:
        first, last = int(found[1]), min(int(found[2] or size), size - 1)
    return (first, last) if first <= last else None


def uploaded(incoming: Incoming, name: str) -> FileBody | None:
    """The file that a form sends in the field of that name; None if there is none."""
    boundary = _BOUNDARY.search(incoming.content_type)
    if boundary is None:
        return None
    for part in incoming.body.split(b"--" + boundary[1].encode())[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        field_name, file_name = _NAME.search(head), _FILE_NAME.search(head)
        if field_name is not None and file_name is not None and field_name[1].decode() == name:
            return FileBody(file_name[1].decode("utf-8", "replace"), content.removesuffix(b"\r\n"))
    return None
