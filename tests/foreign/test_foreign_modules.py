"""Other people's clients read elements, tasks, files and orders of the local portal, unchanged."""

from __future__ import annotations

from typing import Any

import pytest
from b24pysdk import Client
from fast_bitrix24 import Bitrix

from tests.foreign.conftest import DEALS

pytestmark = pytest.mark.filterwarnings("ignore")  # their warnings are their own affair

OF_LIST = {"IBLOCK_TYPE_ID": "lists", "IBLOCK_ID": 41}
ALL = set(range(1, DEALS + 1))


def ids(rows: list[dict[str, Any]]) -> set[int]:
    return {int(row.get("ID") or row["id"]) for row in rows}


def test_fast_bitrix24_reads_elements(fast: Bitrix) -> None:
    assert ids(fast.get_all("lists.element.get", OF_LIST)) == ALL


def test_fast_bitrix24_reads_properties(fast: Bitrix) -> None:
    rows = fast.get_all("lists.element.get", {**OF_LIST, "FILTER": {"ID": 3}})
    assert list(rows[0]["PROPERTY_103"].values()) == ["300|USD"]


def test_fast_bitrix24_reads_tasks(fast: Bitrix) -> None:
    assert ids(fast.get_all("tasks.task.list", {"select": ["ID"]})) == ALL


def test_fast_bitrix24_reads_files(fast: Bitrix) -> None:
    assert len(ids(fast.get_all("disk.folder.getchildren", {"id": 14}))) == DEALS


def test_fast_bitrix24_reads_orders(fast: Bitrix) -> None:
    assert ids(fast.get_all("sale.order.list", {"select": ["id"]})) == ALL


def test_b24pysdk_reads_a_page_of_elements(sdk: Client) -> None:
    request = sdk.lists.element.get(iblock_type_id="lists", iblock_id=41)
    assert (len(request.result), request.response.total) == (50, DEALS)


def test_b24pysdk_reads_every_element(sdk: Client) -> None:
    rows = sdk.lists.element.get(iblock_type_id="lists", iblock_id=41).as_list().result
    assert ids(list(rows)) == ALL


def test_b24pysdk_reads_every_task(sdk: Client) -> None:
    rows = sdk.tasks.task.list(select=["ID"]).as_list().result
    assert ids(list(rows)) == ALL


def test_b24pysdk_reads_files(sdk: Client) -> None:
    rows = sdk.disk.folder.get_children(bitrix_id=14).as_list().result
    assert len(ids(list(rows))) == DEALS


def test_b24pysdk_reads_orders_by_their_ids(sdk: Client) -> None:
    rows = sdk.sale.order.list(select=["id"]).as_list_fast().result
    assert ids(list(rows)) == ALL
