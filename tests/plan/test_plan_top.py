"""The first rows in an order that only the server can follow: each once, none counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from b24orm.errors import ApiError, Incomplete
from b24orm.facts import load
from b24orm.plan.calls import Ask, Call, Outcome, Ref, Reply, Row
from b24orm.plan.listing import Listing
from b24orm.plan.steps.top import PAGES, TopPages
from b24orm.schema import EntitySchema

DEAL, INVOICE = load("Deal"), load("SmartInvoice")
SCHEMAS = pytest.mark.parametrize("schema", [DEAL, INVOICE], ids=["classic", "controller"])


class Shelf:
    """Answers lists whose order nobody but the server knows.

    Args:
        schema: the entity.
        ids: the rows, in their order.
    """

    def __init__(self, schema: EntitySchema, ids: Sequence[int]) -> None:
        self.schema = schema
        self.ids = list(ids)
        self.commands = 0

    def answer(self, ask: Ask) -> list[Outcome]:
        """The outcomes of one batch; a controller fails where a reference leads nowhere."""
        outcomes: list[Outcome] = []
        pages: dict[str, list[int]] = {}
        for label, call in zip(ask.labels, ask.calls, strict=True):
            self.commands += 1
            filtered: Mapping[str, Any] = call.params.get("filter", {})
            unwanted = [_found(pages, value) for value in filtered.get(_excluding(self.schema), ())]
            if None in unwanted and self.schema is INVOICE:
                return [*outcomes, ApiError("ERROR_CORE", "a reference leads nowhere")]
            assert call.params["start"] == -1
            pages[label] = [key for key in self.ids if key not in set(unwanted)][:50]
            outcomes.append(Reply(self._wrapped(pages[label])))
        return outcomes

    def _wrapped(self, ids: Sequence[int]) -> Any:
        rows = [{self.schema.id_field.wire: key} for key in ids]
        return {"items": rows} if self.schema is INVOICE else rows


def _found(pages: Mapping[str, Sequence[int]], value: int | Ref) -> int | None:
    if isinstance(value, int):
        return value
    page, (*_, row, _) = pages[value.label], value.path
    assert isinstance(row, int)
    return page[row] if row < len(page) else None


def _excluding(schema: EntitySchema) -> str:
    return "!@id" if schema is INVOICE else "!ID"


def top(schema: EntitySchema, rows: int) -> TopPages:
    listing = Listing(schema)

    def page(further: Mapping[str, Any]) -> Call:
        return listing.call(further, start=-1)

    return TopPages(listing, page, _excluding(schema), rows)


def read(flow: TopPages, shelf: Shelf) -> list[int]:
    """The ids of all pages."""
    found: list[Row] = []
    while not flow.done:
        for ask in flow.asks(1):
            flow.receive(ask, shelf.answer(ask))
        for page in flow.pages():
            found += page
    return [int(row[shelf.schema.id_field.wire]) for row in found]


@SCHEMAS
@settings(max_examples=60, derandomize=True, deadline=None)
@given(size=st.integers(0, 700), rows=st.integers(51, 750), random=st.randoms(use_true_random=False))
@example(size=50, rows=51, random=None)
@example(size=250, rows=251, random=None)
def test_the_first_rows_come_in_the_order_of_the_server(
    schema: EntitySchema, size: int, rows: int, random: Any
) -> None:
    ids = list(range(1, size + 1))
    if random:
        random.shuffle(ids)

    assert read(top(schema, rows), Shelf(schema, ids)) == ids[: -(-rows // 50) * 50]


@SCHEMAS
@pytest.mark.parametrize(("rows", "commands"), [(51, 2), (250, 5), (251, 6), (750, 15)])
def test_a_page_takes_one_command(schema: EntitySchema, rows: int, commands: int) -> None:
    shelf = Shelf(schema, range(1, 2_000))
    read(top(schema, rows), shelf)

    assert shelf.commands == commands


def test_nothing_more_is_asked_behind_a_short_page() -> None:
    shelf = Shelf(DEAL, range(1, 80))
    read(top(DEAL, 750), shelf)

    assert shelf.commands == PAGES


@SCHEMAS
def test_rows_that_move_meanwhile_come_once(schema: EntitySchema) -> None:
    flow, shelf = top(schema, 500), Shelf(schema, range(1, 1_001))
    (ask,) = flow.asks(1)
    flow.receive(ask, shelf.answer(ask))
    shelf.ids = [*range(1_500, 1_510), *reversed(shelf.ids)]
    rest = read(flow, shelf)

    assert rest == [*range(1, 251), *range(1_500, 1_510), *range(1_000, 760, -1)]


def test_a_portal_that_excludes_nothing_is_noticed() -> None:
    flow, shelf = top(DEAL, 100), Shelf(DEAL, range(1, 200))
    (ask,) = flow.asks(1)
    first = shelf.answer(Ask(ask.calls[:1], ask.labels[:1]))

    with pytest.raises(Incomplete, match="other rows than it was asked for"):
        flow.receive(ask, [*first, *first])


def test_an_error_is_raised() -> None:
    flow = top(DEAL, 100)
    (ask,) = flow.asks(1)

    with pytest.raises(ApiError, match="ACCESS_DENIED"):
        flow.receive(ask, [ApiError("ACCESS_DENIED", "no"), ApiError("ACCESS_DENIED", "no")])


def test_it_waits_for_a_free_place_and_for_its_answers() -> None:
    flow = top(DEAL, 500)

    assert (flow.asks(0), len(flow.asks(9)), flow.asks(9)) == ((), 1, ())
