"""b24pysdk reads and writes the local portal as it would a real one, over https."""

from __future__ import annotations

import pytest
from b24pysdk import Client
from b24pysdk.errors import BitrixAPIError

from b24orm.emulator import LocalPortal
from tests.foreign.conftest import DEALS

pytestmark = pytest.mark.filterwarnings("ignore")  # its warnings are its own affair

ALL = [str(number) for number in range(1, DEALS + 1)]


def test_list_brings_a_page(sdk: Client) -> None:
    assert len(sdk.crm.deal.list(select=["ID"]).result) == 50


def test_list_tells_the_total(sdk: Client) -> None:
    assert sdk.crm.deal.list(select=["ID"]).response.total == DEALS


def test_as_list_brings_every_page(sdk: Client) -> None:
    found = sdk.crm.deal.list(select=["ID"], order={"ID": "ASC"}).as_list().result
    assert [row["ID"] for row in found] == ALL


def test_as_list_fast_brings_every_page(sdk: Client) -> None:
    found = sdk.crm.deal.list(select=["ID"]).as_list_fast().result
    assert [row["ID"] for row in found] == ALL


def test_as_list_fast_counts_nothing(sdk: Client, tls_portal: LocalPortal) -> None:
    list(sdk.crm.deal.list(select=["ID"]).as_list_fast().result)
    assert tls_portal.stats.counted == 0


def test_as_list_fast_reads_backwards(sdk: Client) -> None:
    found = sdk.crm.deal.list(select=["ID"]).as_list_fast(descending=True).result
    assert [row["ID"] for row in found] == ALL[::-1]


def test_as_list_fast_reads_items(sdk: Client) -> None:
    found = sdk.crm.item.list(entity_type_id=2, select=["id"]).as_list_fast().result
    assert [str(row["id"]) for row in found] == ALL


def test_get_brings_a_row(sdk: Client) -> None:
    assert sdk.crm.deal.get(bitrix_id=7).result["ID"] == "7"


def test_get_reports_a_missing_row(sdk: Client) -> None:
    with pytest.raises(BitrixAPIError, match="Not found"):
        _ = sdk.crm.deal.get(bitrix_id=99_999).result


def test_add_makes_a_row(sdk: Client, tls_portal: LocalPortal) -> None:
    number = sdk.crm.deal.add(fields={"TITLE": "Added"}).result
    assert tls_portal.store.get("deal", number)["TITLE"] == "Added"


def test_update_changes_a_row(sdk: Client, tls_portal: LocalPortal) -> None:
    _ = sdk.crm.deal.update(bitrix_id=7, fields={"TITLE": "Changed"}).result
    assert tls_portal.store.get("deal", 7)["TITLE"] == "Changed"


def test_delete_removes_a_row(sdk: Client, tls_portal: LocalPortal) -> None:
    _ = sdk.crm.deal.delete(bitrix_id=7).result
    assert tls_portal.store.count("deal") == DEALS - 1


def test_call_batch_answers_by_name(sdk: Client) -> None:
    batch = sdk.call_batch({"one": sdk.crm.deal.get(bitrix_id=1), "two": sdk.crm.deal.get(bitrix_id=2)})
    assert {name: row["ID"] for name, row in batch.result.result.items()} == {"one": "1", "two": "2"}
