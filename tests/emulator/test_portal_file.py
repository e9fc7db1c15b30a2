"""A portal that is kept in a file: what outlives the process, and files of older versions."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from b24orm.emulator import LocalPortal
from b24orm.emulator.store import Store
from tests.emulator.event_calls import post


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "portal.db"


def called(portal: LocalPortal, token: str, method: str, **params: object) -> object:
    return post(f"{portal.token_url}{method}", {"auth": token, **params})[1]["result"]


# ---- applications


def registered(path: Path) -> tuple[str, str]:
    """A portal's life in which an application registers itself; its access and refresh tokens."""
    with LocalPortal(users=1, path=path) as portal:
        pair = portal.install_app("app.1")
        token = pair["access_token"]
        place = {"PLACEMENT": "CRM_DEAL_DETAIL_TAB", "HANDLER": "https://app.example/tab"}
        called(portal, token, "placement.bind", **place)
        called(portal, token, "event.bind", EVENT="ONCRMDEALADD", HANDLER="https://app.example/event")
        called(portal, token, "app.option.set", options={"colour": "green"})
        return token, pair["refresh_token"]


def test_what_an_application_has_bound_is_there_again(path: Path) -> None:
    token, _ = registered(path)
    with LocalPortal(path=path) as again:
        places = called(again, token, "placement.get")
        events = called(again, token, "event.get")

    assert (places, events) == (
        [
            {
                "id": 1,
                "placement": "CRM_DEAL_DETAIL_TAB",
                "handler": "https://app.example/tab",
                "title": "",
                "description": "",
                "options": [],
                "langAll": {"en": {"TITLE": "", "DESCRIPTION": "", "GROUP_NAME": ""}},
                "userId": 0,
            }
        ],
        [
            {
                "event": "ONCRMDEALADD",
                "handler": "https://app.example/event",
                "auth_type": "0",
                "offline": 0,
            }
        ],
    )


def test_options_are_there_again(path: Path) -> None:
    token, _ = registered(path)
    with LocalPortal(path=path) as again:
        assert called(again, token, "app.option.get", option="colour") == "green"


def test_a_refresh_token_still_works_once(path: Path) -> None:
    _, refresh = registered(path)
    query = {
        "grant_type": "refresh_token",
        "client_id": "app.1",
        "client_secret": "app-secret",
        "refresh_token": refresh,
    }
    with LocalPortal(path=path) as again:
        renewed = [again.oauth.answer(query)[0] for _ in range(2)]

    assert renewed == [200, 400]


def test_a_portal_keeps_its_member_id(path: Path) -> None:
    with LocalPortal(users=1, path=path) as portal:
        portal.install_app("app.1")
        member = portal.oauth.member_id
    with LocalPortal(path=path) as again:
        assert again.oauth.member_id == member


def test_a_request_s_registrations_outlive_a_crash(path: Path) -> None:
    portal = LocalPortal(users=1, path=path).start()
    token = portal.install_app("app.1")["access_token"]
    called(portal, token, "app.option.set", options={"colour": "green"})
    file = sqlite3.connect(path)
    (detail,) = file.execute("SELECT DETAIL FROM registration").fetchone()
    file.close()
    portal.stop()

    assert '"colour": "green"' in detail


def test_a_removed_application_stays_removed(path: Path) -> None:
    token, _ = registered(path)
    with LocalPortal(path=path) as portal:
        portal.uninstall_app("app.1")
    with LocalPortal(path=path) as again:
        assert post(f"{again.token_url}profile", {"auth": token})[1]["error"] == "APPLICATION_NOT_FOUND"


# ---- files of older versions


def shrunk(path: Path, table: str, column: str) -> None:
    """Make a file look older: a column and the indexes that need it were not known then."""
    file = sqlite3.connect(path)
    needy = "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql LIKE ?"
    for (name,) in file.execute(needy, (table, f"%{column}%")).fetchall():
        file.execute(f'DROP INDEX "{name}"')
    file.execute(f'ALTER TABLE "{table}" DROP COLUMN "{column}"')
    file.commit()
    file.close()


@pytest.mark.parametrize(
    ("table", "column", "expected"),
    [
        ("deal", "IS_REPEATED_APPROACH", "N"),
        ("deal", "COMPANY_ID", 0),
        ("dynamic_128", "MYCOMPANY_ID", 0),
        ("task", "GUID", None),
    ],
)
def test_an_older_file_gets_the_columns_it_lacks(
    path: Path, table: str, column: str, expected: object
) -> None:
    store = Store(path)
    store.add_smart_type("Equipment", 128)
    number = store.insert(table, {"TITLE": "old"})
    store.close()
    shrunk(path, table, column)
    row = Store(path).get(table, number) or {}

    assert (row["TITLE"], row[column]) == ("old", expected)
