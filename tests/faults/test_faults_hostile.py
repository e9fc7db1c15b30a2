"""A portal that does not heed what it is asked: an error, never a list with holes, and never an endless loop."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import pytest

from b24orm import Portal
from b24orm.emulator import LocalPortal
from b24orm.errors import Incomplete
from b24orm.models import Company, Deal
from b24orm.transport.base import Request, Response, Transport

Read = Callable[[Portal], Any]


class Deaf:
    """Takes parameters out of requests, as if the portal did not know them.

    Args:
        transport: what they go on with.
        unheard: beginnings of their names, in brackets as PHP writes them.
    """

    def __init__(self, transport: Transport, unheard: str) -> None:
        self._transport = transport
        self._unheard = unheard

    async def send(self, request: Request) -> Response:
        body: dict[str, Any] = json.loads(request.body)
        if request.label == "batch":
            body["cmd"] = {label: self._command(command) for label, command in body["cmd"].items()}
        for name, value in body.items():
            if isinstance(value, dict) and name != "cmd":
                body[name] = {key: item for key, item in value.items() if not self._deaf(f"{name}[{key}")}
        return await self._transport.send(replace(request, body=json.dumps(body).encode()))

    def _command(self, command: str) -> str:
        method, _, query = command.partition("?")
        return f"{method}?{'&'.join(part for part in query.split('&') if not self._deaf(unquote(part)))}"

    def _deaf(self, name: str) -> bool:
        return name.startswith(self._unheard)

    async def close(self) -> None:
        await self._transport.close()


@pytest.fixture(scope="module")
def portal() -> Iterator[LocalPortal]:
    with LocalPortal(deals=300, companies=80, contacts=2) as made:
        made.store.execute("UPDATE deal SET COMPANY_ID = 1 WHERE ID <= 120")
        made.store.execute("UPDATE deal SET COMPANY_ID = 80 WHERE ID > 290")
        yield made


@pytest.fixture
def client(portal: LocalPortal, request: pytest.FixtureRequest) -> Iterator[Portal]:
    with Portal(portal.url, plan="unlimited", progress=False) as made:
        sender = made._open().sender
        sender._transport = Deaf(sender._transport, request.node.callspec.params["unheard"])
        yield made


READS: dict[str, tuple[str, Read]] = {
    "list": ("filter[>", lambda portal: list(Deal.objects.using(portal))),
    "list downwards": ("filter[<", lambda portal: list(Deal.objects.using(portal).order_by("-id"))),
    "sorted here": ("filter[>", lambda portal: list(Deal.objects.using(portal).order_by("-opportunity"))),
    "a slice": ("filter[>", lambda portal: list(Deal.objects.using(portal)[:200])),
    "in_bulk": ("filter[@ID", lambda portal: Deal.objects.using(portal).in_bulk([200, 201])),
    "get": ("filter[@ID", lambda portal: Deal.objects.using(portal).get(id=200)),
    "get_all": ("filter[>", lambda portal: portal.get_all("crm.deal.list")),
    "related rows": (
        "filter[@ID",
        lambda portal: list(Deal.objects.using(portal).filter(id__gt=290).select_related("company")),
    ),
    "rows that point here": (
        "filter[>ID",
        lambda portal: list(Company.objects.using(portal)[:1].prefetch_related("deals")),
    ),
    "rows that point here, of others": (
        "filter[@COMPANY_ID",
        lambda portal: list(Company.objects.using(portal)[:1].prefetch_related("deals")),
    ),
}


@pytest.mark.parametrize(("unheard", "read"), READS.values(), ids=READS)
def test_a_condition_that_is_not_heeded_is_noticed(client: Portal, unheard: str, read: Read) -> None:
    with pytest.raises(Incomplete, match="answered other rows than it was asked for"):
        read(client)
