"""What changes for those who come from fast_bitrix24: each row of the table in the docs, tried out.

Every test does the same with both clients, and names what each of them does.
"""

from __future__ import annotations

import asyncio
import contextlib
import warnings
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import aiohttp
import icontract
import pytest
from beartype.roar import BeartypeException
from fast_bitrix24 import Bitrix
from fast_bitrix24.server_response import ErrorInServerResponseException

import b24orm
from b24orm import errors
from b24orm.emulator import Churn, Fault, LocalPortal
from b24orm.emulator.answers import Answer, Call
from tests.foreign.conftest import DEALS

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")

IN_ORDER = [str(number) for number in range(1, DEALS + 1)]


@pytest.fixture
def ours(portal: LocalPortal) -> Iterator[b24orm.Portal]:
    """b24orm's own client."""
    with b24orm.connect(portal.url, plan="unlimited", progress=False) as client:
        yield client


def echo(call: Call) -> Answer:
    """A method that answers what it was given."""
    return Answer({"given": dict(call.params)})


def equal_rows(call: Call) -> Answer:
    """A list of a hundred and twenty rows without ids, of which many are equal."""
    rows = [{"VALUE": number % 10} for number in range(120)]
    start = call.start or 0
    following = start + 50
    return Answer(rows[start:following], total=len(rows), next=following if following < len(rows) else None)


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["ID"] for row in rows]


# -- get_all --------------------------------------------------------------------------------


def test_get_all_keeps_the_order(fast: Bitrix, ours: b24orm.Portal) -> None:
    theirs = ids(fast.get_all("crm.deal.list", {"select": ["ID"]}))
    mine = ids(ours.get_all("crm.deal.list", {"select": ["ID"]}))
    assert (theirs == IN_ORDER, mine == IN_ORDER) == (False, True)


def test_get_all_takes_an_order(ours: b24orm.Portal) -> None:
    found = ours.get_all("crm.deal.list", {"select": ["ID"], "order": {"ID": "DESC"}})
    assert ids(found) == IN_ORDER[::-1]


def test_get_all_takes_a_start(ours: b24orm.Portal) -> None:
    assert ids(ours.get_all("crm.deal.list", {"select": ["ID"], "start": 50})) == IN_ORDER[50:]


def test_get_all_lets_nothing_be_counted(portal: LocalPortal, fast: Bitrix, ours: b24orm.Portal) -> None:
    def counted(client: Any) -> int:
        portal.stats.reset()
        client.get_all("crm.deal.list", {"select": ["ID"]})
        return portal.stats.counted

    by_them, by_us = counted(fast), counted(ours)
    assert (by_them > 0, by_us) == (True, 0)


def test_theirs_refuses_an_order(fast: Bitrix) -> None:
    with pytest.raises(icontract.ViolationError, match="order"):
        fast.get_all("crm.deal.list", {"order": {"ID": "DESC"}})


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_get_all_keeps_equal_rows(portal: LocalPortal, fast: Bitrix, ours: b24orm.Portal) -> None:
    portal.register("demo.list", equal_rows)
    assert (len(fast.get_all("demo.list")), len(ours.get_all("demo.list"))) == (10, 120)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_get_all_loses_nothing_while_rows_are_deleted(
    portal: LocalPortal, fast: Bitrix, ours: b24orm.Portal
) -> None:
    def missed(client: Any) -> int:
        churn = portal.churn = Churn("deal", inserts=0, deletes=20, after=1, limit=1, seed=1)
        before = portal.store.ids("deal")
        found = set(map(int, ids(client.get_all("crm.deal.list", {"select": ["ID"]}))))
        return len(set(before) - set(churn.deleted) - found)

    lost_by_them, lost_by_us = missed(fast), missed(ours)
    assert (lost_by_them > 0, lost_by_us) == (True, 0)


# -- get_by_ID, call, call_batch ------------------------------------------------------------


def test_get_by_id_keys_are_the_ids_that_were_given(fast: Bitrix, ours: b24orm.Portal) -> None:
    keys = [list(client.get_by_ID("crm.deal.get", [1, 2])) for client in (fast, ours)]
    assert keys == [["1", "2"], [1, 2]]


def test_one_id_is_answered_as_several_are(fast: Bitrix, ours: b24orm.Portal) -> None:
    found = [client.get_by_ID("crm.deal.get", [5]) for client in (fast, ours)]
    assert [found[0]["ID"], found[1][5]["ID"]] == ["5", "5"]


def test_no_ids_are_no_rows(ours: b24orm.Portal) -> None:
    assert ours.get_by_ID("crm.deal.get", []) == {}


def test_theirs_refuses_no_ids(fast: Bitrix) -> None:
    with pytest.raises(icontract.ViolationError):
        fast.get_by_ID("crm.deal.get", [])


def test_call_of_one_answers_the_row(fast: Bitrix, ours: b24orm.Portal) -> None:
    found = [client.call("crm.deal.get", {"id": 5}).get("ID") for client in (fast, ours)]
    assert found == [None, "5"]


def test_call_of_a_list_of_one_answers_a_list(fast: Bitrix, ours: b24orm.Portal) -> None:
    found = [client.call("crm.deal.update", [{"id": 5, "fields": {}}]) for client in (fast, ours)]
    assert found == [True, [True]]


def test_call_answers_one_result_for_each_item(fast: Bitrix, ours: b24orm.Portal) -> None:
    items = [{"filter": {"ID": 5}}, {"filter": {"ID": [6, 7]}}]
    assert [len(client.call("crm.deal.list", items)) for client in (fast, ours)] == [3, 2]


def test_call_needs_no_items(ours: b24orm.Portal) -> None:
    assert ours.call("profile")["ID"] == "1"


def test_theirs_needs_items(fast: Bitrix) -> None:
    with pytest.raises(BeartypeException):
        fast.call("profile")


def test_call_raw_answers_the_whole_body(fast: Bitrix, ours: b24orm.Portal) -> None:
    bodies = [client.call("crm.deal.get", {"id": 5}, raw=True) for client in (fast, ours)]
    assert bodies[0]["result"] == bodies[1]["result"]


def test_call_batch_answers_the_same(fast: Bitrix, ours: b24orm.Portal) -> None:
    batch = {"halt": 0, "cmd": {"one": "crm.deal.get?id=1", "two": "crm.deal.get?id=2"}}
    assert fast.call_batch(batch) == ours.call_batch(batch)


def test_a_batch_that_is_too_long_is_not_sent(portal: LocalPortal, ours: b24orm.Portal) -> None:
    with pytest.raises(errors.InvalidValue):
        ours.call_batch({"halt": 0, "cmd": {f"c{number}": "profile" for number in range(51)}})
    assert portal.stats.requests == 0


def test_list_and_get_keeps_the_order(fast: Bitrix, ours: b24orm.Portal) -> None:
    orders = [list(client.list_and_get("crm.deal")) == IN_ORDER for client in (fast, ours)]
    assert orders == [False, True]


# -- values ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "theirs", "mine"),
    [
        ((1, 2), "(1, 2)", ["1", "2"]),
        ({7}, "{7}", ["7"]),
        (True, "True", "Y"),
        (Decimal("1.50"), "1.50", "1.50"),
        (datetime(2024, 1, 2, 3, 4), "2024-01-02 03:04:00", "2024-01-02T03:04:00"),
    ],
    ids=["tuple", "set", "bool", "Decimal", "datetime"],
)
def test_values_in_a_batch_arrive_as_the_server_reads_them(
    portal: LocalPortal, fast: Bitrix, ours: b24orm.Portal, value: Any, theirs: Any, mine: Any
) -> None:
    portal.register("demo.add", echo)
    items = [{"value": value}, {"value": value}]
    assert [client.call("demo.add", items)[1]["value"] for client in (fast, ours)] == [theirs, mine]


def test_a_boolean_sent_alone_is_the_same_as_in_a_batch(
    portal: LocalPortal, fast: Bitrix, ours: b24orm.Portal
) -> None:
    portal.register("demo.add", echo)
    bodies = [client.call("demo.add", {"value": True}, raw=True) for client in (fast, ours)]
    assert [body["result"]["given"]["value"] for body in bodies] == [True, "Y"]


def test_none_and_booleans_arrive_as_themselves(
    portal: LocalPortal, fast: Bitrix, ours: b24orm.Portal
) -> None:
    portal.register("demo.add", echo)
    items = [{"empty": None, "flag": True}]
    given = [client.call("demo.add", items * 2)[1] for client in (fast, ours)]
    mentioned = [(each["empty"], each["flag"]) for each in given]
    assert mentioned == [("None", "True"), (None, "Y")]


def test_text_that_looks_like_a_reference_stays_text(
    portal: LocalPortal, fast: Bitrix, ours: b24orm.Portal
) -> None:
    portal.register("demo.add", echo)
    items = [{"text": "first"}, {"text": "$result[order0000000000][given][text] $result[c0][given][text]"}]
    given = [client.call("demo.add", items)[1]["text"] for client in (fast, ours)]
    assert ("first" in given[0], given[1]) == (True, items[1]["text"])


# -- errors and writes ----------------------------------------------------------------------


def test_an_error_has_the_code_of_the_server(fast: Bitrix, ours: b24orm.Portal) -> None:
    with pytest.raises(aiohttp.ClientResponseError) as theirs:
        fast.get_all("crm.nope.list")
    with pytest.raises(errors.NotFound) as mine:
        ours.get_all("crm.nope.list")
    code = "ERROR_METHOD_NOT_FOUND"
    assert (code in str(theirs.value), mine.value.code) == (False, code)


def test_an_error_keeps_the_secret(portal: LocalPortal, fast: Bitrix, ours: b24orm.Portal) -> None:
    secret = portal.url.rstrip("/").rpartition("/")[2]
    with pytest.raises(aiohttp.ClientResponseError) as theirs:
        fast.get_all("crm.nope.list")
    with pytest.raises(errors.NotFound) as mine:
        ours.get_all("crm.nope.list")
    assert (secret in str(theirs.value), secret in str(mine.value)) == (True, False)


def test_an_error_in_a_batch_names_its_command(fast: Bitrix, ours: b24orm.Portal) -> None:
    batch = {"halt": 0, "cmd": {"good": "crm.deal.get?id=5", "bad": "crm.deal.get?id=99999"}}
    with pytest.raises(ErrorInServerResponseException):
        fast.call_batch(batch)
    with pytest.raises(errors.NotFound) as mine:
        ours.call_batch(batch)
    assert mine.value.command == "bad"


def test_a_write_of_unknown_fate_is_not_repeated(
    portal: LocalPortal, fast: Bitrix, ours: b24orm.Portal
) -> None:
    def added(client: Any) -> int:
        before = portal.store.count("deal")
        portal.faults.script(Fault("gateway_timeout"))  # the work is done, its answer is lost
        with contextlib.suppress(errors.OutcomeUnknown, errors.ServerFailure):
            client.call("crm.deal.add", {"fields": {"TITLE": "Once"}})
        return portal.store.count("deal") - before

    assert (added(fast), added(ours)) == (2, 1)


def test_wrong_arguments_are_one_kind_of_error(fast: Bitrix, ours: b24orm.Portal) -> None:
    with pytest.raises(BeartypeException):
        fast.get_all(5)
    with pytest.raises(errors.InvalidValue):
        ours.get_all(5)  # type: ignore[arg-type]


def test_a_webhook_in_clear_text_is_refused() -> None:
    webhook = "http://portal.example/rest/1/secret/"
    Bitrix(webhook)
    with pytest.raises(errors.InvalidValue, match="clear text"):
        b24orm.connect(webhook)


# -- event loops ----------------------------------------------------------------------------


async def test_synchronous_calls_work_within_a_running_loop(portal: LocalPortal, ours: b24orm.Portal) -> None:
    fast = Bitrix(portal.url, verbose=False)
    task = fast.get_all("crm.deal.list", {"select": ["ID"]})
    mine = ours.get_all("crm.deal.list", {"select": ["ID"]})
    kinds = (isinstance(task, asyncio.Task), isinstance(mine, list))
    await task
    assert kinds == (True, True)


def test_theirs_only_warns_when_rows_are_missing(portal: LocalPortal, fast: Bitrix) -> None:
    portal.churn = Churn("deal", inserts=0, deletes=20, after=1, limit=1, seed=1)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fast.get_all("crm.deal.list", {"select": ["ID"]})
    assert [str(warning.message) for warning in caught if warning.category is RuntimeWarning]
