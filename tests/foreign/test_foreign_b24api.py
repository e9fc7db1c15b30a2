"""b24api reads the local portal, unchanged: in batches, by ranges of ids, and once more when it must."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from b24orm.emulator import Fault, LocalPortal
from tests.foreign.conftest import DEALS

pytestmark = pytest.mark.filterwarnings("ignore")  # its warnings are its own affair

ALL = [str(number) for number in range(1, DEALS + 1)]
DEAL_LIST = {"method": "crm.deal.list", "parameters": {"select": ["ID"]}}


@pytest.fixture
def api(portal: LocalPortal, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """b24api's client, which waits for nothing before it tries again, with connections of its own."""
    import httpx
    from b24api import Bitrix24

    monkeypatch.setenv("BITRIX24_API_WEBHOOK_URL", portal.url)
    monkeypatch.setenv("BITRIX24_API_RETRY_DELAY", "0")
    with httpx.Client(http2=True) as connections:
        monkeypatch.setattr(Bitrix24, "http", connections)
        yield Bitrix24()


def ids(rows: Any) -> list[str]:
    return sorted((str(row.get("ID") or row["id"]) for row in rows), key=int)


def deal(number: int) -> dict[str, Any]:
    return {"method": "crm.deal.get", "parameters": {"id": number}}


def test_it_gets_a_row(api: Any) -> None:
    assert api.call(deal(5))["ID"] == "5"


@pytest.mark.parametrize("way", ["list_sequential", "list_batched", "list_batched_no_count"])
def test_it_reads_a_list(api: Any, way: str) -> None:
    assert ids(getattr(api, way)(DEAL_LIST)) == ALL


def test_ranges_of_ids_are_not_counted(portal: LocalPortal, api: Any) -> None:
    list(api.list_batched_no_count(DEAL_LIST))

    assert portal.stats.counted == 0


def test_it_reads_rows_in_batches(api: Any) -> None:
    assert [row["ID"] for row in api.batch(map(deal, range(1, 121)))] == ALL[:120]


def test_it_hears_what_a_command_of_a_batch_refuses(api: Any) -> None:
    from b24api.error import ApiResponseError

    with pytest.raises(ApiResponseError, match="Not found"):
        list(api.batch([deal(5), deal(99_999)]))


def test_it_tries_again_when_the_bucket_is_full(portal: LocalPortal, api: Any) -> None:
    portal.faults.script(Fault("rate_limited"))

    assert (api.call(deal(5))["ID"], portal.stats.rejected) == ("5", 1)
