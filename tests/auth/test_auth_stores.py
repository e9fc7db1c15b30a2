"""Every store keeps tokens, and lets one renew them at a time."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from b24orm import FileTokens, RedisTokens, SqliteTokens
from b24orm.errors import InvalidValue, NotConfigured, TokenStoreFailed
from b24orm.transport.auth.secret import Secret
from b24orm.transport.auth.stores import leases
from b24orm.transport.auth.stores.guarded import GuardedStore
from b24orm.transport.auth.tokens import Tokens
from tests.auth.conftest import Stores

TOKENS = Tokens(
    member_id="m1",
    endpoint="https://acme.bitrix24.com/rest",
    access_token=Secret("access-1"),
    refresh_token=Secret("refresh-1"),
    server="https://oauth.bitrix.info/rest/",
    scope=("crm", "user"),
    status="L",
    user_id=7,
    expires=1_700_000_000,
    application_token=Secret("application-1"),
)
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX's")


# -- what all have in common -----------------------------------------------------------------------


def test_what_was_kept_is_found_by_another_process(stores: Stores) -> None:
    stores().save("k", TOKENS)
    assert stores().load("k") == TOKENS


def test_the_last_word_counts(stores: Stores) -> None:
    store = stores()
    store.save("k", TOKENS)
    store.save("k", replace(TOKENS, access_token=Secret("access-2")))
    assert store.load("k") == replace(TOKENS, access_token=Secret("access-2"))


def test_nothing_is_found_where_nothing_was_kept(stores: Stores) -> None:
    assert stores().load("k") is None


@pytest.mark.parametrize("other", ["k2", "K", "k:", "k/../k", "k%", "k_", "ключ"])
def test_keys_are_kept_apart(stores: Stores, other: str) -> None:
    store = stores()
    store.save("k", TOKENS)
    store.save(other, replace(TOKENS, member_id="m2"))
    found = [store.load(key) for key in ("k", other)]
    assert [tokens.member_id for tokens in found if tokens] == ["m1", "m2"]


def test_what_was_deleted_is_gone(stores: Stores) -> None:
    store = stores()
    store.save("k", TOKENS)
    store.delete("k")
    store.delete("k")
    assert store.load("k") is None


def test_one_holds_the_lock_at_a_time(stores: Stores) -> None:
    inside: list[int] = []

    def hold(_: int) -> int:
        with stores().lock("k"):
            inside.append(1)
            most = len(inside)
            time.sleep(0.02)
            inside.pop()
            return most

    with ThreadPoolExecutor(5) as pool:
        assert max(pool.map(hold, range(10))) == 1


def test_the_locks_of_two_keys_are_two(stores: Stores) -> None:
    with stores().lock("k"), stores().lock("other"):
        pass


def test_a_lock_is_open_again_after_an_error(stores: Stores) -> None:
    with pytest.raises(ZeroDivisionError), stores().lock("k"):
        raise ZeroDivisionError
    with stores().lock("k"):
        pass


def test_a_store_shows_no_secret(stores: Stores) -> None:
    store = stores()
    store.save("k", TOKENS)
    assert not any(word in repr(store) for word in ("access-1", "refresh-1", "application-1"))


# -- files -----------------------------------------------------------------------------------------


@POSIX
def test_only_the_owner_can_read_the_files(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "tokens"
    store = FileTokens(folder)
    with store.lock("k"):
        store.save("k", TOKENS)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert (stat.S_IMODE(folder.stat().st_mode), modes) == (0o700, {0o600})


@POSIX
def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    store = FileTokens(tmp_path)
    store.save("k", TOKENS)
    (path,) = tmp_path.glob("*.json")
    path.chmod(0o640)
    with pytest.raises(TokenStoreFailed, match="can be read by others"):
        store.load("k")


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    store = FileTokens(tmp_path)
    store.save("k", TOKENS)
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            store.save("k", TOKENS)

    writer = threading.Thread(target=write)
    writer.start()
    found = {store.load("k") == TOKENS for _ in range(200)}
    stop.set()
    writer.join()
    assert found == {True}


def test_a_save_that_fails_leaves_the_old_tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FileTokens(tmp_path)
    store.save("k", TOKENS)

    def full(_: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="full"):
        store.save("k", replace(TOKENS, access_token=Secret("access-2")))
    assert (store.load("k"), len(list(tmp_path.iterdir()))) == (TOKENS, 1)


def test_a_lock_that_does_not_come_free_is_given_up(tmp_path: Path) -> None:
    with FileTokens(tmp_path).lock("k"), pytest.raises(TokenStoreFailed, match="held a lock"):
        FileTokens(tmp_path, patience=0.1).lock("k").__enter__()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"member_id": "m1"}'])
def test_a_file_that_holds_no_tokens_is_refused(tmp_path: Path, text: str) -> None:
    store = FileTokens(tmp_path)
    store.save("k", TOKENS)
    next(tmp_path.glob("*.json")).write_text(text)
    with pytest.raises(TokenStoreFailed, match="could not be read: the store raised InvalidValue"):
        GuardedStore(store).load("k")


# -- leases ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
def test_the_lock_of_a_holder_that_died_opens_by_itself(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("sqlite", "redis"):
        monkeypatch.setattr(f"b24orm.transport.auth.stores.{module}.LEASE", 0.2)
    if kind == "sqlite":
        store: Any = SqliteTokens(tmp_path / "x.db")
    else:
        store = RedisTokens(request.getfixturevalue("redis_server").url)
    dead = store.lock("k")
    dead.__enter__()
    began = time.monotonic()
    with store.lock("k"):
        assert 0.1 < time.monotonic() - began < 5


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
def test_a_late_holder_does_not_open_the_lock_of_the_next(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = f"b24orm.transport.auth.stores.{kind}.LEASE"
    if kind == "sqlite":
        store: Any = SqliteTokens(tmp_path / "x.db")
    else:
        store = RedisTokens(request.getfixturevalue("redis_server").url)
    monkeypatch.setattr(place, 0.1)
    late = store.lock("k")
    late.__enter__()
    time.sleep(0.15)
    monkeypatch.setattr(place, 60.0)
    with store.lock("k"):
        late.__exit__(None, None, None)
        monkeypatch.setattr(leases, "_PAUSE", 0.01)
        with pytest.raises(TokenStoreFailed), impatient(store.lock("k")):
            pass


def test_a_dead_holder_keeps_the_lock_no_longer_when_the_clock_is_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, real = SqliteTokens(tmp_path / "x.db"), time.time
    dead = store.lock("k")
    dead.__enter__()
    monkeypatch.setattr(time, "time", lambda: real() - 3600)
    with impatient(store.lock("k")):
        pass


@pytest.mark.parametrize("seconds", [-60, 60])
def test_a_living_one_keeps_it_when_the_clock_is_set_right(
    seconds: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, real = SqliteTokens(tmp_path / "x.db"), time.time
    with store.lock("k"):
        monkeypatch.setattr(time, "time", lambda: real() + seconds)
        with pytest.raises(TokenStoreFailed), impatient(store.lock("k")):
            pass


def test_who_asks_redis_again_because_the_answer_was_lost_has_the_lock(
    request: pytest.FixtureRequest,
) -> None:
    lock: Any = RedisTokens(request.getfixturevalue("redis_server").url).lock("k")
    lock.gen.close()
    take, let_go = lock.args
    assert (take(), take()) == (True, True)
    let_go()


def impatient(lock: Any) -> Any:
    """The same lock for somebody who does not wait."""
    lock.gen.close()
    take, let_go = lock.args
    return leases.leased(take, let_go, patience=0.0)


def test_a_lease_that_does_not_come_free_is_given_up() -> None:
    with (
        pytest.raises(TokenStoreFailed, match="held the tokens' lock"),
        leases.leased(bool, bool, patience=0.0),
    ):
        pass


# -- the rest --------------------------------------------------------------------------------------


@POSIX
def test_only_the_owner_can_read_the_database(tmp_path: Path) -> None:
    SqliteTokens(tmp_path / "x.db").save("k", TOKENS)
    assert stat.S_IMODE((tmp_path / "x.db").stat().st_mode) == 0o600


@POSIX
def test_a_database_that_others_can_read_is_told_of_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "x.db").touch(mode=0o644)
    store = SqliteTokens(tmp_path / "x.db")
    store.save("k", TOKENS)
    store.load("k")
    assert [record.getMessage().partition(" holds")[2] for record in caplog.records] == [
        " tokens and can be read by others: chmod 600 it"
    ]


@POSIX
def test_another_connection_of_the_process_keeps_its_lock(tmp_path: Path) -> None:
    SqliteTokens(tmp_path / "x.db").save("k", TOKENS)
    mine = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    mine.execute("BEGIN IMMEDIATE")
    SqliteTokens(tmp_path / "x.db").load("k")
    code = (
        "import sqlite3, sys\n"
        "sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None).execute('BEGIN IMMEDIATE')"
    )
    other = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "x.db")], capture_output=True, text=True, check=False
    )
    mine.close()
    assert "database is locked" in other.stderr


def test_the_database_may_hold_other_tables(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "x.db")
    connection.execute("CREATE TABLE mine (x)")
    connection.close()
    store = SqliteTokens(tmp_path / "x.db")
    store.save("k", TOKENS)
    assert store.load("k") == TOKENS


def test_without_the_extra_the_way_out_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(NotConfigured, match=r"b24orm\[redis\]"):
        RedisTokens("redis://127.0.0.1/0")


def test_the_password_of_redis_is_not_shown() -> None:
    assert "hunter2" not in repr(RedisTokens("redis://:hunter2@127.0.0.1:1/0"))


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"member_id": "m", "access_token": "t"},
        {"member_id": "m", "access_token": "t", "client_endpoint": "nonsense"},
        {"member_id": "m", "access_token": "t", "client_endpoint": "https://acme.bitrix24.com/"},
        {"member_id": "m", "access_token": "t", "client_endpoint": "javascript:/rest/"},
        {"member_id": "", "access_token": "t", "client_endpoint": "https://acme.bitrix24.com/rest/"},
        {"member_id": "m", "access_token": ["t"], "client_endpoint": "https://acme.bitrix24.com/rest/"},
    ],
)
def test_an_answer_that_lacks_something_is_refused_without_being_repeated(answer: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue, match="these are no tokens") as caught:
        Tokens.parse({**answer, "refresh_token": "refresh-1"})
    assert "refresh-1" not in str(caught.value)


@pytest.mark.parametrize(
    ("told", "number"),
    [
        ("7", 7),
        (7, 7),
        ("9" * 5_000, None),
        ("\N{SUPERSCRIPT TWO}", None),
        ("-7", None),
        ("", None),
        (None, None),
    ],
    ids=lambda part: repr(part)[:12],
)
def test_a_number_that_is_none_is_not_known(told: Any, number: int | None) -> None:
    answer = {"member_id": "m", "access_token": "t", "client_endpoint": "https://acme.bitrix24.com/rest/"}

    assert Tokens.parse({**answer, "user_id": told}).user_id == number
