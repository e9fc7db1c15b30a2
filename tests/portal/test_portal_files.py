"""What is in files: read, streamed and saved through every kind of field, whole or not at all."""

from __future__ import annotations

import asyncio
import copy
import pickle
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from b24orm import AsyncPortal, NewFile, Portal, StoredFile
from b24orm.emulator import LocalPortal
from b24orm.emulator.answers import Answer, Call
from b24orm.emulator.faults import Fault
from b24orm.entity import types as t
from b24orm.errors import (
    AccessDenied,
    B24Error,
    Disconnected,
    InvalidValue,
    NotFound,
    ServerFailure,
    TransportError,
    Unsupported,
    UsageError,
)
from b24orm.executor.retry import RetryPolicy
from b24orm.facts import load
from b24orm.models import Contact, Deal, DealItem, DiskAttachedObject, DiskFile
from b24orm.schema import FieldSchema, extended
from tests.portal.secrets_seen import seen_in

PAPER = bytes(range(256)) * 2_400  # several pieces
FIELDS = (
    FieldSchema(name="one", wire="UF_CRM_ONE", type="file"),
    FieldSchema(name="many", wire="UF_CRM_MANY", type="file", multiple=True),
)


class Paper(Deal, schema=extended(load("Deal"), fields=FIELDS)):
    """A deal with files."""

    one: t.File = t.UNSET
    many: t.Files = t.UNSET


class PaperItem(DealItem, schema=extended(load("DealItem"), fields=FIELDS)):
    """The same as an item."""

    one: t.File = t.UNSET
    many: t.Files = t.UNSET


@pytest.fixture
def local() -> Iterator[LocalPortal]:
    with LocalPortal(deals=3, contacts=2) as portal:
        yield portal


@pytest.fixture
def client(local: LocalPortal) -> Iterator[Portal]:
    """A webhook's connection; deal 1 has a file in one field, and three in another."""
    with Portal(local.url, plan="unlimited", progress=False) as portal:
        for name, several in (("ONE", "N"), ("MANY", "Y")):
            field = {"FIELD_NAME": name, "USER_TYPE_ID": "file", "MULTIPLE": several, "EDIT_FORM_LABEL": name}
            portal.call("crm.deal.userfield.add", {"fields": field})
        many = [NewFile(f"{name}.txt", name.encode()) for name in "abc"]
        Paper(id=1, one=NewFile("paper.bin", PAPER)).save(using=portal)
        PaperItem(id=1, many=many).save(using=portal)
        yield portal


def fetched(model: Any, client: Portal, number: int = 1) -> Any:
    """A row; its files are declared here, where no checker sees them."""
    return model.objects.using(client).get(id=number)


@pytest.fixture(params=[Paper, PaperItem])
def paper(request: pytest.FixtureRequest, client: Portal) -> Any:
    """Deal 1, fetched by either family of methods."""
    return fetched(request.param, client)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RetryPolicy, "delay", lambda *_: 0.0)


# -- the contents --------------------------------------------------------------------------------------


def test_a_file_of_a_row_is_read(paper: Any) -> None:
    assert paper.one.read() == PAPER


def test_files_of_a_list_are_read_each(paper: Any) -> None:
    assert [file.read() for file in paper.many] == [b"a", b"b", b"c"]


async def test_a_file_is_read_on_any_loop(paper: Any) -> None:
    assert await paper.one.aread() == PAPER


def test_a_file_is_streamed_in_pieces(paper: Any) -> None:
    pieces = list(paper.one.chunks())
    assert (b"".join(pieces), len(pieces) > 2, max(map(len, pieces)) <= 2**18) == (PAPER, True, True)


async def test_a_file_is_streamed_asynchronously(paper: Any) -> None:
    assert b"".join([piece async for piece in paper.one.achunks()]) == PAPER


async def test_an_async_portal_reads_and_saves(local: LocalPortal, client: Portal, tmp_path: Path) -> None:
    async with AsyncPortal(local.url, plan="unlimited", progress=False):
        paper: Any = await Paper.objects.aget(id=1)
        assert await paper.one.aread() == PAPER
        assert (await paper.one.asave_to(tmp_path / "a")).read_bytes() == PAPER
        with pytest.raises(UsageError, match="await the a-prefixed twin"):
            paper.one.read()


def test_a_new_file_is_read_before_it_is_saved_and_after(client: Portal) -> None:
    paper = fetched(Paper, client, 2)
    paper.one = NewFile("new.txt", b"new")
    assert paper.one.read() == b"new"
    paper.save()
    assert isinstance(paper.one, StoredFile)
    assert paper.one.read() == b"new"


def test_a_file_of_the_disk_is_read(client: Portal) -> None:
    row = DiskFile.objects.using(client).filter(folder_id=14).get(id=103)
    assert len(client.files.of(row).read()) == row.size == 1_495_700


def test_an_answer_of_a_method_is_read(client: Portal) -> None:
    answer = client.call("crm.deal.get", {"id": 1})["UF_CRM_ONE"]
    assert client.files.of(answer).read() == PAPER


def test_a_file_that_a_task_holds_is_read(local: LocalPortal, client: Portal) -> None:
    number = local.store.insert("disk_attached", {"OBJECT_ID": 101, "ENTITY_ID": 1})
    told = client.call("disk.attachedObject.get", {"id": number})
    bare = f"/bitrix/tools/disk/uf.php?attachedId={number}&action=download&ncc=1"
    sizes = [len(client.files.of(value).read()) for value in (told, bare)]
    assert sizes == [int(told["SIZE"])] * 2


def test_files_of_tasks_and_comments_are_read(local: LocalPortal, client: Portal, tmp_path: Path) -> None:
    numbers = [local.store.insert("disk_attached", {"OBJECT_ID": disk}) for disk in (101, 103)]
    rows = DiskAttachedObject.objects.using(client).filter(id__in=numbers)
    saved = client.files.save_all((row, tmp_path) for row in rows)
    comment = {"id": 101, "urlDownload": f"https://{client.host}/disk/downloadFile/101/?&ncc=1"}
    saved.append(client.files.of(comment).save_to(tmp_path))
    disk = [int(client.call("disk.file.get", {"id": number})["SIZE"]) for number in (101, 103, 101)]
    assert [place.stat().st_size for place in saved if isinstance(place, Path)] == disk


def test_a_picture_of_the_catalog_is_asked_for_by_its_method(local: LocalPortal, client: Portal) -> None:
    asked: list[Any] = []

    def noted(call: Call) -> Answer:
        asked.append(call.params)
        return Answer(None)

    local.register("catalog.product.download", noted)
    link = "/rest/catalog.product.download?fields%5BfieldName%5D=detailPicture&fields%5BfileId%5D=5"
    with pytest.raises(NotFound, match="no file"):
        client.files.of({"id": 5, "url": link, "urlMachine": link}).read()
    assert asked == [{"fields": {"fieldName": "detailPicture", "fileId": "5"}}]


# -- files of this machine -----------------------------------------------------------------------------


def test_a_file_is_saved_in_place_of_another(paper: Any, tmp_path: Path) -> None:
    place = tmp_path / "paper.bin"
    place.write_bytes(b"old")
    assert paper.one.save_to(str(place)) == place
    assert (place.read_bytes(), [*tmp_path.iterdir()]) == (PAPER, [place])


def test_in_a_directory_it_gets_the_portal_s_name_and_nothing_is_replaced(paper: Any, tmp_path: Path) -> None:
    saved = [paper.one.save_to(tmp_path).name for _ in range(3)]
    assert saved == ["paper.bin", "paper (1).bin", "paper (2).bin"]


def test_a_directory_that_is_not_there_is_told_before_anything_is_sent(
    local: LocalPortal, paper: Any, tmp_path: Path
) -> None:
    before = local.stats.requests
    with pytest.raises(InvalidValue, match="there is no directory"):
        paper.one.save_to(tmp_path / "none" / "paper.bin")
    assert local.stats.requests == before


def test_many_files_are_saved_side_by_side(client: Portal, paper: Any, tmp_path: Path) -> None:
    places = [tmp_path / f"{number}.txt" for number in range(3)]
    saved = client.files.save_all(zip(paper.many, places, strict=True), concurrency=2)
    assert (saved, [place.read_text() for place in places]) == (places, ["a", "b", "c"])


def test_one_that_fails_ends_them_all_or_is_told_in_its_place(
    client: Portal, paper: Any, tmp_path: Path
) -> None:
    gone = client.files.of(
        {"id": 9, "downloadUrl": client.call("disk.file.get", {"id": 101})["DOWNLOAD_URL"]}
    )
    client.call("disk.file.delete", {"id": 101})
    pairs = [(paper.one, tmp_path / "a"), (gone, tmp_path / "b")]
    with pytest.raises(NotFound) as failed:
        client.files.save_all(pairs)
    assert failed.value.number == 1
    place, error = client.files.save_all(pairs, return_errors=True)
    assert (place, isinstance(error, NotFound), (tmp_path / "b").exists()) == (tmp_path / "a", True, False)


def test_two_files_are_not_written_to_one_place(client: Portal, paper: Any, tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="two files would be written to"):
        client.files.save_all([(file, tmp_path / "same") for file in paper.many])


def test_no_more_are_under_way_than_may_be(local: LocalPortal, client: Portal, tmp_path: Path) -> None:
    local.faults.script(Fault("hang", method="download", times=9, seconds=30))
    answer, before = client.call("disk.file.get", {"id": 101}), local.stats.requests

    async def look() -> int:
        pairs = [(answer, tmp_path / str(number)) for number in range(9)]
        work = asyncio.create_task(client.files.asave_all(pairs, concurrency=3))
        for _ in range(500):
            await asyncio.sleep(0.02)
            if local.stats.requests - before >= 3:
                break
        await asyncio.sleep(0.05)  # a fourth would be under way by now
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work
        return local.stats.requests - before

    assert (asyncio.run(look()), [*tmp_path.iterdir()]) == (3, [])


# -- what goes wrong -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["cut_body", "reset_before", "reset_after", "unavailable", "html_page"])
def test_what_breaks_off_is_read_again_from_its_beginning(
    local: LocalPortal, client: Portal, tmp_path: Path, kind: Any
) -> None:
    paper = fetched(PaperItem, client, 1)
    local.faults.script(Fault(kind, method="crm.controller.item.getFile"))
    assert paper.one.save_to(tmp_path / "paper").read_bytes() == PAPER
    assert local.faults.pending == 0


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("cut_body", Disconnected), ("unavailable", ServerFailure), ("html_page", ServerFailure)],
)
def test_what_never_comes_is_raised_and_leaves_nothing_behind(
    local: LocalPortal, client: Portal, tmp_path: Path, kind: Any, expected: type[Exception]
) -> None:
    paper = fetched(PaperItem, client, 1)
    (tmp_path / "paper").write_bytes(b"old")
    local.faults.script(Fault(kind, method="crm.controller.item.getFile", times=99))
    with pytest.raises(expected):
        paper.one.save_to(tmp_path / "paper")
    assert {place.name: place.read_bytes() for place in tmp_path.iterdir()} == {"paper": b"old"}


def test_a_stream_that_breaks_off_goes_on_where_it_was(local: LocalPortal, client: Portal) -> None:
    paper = fetched(PaperItem, client)
    local.faults.script(Fault("cut_body", method="crm.controller.item.getFile", times=3))
    assert b"".join(paper.one.chunks()) == PAPER
    assert local.faults.pending == 0


def test_a_stream_of_what_may_be_new_by_then_says_that_it_broke_off(
    local: LocalPortal, client: Portal
) -> None:
    answer = client.call("disk.file.get", {"id": 103})
    local.faults.script(Fault("cut_body", method="download"))
    seen = 0
    with pytest.raises(Disconnected):
        for piece in client.files.of(answer).chunks():
            seen += len(piece)
    assert 0 < seen < int(answer["SIZE"])


def test_a_refusal_for_the_bucket_is_waited_for(local: LocalPortal, client: Portal) -> None:
    answer = client.call("disk.file.get", {"id": 101})
    local.faults.script(Fault("rate_limited", method="download"))
    assert len(client.files.of(answer).read()) == int(answer["SIZE"])


def test_the_page_to_log_in_is_no_file(local: LocalPortal, client: Portal, tmp_path: Path) -> None:
    page = local.url.partition("/rest/")[0] + "/bitrix/components/bitrix/crm.product.show/show_file.php?auth="
    with pytest.raises(AccessDenied, match="wants a person to log in"):
        client.files.of(page.replace("show_file.php", "any/show_file.php")).save_to(tmp_path / "a")
    assert [*tmp_path.iterdir()] == []


def test_a_webhook_is_told_beforehand_what_it_can_t_read(local: LocalPortal, client: Portal) -> None:
    contact = Contact.objects.using(client).get(id=1)
    contact.photo = NewFile("ann.png", b"png")
    contact.save()
    before = local.stats.requests
    assert isinstance(contact.photo, StoredFile)
    with pytest.raises(Unsupported, match="PHOTO of a contact is for browsers and applications"):
        contact.photo.read()
    assert local.stats.requests == before


def test_a_file_that_was_replaced_is_told(client: Portal) -> None:
    paper = fetched(Paper, client, 1)
    client.call("crm.item.update", {"entityTypeId": 2, "id": 1, "fields": {"ufCrmOne": ""}})
    with pytest.raises(NotFound, match="holds this file no more"):
        paper.one.read()


def test_a_user_who_may_not_is_told(local: LocalPortal, client: Portal) -> None:
    answer = client.call("disk.file.get", {"id": 101})
    local.revoke(local.url)
    with pytest.raises(B24Error, match="INVALID_CREDENTIALS"):
        client.files.of(answer).read()


def test_a_renamed_portal_is_followed(local: LocalPortal, client: Portal) -> None:
    paper = fetched(PaperItem, client, 1)
    local.rename()
    assert paper.one.read() == PAPER


def test_a_number_alone_tells_no_place(client: Portal) -> None:
    with pytest.raises(Unsupported, match="only the number of this file, 7"):
        client.files.of(7).read()


@pytest.mark.parametrize("name", ["read", "save_to", "content"])
def test_a_row_of_the_disk_says_how_it_is_read(client: Portal, name: str) -> None:
    row = DiskFile.objects.using(client).filter(folder_id=14).get(id=103)
    with pytest.raises(AttributeError, match=r"portal\.files\.of\(row\)\.read\(\)"):
        getattr(row, name)


# -- what a file is ------------------------------------------------------------------------------------


def test_a_file_without_a_row_says_how_to_read_it() -> None:
    with pytest.raises(UsageError, match=r"portal\.files\.of\(file\)"):
        StoredFile(7, machine_url="/x").read()


def test_a_file_shows_and_pickles_no_secret(local: LocalPortal, client: Portal) -> None:
    file = fetched(PaperItem, client, 1).one
    secret = local.url.rstrip("/").rpartition("/")[2]
    assert isinstance(file, StoredFile)
    assert secret in str(file.machine_url)
    assert secret not in repr(file)
    again = pickle.loads(pickle.dumps(file))
    assert (again == file == copy.deepcopy(file), again.id) == (True, file.id)


def test_two_answers_tell_of_the_same_file(client: Portal) -> None:
    first, second = (fetched(PaperItem, client, 1).one for _ in range(2))
    assert first == second
    assert first.machine_url != second.machine_url


def test_files_of_another_portal_are_refused(client: Portal) -> None:
    with LocalPortal() as elsewhere, Portal(elsewhere.url, progress=False) as other:
        row = DiskFile.objects.using(client).filter(folder_id=14).get(id=103)
        for value in (row, client.files.of(row), fetched(Paper, client).one):
            with pytest.raises(UsageError, match="this file is one of"):
                other.files.of(value)


def test_a_link_of_another_portal_is_not_asked_for_anew(local: LocalPortal, client: Portal) -> None:
    answer = client.call("disk.file.get", {"id": 103})
    local.revoke(local.url)
    with LocalPortal() as elsewhere, Portal(elsewhere.url, progress=False) as other:
        with pytest.raises(B24Error, match="INVALID_CREDENTIALS"):
            other.files.of(answer).read()
        assert elsewhere.stats.requests == 0


@pytest.mark.parametrize("kind", ["cut_body", "reset_after"])
async def test_no_error_of_an_async_portal_tells_a_secret(local: LocalPortal, kind: Any) -> None:
    secret = local.url.rstrip("/").rpartition("/")[2]
    async with AsyncPortal(local.url, plan="unlimited", progress=False) as portal:
        file = portal.files.of(await portal.call("disk.file.get", {"id": 103}))
        local.faults.script(Fault(kind, method="download", times=99))
        for work in (file.aread(), anext(aiter(_drained(file)))):
            with pytest.raises(TransportError) as failed:
                await work
            assert secret not in seen_in(failed.value)


async def _drained(file: StoredFile) -> AsyncIterator[bytes]:
    yield b"".join([piece async for piece in file.achunks()])


@pytest.mark.parametrize("kind", ["cut_body", "reset_after", "html_page", "hang"])
def test_no_error_tells_a_secret(local: LocalPortal, client: Portal, kind: Any) -> None:
    answer = client.call("disk.file.get", {"id": 103})
    local.faults.script(Fault(kind, method="download", times=99, seconds=0.01))
    with pytest.raises((TransportError, ServerFailure)) as failed:
        client.files.of(answer).read()
    secret = local.url.rstrip("/").rpartition("/")[2]
    assert secret not in seen_in(failed.value)
    assert answer["DOWNLOAD_URL"][-20:] not in seen_in(failed.value)


def test_a_user_field_that_the_model_does_not_declare_is_read_too(client: Portal) -> None:
    deal: Any = Deal.objects.using(client).get(id=1)
    assert deal.uf_crm_one.read() == PAPER
    assert [file.read() for file in deal.uf_crm_many] == [b"a", b"b", b"c"]
    assert deal.extra["UF_CRM_ONE"]["id"] == deal.uf_crm_one.id
