"""What changes for those who come from b24pysdk: each row of the table in the docs, tried out.

Every test does the same with both clients, and names what each of them does.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from b24pysdk import Client
from b24pysdk.errors import BitrixAPIBadRequest, BitrixAPIError, BitrixSDKException

import b24orm
from b24orm import errors
from b24orm.emulator import Churn, Fault, LocalPortal
from b24orm.emulator.answers import Answer, Call, Refusal
from b24orm.models import Deal
from tests.foreign.conftest import DEALS

pytestmark = pytest.mark.filterwarnings("ignore")  # the warnings of b24pysdk are its own affair

IN_ORDER = list(range(1, DEALS + 1))

Reader = Callable[[], list[int]]


@pytest.fixture
def ours(tls_portal: LocalPortal) -> Iterator[b24orm.Portal]:
    """b24orm's own client of the same portal."""
    with b24orm.connect(tls_portal.url, plan="unlimited", progress=False, verify_ssl=False) as client:
        yield client


@pytest.fixture
def theirs_counting(sdk: Client) -> Reader:
    """The ids of all deals, by pages that are counted."""
    request = sdk.crm.deal.list
    return lambda: [int(row["ID"]) for row in request(select=["ID"]).as_list().result]


@pytest.fixture
def mine(ours: b24orm.Portal) -> Reader:
    """The ids of all deals."""
    return lambda: list(Deal.objects.using(ours).values_list("id", flat=True))


def echo(call: Call) -> Answer:
    """A method that answers what it was given."""
    return Answer({"given": dict(call.params)})


def one_page_fails(call: Call) -> Answer:
    """A list of a hundred and fifty rows, whose second page is an error."""
    start = max(call.start or 0, 0)
    if start == 50:
        raise Refusal("ERROR_CORE", "something broke")
    rows = [{"ID": number} for number in range(start + 1, start + 51)]
    return Answer(rows, total=150, next=start + 50 if start < 100 else None)


# -- lists ----------------------------------------------------------------------------------


def test_a_list_is_all_rows_and_not_a_page(sdk: Client, mine: Reader) -> None:
    page = sdk.crm.deal.list(select=["ID"]).result
    assert (len(page), len(mine())) == (50, DEALS)


def test_nothing_is_counted(tls_portal: LocalPortal, theirs_counting: Reader, mine: Reader) -> None:
    def counted(read: Reader) -> int:
        tls_portal.stats.reset()
        read()
        return tls_portal.stats.counted

    by_them, by_us = counted(theirs_counting), counted(mine)
    assert (by_them > 0, by_us) == (True, 0)


def test_nothing_is_lost_while_rows_are_deleted(
    tls_portal: LocalPortal, theirs_counting: Reader, mine: Reader
) -> None:
    def missed(read: Reader) -> int:
        churn = tls_portal.churn = Churn("deal", inserts=0, deletes=20, after=1, limit=1, seed=1)
        before = tls_portal.store.ids("deal")
        return len(set(before) - set(read()) - set(churn.deleted))

    lost_by_them, lost_by_us = missed(theirs_counting), missed(mine)
    assert (lost_by_them > 0, lost_by_us) == (True, 0)


def test_an_error_on_a_later_page_is_raised(
    tls_portal: LocalPortal, sdk: Client, ours: b24orm.Portal
) -> None:
    tls_portal.register("demo.list", one_page_fails)
    theirs = sdk._bitrix_token.call_list("demo.list", {})["result"]
    with pytest.raises(errors.ApiError, match="something broke"):
        ours.get_all("demo.list")
    assert len(theirs) == 50


def test_rows_can_be_ordered_by_any_field(sdk: Client, ours: b24orm.Portal) -> None:
    with pytest.raises(Exception, match="order"):
        list(sdk.crm.deal.list(order={"OPPORTUNITY": "DESC"}).as_list_fast().result)
    rows = Deal.objects.using(ours).order_by("-opportunity").values_list("opportunity", flat=True)
    amounts = [amount for amount in rows if amount is not None]
    assert (len(amounts), amounts) == (DEALS, sorted(amounts, reverse=True))


def test_rows_can_be_gone_through_twice(sdk: Client, ours: b24orm.Portal) -> None:
    theirs, rows = sdk.crm.deal.list(select=["ID"]).as_list_fast().result, Deal.objects.using(ours).only("id")
    assert ([len(list(theirs)) for _ in range(2)], [len(list(rows)) for _ in range(2)]) == (
        [DEALS, 0],
        [DEALS, DEALS],
    )


def test_a_misspelt_condition_is_refused(sdk: Client, ours: b24orm.Portal) -> None:
    theirs = sdk.crm.deal.list(select=["ID"], filter={"STGE_ID": "WON"}).as_list().result
    with pytest.raises(errors.UnknownName, match="STAGE_ID"):
        _ = Deal.objects.using(ours).filter(STGE_ID="WON")  # type: ignore[call-arg]
    assert len(theirs) == DEALS


def test_values_are_python_s(sdk: Client, ours: b24orm.Portal) -> None:
    theirs, deal = sdk.crm.deal.get(bitrix_id=1).result, Deal.objects.using(ours).get(id=1)
    assert [type(theirs[name]).__name__ for name in ("OPPORTUNITY", "DATE_CREATE", "CLOSED")] == ["str"] * 3
    assert [type(value).__name__ for value in (deal.opportunity, deal.date_create, deal.closed)] == [
        "Decimal",
        "datetime",
        "bool",
    ]


# -- batches and writes ---------------------------------------------------------------------


def test_an_error_of_one_command_is_raised(sdk: Client, ours: b24orm.Portal) -> None:
    theirs = sdk.call_batch([sdk.crm.deal.get(bitrix_id=1), sdk.crm.deal.get(bitrix_id=99_999)]).result
    with pytest.raises(errors.NotFound):
        ours.call("crm.deal.get", [{"id": 1}, {"id": 99_999}])
    assert len(theirs.result_error) == 1


def test_text_that_looks_like_a_reference_stays_text(
    tls_portal: LocalPortal, sdk: Client, ours: b24orm.Portal
) -> None:
    tls_portal.register("demo.add", echo)
    items = [{"text": "first"}, {"text": "costs $result[0][given][text]"}]
    answers = sdk._bitrix_token.call_batch([("demo.add", item) for item in items])["result"]["result"]
    mine = ours.call("demo.add", items)
    assert [answers[1]["given"]["text"], mine[1]["text"]] == ["costs first", items[1]["text"]]


def test_a_write_that_was_done_is_not_done_again(
    tls_portal: LocalPortal, sdk: Client, ours: b24orm.Portal
) -> None:
    def added(add: Callable[[], Any]) -> int:
        before = tls_portal.store.count("deal")
        tls_portal.faults.script(Fault("unavailable", executed=True))  # done, and its answer is a 503
        with contextlib.suppress(errors.OutcomeUnknown, BitrixSDKException):
            add()
        return tls_portal.store.count("deal") - before

    fields = {"TITLE": "Once"}
    by_them = added(lambda: sdk.crm.deal.add(fields=fields).result)
    by_us = added(lambda: ours.call("crm.deal.add", {"fields": fields}))
    assert (by_them, by_us) == (2, 1)


def test_a_broken_connection_costs_a_read_nothing(
    tls_portal: LocalPortal, sdk: Client, ours: b24orm.Portal
) -> None:
    tls_portal.faults.script(Fault("reset_before"))
    with pytest.raises(BitrixSDKException):
        _ = sdk.crm.deal.get(bitrix_id=1).result
    tls_portal.faults.clear()
    tls_portal.faults.script(Fault("reset_before"))
    assert Deal.objects.using(ours).get(id=1).id == 1


def test_a_row_that_is_not_there_has_an_error_of_its_own(sdk: Client, ours: b24orm.Portal) -> None:
    with pytest.raises(BitrixAPIError) as theirs:
        _ = sdk.crm.deal.get(bitrix_id=99_999).result
    with pytest.raises(errors.NotFound):
        ours.call("crm.deal.get", {"id": 99_999})
    assert type(theirs.value) is BitrixAPIBadRequest
