"""How the list methods outside the CRM are asked: paging, places, parameters, ids."""

from __future__ import annotations

from typing import Any

import pytest

from b24orm.errors import Incomplete, InvalidValue, Unsupported
from b24orm.models import (
    Address,
    BiconnectorDataset,
    Bot,
    CatalogProduct,
    DiskFile,
    ElapsedTime,
    Epic,
    OpenLine,
    Site,
    WorkflowInstance,
)
from b24orm.orm.queryset import Rows
from b24orm.plan.calls import Call, Reply
from b24orm.plan.compiler import compile_query
from b24orm.plan.flow import Flow
from b24orm.plan.plan import Plan
from b24orm.plan.steps.until_empty import UntilEmpty


def plan_of(rows: Rows[Any, Any, Any]) -> Plan:
    return compile_query(rows._query)


def params_of(rows: Rows[Any, Any, Any]) -> Any:
    sample = plan_of(rows).sample
    assert sample is not None
    return sample.params


def all_rows(flow: Flow, rows: list[dict[str, Any]], size: int) -> tuple[list[Any], int]:
    """What a flow hands out of a table, and how many calls it made."""
    found: list[Any] = []
    calls = 0
    while not flow.done:
        for ask in flow.asks(1):
            pages = [rows[call.params["at"] : call.params["at"] + size] for call in ask.calls]
            calls += len(pages)
            flow.receive(ask, [Reply(page) for page in pages])
        for page in flow.pages():
            found += page
    return found, calls


def pages_at(start: int) -> Call:
    return Call("some.list", {"at": start})


def test_a_page_number_counts_from_one() -> None:
    sliced = BiconnectorDataset.objects.order_by("name")[100:150]

    assert params_of(sliced)["page"] == 3


def test_an_offset_goes_with_its_limit() -> None:
    params = params_of(Bot.objects.all()[50:60])

    assert (params["offset"], params["limit"]) == (50, 50)


def test_a_dotted_parameter_stands_inside_another() -> None:
    params = params_of(OpenLine.objects.only("line_name")[:20])

    assert params["PARAMS"]["select"] == ["ID", "LINE_NAME"]
    assert (params["PARAMS"]["offset"], params["PARAMS"]["limit"]) == (0, 50)


def test_a_method_that_reads_places_gets_its_parameters_in_order() -> None:
    params = params_of(ElapsedTime.objects.filter(task_id=7, user_id=1).order_by("seconds"))

    assert list(params) == ["TASKID", "ORDER", "FILTER", "SELECT", "PARAMS"]
    assert params["TASKID"] == 7
    assert params["PARAMS"] == {"NAV_PARAMS": {"iNumPage": 1, "nPageSize": 50}}


def test_a_parameter_that_is_no_field_is_a_keyword_of_filter() -> None:
    params = params_of(DiskFile.objects.filter(folder_id=12, id__gt=5))

    assert params["id"] == 12
    assert params["filter"] == {">ID": 5, "TYPE": "file"}


def test_a_missing_parameter_is_named() -> None:
    with pytest.raises(InvalidValue, match=r"filter\(folder_id=\.\.\.\)"):
        plan_of(DiskFile.objects.all())


def test_a_catalog_is_asked_for_under_its_bare_key() -> None:
    params = params_of(CatalogProduct.objects.filter(iblock_id=14, active=True).only("name"))

    assert params["filter"]["iblockId"] == 14
    assert {"id", "iblockId", "name"} <= set(params["select"])


def test_rows_without_an_id_are_listed_by_offset() -> None:
    plan = plan_of(Address.objects.filter(entity_id=3))

    assert plan.strategy == "OffsetPages"
    assert plan.sample is not None
    assert "order" not in plan.sample.params


def test_rows_without_an_id_can_not_be_fetched_by_it() -> None:
    with pytest.raises(Unsupported, match="rows of Address have no id"):
        Address.objects.in_bulk([1, 2])


def test_ids_that_are_texts_are_not_walked_by() -> None:
    assert plan_of(WorkflowInstance.objects.all()).strategy == "OffsetPages"


def test_a_method_that_pages_only_when_told_to_is_asked_once() -> None:
    assert plan_of(Site.objects.filter(type="PAGE")).strategy == "Single"


def test_a_method_that_tells_no_total_is_read_until_a_page_is_empty() -> None:
    assert plan_of(Epic.objects.order_by("name")).strategy == "UntilEmpty"


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 95])
def test_until_empty_hands_out_every_row(count: int) -> None:
    rows = [{"id": number} for number in range(count)]

    found, _ = all_rows(UntilEmpty(pages_at, identify=lambda r: r["id"], page_size=10), rows, 10)

    assert found == rows


def test_until_empty_reads_on_after_a_short_page() -> None:
    rows: dict[int, list[dict[str, Any]]] = {0: [{"id": 1}], 10: [{"id": 2}]}
    flow = UntilEmpty(pages_at, page_size=10)
    found: list[Any] = []
    while not flow.done:
        for ask in flow.asks(1):
            flow.receive(ask, [Reply(rows.get(call.params["at"], [])) for call in ask.calls])
        found += [row for page in flow.pages() for row in page]

    assert found == [{"id": 1}, {"id": 2}]


def test_until_empty_cuts_a_slice() -> None:
    rows = [{"id": number} for number in range(100)]

    found, calls = all_rows(UntilEmpty(pages_at, start=15, stop=32, page_size=10), rows, 10)

    assert found == rows[15:32]
    assert calls <= 4


def test_until_empty_notices_a_first_page_that_comes_again() -> None:
    flow = UntilEmpty(pages_at, identify=lambda r: r["id"], page_size=2)

    (first,) = flow.asks(1)
    flow.receive(first, [Reply([{"id": 1}, {"id": 2}])])
    (second,) = flow.asks(1)

    with pytest.raises(Incomplete, match="repeated"):
        flow.receive(second, [Reply([{"id": 1}, {"id": 2}]) for _ in second.calls])
