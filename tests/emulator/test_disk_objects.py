"""The disk: exact offsets, a count that nothing spares, pages that hide rows, names that are dropped."""

from __future__ import annotations

from typing import Any

import pytest

from b24orm.emulator.seed_dice import load_columns
from tests.emulator.calls import Calls, refusal, small_portal

FOLDER = 14
"""The seeded folder that holds the files."""


@pytest.fixture(scope="module")
def disk() -> Calls:
    return small_portal(files=130)


@pytest.fixture
def fresh() -> Calls:
    return small_portal(files=2)


def files(disk: Calls, **params: Any) -> list[int]:
    return disk.ids("disk.folder.getchildren", id=FOLDER, **params)


@pytest.mark.parametrize(
    ("start", "rows", "following"),
    [(None, 50, 50), (0, 50, 50), (7, 50, 57), (100, 30, None), (500, 0, None)],
)
def test_start_is_an_exact_offset(disk: Calls, start: int | None, rows: int, following: int | None) -> None:
    answer = disk.answer("disk.folder.getchildren", start, id=FOLDER)

    assert (len(answer.result), answer.total, answer.next) == (rows, 130, following)


def test_a_negative_start_counts_all_the_same(disk: Calls) -> None:
    answer = disk.answer("disk.folder.getchildren", -1, id=FOLDER)

    assert (len(answer.result), answer.total, answer.next, answer.cost.counted) == (50, 130, 50, 130)


def test_without_an_order_rows_do_not_come_by_id(disk: Calls) -> None:
    assert files(disk) != sorted(files(disk))


@pytest.mark.parametrize(
    "sent", [{"SIZE": 5}, {"@ID": [101]}, {"=%NAME": "x%"}, {"TYP": "file"}, {"0": {"ID": 101}}]
)
def test_what_it_does_not_know_is_dropped_from_the_filter(disk: Calls, sent: dict[str, Any]) -> None:
    assert disk.answer("disk.folder.getchildren", id=FOLDER, filter=sent).total == 130


@pytest.mark.parametrize(
    ("sent", "where"),
    [
        ({"ID": [101, 103]}, "ID IN (101, 103)"),
        ({">=ID": 301, "<ID": 311}, "ID BETWEEN 301 AND 310"),
        ({"%name": "pump"}, "NAME LIKE '%pump%'"),
        ({"TYPE": "folder"}, "TYPE = 'folder'"),
        ({">CREATE_TIME": "2023-06-01T00:00:00+03:00"}, "CREATE_TIME > '2023-06-01T00:00:00'"),
    ],
)
def test_conditions(disk: Calls, sent: dict[str, Any], where: str) -> None:
    wanted = disk.store.ids("disk_object", f"PARENT_ID = {FOLDER} AND {where}")[:50]

    assert files(disk, filter=sent, order={"ID": "ASC"}) == wanted


def test_a_list_of_types_is_no_type(disk: Calls) -> None:
    assert files(disk, filter={"TYPE": ["file"]}) == []


def test_an_unknown_sort_key_is_an_error(disk: Calls) -> None:
    code, text = refusal(disk, "disk.folder.getchildren", id=FOLDER, order={"OWNER": "ASC"})

    assert (code, "Unknown field definition `OWNER`" in text) == ("ERROR_CORE", True)


def test_an_applications_storage_is_counted_and_left_out(disk: Calls) -> None:
    answer = disk.answer("disk.storage.getlist")

    assert (len(answer.result), answer.total) == (3, 4)


def test_a_page_of_storages_may_be_short_and_not_the_last() -> None:
    portal = small_portal()
    numbers = range(101, 161)
    load_columns(portal.store, "disk_storage", "ID ENTITY_TYPE", numbers, ["user", "restapp"] * 30)
    answer = portal.answer("disk.storage.getlist", order={"ID": "ASC"})

    assert (len(answer.result), answer.total, answer.next) == (26, 64, 26)


def test_a_folder_has_no_size_and_a_file_no_real_object(disk: Calls) -> None:
    folder = disk("disk.folder.get", id=FOLDER)
    file = disk("disk.file.get", id=101)

    assert ("SIZE" in folder, "REAL_OBJECT_ID" in folder, "SIZE" in file, "REAL_OBJECT_ID" in file) == (
        False,
        True,
        True,
        False,
    )


@pytest.mark.parametrize(
    ("method", "number"), [("disk.folder.get", 101), ("disk.file.get", FOLDER), ("disk.file.get", 9)]
)
def test_what_is_not_there(disk: Calls, method: str, number: int) -> None:
    assert refusal(disk, method, id=number) == (
        "ERROR_NOT_FOUND",
        f"Could not find entity with id '{number}'.",
    )


def test_a_missing_id_is_a_bad_argument(disk: Calls) -> None:
    assert refusal(disk, "disk.folder.getchildren") == (
        "ERROR_ARGUMENT",
        "Invalid value of parameter { id }.",
    )


def test_a_folder_is_added_renamed_and_removed_with_what_it_holds(fresh: Calls) -> None:
    folder = fresh("disk.folder.addsubfolder", id=FOLDER, data={"NAME": "New"})
    number = int(folder["ID"])
    fresh("disk.folder.uploadfile", id=number, data={"NAME": "a.txt"}, fileContent=["a.txt", "aGVsbG8="])
    renamed = fresh("disk.folder.rename", id=number, newName="Old")
    before = fresh.store.count("disk_object")
    fresh("disk.folder.deletetree", id=number)

    assert (renamed["NAME"], before - fresh.store.count("disk_object")) == ("Old", 2)


def test_an_upload_answers_the_file(fresh: Calls) -> None:
    file = fresh("disk.folder.uploadfile", id=FOLDER, data={"NAME": "a.txt"}, fileContent="aGVsbG8=")

    assert (file["NAME"], file["SIZE"], file["TYPE"]) == ("a.txt", "5", "file")


def test_an_upload_without_content_answers_an_address(fresh: Calls) -> None:
    assert fresh("disk.folder.uploadfile", id=FOLDER)["field"] == "file"


def test_a_name_is_taken_once(fresh: Calls) -> None:
    fresh("disk.folder.addsubfolder", id=FOLDER, data={"NAME": "New"})

    assert refusal(fresh, "disk.folder.addsubfolder", id=FOLDER, data={"NAME": "New"})[0] == "DISK_OBJ_22000"


def test_a_root_stays(fresh: Calls) -> None:
    assert refusal(fresh, "disk.folder.deletetree", id=10) == ("ERROR_CORE", "Could not delete root folder.")
