"""Files are sent to the disk piece by piece, from a path, from bytes and from open files."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from b24orm import AsyncPortal, Portal
from b24orm.emulator import LocalPortal
from b24orm.emulator.faults import Fault
from b24orm.errors import ApiError, InvalidValue, NotFound, TransportError
from b24orm.executor.retry import RetryPolicy

FOLDER = 14
BODY = b"\r\n--\x00" * 120_000


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RetryPolicy, "delay", lambda *_: 0.0)


@pytest.fixture
def local() -> Iterator[LocalPortal]:
    with LocalPortal() as portal:
        yield portal


@pytest.fixture
def client(local: LocalPortal) -> Iterator[Portal]:
    with Portal(local.url, plan="unlimited", progress=False) as portal:
        yield portal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "père.bin"
    made.write_bytes(BODY)
    return made


def name_of(client: Portal, number: int | None) -> str:
    return str(client.call("disk.file.get", {"id": number})["NAME"])


def test_a_path_is_sent_under_its_name(client: Portal, path: Path) -> None:
    made = client.files.upload(path, folder=FOLDER)
    assert (made.read(), made.size, name_of(client, made.id)) == (BODY, len(BODY), "père.bin")


def test_bytes_need_a_name(client: Portal) -> None:
    assert client.files.upload(BODY, folder=FOLDER, name="a.bin").read() == BODY
    with pytest.raises(InvalidValue, match="needs a name"):
        client.files.upload(BODY, folder=FOLDER)


def test_an_open_file_is_sent_from_where_it_stands(client: Portal, path: Path) -> None:
    with path.open("rb") as file:
        file.seek(len(BODY) - 5)
        made = client.files.upload(file, folder=FOLDER)
    assert (made.read(), name_of(client, made.id)) == (b"\r\n--\x00", "père.bin")


async def test_an_async_portal_sends(local: LocalPortal, path: Path) -> None:
    async with AsyncPortal(local.url, plan="unlimited", progress=False) as portal:
        made = await portal.files.aupload(path, folder=FOLDER, name="b.bin")
        assert await made.aread() == BODY


@pytest.mark.parametrize(
    ("source", "name", "why"),
    [
        (b"1", 'a"b.txt', "there is '\"' in it"),
        (b"1", "a/b.txt", "there is '/' in it"),
        (b"1", "a\nb.txt", "in it"),
        (io.StringIO("text"), "a.txt", "mode 'rb'"),
        (5, "a.txt", "upload"),
    ],
)
def test_what_can_t_be_sent_is_told_before_anything_is(
    local: LocalPortal, client: Portal, source: Any, name: str, why: str
) -> None:
    with pytest.raises(InvalidValue, match=why):
        client.files.upload(source, folder=FOLDER, name=name)
    assert local.stats.requests == 0


def test_a_name_that_is_taken_is_refused_or_gets_a_number(client: Portal) -> None:
    client.files.upload(b"1", folder=FOLDER, name="a.txt")
    with pytest.raises(ApiError, match="not unique"):
        client.files.upload(b"2", folder=FOLDER, name="a.txt")
    made = client.files.upload(b"3", folder=FOLDER, name="a.txt", unique_name=True)
    assert name_of(client, made.id) == "a (1).txt"


def test_a_folder_that_is_not_there_is_told(client: Portal) -> None:
    with pytest.raises(NotFound):
        client.files.upload(b"1", folder=9999, name="a.txt")


@pytest.mark.parametrize("kind", ["rate_limited"])
def test_what_was_surely_not_taken_is_sent_again(
    local: LocalPortal, client: Portal, path: Path, kind: Any
) -> None:
    local.faults.script(Fault(kind, method="upload"))
    with path.open("rb") as file:
        assert client.files.upload(file, folder=FOLDER).read() == BODY


@pytest.mark.parametrize("kind", ["reset_after", "cut_body", "gateway_timeout"])
def test_an_upload_whose_answer_was_lost_is_not_repeated(
    local: LocalPortal, client: Portal, path: Path, kind: Any
) -> None:
    before = local.store.count("disk_object")
    local.faults.script(Fault(kind, method="upload"))
    with pytest.raises((TransportError, ApiError)):
        client.files.upload(path, folder=FOLDER)
    assert local.store.count("disk_object") == before + 1


def test_a_file_that_becomes_shorter_while_it_is_sent_is_not_taken(
    local: LocalPortal, client: Portal, path: Path
) -> None:
    class Shrinking(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(size) if self.tell() < 2**18 else b""

    before = local.store.count("disk_object")
    with pytest.raises(TransportError):
        client.files.upload(Shrinking(BODY), folder=FOLDER, name="a.bin")
    assert local.store.count("disk_object") == before
