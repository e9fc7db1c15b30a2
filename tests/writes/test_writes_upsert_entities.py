"""bulk_upsert of entities with methods of other kinds: items, products, tasks; and through an AsyncPortal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from b24orm import AsyncPortal, models
from b24orm.emulator import LocalPortal
from b24orm.errors import UsageError
from tests.conftest import Connect, Serve

Make: TypeAlias = Callable[[int, str], Any]


class Contract(models.DynamicItem, entity_type_id=1038):
    """A smart process."""


ENTITIES: dict[str, tuple[str, Make]] = {
    "DealItem": ("origin_id", lambda n, text: models.DealItem(origin_id=f"A{n}", title=text)),
    "ContactItem": ("origin_id", lambda n, text: models.ContactItem(origin_id=f"A{n}", name=text)),
    "Lead": ("origin_id", lambda n, text: models.Lead(origin_id=f"A{n}", title=text)),
    "SmartInvoice": ("xml_id", lambda n, text: models.SmartInvoice(xml_id=f"A{n}", title=text)),
    "Contract": ("xml_id", lambda n, text: Contract(xml_id=f"A{n}", title=text)),
    "Product": ("xml_id", lambda n, text: models.Product(xml_id=f"A{n}", name=text)),
    "Task": ("xml_id", lambda n, text: models.Task(xml_id=f"A{n}", title=text, responsible_id=1)),
    "Store": ("code", lambda n, text: models.Store(code=f"A{n}", title=text, address="x")),
}


@pytest.fixture
def desk(serve: Serve) -> LocalPortal:
    return serve()


@pytest.mark.parametrize("name", ENTITIES)
def test_what_was_added_is_found_again_and_changed(desk: LocalPortal, join: Connect, name: str) -> None:
    join(desk)
    key, make = ENTITIES[name]
    if name == "Contract":
        models.SmartProcessType.objects.create(title="Contract", entity_type_id=1038)
    rows = type(make(0, "x")).objects
    for text, outcome in (("one", "created"), ("one", "unchanged"), ("two", "updated"), ("two", "unchanged")):
        results = rows.bulk_upsert([make(n, text) for n in range(60)], key=key)
        assert {result.outcome for result in results} == {outcome}, text


async def test_an_asynchronous_portal(desk: LocalPortal) -> None:
    async with AsyncPortal(desk.url, plan="unlimited", progress=False) as portal:
        deals = models.Deal.objects.using(portal)
        await deals.abulk_upsert([models.Deal(origin_id="A1", title="one")], key="origin_id")
        (result,) = await deals.abulk_upsert([models.Deal(origin_id="A1", title="two")], key="origin_id")
        assert (result.outcome, result.id) == ("updated", 1)


def test_a_set_of_no_rows_is_refused(desk: LocalPortal, join: Connect) -> None:
    join(desk)
    with pytest.raises(UsageError, match=r"none\(\)"):
        models.Deal.objects.none().bulk_upsert([], key="origin_id")
