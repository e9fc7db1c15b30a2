"""Where the contents of a file are, and which call tells a link anew.

Links go stale: they carry the token that they were answered with. Those of classic methods carry none at
all if a webhook asked; then ``crm.item.get`` tells one that does.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from b24orm.errors import Unsupported
from b24orm.plan.calls import Call
from b24orm.values import StoredFile

__all__ = ["Fresh", "Place", "place_of"]

_OWNERS: Final[Mapping[str, int]] = {"lead": 1, "deal": 2, "contact": 3, "company": 4, "quote": 7}
"""The ``entityTypeId`` of the owners that classic links name."""
_SHOW_FILE: Final = re.compile(r"/crm\.(\w+)\.show/show_file\.php\Z")
_METHOD: Final = re.compile(r"/rest/([a-z]\w*(?:\.\w+)+)/?\Z", re.IGNORECASE)
_BROWSED: Final = re.compile(r"/disk/(?:downloadFile|showFile)/(\d+)/?\Z")
_DOWNLOADS: Final = frozenset(("disk.api.file.download", "disk.file.download"))
_GET_FILE: Final = "crm.controller.item.getFile"


@dataclass(frozen=True, slots=True)
class Fresh:
    """A call that tells a link, and where in its answer the link is."""

    call: Call
    pick: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the contents of a file are.

    Attributes:
        label: what may be said of it in logs and errors.
        link: the address, with or without the host; holds a secret or a token. Empty if it is of no use.
        call: a call that answers with the contents themselves.
        fresh: what tells a link anew.
        fixed: other contents would have another number, so that the rest of a file can be asked for apart.
        host: the host that was told, if one was: only that portal can tell a link anew.
        size: bytes in it, if that is known.
    """

    label: str
    link: str = field(default="", repr=False)
    call: Call | None = None
    fresh: Fresh | None = None
    fixed: bool = False
    host: str = ""
    size: int | None = None


def place_of(file: StoredFile) -> Place:
    """Where the contents of a file are, by what an answer told of it.

    >>> place_of(StoredFile(7, "/show", "/bitrix/components/bitrix/crm.deal.show/show_file.php?auth="
    ...     "&ownerId=5&fieldName=UF_CRM_PAPER&dynamic=Y&fileId=7")).fresh.call.params
    {'entityTypeId': 2, 'id': 5, 'useOriginalUfNames': 'Y'}

    Raises:
        Unsupported: the portal tells no program where they are.
    """
    link = file.machine_url or file.url
    if not link:
        raise Unsupported(f"the method tells only the number of this file, {file.id}, and not where it is")
    told = _Told(link, urlsplit(link).path, _query(link), _query(file.url or ""), file.size)
    for read in (_shown, _item, _disk, _attached, _browsed, _called):
        found = read(told)
        if found is not None:
            return replace(found, host=urlsplit(link).netloc.lower())
    return Place("file", link, size=file.size)


@dataclass(frozen=True, slots=True)
class _Told:
    """A link, taken apart: its path and its query, and the query of the page for browsers."""

    link: str = field(repr=False)
    path: str
    query: Mapping[str, str] = field(repr=False)
    page: Mapping[str, str]
    size: int | None


def _query(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def _shown(told: _Told) -> Place | None:
    """The page of the classic methods. Its token is that of an application; a webhook has none."""
    found = _SHOW_FILE.search(told.path)
    if found is None:
        return None
    fresh = None
    if told.query.get("dynamic") == "Y" and found[1] in _OWNERS:
        fresh = _of_item(_OWNERS[found[1]], told.query.get("ownerId", ""), told.query)
    if not told.query.get("auth") and fresh is None:
        raise Unsupported(
            f"{told.query.get('fieldName')} of a {found[1]} is for browsers and applications: "
            "the portal tells a webhook no link to it that works"
        )
    return Place("show_file.php", told.link if told.query.get("auth") else "", fresh=fresh, fixed=True)


def _item(told: _Told) -> Place | None:
    """A file of ``crm.item.*``: a signed link, beside it the page for browsers, which names the owner."""
    signed = _GET_FILE.lower() in told.path.lower()
    if not signed and told.query.get("action") != _GET_FILE:
        return None
    owner = told.page.get("entityTypeId", "")
    fresh = _of_item(int(owner), told.page.get("id", ""), told.page) if owner.isdigit() else None
    return Place(_GET_FILE, told.link if signed else "", fresh=fresh, fixed=True)


def _of_item(entity_type: int, owner: str, query: Mapping[str, str]) -> Fresh | None:
    name, number = query.get("fieldName", ""), query.get("fileId", "")
    if not (name and number.isdigit() and owner.isdigit()):
        return None
    params = {"entityTypeId": entity_type, "id": int(owner), "useOriginalUfNames": "Y"}

    def pick(result: Any) -> Any:
        held = result["item"].get(name)
        files = held if isinstance(held, list) else [held]
        return next((f["urlMachine"] for f in files if f and str(f.get("id")) == number), None)

    return Fresh(Call("crm.item.get", params), pick)


def _disk(told: _Told) -> Place | None:
    """A file of the disk, or a version of one."""
    if told.path.rstrip("/").rpartition("/")[2] not in ("download", "download.json"):
        return None
    scope, _, rest = told.query.get("token", "").partition("|")
    meant = _payload(rest.partition("|")[0]) if scope == "disk" else {}
    old = meant.get("service") == "version"
    fresh = _by_id("disk.version.get" if old else "disk.file.get", meant.get("id", ""))
    return Place("download", told.link, fresh=fresh, fixed=old, size=told.size)


def _payload(encoded: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(b64decode(encoded).decode()))
    except (binascii.Error, ValueError):
        return {}


def _attached(told: _Told) -> Place | None:
    """A file that something holds: a task, a message."""
    if not told.path.endswith("/disk/uf.php"):
        return None
    signed = any(name.partition("[")[0] == "auth" for name in told.query)
    fresh = _by_id("disk.attachedObject.get", told.query.get("attachedId", ""))
    return Place("uf.php", told.link if signed else "", fresh=fresh, size=told.size)


def _browsed(told: _Told) -> Place | None:
    """The disk's pages for browsers, as comments and messages name them: the disk itself tells a link."""
    found = _BROWSED.search(told.path)
    number = found[1] if found else told.query.get("fileId", "")
    if found is None and told.query.get("action") not in _DOWNLOADS:
        return None
    return Place("download", fresh=_by_id("disk.file.get", number))


def _by_id(method: str, number: str) -> Fresh | None:
    if not number.isdigit():
        return None
    return Fresh(Call(method, {"id": int(number)}), lambda result: result.get("DOWNLOAD_URL"))


def _called(told: _Told) -> Place | None:
    """A method that is named without credentials (``/rest/catalog.product.download?fields[...]``)."""
    found = _METHOD.match(told.path)
    if found is None or {"token", "auth"} & told.query.keys():
        return None
    params: dict[str, Any] = {}
    for name, value in told.query.items():
        outer, _, inner = name.partition("[")
        if inner:
            params.setdefault(outer, {})[inner.rstrip("]")] = value
        else:
            params[outer] = value
    return Place(found[1], call=Call(found[1], params), fixed=True)
