"""The traps that the server lays for clients, and where each is proven to be stepped over.

Tests below carry the number of their trap; the others are proven by the tests named here.

====  =============================================  ================================================
trap  what the server does                           where it is proven
====  =============================================  ================================================
1     a macro that leads nowhere is no error          below; test_orm_requests: sparse ids
2     a macro swallows what is glued to it            below
3     text can be a macro                             test_portal_roundtrip
4     a chain starts again after the short page       below; test_orm_requests: sparse ids
5     unknown filter names are dropped                test_orm_refusals: names
6     an empty list is no condition                   test_orm_sets: nothing is known without a request
7     no OR in classic lists                          test_orm_q
8     ``!%`` does not negate                          test_orm_filters_other: refused
9     phones: bare key, beginning only                test_orm_filters_deal: a phone; _other: refused
10    a start beyond the end is page 1 again          below; test_orm_slices
11    ``start`` is rounded down                       test_orm_slices: in another order
12    ``start=-1`` answers ``total: 0``               test_orm_filters_*: count agrees; test_orm_terminals
13    a short page is not always the last             below
14    ``error`` may be empty, 0, a number             below
15    statuses differ from the documented ones        below; test_portal_refusals: a wrong secret
16    503 and 401 have two meanings                   below; test_portal_limits
17    ``duration`` measures nothing                   test_portal_limits: only ``operating`` is read
18    operating time has rules of its own             test_portal_limits; below, in a batch
19    JSON needs its content type                     test_portal_roundtrip: every value arrives
20    a redirect loses the body                       test_faults_reads: a portal that moved
21    empty maps are lists                            below; test_portal_calls: call_batch
22    numeric labels become numbers                   test_portal_calls: a batch of a list
23    any ``halt`` but 0 halts                        below
24    a ``#`` cuts a command                          test_portal_roundtrip
25    further parameters break positional methods     test_portal_roundtrip: as it was sent
26    multifields are merged                          test_writes_values
27    null does not clear a date                      test_writes_instances: None clears a field
28    unknown fields are lost in a write              test_writes_instances: an unknown attribute
29    lists.element.update clears what is missing     no such model
30    a date comes as a moment                        test_orm_models: read as they are stored
31    ids and amounts differ in type                  below
32    a batch of failures is HTTP 200                 test_portal_calls; below, operating time
33    user fields have to be asked for                test_orm_models: user fields are read
34    batches of REST 3.0 stop                        REST 3.0 is not spoken
35    refresh tokens rotate                           webhooks have none
36    the firewall rewrites text                      nothing that a client could do
====  =============================================  ================================================
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from b24orm.emulator import CostModel, LocalPortal, Plan
from b24orm.emulator.answers import Answer, Call, Refusal
from b24orm.errors import ApiError, AuthError, B24Error, NotFound
from b24orm.executor.executor import Executor
from b24orm.executor.limits import PortalLimits, RateLimits
from b24orm.executor.sender import Sender
from b24orm.models import Contact, Deal, Item, SmartInvoice
from b24orm.plan.calls import Call as Sent
from b24orm.transport.auth.webhook import Webhook
from b24orm.transport.http import HttpTransport
from tests.conftest import Connect, Serve


@pytest.mark.parametrize("rows", [49, 50, 51, 99, 100, 101, 149, 150, 151])
@pytest.mark.parametrize("model", [Deal, SmartInvoice])
def test_1_and_4_what_comes_after_the_short_page_of_a_chain_is_dropped(
    serve: Serve, join: Connect, model: Any, rows: int
) -> None:
    portal = serve()
    join(portal)
    table = "deal" if model is Deal else "smart_invoice"
    portal.store.insert_many(table, [{"ID": 40 * n, "TITLE": "x"} for n in range(1, rows + 1)])
    assert [row.id for row in model.objects.filter(title="x")[:5000]] == [40 * n for n in range(1, rows + 1)]


def test_2_a_reference_stands_alone_in_its_value(serve: Serve, join: Connect) -> None:
    portal = serve(deals=300, sparse=30)
    client = join(portal)
    sent: list[str] = []
    client._open().sender._transport = _Listening(client._open().sender._transport, sent)
    list(Deal.objects.filter(id__gt=0)[:5000])
    values = [part.partition("=")[2] for body in sent for part in body.split("&") if "result" in part]
    assert values
    assert all(value.startswith("%24result%5B") and value.endswith("%5D") for value in values)


class _Listening:
    """A transport that hears what is sent."""

    def __init__(self, inner: Any, heard: list[str]) -> None:
        self._inner = inner
        self._heard = heard

    async def send(self, request: Any) -> Any:
        """Hears the commands of a batch, then passes it on."""
        self._heard += request.body.decode().split('"')
        return await self._inner.send(request)

    async def close(self) -> None:
        """Closes the transport it listens to."""
        await self._inner.close()


@pytest.mark.parametrize("start", [130, 150, 1000])
def test_10_a_start_beyond_the_end_finds_nothing(serve: Serve, join: Connect, start: int) -> None:
    client = join(serve(deals=130))
    assert client.get_all("crm.deal.list", {"start": start, "order": {"TITLE": "ASC"}}) == []


@pytest.mark.parametrize("order", [None, {"NAME": "ASC"}])
def test_13_a_page_cut_short_by_repeated_rows_ends_nothing(
    serve: Serve, join: Connect, order: dict[str, str] | None
) -> None:
    portal = serve(contacts=170)
    client = join(portal)
    columns = ("ENTITY", "ELEMENT_ID", "TYPE_ID", "VALUE_TYPE", "VALUE")
    more = [("contact", n, "PHONE", "HOME", f"+1777{k}{n:05}") for n in range(1, 171) for k in range(n % 4)]
    portal.store.load("field_multi", columns, more)
    params = {"filter": {"PHONE": "+1777"}, **({"order": order} if order else {})}
    found = [int(row["ID"]) for row in client.get_all("crm.contact.list", params)]
    asked = [contact.id for contact in Contact.objects.filter(phone__startswith="+1777")]
    assert (sorted(found), asked) == (list(range(1, 171)), list(range(1, 171)))


@pytest.mark.parametrize(
    ("code", "status"), [("", 400), ("0", 400), ("100", 400), ("ERROR_CORE", 200), ("200040300010", 403)]
)
@pytest.mark.parametrize("items", [{"a": 1}, [{"a": 1}, {"a": 2}]], ids=["alone", "in a batch"])
def test_14_an_error_is_an_error_whatever_its_code_and_status(
    serve: Serve, join: Connect, code: str, status: int, items: Any
) -> None:
    portal = serve()
    client = join(portal)

    def refuse(call: Call) -> Answer:
        raise Refusal(code, "it went wrong", status=status)

    portal.register("app.refuse.get", refuse)
    with pytest.raises(ApiError) as caught:
        client.call("app.refuse.get", items)
    assert (caught.value.code, caught.value.description) == (code, "it went wrong")


def test_14_an_error_shaped_result_is_an_error(serve: Serve, join: Connect) -> None:
    portal = serve()
    client = join(portal)
    odd = {"error": "OUT_OF_PAPER", "error_description": "The printer is empty"}
    portal.register("app.print.get", lambda call: Answer(odd))
    with pytest.raises(ApiError, match="OUT_OF_PAPER"):
        client.call("app.print.get")


@pytest.mark.parametrize(("scope", "code"), [(["user"], "insufficient_scope")])
def test_15_the_code_decides_and_not_the_status(
    serve: Serve, join: Connect, scope: list[str], code: str
) -> None:
    portal = serve()
    client = join(portal)
    narrow = type(client)(portal.add_webhook(scope=scope), plan="unlimited", progress=False)
    with pytest.raises(AuthError) as caught:
        narrow.call("crm.deal.list")
    narrow.close()
    assert caught.value.code.lower() == code


def test_16_a_webhook_that_was_blocked_is_not_tried_again(serve: Serve, join: Connect) -> None:
    portal = serve()
    client = join(portal)
    portal.hold(portal.url)
    with pytest.raises(B24Error, match="OVERLOAD_LIMIT"):
        client.call("profile")
    assert portal.stats.requests == 1


class _Clock:
    """A clock of which an hour passes in a moment."""

    def __init__(self) -> None:
        self.time = 1_700_000_000.0

    def now(self) -> float:
        """Seconds of this clock."""
        return self.time

    async def sleep(self, seconds: float) -> None:
        """Lets the seconds pass."""
        self.time += seconds
        await asyncio.sleep(0)


async def test_18_and_32_commands_refused_for_operating_time_are_sent_again(serve: Serve) -> None:
    clock, costs = _Clock(), CostModel(by_method={"crm.deal.get": 1.0})
    begun = clock.time
    plan = Plan(burst=None, operating=20.0)
    portal = serve(deals=60, plan=plan, costs=costs, clock=clock.now)
    limits = PortalLimits(RateLimits(per_second=None, operating_limit=None))  # it knows of no limit
    executor = Executor(Sender(HttpTransport(), Webhook.parse(portal.url), limits, clock=clock))
    answers = await executor.many([Sent("crm.deal.get", {"ID": number}) for number in range(1, 61)])
    await executor.close()
    found = [answer.result["ID"] if not isinstance(answer, B24Error) else answer for answer in answers]
    assert found == [str(number) for number in range(1, 61)]
    assert clock.time - begun > 500


@pytest.mark.parametrize("bad", [(), (0,), (0, 1), (2,), (0, 1, 2)], ids=repr)
def test_21_whatever_shape_the_containers_have_each_command_gets_its_answer(
    serve: Serve, join: Connect, bad: tuple[int, ...]
) -> None:
    portal = serve(deals=3)
    client = join(portal)
    ids = [99_999 if place in bad else place + 1 for place in range(3)]
    executor = client._open()
    outcomes = client._loop.run(executor.many([Sent("crm.deal.get", {"ID": number}) for number in ids]))
    assert [isinstance(outcome, NotFound) for outcome in outcomes] == [place in bad for place in range(3)]


@pytest.mark.parametrize(("halt", "added"), [(0, 1), (1, 0), (False, 1), (True, 0)])
def test_23_halt_is_sent_as_the_server_reads_it(serve: Serve, join: Connect, halt: Any, added: int) -> None:
    portal = serve()
    client = join(portal)
    commands = {"bad": "crm.deal.get?ID=99999", "add": "crm.deal.add?fields[TITLE]=x"}
    with pytest.raises(NotFound):
        client.call_batch({"halt": halt, "cmd": commands})
    assert portal.store.count("deal") == added


def test_31_a_deal_reads_the_same_from_both_families(office: LocalPortal, client: Any) -> None:
    names = ("id", "title", "opportunity", "company_id", "assigned_by_id", "begindate", "opened")
    classic = [tuple(getattr(deal, name) for name in names) for deal in Deal.objects.all()]
    items = Item.objects.filter(entity_type_id=2)
    assert [tuple(getattr(item, name) for name in names) for item in items] == classic
