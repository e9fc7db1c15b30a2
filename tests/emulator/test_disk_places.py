"""Files and folders move, go to the bin and come back; files have versions."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.calls import Calls, refusal, small_portal

DATA = ["new.txt", "aGVsbG8="]
APP = "local.1"


@pytest.fixture
def portal() -> Calls:
    portal = small_portal(files=3)
    portal.store.execute("UPDATE disk_version SET CREATE_TIME = '2023-01-10T09:00:00'")
    return portal


def _names(portal: Calls, folder: int) -> list[str]:
    return [row["NAME"] for row in portal("disk.folder.getchildren", id=folder, order={"ID": "ASC"})]


# ---- places


def test_a_file_is_copied(portal: Calls) -> None:
    copy = portal("disk.file.copyto", id=101, targetFolderId=15)
    kept = portal("disk.file.get", id=101)

    assert (copy["ID"] != "101", copy["NAME"], copy["PARENT_ID"], copy["SIZE"]) == (
        True,
        kept["NAME"],
        "15",
        kept["SIZE"],
    )


def test_a_folder_is_copied_with_all_that_is_in_it(portal: Calls) -> None:
    copy = portal("disk.folder.copyto", id=14, targetFolderId=15)

    assert _names(portal, int(copy["ID"])) == _names(portal, 14)


def test_a_file_moves(portal: Calls) -> None:
    moved = portal("disk.file.moveto", id=101, targetFolderId=15)

    assert (moved["ID"], _names(portal, 15), len(_names(portal, 14))) == ("101", [moved["NAME"]], 2)


@pytest.mark.parametrize(
    ("method", "params", "code", "text"),
    [
        (
            "file.copyto",
            {"id": 101, "targetFolderId": 14},
            "DISK_OBJ_22000",
            "Name is not unique (DISK_OBJ_22000).",
        ),
        (
            "file.copyto",
            {"id": 101, "targetFolderId": 103},
            "ERROR_NOT_FOUND",
            "Could not find entity with id '103'.",
        ),
        ("file.copyto", {"id": 101}, "ERROR_ARGUMENT", "Invalid value of parameter { targetFolderId }."),
        (
            "file.moveto",
            {"id": 101, "targetFolderId": 11},
            "ERROR_CORE",
            "Could not move object to another storage",
        ),
        ("folder.moveto", {"id": 10, "targetFolderId": 14}, "ERROR_CORE", "Could not move root folder."),
        ("folder.markdeleted", {"id": 10}, "ERROR_CORE", "Could not delete root folder."),
        ("file.restore", {"id": 14}, "ERROR_NOT_FOUND", "Could not find entity with id '14'."),
        (
            "storage.rename",
            {"id": 1, "newName": "x"},
            "ERROR_CORE",
            "Access denied (invalid type of storage)",
        ),
        ("folder.sharetouser", {"id": 14, "userId": 99}, "ACCESS_DENIED", "Access denied!"),
    ],
)
def test_what_places_refuse(portal: Calls, method: str, params: dict[str, Any], code: str, text: str) -> None:
    assert refusal(portal, f"disk.{method}", **params) == (code, text)


def test_a_folder_goes_to_the_bin_with_all_that_is_in_it(portal: Calls) -> None:
    thrown = portal("disk.folder.markdeleted", id=14)
    inside = portal("disk.file.get", id=101)

    assert (thrown["DELETED_TYPE"], thrown["DELETED_BY"], inside["DELETED_TYPE"], _names(portal, 10)) == (
        "3",
        "1",
        "4",
        ["Photos"],
    )


def test_a_folder_comes_back_from_the_bin(portal: Calls) -> None:
    before = _names(portal, 14)
    portal("disk.folder.markdeleted", id=14)
    portal("disk.folder.restore", id=14)

    assert (_names(portal, 14), portal("disk.file.get", id=101)["DELETE_TIME"]) == (before, None)


def test_a_name_in_the_bin_is_free(portal: Calls) -> None:
    portal("disk.folder.markdeleted", id=14)

    assert portal("disk.folder.addsubfolder", id=10, data={"NAME": "Contracts"})["NAME"] == "Contracts"


def test_an_address_for_everybody_is_the_same_again(portal: Calls) -> None:
    links = {portal("disk.file.getexternallink", id=number) for number in (101, 101, 103)}

    assert len(links) == 2


# ---- storages


def test_an_application_has_a_storage_of_its_own(portal: Calls) -> None:
    first, again = (portal("disk.storage.getforapp", app="local.2") for _ in range(2))
    renamed = portal("disk.storage.rename", id=first["ID"], newName="Papers")

    assert (first == again, first["ENTITY_TYPE"], renamed["NAME"]) == (True, "restapp", "Papers")


def test_a_person_has_no_application_s_storage(portal: Calls) -> None:
    assert refusal(portal, "disk.storage.getforapp")[0] == "ACCESS_DENIED"


def test_a_file_goes_to_the_root_of_a_storage(portal: Calls) -> None:
    made = portal("disk.storage.uploadfile", id=1, fileContent=DATA, data={"NAME": "new.txt"})

    assert (made["PARENT_ID"], made["SIZE"]) == ("10", "5")


# ---- versions


def test_a_file_s_first_content_is_a_version(portal: Calls) -> None:
    file = portal("disk.file.get", id=101)
    (version,) = portal("disk.file.getversions", id=101)

    assert (version["OBJECT_ID"], version["NAME"], version["SIZE"], version["GLOBAL_CONTENT_VERSION"]) == (
        "101",
        file["NAME"],
        file["SIZE"],
        "1",
    )


def test_new_content_is_a_new_version(portal: Calls) -> None:
    file = portal("disk.file.uploadversion", id=101, fileContent=DATA)
    answer = portal.answer("disk.file.getversions", id=101)

    assert (
        file["SIZE"],
        file["GLOBAL_CONTENT_VERSION"],
        answer.result[0]["SIZE"],
        answer.total,
    ) == (
        "5",
        "2",
        "5",
        2,
    )


def test_old_content_comes_back_as_a_new_version(portal: Calls) -> None:
    (first,) = portal("disk.file.getversions", id=101)
    portal("disk.file.uploadversion", id=101, fileContent=DATA)
    file = portal("disk.file.restorefromversion", id=101, versionId=first["ID"])

    assert (file["SIZE"], file["GLOBAL_CONTENT_VERSION"]) == (first["SIZE"], "3")


def test_one_version(portal: Calls) -> None:
    (version,) = portal("disk.file.getversions", id=103, filter={"NOTHING": 1})

    got = portal("disk.version.get", id=version["ID"])
    assert {**got, "DOWNLOAD_URL": ""} == {**version, "DOWNLOAD_URL": ""}  # each answer has a link of its own


def test_versions_are_found(portal: Calls) -> None:
    portal("disk.file.uploadversion", id=101, fileContent=DATA)

    assert [row["SIZE"] for row in portal("disk.file.getversions", id=101, filter={"SIZE": 5})] == ["5"]


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("file.getversions", {}, "ERROR_ARGUMENT"),
        ("file.getversions", {"id": 14}, "ERROR_NOT_FOUND"),
        ("version.get", {"id": 99}, "ERROR_NOT_FOUND"),
        ("file.uploadversion", {"id": 101}, "ERROR_CORE"),
        ("file.restorefromversion", {"id": 101, "versionId": 2}, "ERROR_NOT_FOUND"),
        ("attachedobject.get", {"id": 1}, "ERROR_NOT_FOUND"),
    ],
)
def test_what_versions_refuse(portal: Calls, method: str, params: dict[str, Any], code: str) -> None:
    assert refusal(portal, f"disk.{method}", **params)[0] == code


def test_an_attached_file_tells_what_holds_it(portal: Calls) -> None:
    portal.store.insert("disk_attached", {"ID": 7, "OBJECT_ID": 101, "ENTITY_ID": 3})
    row = portal("disk.attachedobject.get", id=7)

    assert (row["OBJECT_ID"], row["ENTITY_TYPE"], row["NAME"]) == (
        "101",
        "tasks_task",
        portal("disk.file.get", id=101)["NAME"],
    )


# ---- what the disk says of itself


@pytest.mark.parametrize(
    ("family", "name", "filtered"),
    [("file", "SIZE", False), ("folder", "PARENT_ID", True), ("storage", "CODE", True)],
)
def test_fields_tell_what_they_are_good_for(portal: Calls, family: str, name: str, filtered: bool) -> None:
    field = portal(f"disk.{family}.getfields")[name]

    assert (field["USE_IN_FILTER"], field["USE_IN_SHOW"]) == (filtered, True)


def test_there_are_three_levels_of_access(portal: Calls) -> None:
    assert [task["NAME"] for task in portal("disk.rights.gettasks")] == [
        "disk_access_full",
        "disk_access_edit",
        "disk_access_read",
    ]


def test_what_may_be_done_with_a_file(portal: Calls) -> None:
    assert "disk_read" in portal("disk.file.listallowedoperations", id=101, userId=1)
