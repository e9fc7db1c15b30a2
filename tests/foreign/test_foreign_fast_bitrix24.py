"""fast_bitrix24 reads and writes the local portal as it would a real one."""

from __future__ import annotations

import pytest
from fast_bitrix24 import Bitrix, BitrixAsync
from fast_bitrix24.server_response import ErrorInServerResponseException

from b24orm.emulator import LocalPortal
from tests.foreign.conftest import DEALS

pytestmark = pytest.mark.filterwarnings("ignore")  # its warnings are its own affair

ALL = {str(number) for number in range(1, DEALS + 1)}


def test_get_all_brings_every_page(fast: Bitrix) -> None:
    assert {row["ID"] for row in fast.get_all("crm.deal.list", {"select": ["ID"]})} == ALL


def test_get_all_filters(fast: Bitrix, portal: LocalPortal) -> None:
    found = fast.get_all("crm.deal.list", {"filter": {"STAGE_ID": "WON"}})
    assert {row["STAGE_ID"] for row in found} == {"WON"}


def test_get_all_unwraps_items(fast: Bitrix) -> None:
    found = fast.get_all("crm.item.list", {"entityTypeId": 2, "select": ["id"]})
    assert {str(row["id"]) for row in found} == ALL


async def test_get_all_works_asynchronously(portal: LocalPortal) -> None:
    client = BitrixAsync(portal.url, verbose=False)
    assert len(await client.get_all("crm.deal.list", {"select": ["ID"]})) == DEALS


def test_get_by_id_answers_by_id(fast: Bitrix) -> None:
    found = fast.get_by_ID("crm.deal.get", [1, 2, 3])
    assert {key: row["ID"] for key, row in found.items()} == {"1": "1", "2": "2", "3": "3"}


def test_get_by_id_reports_a_missing_row(fast: Bitrix) -> None:
    with pytest.raises(ErrorInServerResponseException, match="Not found"):
        fast.get_by_ID("crm.deal.get", [1, 99_999])


def test_call_adds_one_row(fast: Bitrix, portal: LocalPortal) -> None:
    number = fast.call("crm.deal.add", {"fields": {"TITLE": "Added alone"}})
    assert portal.store.get("deal", number)["TITLE"] == "Added alone"


def test_call_adds_more_rows_than_one_batch_holds(fast: Bitrix, portal: LocalPortal) -> None:
    titles = [f"Added {number}" for number in range(60)]
    numbers = fast.call("crm.deal.add", [{"fields": {"TITLE": title}} for title in titles])
    assert [portal.store.get("deal", number)["TITLE"] for number in numbers] == titles


def test_call_updates_rows(fast: Bitrix, portal: LocalPortal) -> None:
    fast.call("crm.deal.update", [{"ID": number, "fields": {"TITLE": "Changed"}} for number in (1, 2)])
    assert [portal.store.get("deal", number)["TITLE"] for number in (1, 2)] == ["Changed", "Changed"]


def test_call_deletes_rows(fast: Bitrix, portal: LocalPortal) -> None:
    fast.call("crm.deal.delete", [{"ID": number} for number in (1, 2)])
    assert portal.store.count("deal") == DEALS - 2


def test_call_raw_answers_the_whole_body(fast: Bitrix) -> None:
    assert set(fast.call("crm.deal.get", {"ID": 1}, raw=True)) == {"result", "time"}


def test_call_batch_follows_references(fast: Bitrix) -> None:
    commands = {"first": "crm.deal.get?id=5", "second": "crm.deal.get?id=$result[first][ID]"}
    found = fast.call_batch({"halt": 0, "cmd": commands})
    assert found["first"] == found["second"]


def test_list_and_get_brings_whole_rows(fast: Bitrix) -> None:
    assert set(fast.list_and_get("crm.deal")) == ALL


def test_slow_reads_the_same(fast: Bitrix) -> None:
    with fast.slow():
        assert len(fast.get_all("crm.deal.list", {"select": ["ID"]})) == DEALS
