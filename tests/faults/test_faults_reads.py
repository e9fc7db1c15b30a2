"""Whatever fails on the way, a reading ends with the right answer or with an error of ours.

Lists, counts and rows by id are in the table; here are the one-liners, and what the table does not show.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from b24orm import AsyncPortal, Portal
from b24orm.emulator import LocalPortal
from b24orm.errors import ConnectFailed, Disconnected, ServerFailure, TimedOut
from b24orm.models import Deal
from tests.faults.conftest import FAULTS, FINAL, HARMLESS, LASTING, TIMEOUT, fill, play

pytestmark = pytest.mark.usefixtures("hasty")

Read = Callable[[Portal], Any]


def _ids(rows: Any) -> list[int]:
    return [row.id for row in rows]


READS: dict[str, tuple[Read, Any]] = {
    "list by title": (lambda portal: len(Deal.objects.using(portal).order_by("title")), 130),
    "call(list)": (
        lambda portal: [row["ID"] for row in portal.call("crm.deal.get", [{"ID": 3}, {"ID": 1}])],
        ["3", "1"],
    ),
    "get_all": (
        lambda portal: [row["ID"] for row in portal.get_all("crm.deal.list", {"order": {"ID": "ASC"}})],
        [str(number) for number in range(1, 131)],
    ),
    "get_by_ID": (lambda portal: list(portal.get_by_ID("crm.deal.get", range(1, 60))), list(range(1, 60))),
}


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("fault", [name for name in FAULTS if name not in FINAL])
def test_one_failure_costs_a_retry_and_nothing_else(
    broken: LocalPortal, client: Portal, fault: str, read: str
) -> None:
    ask, answer = READS[read]
    play(broken, fault)
    assert ask(client) == answer
    assert broken.stats.faults == 1


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("fault", LASTING)
def test_a_failure_that_lasts_is_an_error_and_no_partial_answer(
    broken: LocalPortal, client: Portal, fault: str, read: str
) -> None:
    ask, _ = READS[read]
    play(broken, fault, times=500)
    with pytest.raises(LASTING[fault]):
        ask(client)


@pytest.mark.parametrize("fault", LASTING)
@pytest.mark.parametrize("read", ["get_all", "in_bulk"])
def test_a_failure_in_the_middle_of_a_list_is_an_error_and_no_partial_list(
    client: Portal, broken: LocalPortal, fault: str, read: str
) -> None:
    fill(broken, 6000)
    broken.churn = _After(3, lambda: play(broken, fault, times=500))  # type: ignore[assignment]
    with pytest.raises(LASTING[fault]):
        _long(client, read)


def _long(client: Portal, read: str) -> Any:
    if read == "get_all":
        return client.get_all("crm.deal.list", {"select": ["ID"]})
    return Deal.objects.using(client).only("id").in_bulk(range(1, 9000))


class _After:
    """Does something once, after some requests."""

    def __init__(self, requests: int, do: Callable[[], None]) -> None:
        self._left = requests
        self._do = do

    def step(self, store: object) -> None:
        self._left -= 1
        if self._left == 0:
            self._do()


@pytest.mark.parametrize("fault", sorted(HARMLESS))
def test_an_answer_that_can_be_read_is_read(broken: LocalPortal, client: Portal, fault: str) -> None:
    play(broken, fault, times=500)
    assert Deal.objects.using(client).count() == 130


@pytest.mark.parametrize("fault", sorted(FINAL))
def test_what_a_retry_can_not_mend_is_not_tried_again(
    broken: LocalPortal, client: Portal, fault: str
) -> None:
    play(broken, fault, times=500)
    with pytest.raises(LASTING[fault]):
        client.call("profile")
    assert broken.stats.requests == 1


@pytest.mark.parametrize("fault", [name for name in LASTING if name not in FINAL | {"rate limited"}])
def test_tries_are_counted_and_told(broken: LocalPortal, client: Portal, fault: str) -> None:
    play(broken, fault, times=500)
    with pytest.raises(LASTING[fault], match=r"\(after 5 attempts\)"):
        client.call("profile")
    assert broken.stats.requests == 5


@pytest.mark.parametrize("fault", ["hang"])
def test_an_error_names_method_and_portal(broken: LocalPortal, client: Portal, fault: str) -> None:
    play(broken, fault, times=500)
    with pytest.raises(TimedOut, match=rf"crm\.deal\.get on {client.host}: no answer within {TIMEOUT} s"):
        client.call("crm.deal.get", {"ID": 1})


def test_a_portal_that_moved_is_an_error_that_says_so(broken: LocalPortal, client: Portal) -> None:
    play(broken, "redirect", times=500)
    with pytest.raises(ServerFailure, match="REDIRECTED"):
        client.call("crm.deal.list")


def test_failures_at_random_change_no_answer(broken: LocalPortal, client: Portal) -> None:
    fill(broken, 7000)
    kinds: Any = {"rate_limited": 0.05, "reset_after": 0.03, "truncated_json": 0.03, "bad_gateway": 0.05}
    broken.faults.random(kinds, seed=4)
    found = [_ids(Deal.objects.using(client).only("id")) for _ in range(8)]
    assert found == [broken.store.ids("deal")] * 8
    assert broken.stats.faults > 3


@pytest.mark.parametrize("fault", [name for name in FAULTS if name not in FINAL])
async def test_an_async_portal_fares_the_same(broken: LocalPortal, timeout: float, fault: str) -> None:
    play(broken, fault)
    async with AsyncPortal(broken.url, plan="unlimited", progress=False, timeout=timeout) as portal:
        assert len(await Deal.objects.using(portal)) == 130


def test_a_portal_that_comes_back_is_found_again(broken: LocalPortal, client: Portal) -> None:
    play(broken, "reset before", times=5)
    with pytest.raises(Disconnected):
        client.call("profile")
    assert client.call("profile")["ID"] == "1"


def test_a_portal_that_went_away_is_an_error() -> None:
    with LocalPortal(deals=3) as portal:
        client = Portal(portal.url, plan="unlimited", progress=False)
        client.call("profile")
    with pytest.raises((ConnectFailed, Disconnected)):
        client.call("profile")
    client.close()
