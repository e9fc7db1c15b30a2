"""Related rows are fetched beside the query, in few requests, and are the right ones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import b24orm
from b24orm import Prefetch, errors
from b24orm.emulator import LocalPortal
from b24orm.models import Company, Contact, Deal


@pytest.fixture(scope="module")
def portal() -> Iterator[LocalPortal]:
    """A portal with 3,000 deals of many companies, contacts and users."""
    with LocalPortal(deals=3_000) as running, b24orm.connect(running.url, plan="unlimited"):
        yield running


def requests(portal: LocalPortal) -> int:
    """Requests since the last call of this function."""
    count = portal.stats.requests
    portal.stats.reset()
    return count


def test_select_related_gives_the_row_that_the_id_names(portal: LocalPortal) -> None:
    deals = list(Deal.objects.select_related("company")[:200])

    assert [d.company.id if d.company else None for d in deals] == [d.company_id for d in deals]


def test_a_missing_pointer_is_none(portal: LocalPortal) -> None:
    key = portal.store.insert("deal", {"TITLE": "Nobody's"})
    lonely = Deal.objects.filter(id=key).select_related("company").first()

    assert lonely is not None
    assert lonely.company is None


def test_related_values_are_those_on_the_portal(portal: LocalPortal) -> None:
    deal = Deal.objects.filter(company__isnull=False).select_related("company").first()
    assert deal is not None
    (stored,) = [row for row in portal.store.rows("company") if int(row["ID"]) == deal.company_id]

    assert deal.company is not None
    assert deal.company.title == stored["TITLE"]


def test_three_relations_of_3000_deals_take_two_batches_beside_the_scan(portal: LocalPortal) -> None:
    requests(portal)

    list(Deal.objects.only("title").iterator())
    plain = requests(portal)
    list(Deal.objects.only("title").select_related("company", "assigned_by", "stage").iterator())

    assert requests(portal) - plain <= 2


def test_rows_of_one_company_share_one_object(portal: LocalPortal) -> None:
    deals = list(Deal.objects.filter(company__isnull=False).select_related("company"))
    by_id = {}
    for deal in deals:
        by_id.setdefault(deal.company_id, set()).add(id(deal.company))

    assert {len(objects) for objects in by_id.values()} == {1}


def test_a_deep_path_fills_every_step(portal: LocalPortal) -> None:
    deal = Deal.objects.filter(company__isnull=False).select_related("company__assigned_by").first()

    assert deal is not None
    assert deal.company is not None
    assert deal.company.assigned_by is not None
    assert deal.company.assigned_by.id == deal.company.assigned_by_id


def test_statuses_are_those_of_their_own_directory(portal: LocalPortal) -> None:
    deals = list(Deal.objects.select_related("stage", "source")[:300])

    assert {d.stage.status_id == d.stage_id for d in deals if d.stage} == {True}
    assert {d.stage.entity_id.startswith("DEAL_STAGE") for d in deals if d.stage} == {True}
    assert {d.source.entity_id for d in deals if d.source} == {"SOURCE"}


def test_only_is_widened_by_what_the_relation_starts_from(portal: LocalPortal) -> None:
    deal = Deal.objects.only("title").filter(company__isnull=False).select_related("company").first()

    assert deal is not None
    assert deal.company is not None


def test_reverse_rows_are_all_rows_that_point_back(portal: LocalPortal) -> None:
    companies = list(Company.objects.prefetch_related("deals"))
    pointing = sum(1 for row in portal.store.rows("deal") if int(row["COMPANY_ID"] or 0))

    assert sum(len(company.deals) for company in companies) == pointing
    assert all(deal.company_id == company.id for company in companies for deal in company.deals)


def test_bound_contacts_are_those_that_the_portal_binds(portal: LocalPortal) -> None:
    deals = list(Deal.objects.prefetch_related("contacts")[:60])
    said = b24orm.portal.current_portal().get_by_ID(
        "crm.deal.contact.items.get", [deal.id for deal in deals], "id"
    )

    assert {d.id: [c.id for c in d.contacts] for d in deals} == {
        key: [int(binding["CONTACT_ID"]) for binding in bindings] for key, bindings in said.items()
    }


def test_product_rows_of_two_owners_are_kept_apart(portal: LocalPortal) -> None:
    client = b24orm.portal.current_portal()
    client.call("crm.deal.productrows.set", {"id": 1, "rows": [{"PRODUCT_NAME": "Bolt", "PRICE": 2}]})
    client.call("crm.deal.productrows.set", {"id": 2, "rows": [{"PRODUCT_NAME": "Nut", "PRICE": 1}]})

    one, two = Deal.objects.filter(id__in=[1, 2]).prefetch_related("product_rows")

    assert [[row.product_name for row in deal.product_rows] for deal in (one, two)] == [["Bolt"], ["Nut"]]


def test_prefetch_takes_the_queryset_it_is_given(portal: LocalPortal) -> None:
    wanted = Prefetch("contacts", Contact.objects.only("name"))
    deal = next(d for d in Deal.objects.prefetch_related(wanted)[:50] if d.contacts)

    with pytest.raises(errors.FieldNotLoaded, match="last_name"):
        _ = deal.contacts[0].last_name


async def test_relations_work_in_asynchronous_code(portal: LocalPortal) -> None:
    async with b24orm.AsyncPortal(portal.url, plan="unlimited") as client:
        deals = await Deal.objects.using(client).filter(company__isnull=False).select_related("company")[:20]

    assert [deal.company.id for deal in deals if deal.company] == [deal.company_id for deal in deals]
    assert len(deals) == 20


def test_leaving_early_ends_the_work(portal: LocalPortal) -> None:
    for _ in Deal.objects.select_related("company").iterator():
        break
    after = requests(portal)

    assert Deal.objects.filter(id=1).exists()
    assert requests(portal) == 1
    assert after >= 1


@pytest.mark.parametrize(
    ("name", "hint"),
    [("compny", "company"), ("company__asigned_by", "assigned_by"), ("title", "Deal has no relation")],
)
def test_unknown_relations_are_refused(portal: LocalPortal, name: str, hint: str) -> None:
    with pytest.raises(errors.UnknownName, match=hint):
        Deal.objects.select_related(name)


def test_many_rows_are_refused_by_select_related(portal: LocalPortal) -> None:
    with pytest.raises(errors.Unsupported, match="prefetch_related"):
        Deal.objects.select_related("contacts")


def test_a_relation_that_was_not_fetched_says_how(portal: LocalPortal) -> None:
    deal = Deal.objects.filter(company__isnull=False).first()

    with pytest.raises(errors.RelationNotLoaded, match=r"select_related\('company'\)"):
        _ = deal.company
    with pytest.raises(errors.RelationNotLoaded, match=r"prefetch_related\('contacts'\)"):
        list(deal.contacts)


def test_a_slice_cannot_be_prefetched(portal: LocalPortal) -> None:
    with pytest.raises(errors.Unsupported, match="slice"):
        Deal.objects.prefetch_related(Prefetch("contacts", Contact.objects.all()[:5]))


def test_another_entity_cannot_be_prefetched(portal: LocalPortal) -> None:
    with pytest.raises(errors.InvalidValue, match="Contact"):
        Deal.objects.prefetch_related(Prefetch("contacts", Company.objects.all()))
