"""A portal whose answers have another shape than they should: an error of ours, whatever it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

import pytest

from b24orm import Portal, RateLimits
from b24orm.emulator import LocalPortal
from b24orm.errors import B24Error
from b24orm.models import Company, Deal, EventLogRecord, Task, TaskV3
from b24orm.orm.results import WriteErrors
from b24orm.transport.base import Request, Response, Transport

pytestmark = pytest.mark.usefixtures("hasty")

Use = Callable[[Portal], Any]

ANSWERS: Final[list[Any]] = [
    *(None, False, "text", [], {}, [None], [5], [{}], [{"ID": "x"}], [{"ID": []}]),
    *({"items": [None]}, {"item": []}, {"tasks": [5]}, {"0": {"ID": "1"}}),
]
ENVELOPES: Final[list[Any]] = [None, "text", [5], {"k": 5}]
PARTS: Final = ("result", "result_error", "result_total", "result_next", "result_time")


class Odd:
    """Puts other things into answers.

    Args:
        transport: what brings them.
        change: puts them in.
        passing: how many answers stay as they are.
    """

    def __init__(self, transport: Transport, change: Callable[[dict[str, Any]], None], passing: int) -> None:
        self._transport = transport
        self._change = change
        self._passing = passing

    async def send(self, request: Request) -> Response:
        answer = await self._transport.send(request)
        self._passing -= 1
        body = json.loads(answer.body)
        if self._passing >= 0 or "result" not in body:
            return answer
        self._change(body)
        return replace(answer, body=json.dumps(body).encode())

    async def close(self) -> None:
        await self._transport.close()


def answering(value: Any) -> Callable[[dict[str, Any]], None]:
    """Every call, and every command of a batch, is answered so."""

    def change(body: dict[str, Any]) -> None:
        inner = body["result"]
        if not isinstance(inner, dict) or "result_error" not in inner:
            body["result"] = value
        elif isinstance(inner["result"], dict):
            inner["result"] = dict.fromkeys(inner["result"], value)
        else:
            inner["result"] = [value] * len(inner["result"])

    return change


def enveloped(part: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """A part of each answer, or of what a batch answers, is that."""

    def change(body: dict[str, Any]) -> None:
        inner = body["result"]
        if isinstance(inner, dict) and part in inner:
            inner[part] = value
        elif part in body:
            body[part] = value

    return change


@pytest.fixture(scope="module")
def shop() -> Iterator[LocalPortal]:
    with LocalPortal(deals=120, companies=5, contacts=5, tasks=20, log_entries=60, users=4) as made:
        yield made


def deals(portal: Portal) -> Any:
    return Deal.objects.using(portal)


USES: Final[dict[str, Use]] = {
    "list": lambda portal: list(deals(portal)),
    "sorted": lambda portal: list(deals(portal).order_by("-opportunity")[:5]),
    "count": lambda portal: deals(portal).count(),
    "get": lambda portal: deals(portal).get(id=7),
    "in_bulk": lambda portal: deals(portal).in_bulk(range(1, 110)),
    "related rows": lambda portal: list(deals(portal).filter(id__lt=10).select_related("company")),
    "rows that point here": lambda portal: list(Company.objects.using(portal).prefetch_related("deals")[:2]),
    "bound rows": lambda portal: list(deals(portal).filter(id__lt=9).prefetch_related("contacts")),
    "user fields": lambda portal: list(deals(portal).filter(UF_CRM_1=5)),
    "create": lambda portal: deals(portal).create(title="x"),
    "bulk_create": lambda portal: deals(portal).bulk_create([Deal(title=f"n{n}") for n in range(3)]),
    "update": lambda portal: deals(portal).filter(id__lte=3).update(title="z"),
    "tasks": lambda portal: list(Task.objects.using(portal)),
    "get_all": lambda portal: portal.get_all("crm.deal.list"),
    "get_all, sorted": lambda portal: portal.get_all("crm.deal.list", {"order": {"TITLE": "ASC"}}),
    "list_and_get": lambda portal: portal.list_and_get("crm.deal"),
    "fields": lambda portal: portal.get_all("crm.deal.fields"),
    "call_batch": lambda portal: portal.call_batch({"halt": 0, "cmd": {"a": "crm.deal.get?id=1"}}),
    "REST 3.0, list": lambda portal: list(EventLogRecord.objects.using(portal).only("id")),
    "REST 3.0, get": lambda portal: TaskV3.objects.using(portal).get(id=3),
    "REST 3.0, count": lambda portal: EventLogRecord.objects.using(portal).count(),
    "REST 3.0, create": lambda portal: TaskV3.objects.using(portal).create(
        title="a", creator_id=1, responsible_id=2
    ),
    "REST 3.0, update": lambda portal: TaskV3.objects.using(portal).filter(id__lte=2).update(title="z"),
}
CHANGES: Final = {
    **{f"an answer of {value!r}": answering(value) for value in ANSWERS},
    **{f"{part}={value!r}": enveloped(part, value) for part in PARTS for value in ENVELOPES},
    **{
        f"{part}={value!r}": enveloped(part, value)
        for part in ("total", "next", "time")
        for value in ENVELOPES
    },
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("passing", [0, 1])
def test_an_answer_of_an_odd_shape_is_an_error_of_ours_or_does_no_harm(
    shop: LocalPortal, use: str, passing: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("b24orm.executor.lost.MARGIN", 0.01)
    plan = RateLimits(per_second=None, operating_limit=None, request_limit=0.01)
    met: dict[str, str] = {}
    for name, change in CHANGES.items():
        with Portal(shop.url, plan=plan, progress=False, timeout=20) as portal:
            sender = portal._open().sender
            sender._transport = Odd(sender._transport, change, passing)
            try:
                with suppress(B24Error, WriteErrors):
                    USES[use](portal)
            except Exception as error:
                met[name] = repr(error)
    assert met == {}
