"""What ends a query: get, count, exists, in_bulk, values, values_list, iterator."""

from __future__ import annotations

import asyncio
import pickle
from typing import Any

import pytest

from b24orm import AsyncPortal, Portal
from b24orm.emulator import LocalPortal
from b24orm.errors import (
    DoesNotExist,
    FieldNotLoaded,
    InvalidValue,
    MultipleObjects,
    RelationNotLoaded,
    UnknownName,
    UsageError,
)
from b24orm.models import Company, Currency, Deal

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


# -- latest, earliest, contains, in_bulk by another field ----------------------------------------


def test_latest_and_earliest_are_the_ends_of_an_order(client: Portal) -> None:
    won = Deal.objects.filter(stage_semantic_id="S")
    dates = sorted((deal.date_create, deal.id) for deal in won if deal.date_create is not None)

    assert won.earliest("date_create").date_create == dates[0][0]
    assert won.latest("date_create").date_create == dates[-1][0]
    assert won.latest("date_create", "id").id == dates[-1][1]


def test_a_minus_turns_their_order_round(client: Portal) -> None:
    assert Deal.objects.latest("-id") == Deal.objects.earliest("id") == Deal.objects.first()


def test_latest_of_nothing_raises_the_models_own_error(client: Portal) -> None:
    with pytest.raises(Deal.DoesNotExist, match="there is no Deal with these conditions"):
        Deal.objects.filter(id=100_000).latest("id")


@pytest.mark.parametrize("name", ["latest", "earliest"])
def test_they_want_a_field(client: Portal, name: str) -> None:
    with pytest.raises(InvalidValue, match=rf"{name}\(\) names the fields"):
        getattr(Deal.objects, name)()


def test_latest_of_values_is_a_value(client: Portal) -> None:
    last = Deal.objects.last()

    assert last is not None
    assert Deal.objects.values_list("id", flat=True).latest("id") == last.id


def test_a_set_contains_the_rows_that_fit(office: LocalPortal, client: Portal) -> None:
    won = Deal.objects.filter(stage_semantic_id="S")
    inside, outside = won[0], Deal.objects.exclude(stage_semantic_id="S")[0]

    assert (won.contains(inside), won.contains(outside)) == (True, False)


def test_to_know_that_one_id_is_asked_for(office: LocalPortal, client: Portal) -> None:
    won = Deal.objects.filter(stage_semantic_id="S")
    inside, before = won[0], office.stats.rows

    assert (won.contains(inside), office.stats.rows - before) == (True, 1)


def test_a_set_that_was_fetched_knows_by_itself(office: LocalPortal, client: Portal) -> None:
    won = Deal.objects.filter(stage_semantic_id="S")
    rows, before = list(won), office.stats.requests

    assert won.contains(rows[0])
    assert not won.contains(Deal(id=100_000))
    assert office.stats.requests == before


@pytest.mark.parametrize(
    ("row", "text"), [(Company(id=1), "takes a Deal, not"), (Deal(title="x"), "was never saved")]
)
def test_contains_takes_rows_of_the_model_that_were_saved(client: Portal, row: Any, text: str) -> None:
    with pytest.raises(InvalidValue, match=text):
        Deal.objects.contains(row)


def test_contains_can_not_follow_a_slice(client: Portal) -> None:
    with pytest.raises(UsageError, match=r"contains\(\) can't follow a slice"):
        Deal.objects.all()[:5].contains(Deal(id=1))


def test_rows_are_had_by_another_field(client: Portal) -> None:
    companies = list(Company.objects.all()[:3])
    titles = [company.title for company in companies]

    assert Company.objects.in_bulk(titles, field_name="title") == dict(zip(titles, companies, strict=True))


def test_all_rows_are_had_by_another_field(client: Portal) -> None:
    found = Currency.objects.in_bulk(field_name="currency")

    assert sorted(found) == sorted(row.currency for row in Currency.objects.all())


def test_a_field_that_does_not_tell_rows_apart_is_refused(client: Portal) -> None:
    with pytest.raises(Deal.MultipleObjects, match="stage_semantic_id='S', so it does not tell them apart"):
        Deal.objects.in_bulk(["S"], field_name="stage_semantic_id")


async def _twins(office: LocalPortal) -> list[object]:
    async with AsyncPortal(office.url) as portal:
        rows = Deal.objects.using(portal)
        first, last = await rows.aearliest("id"), await rows.alatest("id")
        return [
            first.id,
            last.id,
            await rows.acontains(first),
            sorted(await rows.ain_bulk([first.title], field_name="title"))[:1] == [first.title],
        ]


def test_their_twins_say_the_same(office: LocalPortal) -> None:
    ids = office.store.ids("deal")

    assert asyncio.run(_twins(office)) == [ids[0], ids[-1], True, True]
