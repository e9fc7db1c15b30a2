"""The general calls, awaited: of a Portal and of an AsyncPortal alike."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from b24orm import AsyncPortal, Portal
from b24orm.emulator import LocalPortal
from b24orm.errors import InvalidValue, NotFound, UnknownParameter
from tests.conftest import Serve

CALLS: dict[str, Callable[[Any], Awaitable[Any]]] = {
    "acall": lambda portal: portal.acall("crm.deal.get", {"id": 1}),
    "acall, several": lambda portal: portal.acall("crm.deal.get", [{"id": 1}, {"id": 2}]),
    "acall, raw": lambda portal: portal.acall("crm.deal.fields", raw=True),
    "acall_batch": lambda portal: portal.acall_batch({"halt": 0, "cmd": {"one": "crm.deal.get?id=1"}}),
    "aget_all": lambda portal: portal.aget_all("crm.deal.list", {"select": ["ID"]}),
    "aget_by_ID": lambda portal: portal.aget_by_ID("crm.deal.get", [1, 2]),
    "alist_and_get": lambda portal: portal.alist_and_get("crm.deal"),
}
PLAIN: dict[str, Callable[[Portal], Any]] = {
    "acall": lambda portal: portal.call("crm.deal.get", {"id": 1}),
    "acall, several": lambda portal: portal.call("crm.deal.get", [{"id": 1}, {"id": 2}]),
    "acall, raw": lambda portal: portal.call("crm.deal.fields", raw=True),
    "acall_batch": lambda portal: portal.call_batch({"halt": 0, "cmd": {"one": "crm.deal.get?id=1"}}),
    "aget_all": lambda portal: portal.get_all("crm.deal.list", {"select": ["ID"]}),
    "aget_by_ID": lambda portal: portal.get_by_ID("crm.deal.get", [1, 2]),
    "alist_and_get": lambda portal: portal.list_and_get("crm.deal"),
}


@pytest.fixture
def office(serve: Serve) -> LocalPortal:
    return serve(deals=70)


def _without_time(answer: Any) -> Any:
    return (
        {key: value for key, value in answer.items() if key != "time"} if isinstance(answer, dict) else answer
    )


@pytest.mark.parametrize("name", CALLS)
def test_a_portal_for_synchronous_code_is_awaited(office: LocalPortal, name: str) -> None:
    with Portal(office.url) as portal:
        told = asyncio.run(_answer(portal, name))

        assert _without_time(told) == _without_time(PLAIN[name](portal))


@pytest.mark.parametrize("name", CALLS)
def test_so_is_one_for_asynchronous_code(office: LocalPortal, name: str) -> None:
    async def ask() -> Any:
        async with AsyncPortal(office.url) as portal:
            return await _answer(portal, name)

    with Portal(office.url) as portal:
        assert _without_time(asyncio.run(ask())) == _without_time(PLAIN[name](portal))


async def _answer(portal: Portal | AsyncPortal, name: str) -> Any:
    return await CALLS[name](portal)


def test_errors_are_those_of_the_plain_calls(office: LocalPortal) -> None:
    with Portal(office.url) as portal:
        with pytest.raises(NotFound):
            asyncio.run(_call(portal, "crm.deal.get", {"id": 999}))
        with pytest.raises(InvalidValue, match="method takes"):
            asyncio.run(_call(portal, 5))
        with pytest.raises(UnknownParameter, match="give the method's own parameters as one dict"):
            asyncio.run(_call(portal, "crm.deal.list", filter={}))


async def _call(portal: Portal, *given: Any, **named: Any) -> Any:
    return await portal.acall(*given, **named)
