"""What ends a query: get, count, exists, in_bulk, values, values_list, iterator."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from b24orm import Portal
from b24orm.emulator import LocalPortal
from b24orm.errors import (
    DoesNotExist,
    FieldNotLoaded,
    InvalidValue,
    MultipleObjects,
    RelationNotLoaded,
    UnknownName,
)
from b24orm.models import Company, Deal

# -- get ------------------------------------------------------------------------------------


def test_get_finds_the_one_row(office: LocalPortal, client: Portal) -> None:
    row = office.store.get("deal", 17)
    assert row is not None
    assert Deal.objects.get(id=17).title == row["TITLE"]


def test_get_sends_one_request(office: LocalPortal, client: Portal) -> None:
    before = office.stats.requests
    Deal.objects.get(id=17)
    assert office.stats.requests - before == 1


def test_get_of_nothing_raises_the_models_own_error(client: Portal) -> None:
    with pytest.raises(Deal.DoesNotExist, match="there is no Deal with id=100000"):
        Deal.objects.get(id=100_000)


def test_the_error_of_one_model_is_not_that_of_another(client: Portal) -> None:
    with pytest.raises(DoesNotExist) as caught:
        Deal.objects.get(id=100_000)
    assert not isinstance(caught.value, Company.DoesNotExist)


def test_get_of_several_raises_the_models_own_error(client: Portal) -> None:
    with pytest.raises(Deal.MultipleObjects, match="stage_semantic_id='S'"):
        Deal.objects.get(stage_semantic_id="S")


def test_get_of_many_fetches_no_more_than_a_page(office: LocalPortal, client: Portal) -> None:
    before = office.stats.rows
    with pytest.raises(MultipleObjects):
        Deal.objects.get()
    assert office.stats.rows - before <= 50


def test_get_within_a_slice_needs_the_slice_to_be_one_row(client: Portal) -> None:
    assert Deal.objects.order_by("id")[4:5].get() == Deal.objects.all()[4]


# -- numbers --------------------------------------------------------------------------------


def test_count_is_one_request_and_fetches_ids_only(office: LocalPortal, client: Portal) -> None:
    before = office.stats.requests
    assert Deal.objects.count() == office.store.count("deal")
    assert office.stats.requests - before == 1


@pytest.mark.parametrize(("ids", "expected"), [([1, 2, 3], True), ([99_999], False), ([], False)])
def test_exists_says_whether_there_is_a_row(client: Portal, ids: list[int], expected: bool) -> None:
    assert Deal.objects.filter(id__in=ids).exists() is expected


def test_exists_is_one_request_without_a_count(office: LocalPortal, client: Portal) -> None:
    requests, counted = office.stats.requests, office.stats.counted
    Deal.objects.filter(opportunity__gt=1).exists()
    assert (office.stats.requests - requests, office.stats.counted - counted) == (1, 0)


def test_len_bool_and_in_fetch_the_rows_once(office: LocalPortal, client: Portal) -> None:
    before = office.stats.requests
    deals = Deal.objects.filter(id__lte=40)
    assert (len(deals), bool(deals), deals[3] in deals) == (40, True, True)
    assert office.stats.requests - before == 1


# -- in_bulk --------------------------------------------------------------------------------


def test_in_bulk_is_a_dict_by_id(office: LocalPortal, client: Portal) -> None:
    found = Deal.objects.in_bulk([5, 3, 5, 99_999])
    assert {key: deal.id for key, deal in found.items()} == {3: 3, 5: 5}


def test_in_bulk_takes_any_iterable(client: Portal) -> None:
    assert set(Deal.objects.in_bulk(number for number in (1, 2))) == {1, 2}


def test_in_bulk_of_everything(office: LocalPortal, client: Portal) -> None:
    assert list(Deal.objects.in_bulk()) == office.store.ids("deal")


def test_in_bulk_respects_the_filter(office: LocalPortal, client: Portal) -> None:
    won = office.store.ids("deal", "STAGE_ID = 'WON'")
    assert list(Deal.objects.filter(stage="WON").in_bulk(office.store.ids("deal"))) == won


# -- only, values, values_list --------------------------------------------------------------


def test_only_fetches_the_named_fields_and_the_id(client: Portal) -> None:
    deal = Deal.objects.only("title").get(id=3)
    assert set(vars(deal)) == {"id", "title"}


def test_a_field_that_only_left_out_says_so(client: Portal) -> None:
    deal = Deal.objects.only("title").get(id=3)
    with pytest.raises(FieldNotLoaded, match=r"Deal\.opportunity was not loaded"):
        _ = deal.opportunity


def test_a_relation_says_how_to_fetch_it(office: LocalPortal, client: Portal) -> None:
    deal = Deal.objects.filter(company__isnull=False)[0]
    with pytest.raises(RelationNotLoaded, match=r"Company\.objects\.get\(id=\d+\)"):
        _ = deal.company


def test_the_call_that_a_relation_names_fetches_it(office: LocalPortal, client: Portal) -> None:
    deal = Deal.objects.filter(company__isnull=False)[0]
    assert deal.company_id is not None
    assert Company.objects.get(id=deal.company_id).id == deal.company_id


def test_a_partial_row_is_missing_the_attribute_for_getattr_too(client: Portal) -> None:
    deal = Deal.objects.only("title").get(id=3)
    assert (hasattr(deal, "opportunity"), getattr(deal, "opportunity", "none")) == (False, "none")


def test_values_are_dicts_of_the_named_fields(office: LocalPortal, client: Portal) -> None:
    stored = [{"id": row["ID"], "title": row["TITLE"]} for row in office.store.rows("deal")]
    assert list(Deal.objects.values("id", "title")) == stored


def test_values_without_names_hold_every_field(client: Portal) -> None:
    (row,) = Deal.objects.filter(id=3).values()
    assert {"id", "title", "stage_id", "opportunity", "date_create"} <= set(row)


def test_values_list_holds_tuples_in_the_order_named(office: LocalPortal, client: Portal) -> None:
    stored = [(row["STAGE_ID"], row["ID"]) for row in office.store.rows("deal")]
    assert list(Deal.objects.values_list("stage_id", "id")) == stored


def test_a_flat_values_list_holds_the_values_alone(office: LocalPortal, client: Portal) -> None:
    assert list(Deal.objects.values_list("id", flat=True)) == office.store.ids("deal")


def test_the_relations_name_stands_for_its_key(office: LocalPortal, client: Portal) -> None:
    stored = [row["STAGE_ID"] for row in office.store.rows("deal")]
    assert list(Deal.objects.values_list("stage", flat=True)) == stored


def test_values_can_be_filtered_and_sliced_like_rows(office: LocalPortal, client: Portal) -> None:
    found = Deal.objects.values("id").filter(id__gt=10).exclude(id=12).order_by("-id")[:2]
    assert list(found) == [{"id": 330}, {"id": 329}]


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: Deal.objects.values_list(flat=True), InvalidValue),
        (lambda: Deal.objects.values_list("id", "title", flat=True), InvalidValue),
        (lambda: Deal.objects.values("titel"), UnknownName),
        (lambda: Deal.objects.only("titel"), UnknownName),
    ],
)
def test_wrong_fields_are_refused(call: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        call()


# -- iterating ------------------------------------------------------------------------------


def test_iterator_yields_every_row(office: LocalPortal, client: Portal) -> None:
    assert [deal.id for deal in Deal.objects.iterator()] == office.store.ids("deal")


def test_iterator_keeps_nothing(office: LocalPortal, client: Portal) -> None:
    deals = Deal.objects.filter(id__lte=5)
    before = office.stats.requests
    assert [len(list(deals.iterator())) for _ in range(2)] == [5, 5]
    assert office.stats.requests - before == 2


def test_rows_survive_a_pickle(client: Portal) -> None:
    deal = Deal.objects.only("title", "opportunity").get(id=3)
    assert vars(pickle.loads(pickle.dumps(deal))) == vars(deal)
