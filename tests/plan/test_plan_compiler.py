"""Which strategy a query is fetched by, and what it will cost."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from b24orm.errors import InvalidValue, Unsupported
from b24orm.facts import load, names
from b24orm.plan.calls import Ask, Reply
from b24orm.plan.compiler import compile_count, compile_query
from b24orm.plan.plan import Plan
from b24orm.query.names import find_field
from b24orm.query.nodes import Q, Query
from b24orm.query.resolving import resolve, resolve_order
from b24orm.schema import EntitySchema
from tests.plan.fake_portal import FakePortal, Table, drive

DEAL, INVOICE, ITEM, CATEGORY, ROW = (
    load(name) for name in ("Deal", "SmartInvoice", "Item", "Category", "ProductRow")
)
STATUS, DEPARTMENT, USER, CONTACT = (load(name) for name in ("Status", "Department", "User", "Contact"))


def query(
    schema: EntitySchema,
    where: Q | None = None,
    *order: str,
    rows: tuple[int, int | None] = (0, None),
    only: tuple[str, ...] = (),
) -> Query:
    selected = tuple(found for name in only if (found := find_field(schema, name)))
    made = Query(
        schema,
        resolve(schema, where or Q()),
        tuple(resolve_order(schema, name) for name in order),
        selected or None,
    )
    return made.sliced_to(*rows)


def sample(plan: Plan) -> dict[str, Any]:
    assert plan.sample is not None
    return dict(plan.sample.params)


WON, OPEN = Q(stage="WON"), Q(closed=False)
OF_DEAL = Q(owner_id=1, owner_type="D")


@pytest.mark.parametrize(
    ("asked", "strategy"),
    [
        (query(DEAL), "KeysetScan"),
        (query(DEAL, WON, "id"), "KeysetScan"),
        (query(DEAL, WON, "-id"), "KeysetScan"),
        (query(DEAL, Q(id__gt=5)), "KeysetScan"),
        (query(DEAL, rows=(0, 51)), "KeysetScan"),
        (query(DEAL, rows=(2_499, 2_510)), "KeysetScan"),
        (query(DEAL, rows=(9_999, None)), "KeysetScan"),
        (query(DEAL, rows=(0, 50)), "Single"),
        (query(DEAL, rows=(10, 50)), "Single"),
        (query(DEAL, rows=(2_500, 2_510)), "OffsetPages"),
        (query(DEAL, Q(id__in=[1, 2])), "ByIds"),
        (query(DEAL, Q(id=1) & WON, "-id"), "ByIds"),
        (query(DEAL, Q(id__in=[1, 2]), "title"), "OffsetPages"),
        (query(DEAL, WON, "title"), "OffsetPages"),
        (query(DEAL, WON, "-opportunity"), "OrderedScan"),
        (query(DEAL, WON, "-opportunity", rows=(0, 10)), "Single"),
        (query(DEAL, WON, "title", rows=(700, 750)), "TopPages"),
        (query(DEAL, WON, "title", rows=(0, 751)), "OffsetPages"),
        (query(DEAL, WON, "-opportunity", rows=(0, 1_000)), "OffsetPages"),
        (query(DEAL, WON, "-opportunity", rows=(500, 1_501)), "OrderedScan"),
        (query(DEAL, ~Q(id__in=[3, 4]), "title", rows=(0, 51)), "OffsetPages"),
        (query(DEAL, WON | OPEN), "Union"),
        (query(DEAL, WON | OPEN, "-id"), "Union"),
        (query(DEAL, WON | OPEN, "-opportunity", rows=(5, 10)), "Union"),
        (query(DEAL, Q(id__in=[])), "Nothing"),
        (query(DEAL, rows=(5, 5)), "Nothing"),
        (query(INVOICE, Q(title="a") | Q(opened=True)), "KeysetScan"),
        (query(INVOICE, Q(observers=5), rows=(0, 10)), "KeysetScan"),
        (query(CATEGORY, Q(entity_type_id=2)), "Single"),
        (query(STATUS, Q(entity_id="SOURCE")), "Single"),
        (query(DEPARTMENT), "OffsetPages"),
        (query(ROW, OF_DEAL), "KeysetScan"),
    ],
    ids=lambda part: f"{part.schema.name} {part.where}" if isinstance(part, Query) else str(part),
)  # fmt: skip
def test_each_query_has_its_strategy(asked: Query, strategy: str) -> None:
    assert compile_query(asked).strategy == strategy


@pytest.mark.parametrize(
    ("asked", "strategy"),
    [
        (query(DEAL), "Count"),
        (query(DEAL, WON, "title"), "Count"),
        (query(DEAL, Q(id__in=range(1, 51))), "Count"),
        (query(DEAL, Q(id__in=range(1, 52))), "ByIds"),
        (query(DEAL, WON | OPEN), "Union"),
        (query(INVOICE, Q(title="a") | Q(opened=True)), "Count"),
        (query(INVOICE, Q(observers=5)), "KeysetScan"),
        (query(CATEGORY, Q(entity_type_id=2)), "Single"),
        (query(DEAL, Q(id__in=[])), "Nothing"),
    ],
    ids=lambda part: f"{part.schema.name} {part.where}" if isinstance(part, Query) else str(part),
)
def test_each_count_has_its_strategy(asked: Query, strategy: str) -> None:
    assert compile_count(asked).strategy == strategy


def test_a_count_selects_nothing_but_ids() -> None:
    assert sample(compile_count(query(DEAL, WON))) == {
        "filter": {"=STAGE_ID": "WON"},
        "select": ["ID"],
        "start": 0,
    }


def test_a_scan_neither_counts_nor_skips() -> None:
    plan = compile_query(query(DEAL, WON & Q(id__gt=5), "-id"))

    assert sample(plan) == {
        "filter": {"=STAGE_ID": "WON", ">ID": 5},
        "select": ["*", "UF_*"],
        "order": {"ID": "DESC"},
        "start": -1,
    }


def test_a_page_by_offset_is_sorted_by_the_id_in_the_end() -> None:
    assert sample(compile_query(query(DEAL, None, "-title")))["order"] == {"TITLE": "DESC", "ID": "ASC"}


def test_the_id_is_always_selected() -> None:
    assert sample(compile_query(query(DEAL, only=("title",))))["select"] == ["ID", "TITLE"]


def test_what_rows_are_sorted_by_is_selected_too() -> None:
    plan = compile_query(query(DEAL, None, "opportunity", only=("title",)))
    (ask,) = plan.flow().asks(1)

    assert ask.calls[0].params["select"] == ["ID", "TITLE", "OPPORTUNITY"]


def test_user_fields_keep_their_names_in_smart_processes() -> None:
    assert sample(compile_query(query(INVOICE)))["useOriginalUfNames"] == "Y"


@pytest.mark.parametrize(("rows", "skip", "take"), [((10, 60), 10, 50), ((10, None), 10, None)])
def test_a_slice_is_cut_from_what_is_read(rows: tuple[int, int | None], skip: int, take: int | None) -> None:
    plan = compile_query(query(DEAL, rows=rows))

    assert (plan.skip, plan.take) == (skip, take)


# -- parameters beside the filter ------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "where", "missing"),
    [
        (CATEGORY, Q(), "entity_type_id"),
        (ITEM, Q(opened=True), "entity_type_id"),
        (ITEM, Q(entity_type_id=2) | Q(entity_type_id=3), "entity_type_id"),
        (ROW, Q(owner_id=1), "owner_type"),
        (ROW, ~Q(owner_id=1) & Q(owner_type="D"), "owner_id"),
        (ROW, Q(owner_id__in=[1, 2], owner_type="D"), "owner_id"),
    ],
)
def test_a_missing_parameter_is_named(schema: EntitySchema, where: Q, missing: str) -> None:
    with pytest.raises(InvalidValue, match=rf"can only be listed with filter\(.*{missing}=\.\.\."):
        compile_query(query(schema, where))


def test_a_parameter_may_stand_anywhere_among_the_conditions() -> None:
    where = Q(opened=True) & (Q(entity_type_id=1038) & Q(id__gt=5))

    assert (sample(compile_query(query(ITEM, where)))["entityTypeId"]) == 1038


def test_a_parameter_leaves_the_filter() -> None:
    plan = compile_query(query(ITEM, Q(entity_type_id=1038, opened=True)))

    assert sample(plan)["filter"] == {"=opened": True}


def test_a_condition_that_the_method_insists_on_stays_in_the_filter() -> None:
    assert sample(compile_query(query(ROW, OF_DEAL)))["filter"] == {"=ownerId": 1, "=ownerType": "D"}


def test_a_parameter_can_have_one_value_only() -> None:
    with pytest.raises(InvalidValue, match="2 already"):
        compile_query(query(CATEGORY, Q(entity_type_id=2) & Q(entity_type_id=3)))


def test_nothing_at_all_needs_no_parameters() -> None:
    assert compile_query(query(ITEM, Q(id__in=[]))).strategy == "Nothing"


# -- what can't be done --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (query(DEAL, WON | OPEN, "title"), "merged in an order of texts"),
        (query(STATUS, Q(entity_id="A") | Q(entity_id="B")), "can't do OR; ask several times"),
        (query(USER, None, "name", "last_name"), "sorts by one field only"),
    ],
    ids=["or in an order of texts", "or at once", "two sort keys"],
)
def test_what_can_t_be_fetched_is_refused(asked: Query, reason: str) -> None:
    with pytest.raises(Unsupported, match=reason):
        compile_query(asked)


@pytest.mark.parametrize("name", names())
def test_every_list_that_can_be_scanned_has_ids_to_compare(name: str) -> None:
    schema = load(name)

    assert schema.list is None or not schema.list.keyset or schema.id_field.type == "integer"


# -- flows -----------------------------------------------------------------------------------------


def test_a_plan_makes_a_fresh_flow_each_time() -> None:
    plan = compile_query(query(DEAL))
    first = drive(plan.flow(), FakePortal(DEAL, Table.of(range(1, 80))), Random(1))
    again = drive(plan.flow(), FakePortal(DEAL, Table.of(range(1, 80))), Random(1))

    assert first.ids == again.ids == list(range(1, 80))


@pytest.mark.parametrize("order", ["id", "-id"])
def test_rows_that_come_at_once_are_sorted_here_where_the_method_can_t(order: str) -> None:
    flow = compile_query(query(CATEGORY, Q(entity_type_id=2), order)).flow()
    (ask,) = flow.asks(1)
    assert isinstance(ask, Ask)
    flow.receive(ask, [Reply({"categories": [{"id": 2}, {"id": 9}, {"id": 1}]})])

    assert [row["id"] for page in flow.pages() for row in page] == sorted([1, 2, 9], reverse=order == "-id")


@pytest.mark.parametrize("rows", [0, 1, 49, 50, 51, 2_550, 2_551, 7_000])
def test_the_expected_requests_are_the_ones_it_takes(rows: int) -> None:
    plan = compile_query(query(DEAL))
    run = drive(plan.flow(), FakePortal(DEAL, Table.of(range(1, rows + 1))), Random(1))

    assert (plan.expected(rows) or ())[:1] == (run.asks,)


def test_a_subclass_s_constant_is_sent_with_every_call() -> None:
    contract = replace(ITEM, fixed_params={"entityTypeId": 1038})

    assert sample(compile_query(query(contract)))["entityTypeId"] == 1038
