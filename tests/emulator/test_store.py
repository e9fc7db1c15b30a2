"""The store: rows, ids, user fields, files, threads."""

from __future__ import annotations

import gc
import sqlite3
from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path
from threading import Thread

import pytest

from b24orm.emulator.database import Database
from b24orm.emulator.store import Store
from b24orm.errors import InvalidValue, UnknownName


@pytest.fixture
def store() -> Store:
    return Store(clock=lambda: 1_700_000_000.0)


def test_ids_are_given_out_in_order(store: Store) -> None:
    assert [store.insert("deal", {"TITLE": "a"}), store.insert("deal", {"TITLE": "b"})] == [1, 2]


def test_an_id_of_ones_own_is_taken(store: Store) -> None:
    store.insert("deal", {"ID": 2**31, "TITLE": "far"})

    assert store.ids("deal") == [2**31]


def test_a_deleted_id_is_never_given_out_again(store: Store) -> None:
    store.delete("deal", store.insert("deal", {}))

    assert store.insert("deal", {}) == 2


def test_an_id_can_not_be_taken_twice(store: Store) -> None:
    store.insert("deal", {"ID": 5})

    with pytest.raises(InvalidValue):
        store.insert("deal", {"ID": 5})


def test_columns_left_out_get_the_servers_defaults(store: Store) -> None:
    row = store.get("deal", store.insert("deal", {}))

    assert row is not None
    assert (row["STAGE_ID"], row["IS_RECURRING"], row["ASSIGNED_BY_ID"]) == ("NEW", "N", 1)


def test_new_rows_are_stamped_in_the_portals_zone(store: Store) -> None:
    row = store.get("deal", store.insert("deal", {}))

    assert row is not None
    assert row["DATE_CREATE"] == "2023-11-15T01:13:20"


def test_python_values_are_stored_as_the_server_has_them(store: Store) -> None:
    moment = datetime(2024, 8, 30, 12, 0, tzinfo=timezone.utc)
    values = {
        "OPPORTUNITY": Decimal("10.5"),
        "CLOSEDATE": date(2024, 8, 31),
        "MOVED_TIME": moment,
        "OPENED": False,
    }

    row = store.get("deal", store.insert("deal", values))

    assert row is not None
    assert [row[name] for name in values] == [10.5, "2024-08-31", "2024-08-30T15:00:00", "N"]


def test_an_unknown_column_is_named(store: Store) -> None:
    with pytest.raises(UnknownName, match="TITLE"):
        store.insert("deal", {"TITEL": "x"})


def test_an_unknown_table_is_named(store: Store) -> None:
    with pytest.raises(UnknownName, match="deal"):
        store.count("deals")


@pytest.mark.parametrize(("table", "stamp"), [("deal", "DATE_MODIFY"), ("sale_order", "DATE_UPDATE")])
def test_an_update_stamps_the_change(store: Store, table: str, stamp: str) -> None:
    number = store.insert(table, {stamp: "2020-01-01T00:00:00"})

    store.update(table, number, {"COMMENTS": "new"})

    assert store.rows(table, [stamp]) == [{stamp: "2023-11-15T01:13:20"}]


def test_updating_nothing_that_exists_says_so(store: Store) -> None:
    assert not store.update("deal", 7, {"TITLE": "x"})


def test_a_count_follows_writes(store: Store) -> None:
    before = store.count("deal")
    store.insert_many("deal", [{"TITLE": "a"}, {"TITLE": "b"}])

    assert (before, store.count("deal")) == (0, 2)


def test_a_deleted_contact_takes_its_phones_along(store: Store) -> None:
    number = store.insert("contact", {"NAME": "Ada", "PHONE": "+1555"})

    store.delete("contact", number)

    assert store.fetch("SELECT COUNT(*) FROM field_multi") == [(0,)]


def test_a_failed_transaction_leaves_nothing(store: Store) -> None:
    def fail() -> None:
        with store.transaction():
            store.insert("deal", {})
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert store.count("deal") == 0


def test_many_rows_with_one_bad_one_leave_nothing(store: Store) -> None:
    with pytest.raises(InvalidValue):
        store.insert_many("deal", [{"ID": 1}, {"ID": 1}])

    assert store.count("deal") == 0


def test_a_user_field_is_a_column_from_then_on(store: Store) -> None:
    store.add_user_field("deal", "UF_CRM_TAGS", "string", multiple=True)

    store.insert("deal", {"UF_CRM_TAGS": ["a", "b"]})

    assert store.rows("deal", ["UF_CRM_TAGS"]) == [{"UF_CRM_TAGS": ["a", "b"]}]


def test_rows_from_before_a_user_field_have_none_of_it(store: Store) -> None:
    store.insert("deal", {})

    store.add_user_field("deal", "UF_CRM_X")

    assert store.rows("deal", ["UF_CRM_X"]) == [{"UF_CRM_X": None}]


def test_choices_of_an_enumeration_are_numbered_across_the_portal(store: Store) -> None:
    store.add_user_field("deal", "UF_CRM_A", "enumeration", items=["one", "two"])
    number = store.add_user_field("lead", "UF_CRM_B", "enumeration", items=["three"])

    detail = store.fetch(
        "SELECT json_extract(DETAIL, '$.LIST[0].ID') FROM user_field WHERE ID = ?", (number,)
    )

    assert detail == [("3",)]


def test_a_table_without_user_fields_refuses_them(store: Store) -> None:
    with pytest.raises(UnknownName):
        store.add_user_field("status", "UF_X")


def test_a_smart_process_has_its_own_table(store: Store) -> None:
    number = store.add_smart_type("Cars")

    assert store.insert(f"dynamic_{number}", {"TITLE": "first"}) == 1


def test_the_first_numbers_of_smart_processes(store: Store) -> None:
    assert [store.add_smart_type("A"), store.add_smart_type("B")] == [1030, 1032]


def test_a_file_remembers_rows_user_fields_and_smart_processes(tmp_path: Path) -> None:
    file = tmp_path / "portal.db"
    first = Store(file)
    first.add_user_field("deal", "UF_CRM_X", "integer")
    first.add_smart_type("Cars", 128)
    first.insert("deal", {"UF_CRM_X": 7})
    first.insert("dynamic_128", {"TITLE": "one"})
    first.close()

    again = Store(file)

    assert (again.rows("deal", ["UF_CRM_X"]), again.count("dynamic_128")) == ([{"UF_CRM_X": 7}], 1)
    again.close()


def test_a_portal_in_a_file_has_the_tables_and_indexes_of_one_in_memory(store: Store, tmp_path: Path) -> None:
    made = "SELECT type, name, tbl_name, sql FROM sqlite_master"

    assert store.fetch(made) == Store(tmp_path / "portal.db").fetch(made)


def test_stores_share_no_rows(store: Store) -> None:
    store.insert("deal", {"TITLE": "mine"})

    assert Store().count("deal") == 0


def test_threads_may_write_at_once(store: Store) -> None:
    threads = [Thread(target=lambda: [store.insert("deal", {}) for _ in range(50)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert store.ids("deal") == list(range(1, 201))


def test_a_new_requisite_was_never_changed() -> None:
    store = Store(clock=lambda: 1_700_000_000.0)
    number = store.insert("requisite", {"NAME": "x"})
    before = store.get("requisite", number)
    store.update("requisite", number, {"NAME": "y"})
    after = store.get("requisite", number)
    assert before is not None
    assert after is not None
    assert (before["DATE_MODIFY"], after["DATE_MODIFY"]) == (None, "2023-11-15T01:13:20")


def test_a_database_that_nobody_closed_ends_with_its_last_holder() -> None:
    database = Database()
    connection = database._db
    del database
    gc.collect()

    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")
