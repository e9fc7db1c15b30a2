"""What QuerySets write: one row, many rows, whatever fits the conditions."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from b24orm import Portal
from b24orm.emulator import LocalPortal
from b24orm.errors import ApiError, B24Error, InvalidValue, NotFound, UsageError
from b24orm.models import Company, Contact, Deal, Department
from b24orm.orm.results import WriteErrors
from tests.conftest import Serve
from tests.writes.test_writes_instances import sent


def titles(portal: LocalPortal, prefix: str = "t") -> list[str]:
    sql = "SELECT TITLE FROM deal WHERE TITLE GLOB ? ORDER BY ID"
    return [row[0] for row in portal.store.fetch(sql, (f"{prefix}*",))]


def deals(count: int) -> Iterator[Deal]:
    return (Deal(title=f"t{number:04}") for number in range(count))


# -- one row --------------------------------------------------------------------------------------


def test_get_or_create(desk: LocalPortal, client: Portal) -> None:
    made, new = Deal.objects.get_or_create({"opportunity": 5}, title="one", stage="NEW")
    assert new
    same, new = Deal.objects.get_or_create({"opportunity": 7}, title="one", stage="NEW")
    assert (same.id, same.opportunity, new) == (made.id, 5, False)


def test_update_or_create(desk: LocalPortal, client: Portal) -> None:
    made, new = Deal.objects.update_or_create({"opportunity": 5}, title="one")
    assert new
    same, new = Deal.objects.update_or_create({"opportunity": 7}, title="one")
    assert (same.id, new) == (made.id, False)
    assert Deal.objects.get(id=made.id).opportunity == 7


async def test_both_awaited(desk: LocalPortal, client: Portal) -> None:
    made, new = await Deal.objects.aget_or_create(title="one")
    same, _ = await Deal.objects.aupdate_or_create({"stage": "WON"}, title="one")
    again = await Deal.objects.aget(id=made.id)
    assert (new, same.id, again.stage_id) == (True, made.id, "WON")
    assert (await Deal.objects.acreate(title="two")).id


def test_a_comparison_can_not_be_given_to_a_new_row(client: Portal) -> None:
    with pytest.raises(InvalidValue, match="'opportunity__gt'"):
        Deal.objects.get_or_create(opportunity__gt=5)


# -- many new rows --------------------------------------------------------------------------------


def test_many_objects_are_added_in_batches_and_get_their_ids(desk: LocalPortal, client: Portal) -> None:
    made = list(deals(300))
    assert sent(desk, lambda: Deal.objects.bulk_create(made)) <= 12
    assert titles(desk) == [deal.title for deal in sorted(made, key=lambda deal: deal.id)]
    assert {deal.id: deal.title for deal in made} == {
        deal.id: deal.title for deal in Deal.objects.filter(id__gt=20).only("title")
    }


async def _stream(count: int) -> AsyncIterator[Deal]:
    for deal in deals(count):
        yield deal


def test_an_async_generator_is_taken_by_sync_code(desk: LocalPortal, client: Portal) -> None:
    assert len(Deal.objects.bulk_create(_stream(120))) == 120
    assert len(titles(desk)) == 120


async def test_every_source_is_taken_by_async_code(desk: LocalPortal, client: Portal) -> None:
    for source in (list(deals(20)), deals(20), _stream(20)):
        assert len(await Deal.objects.abulk_create(source)) == 20
    assert len([r async for r in Deal.objects.astream_create(_stream(90))]) == 90
    assert len(titles(desk)) == 150


def test_a_source_may_ask_the_portal_itself(desk: LocalPortal, client: Portal) -> None:
    copies = (
        Deal(title=f"t{deal.id}", stage=deal.stage_id) for deal in Deal.objects.order_by("id").iterator()
    )
    assert len(Deal.objects.bulk_create(copies)) == 20


def test_a_stream_holds_no_more_than_a_window(desk: LocalPortal, client: Portal) -> None:
    taken = 0

    def source() -> Iterator[Deal]:
        nonlocal taken
        for deal in deals(5000):
            taken += 1
            yield deal

    ahead = 0
    for number, result in enumerate(Deal.objects.stream_create(source())):
        assert result.ok
        ahead = max(ahead, taken - number)
        if number == 1500:
            break
    assert ahead <= 16 * 50


def test_order_is_kept_when_asked(desk: LocalPortal, client: Portal) -> None:
    texts = [f"t{n:04}" if n % 7 else f"t{n:04} $result[x]" for n in range(130)]  # some must travel alone
    Deal.objects.bulk_create((Deal(title=text) for text in texts), ordered=True)
    assert titles(desk) == texts


def bad(number: int) -> Deal:
    return Deal(title=f"t{number:04}", currency="XXX" if number in (30, 60) else None)


def test_the_error_of_one_item_leaves_the_others_alone(desk: LocalPortal, client: Portal) -> None:
    results = Deal.objects.bulk_create((bad(n) for n in range(100)), raise_on_error=False)
    failed = [result for result in results if not result.ok]
    assert [(result.item.title, result.id) for result in failed] == [("t0030", None), ("t0060", None)]
    assert all(isinstance(result.error, ApiError) and result.error.item is result.item for result in failed)
    assert len(titles(desk)) == 98


def test_results_and_errors_say_which_number_the_item_had(desk: LocalPortal, client: Portal) -> None:
    results = Deal.objects.bulk_create((bad(n) for n in range(100)), raise_on_error=False)
    failed = [(result.number, result.error.number) for result in results if result.error is not None]
    assert [result.number for result in results] == list(range(100))
    assert failed == [(30, 30), (60, 60)]


def test_all_errors_come_as_a_group(desk: LocalPortal, client: Portal) -> None:
    with pytest.raises(WriteErrors, match="2 of 100 items failed; the first, Deal.title='t0030'") as caught:
        Deal.objects.bulk_create(bad(n) for n in range(100))
    items: list[Any] = [error.item for error in caught.value.exceptions if isinstance(error, B24Error)]
    assert [item.title for item in items] == ["t0030", "t0060"]
    assert len(titles(desk)) == 98


def test_the_first_error_ends_an_ordered_job_on_the_spot(desk: LocalPortal, client: Portal) -> None:
    made = [bad(n) for n in range(100)]
    with pytest.raises(ApiError, match="Currency") as caught:
        Deal.objects.bulk_create(made, ordered=True, raise_on_error="first")
    assert caught.value.item is made[30]
    assert titles(desk) == [f"t{n:04}" for n in range(30)]


def test_a_wrong_item_fails_alone_and_before_it_is_sent(desk: LocalPortal, client: Portal) -> None:
    results = Company.objects.bulk_create(
        [Company(title="a"), Company(), Company(title="b")], raise_on_error=False
    )
    assert [result.ok for result in results] == [True, False, True]
    assert isinstance(results[1].error, InvalidValue)


@pytest.mark.parametrize(
    ("work", "text"),
    [
        (lambda: Deal.objects.bulk_create("abc"), "takes a list, a generator"),
        (lambda: Deal.objects.bulk_create(Deal(title="x")), "takes a list, a generator"),
        (lambda: Deal.objects.bulk_create({"title": "x"}), "takes a list, a generator"),
        (lambda: Deal.objects.bulk_create([], journal=5), "journal takes a path, not 5"),
        (lambda: Deal.objects.bulk_create([], params=[1]), "params takes a dict"),
        (lambda: Deal.objects.bulk_create([], ordered="no"), "ordered is True or False"),
        (lambda: Deal.objects.bulk_update([], "title"), "list of names, not as 'title'"),
        (lambda: Deal.objects.bulk_update([], ["titel"]), "did you mean 'title'"),
        (lambda: Deal.objects.get_or_create("x", title="a"), "defaults takes a dict"),
        (lambda: Deal(id=1).refresh_from_db("title"), "list of names, not as 'title'"),
        (lambda: Deal(id=1).refresh_from_db(["titel"]), "did you mean 'title'"),
        (lambda: Deal.objects.bulk_create([], raise_on_error="all"), "'first', 'group' or False"),
        (lambda: Deal.objects.bulk_create([], idempotency="key"), "'origin' or None"),
        (lambda: Department.objects.bulk_create([], idempotency="origin"), "no ORIGIN_ID"),
        (lambda: Deal.objects.update(stage="WON"), "every Deal"),
        (lambda: Deal.objects.filter(id=1).update(), "at least one field"),
        (lambda: Deal.objects.filter(id=1).update(category_id=3), "can't be changed"),
        (lambda: Contact.objects.filter(id=1).update(phone=["1"]), "lists of values"),
        (lambda: Deal.objects.delete(), "every Deal"),
    ],
)
def test_a_mistake_is_told_before_anything_is_sent(
    desk: LocalPortal, client: Portal, work: Any, text: str
) -> None:
    before = desk.stats.requests
    with pytest.raises(UsageError, match=text):
        work()
    assert desk.stats.requests == before


def test_an_object_of_another_model_is_refused(client: Portal) -> None:
    wrong: Any = Contact(name="x")
    with pytest.raises(InvalidValue, match="writes Deal objects"):
        Deal.objects.bulk_create([wrong], raise_on_error="first")


# -- many changed and deleted rows ----------------------------------------------------------------


def test_bulk_update_sends_what_changed_in_each(desk: LocalPortal, client: Portal) -> None:
    rows = list(Deal.objects.order_by("id"))
    for row in rows:
        row.title, row.comments = f"t{row.id:04}", "c"
    assert sent(desk, lambda: Deal.objects.bulk_update(rows, ["title"])) <= 2
    assert len(titles(desk)) == 20
    assert not desk.store.fetch("SELECT 1 FROM deal WHERE COMMENTS = 'c'", ())


def test_a_field_that_an_object_lacks_is_told(desk: LocalPortal, client: Portal) -> None:
    before = desk.stats.requests
    with pytest.raises(InvalidValue, match="has no title to be sent"):
        Deal.objects.bulk_update([Deal(id=3)], ["title"], raise_on_error="first")
    assert desk.stats.requests == before


def test_phones_that_did_not_change_are_not_sent(desk: LocalPortal, client: Portal) -> None:
    ann = Contact.objects.create(name="Ann", phone=["+7"])
    ann.name = "Anna"
    Contact.objects.bulk_update([ann], ["name", "phone"])
    ann.refresh_from_db()
    assert (ann.name, [entry.value for entry in ann.phone]) == ("Anna", ["+7"])


def test_user_fields_are_changed_and_read_again_by_name(desk: LocalPortal, client: Portal) -> None:
    for name in ("A", "B"):
        fields = {"FIELD_NAME": name, "USER_TYPE_ID": "string", "EDIT_FORM_LABEL": name}
        client.call("crm.deal.userfield.add", {"fields": fields})
    row = Deal(id=3, UF_CRM_A="one", UF_CRM_B="two")
    Deal.objects.bulk_update([row], ["uf_crm_a"])
    row.refresh_from_db(["UF_CRM_B"])
    assert (client.call("crm.deal.get", {"id": 3})["UF_CRM_A"], row.UF_CRM_B) == ("one", "")


async def test_bulk_update_and_delete_awaited(desk: LocalPortal, client: Portal) -> None:
    rows = await Deal.objects.filter(id__lte=8)
    for row in rows:
        row.title = "t"
    await Deal.objects.abulk_update(rows)
    assert len(titles(desk)) == 8
    assert await Deal.objects.filter(title="t").aupdate(stage="WON") == 8
    await Deal.objects.abulk_delete(rows[:3])
    assert await Deal.objects.filter(title="t").adelete() == 5
    assert desk.store.count("deal") == 12


def test_changes_and_deletes_are_streamed(serve: Serve, join: Any) -> None:
    portal = serve(deals=900)
    join(portal)

    def changed() -> Iterator[Deal]:
        for deal in Deal.objects.order_by("id").only("title").iterator():
            deal.title = f"t{deal.id:04}"
            yield deal

    taken = [result.id for result in Deal.objects.stream_update(changed())]
    assert sorted(taken) == list(range(1, 901))
    assert len(titles(portal)) == 900
    gone = [result.ok for result in Deal.objects.stream_delete(Deal(id=n) for n in range(1, 701))]
    assert (len(gone), all(gone), portal.store.count("deal")) == (700, True, 200)


async def test_changes_and_deletes_are_streamed_to_async_code(desk: LocalPortal, client: Portal) -> None:
    async def changed() -> AsyncIterator[Deal]:
        async for deal in Deal.objects.only("title").aiterator():
            deal.title = "t"
            yield deal

    assert [r.ok async for r in Deal.objects.astream_update(changed())] == [True] * 20
    errors = [r.error async for r in Deal.objects.astream_delete(Deal(id=n) for n in (1, 2, 999))]
    assert [type(error) for error in errors] == [type(None), type(None), NotFound]
    assert desk.store.count("deal") == 18


def test_a_progress_bar_counts_the_items(
    desk: LocalPortal, join: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    join(desk, progress=True)
    Deal.objects.bulk_create([*deals(90), bad(30), Deal(id=7)], raise_on_error=False)
    shown = capsys.readouterr().err
    assert "Deal add: 100%" in shown
    assert "92/92" in shown


def test_update_changes_whatever_fits(serve: Serve, join: Any) -> None:
    portal = serve(deals=700)
    join(portal)
    fits = Deal.objects.filter(id__gt=100)
    changed = fits.update(comments="seen", company=None)
    assert changed == 600
    assert portal.store.fetch("SELECT MIN(ID), COUNT(*) FROM deal WHERE COMMENTS = 'seen'", ())[0] == (
        101,
        600,
    )


def test_update_can_not_change_ids(serve: Serve, join: Any) -> None:
    portal = serve(deals=3)
    join(portal)
    before = portal.stats.requests
    with pytest.raises(InvalidValue, match=r"can't change Deal.id"):
        Deal.objects.filter(id=3).update(id=9)

    assert portal.stats.requests == before


def test_update_of_the_condition_itself_misses_no_row(serve: Serve, join: Any) -> None:
    portal = serve(deals=300)
    join(portal)
    for order in ((), ("opportunity",)):
        Deal.objects.filter(id__gt=0).update(stage="NEW")
        fits = Deal.objects.filter(stage="NEW").count()
        assert fits > 100
        assert Deal.objects.filter(stage="NEW").order_by(*order).update(stage="WON") == fits
        assert not Deal.objects.filter(stage="NEW").exists()


def test_delete_removes_whatever_fits_and_asks_for_ids_only(desk: LocalPortal, client: Portal) -> None:
    assert Deal.objects.filter(id__lte=15).delete() == 15
    assert desk.store.ids("deal") == [16, 17, 18, 19, 20]
    assert Deal.objects.order_by("-id")[:2].delete() == 2
    assert desk.store.ids("deal") == [16, 17, 18]


def test_the_plan_is_shown_and_nothing_is_sent(desk: LocalPortal, client: Portal) -> None:
    fits, before = Deal.objects.filter(stage="NEW"), desk.stats.requests
    text = fits.explain_update(assigned_by=7)
    assert '"select": ["ID"]' in text
    assert "crm.deal.update {'fields': {'ASSIGNED_BY_ID': 7}}" in text
    assert "crm.deal.delete" in fits.explain_delete()
    assert desk.stats.requests == before


@pytest.mark.skipif(sys.version_info < (3, 11), reason="except* is newer")
def test_a_group_can_be_taken_apart(client: Portal) -> None:
    with pytest.raises(WriteErrors) as caught:
        Deal.objects.bulk_create(bad(n) for n in range(61))
    apart = caught.value.split(
        lambda error: isinstance(error, B24Error) and error.item == caught.value.exceptions[0].item
    )
    assert [len(part.exceptions) if part else 0 for part in apart] == [1, 1]


def test_bulk_update_leaves_rows_without_changes_alone(desk: LocalPortal, client: Portal) -> None:
    rows = [Deal.objects.create(title=f"t{number}") for number in range(3)]
    rows[1].title = "changed"
    desk.stats.reset()
    results = Deal.objects.bulk_update(rows)
    assert [(result.ok, result.id) for result in results] == [(True, row.id) for row in rows]
    assert desk.stats.by_method["crm.deal.update"].commands == 1
    assert rows[1].changed == ()


def test_bulk_update_of_nothing_sends_nothing(desk: LocalPortal, client: Portal) -> None:
    row = Deal.objects.create(title="t")
    assert sent(desk, lambda: Deal.objects.bulk_update([row])) == 0
