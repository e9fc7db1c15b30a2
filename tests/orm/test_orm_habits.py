"""Django's habits: what works as there, and what says what to write instead."""

from __future__ import annotations

import copy
import inspect
import json
import logging
import pickle
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

import b24orm
from b24orm import AsyncPortal, Portal, Prefetch, Q, WriteErrors
from b24orm.emulator import LocalPortal
from b24orm.errors import (
    FieldNotLoaded,
    InvalidValue,
    NotConfigured,
    RelationNotLoaded,
    UnknownAttribute,
    UnknownImport,
    UnknownName,
    UnknownParameter,
    Unsupported,
    UsageError,
)
from b24orm.models import Company, Contact, Deal, Status, Task, User
from tests.conftest import Connect, Serve

LOOSE: Any = Deal  # a type checker would refuse what is tried here
LOOSE_TASK: Any = Task
LOOSE_PREFETCH: Any = Prefetch
LOOSE_USER: Any = User
LOOSE_MODULE: Any = b24orm
WRONG: list[tuple[Callable[[], Any], type[Exception], str]] = [
    # sets
    (lambda: LOOSE.objects.annotate(n=1), UnknownAttribute, "compute from values"),
    (lambda: LOOSE.objects.aggregate(n=1), UnknownAttribute, r"sum\(rows.values_list\('opportunity'"),
    (lambda: LOOSE.objects.distinct(), UnknownAttribute, r"set\(rows.values_list"),
    (lambda: LOOSE.objects.values("stage_id").distinct(), UnknownAttribute, r"set\(rows.values_list"),
    (lambda: LOOSE.objects.defer("title"), UnknownAttribute, "only"),
    (lambda: LOOSE.objects.union(), UnknownAttribute, r"Q\(...\) \| Q"),
    (lambda: LOOSE.objects.raw(""), UnknownAttribute, "portal.call"),
    (lambda: LOOSE.objects.filtr(), UnknownAttribute, "did you mean 'filter'"),
    (lambda: LOOSE.objects.values("id").get(id=1), UnknownAttribute, "call it before values"),
    (lambda: LOOSE.objects.values("id").update(title="x"), UnknownAttribute, "call it before values"),
    (lambda: LOOSE.objects.all() | LOOSE.objects.all(), Unsupported, r"filter\(Q"),
    (lambda: LOOSE.objects.all() & LOOSE.objects.all(), Unsupported, r"filter\(Q"),
    (lambda: LOOSE.objects.all() ^ LOOSE.objects.all(), Unsupported, r"filter\(~Q"),
    (lambda: LOOSE.objects.all() - LOOSE.objects.all(), Unsupported, "exclude"),
    (lambda: LOOSE.objects.all() + LOOSE.objects.all(), Unsupported, r"\[\*one, \*two\]"),
    (lambda: pickle.dumps(LOOSE.objects.all()), Unsupported, r"pickle list\(rows\)"),
    (lambda: LOOSE.objects.values("id").to_dicts(), UnknownAttribute, r"list\(rows.values\(\)\)"),
    (lambda: LOOSE.objects.values("id").columns, UnknownAttribute, "rows.model.model_fields"),
    (lambda: LOOSE.objects.ordered, UnknownAttribute, "rows.query.order"),
    (lambda: LOOSE.objects.group_by("stage"), UnknownAttribute, "collections.Counter"),
    (lambda: LOOSE.objects.select_related(), InvalidValue, "Deal has 'type', 'stage'"),
    (lambda: LOOSE.objects.select_related("nothing"), UnknownName, "it has type, stage"),
    # conditions
    (lambda: LOOSE.objects.filter("opportunity > 5"), InvalidValue, "as in opportunity__gte=1000"),
    (lambda: LOOSE.objects.filter(lambda deal: True), InvalidValue, "in Python"),
    (lambda: LOOSE.objects.filter(stage__not="WON"), UnknownName, "write stage__ne=..."),
    (lambda: LOOSE.objects.filter(stage__notin=["WON"]), UnknownName, r"write exclude\(stage__in"),
    (lambda: LOOSE.objects.filter(title__like="x"), UnknownName, "write title__contains"),
    (lambda: LOOSE.objects.filter(company__null=True), UnknownName, "write company__isnull=True"),
    (lambda: LOOSE.objects.filter(id__between=(1, 2)), UnknownName, "write id__range"),
    (lambda: LOOSE_TASK.objects.filter(deadline=None), Unsupported, "if row.deadline is None"),
    # writes
    (lambda: LOOSE_USER.objects.filter(id=1).delete(), Unsupported, "User has no method to delete a row"),
    (lambda: LOOSE_USER.objects.bulk_delete([User(id=1)]), Unsupported, "User has no method to delete a row"),
    (lambda: LOOSE.objects.bulk_create([{"title": "x"}]), WriteErrors, r"make one of it: Deal\(\*\*fields\)"),
    (lambda: LOOSE.objects.bulk_delete([5]), WriteErrors, r"by ids it is filter\(id__in=\[...\]\)"),
    (lambda: LOOSE_TASK.objects.filter(status="5"), InvalidValue, "takes an int, as 5, not '5'"),
    (lambda: LOOSE.objects.using("acme"), NotConfigured, r"portals\['acme'\] = b24orm.Portal\(url\)"),
    # parameters
    (lambda: LOOSE(id=1).save(update_fields=["title"]), UnknownParameter, "what was changed is sent"),
    (lambda: LOOSE(title="x").save(force_insert=True), UnknownParameter, "without an id is added"),
    (lambda: LOOSE.objects.values_list("id", named=True), UnknownParameter, "declare a NamedTuple"),
    (lambda: LOOSE.objects.bulk_create([], batch_size=9), UnknownParameter, "found while it runs"),
    (lambda: LOOSE.objects.bulk_create([], ignore_conflicts=True), UnknownParameter, "no unique fields"),
    (lambda: LOOSE.objects.bulk_create([], idempotancy=9), UnknownParameter, "did you mean 'idempotency'"),
    (lambda: LOOSE.objects.iterator(chunk_size=9), UnknownParameter, "a page is what the portal says"),
    (lambda: LOOSE.objects.explain(format="json"), UnknownParameter, "analyze=True"),
    (lambda: LOOSE_PREFETCH("contacts", to_attr="people"), UnknownParameter, "the attribute of the relation"),
    # imports
    (lambda: LOOSE_MODULE.F, UnknownImport, "compare in Python"),
    (lambda: LOOSE_MODULE.Sum, UnknownImport, r"sum\(rows.values_list"),
    (lambda: LOOSE_MODULE.Exists, UnknownImport, "company__in=Company"),
    (lambda: LOOSE_MODULE.Deal, UnknownImport, "from b24orm.models import Deal"),
    (lambda: LOOSE_MODULE.conect, UnknownAttribute, "did you mean 'connect'"),
    # classes
    (lambda: LOOSE.filter(id=1), UnknownAttribute, "take Deal.objects.filter"),
    (lambda: LOOSE.annotate(n=1), UnknownAttribute, "take Deal.objects.annotate"),
    (lambda: LOOSE.title, UnknownAttribute, r"Deal.objects.filter\(title=...\)"),
    (lambda: LOOSE.MultipleObjectsReturned, UnknownAttribute, "MultipleObjects"),
    (lambda: LOOSE.ObjectDoesNotExist, UnknownAttribute, "DoesNotExist"),
    (lambda: LOOSE._meta, UnknownAttribute, "model_fields"),
    (lambda: LOOSE(5), InvalidValue, r"as in Deal\(id=5\)"),
    (lambda: LOOSE({"title": "x"}), InvalidValue, r"unpack the dict, as in Deal\(\*\*fields\)"),
    (lambda: LOOSE.objcts, UnknownAttribute, "did you mean 'objects'"),
    # objects
    (lambda: LOOSE(title="x").to_dict(), UnknownAttribute, "model_dump"),
    (lambda: LOOSE(title="x").refresh(), UnknownAttribute, "refresh_from_db"),
    (lambda: LOOSE(title="x").get_stage_display(), UnknownAttribute, r"select_related\('stage'\)"),
    (lambda: LOOSE(title="x").tilte, UnknownAttribute, "did you mean 'title'"),
    # lookups
    (lambda: LOOSE.objects.filter(title_contains="x"), UnknownName, "did you mean 'title__contains'"),
    (lambda: LOOSE.objects.filter(title__iexact="x"), UnknownName, "title=... compares without regard"),
    (lambda: LOOSE.objects.filter(title__regex="x"), UnknownName, "title__contains"),
    (
        lambda: LOOSE.objects.filter(date_create__year=2024),
        UnknownName,
        "date_create__gte=..., date_create__lt",
    ),
    (lambda: LOOSE.objects.filter(UF_CRM_X__like="x"), UnknownName, "no lookup 'like' for Deal.UF_CRM_X"),
    (lambda: LOOSE.objects.get(pk=5), UnknownName, "its id is 'id'"),
    (lambda: LOOSE.objects.get(5), InvalidValue, "say id=5"),
    (lambda: LOOSE.objects.filter({"stage": "WON"}), InvalidValue, r"filter\(\*\*conditions\)"),
    (lambda: LOOSE.objects.filter(Q(id=1) | "x"), InvalidValue, "another Q object, not with 'x'"),
    (lambda: LOOSE.objects.filter(stage=["WON"]), InvalidValue, "one of several is stage_id__in"),
    (
        lambda: LOOSE.objects.filter(stage__in=["WON", None]),
        InvalidValue,
        "not None .*found by stage_id=None",
    ),
    (lambda: LOOSE.objects.filter(opportunity__gt=None), InvalidValue, "found by opportunity=None"),
    (lambda: LOOSE.objects.in_bulk([1, "5"]), InvalidValue, r"an int in its list, not '5' \(str\)"),
    (lambda: LOOSE.objects.get(id=Company(id=5)), InvalidValue, "takes an int, or a Deal, not Company"),
    (
        lambda: LOOSE.objects.filter(id__in=Contact.objects.all()),
        InvalidValue,
        "rows of Deal, not of Contact",
    ),
    (lambda: LOOSE_TASK.objects.filter(responsible=1), Unsupported, "did you mean 'responsible_id'"),
    (lambda: LOOSE.objects.filter(company__id=5), UnknownName, "company=... compares its id"),
    (
        lambda: LOOSE.objects.filter(company__title__contains="x"),
        Unsupported,
        r"company__in=Company.objects.filter\(title__contains=...\)",
    ),
    (lambda: LOOSE.objects.filter(date_create__year__gte=2024), Unsupported, "date_create__gte=..."),
    (lambda: LOOSE.objects.filter(compny__title__contains="x"), UnknownName, "did you mean 'company'"),
    # other names
    (lambda: LOOSE.objects.order_by("company__title"), Unsupported, "sort in Python"),
    (lambda: LOOSE.objects.values("company__title"), Unsupported, "read row.company.title"),
    (lambda: LOOSE.objects.order_by("?"), UnknownName, "random.sample"),
    (lambda: LOOSE.objects.order_by("date_create desc"), UnknownName, "did you mean '-date_create'"),
    (lambda: LOOSE.objects.order_by(["id"]), InvalidValue, "unpack it with"),
    (lambda: LOOSE.objects.only(["id"]), InvalidValue, "unpack it with"),
    (lambda: LOOSE.objects.values_list(["id"]), InvalidValue, "unpack it with"),
    (lambda: LOOSE.objects.order_by(Deal), InvalidValue, "named one by one"),
    (lambda: LOOSE.objects.filter(opportunity__range=(None, 5)), InvalidValue, "__gte and __lte"),
    (lambda: LOOSE.objects.get_or_create(id=1, defaults={"titel": "x"}), UnknownName, "did you mean 'title'"),
]


@pytest.mark.parametrize(("ask", "kind", "text"), WRONG, ids=range(len(WRONG)))
def test_a_habit_that_does_not_work_says_what_does(
    office: LocalPortal, client: Portal, ask: Callable[[], Any], kind: type[Exception], text: str
) -> None:
    before = office.stats.requests
    with pytest.raises(kind, match=text):
        ask()
    assert office.stats.requests == before


@pytest.mark.parametrize("what", [Deal, Deal.objects, Deal.objects.values("id"), Deal(title="x")], ids=str)
def test_what_is_not_there_is_not_there_for_hasattr(what: Any) -> None:
    assert not any(hasattr(what, name) for name in ("annotate", "to_dict", "_repr_html_", "__html__"))


@pytest.mark.parametrize("line", ["F", "Deal", "Bitrix", "ContentFile", "FieldFile"])
def test_an_import_that_fails_says_what_to_write(line: str) -> None:
    with pytest.raises(ImportError, match=f"{line}.* (in Python|import Deal|Portal|NewFile|StoredFile)"):
        exec(f"from b24orm import {line}")


async def test_a_twin_refuses_a_parameter_when_it_is_awaited() -> None:
    with pytest.raises(UnknownParameter, match="chunk_size"):
        LOOSE.objects.aiterator(chunk_size=5)
    with pytest.raises(UnknownParameter, match="update_fields"):
        await LOOSE(id=1).asave(update_fields=["title"])


def test_a_relation_that_values_names_keeps_its_name(client: Portal) -> None:
    row = Deal.objects.values("id", "company", "STAGE_ID")[0]
    assert row == {"id": 1, "company": Deal.objects.get(id=1).company_id, "stage_id": row["stage_id"]}


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        (lambda: Deal.objects.all(), "<QuerySet Deal: where everything>"),
        (lambda: Deal.objects.filter(stage="WON")[:5], "<QuerySet Deal: where stage_id='WON', [:5]>"),
        (
            lambda: Deal.objects.order_by("-opportunity", "id").only("title")[5:],
            "<QuerySet Deal: where everything, order by -opportunity, id, only title, [5:]>",
        ),
        (lambda: Deal.objects.values("id"), "<ValuesSet Deal: where everything, only id>"),
    ],
    ids=["all", "slice", "order", "values"],
)
def test_a_set_of_rows_shows_what_is_asked_for(rows: Callable[[], Any], text: str) -> None:
    assert repr(rows()) == text


def test_a_query_shows_itself_and_not_the_facts_behind_it() -> None:
    assert repr(Deal.objects.filter(stage="WON").query) == "<Query Deal: where stage_id='WON'>"


# -- rows in place of a list ----------------------------------------------------------------------


def test_rows_may_stand_for_their_ids(office: LocalPortal, client: Portal) -> None:
    companies = Company.objects.filter(title__contains="a")
    expected = sorted(Deal.objects.filter(company__in=[c.id for c in companies]).values_list("id", flat=True))
    fresh = Company.objects.filter(title__contains="a")
    assert sorted(row.id for row in Deal.objects.filter(company__in=fresh)) == expected


def test_of_rows_that_stand_for_their_ids_only_the_ids_are_fetched(
    client: Portal, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "b24orm.wire")
    Deal.objects.filter(company__in=Company.objects.filter(id__lte=3))
    assert "select[0]=ID&order" in caplog.text


def test_rows_that_were_read_are_not_read_again(office: LocalPortal, client: Portal) -> None:
    companies = Company.objects.filter(id__lte=3)
    list(companies)
    before = office.stats.requests
    Deal.objects.filter(company__in=companies)
    assert office.stats.requests == before


@pytest.mark.parametrize(
    "rows",
    [
        lambda: Company.objects.filter(id__lte=9).values("id"),
        lambda: Company.objects.filter(id__lte=9).values_list("id"),
        lambda: Company.objects.filter(id__lte=9).values_list("id", flat=True),
    ],
    ids=["dicts", "tuples", "values"],
)
def test_values_of_one_field_may_stand_for_a_list(client: Portal, rows: Callable[[], Any]) -> None:
    assert Deal.objects.filter(company__in=rows()).count() == Deal.objects.filter(company__lte=9).count()


def test_a_status_is_compared_by_its_code(client: Portal) -> None:
    won = Status.objects.get(entity_id="DEAL_STAGE", status_id="WON")
    assert Deal.objects.filter(stage=won).count() == Deal.objects.filter(stage="WON").count() > 0


async def test_rows_of_an_async_portal_must_be_awaited_first(office: LocalPortal) -> None:
    async with AsyncPortal(office.url):
        with pytest.raises(UsageError, match=r"company_id__in reads the rows .*ids = await rows.values_list"):
            Deal.objects.filter(company__in=Company.objects.all())
        ids = Company.objects.filter(id__lte=9).values_list("id", flat=True)
        await ids
        assert await Deal.objects.filter(company__in=ids).acount() > 0


# -- belonging rows -------------------------------------------------------------------------------


def test_belonging_rows_are_no_set_and_say_how_to_ask(client: Portal) -> None:
    deals: Any = Company(id=7).deals
    with pytest.raises(UnknownAttribute, match=r"ask Deal.objects.filter\(company_id=7\)"):
        deals.filter(stage="WON")
    contacts: Any = Deal(id=7).contacts
    with pytest.raises(UnknownAttribute, match=r"look at what contacts.all\(\) gives"):
        contacts.first()


def test_fetched_rows_are_counted(client: Portal) -> None:
    company = Company.objects.prefetch_related("deals").get(id=3)
    assert company.deals.count() == len(company.deals) == Deal.objects.filter(company=3).count() > 0
    with pytest.raises(RelationNotLoaded, match=r"deals.all\(\)"):
        Company(id=3).deals.count()


def test_a_value_that_a_new_row_lacks_is_told_apart_from_one_not_fetched() -> None:
    with pytest.raises(FieldNotLoaded, match="it was not given, and the row is not saved"):
        _ = Deal(title="x").opportunity
    with pytest.raises(FieldNotLoaded, match="refresh_from_db"):
        _ = Deal(id=5).opportunity


# -- pandas and numpy -----------------------------------------------------------------------------


class Scalar:
    """What numpy's numbers have."""

    dtype = "int64"
    shape = ()

    def __init__(self, value: object) -> None:
        self._value = value

    def item(self) -> object:
        """The Python value."""
        return self._value


class Missing(datetime):
    """What pandas' NaT is: a datetime that differs from itself."""

    def __ne__(self, other: object) -> bool:
        return True

    __hash__ = datetime.__hash__


NAT = Missing(1, 1, 1)


class Float(float):
    """What numpy's floats are: floats that show more than the number."""

    def __repr__(self) -> str:
        return f"np.float64({float(self)})"


def test_numbers_of_numpy_are_numbers(client: Portal) -> None:
    number: Any = Scalar(5)
    assert [deal.id for deal in Deal.objects.filter(id__in=[number])] == [5]
    assert Deal(company_id=number).company_id == 5
    assert client.call("crm.deal.get", {"id": number})["ID"] == "5"
    assert str(Deal.objects.filter(opportunity__gte=Float(2.5)).query.where) == (
        "opportunity__gte=Decimal('2.5')"
    )


@pytest.mark.parametrize("value", [float("nan"), Decimal("nan"), NAT], ids=["float", "Decimal", "NaT"])
@pytest.mark.parametrize("field", ["title", "closedate", "company_id", "opportunity", "UF_CRM_X"])
def test_a_missing_value_of_pandas_is_not_written(field: str, value: Any) -> None:
    deal = Deal()
    with pytest.raises(InvalidValue, match=f"Deal.{field} can't be .*a missing value is None"):
        Deal(**{field: value})
    with pytest.raises(InvalidValue, match="a missing value is None"):
        setattr(deal, field, value)


def test_a_missing_moment_of_pandas_is_not_compared() -> None:
    with pytest.raises(InvalidValue, match="date_create__gte takes a value"):
        Deal.objects.filter(date_create__gte=NAT)


# -- copies and dumps -----------------------------------------------------------------------------


def test_a_copy_of_a_set_is_another_set(office: LocalPortal, client: Portal) -> None:
    deals = Deal.objects.filter(id__lte=3)
    list(deals)
    before = office.stats.requests
    assert (list(copy.copy(deals)), office.stats.requests) == (list(deals), before)
    assert list(copy.deepcopy(deals)) == list(deals)
    assert office.stats.requests == before + 1


def test_a_dump_has_the_user_fields() -> None:
    deal = Deal(title="Roof", UF_CRM_COLOUR="red", UF_CRM_WHEN=datetime(2024, 1, 2))
    assert deal.model_dump() == {
        "title": "Roof",
        "UF_CRM_COLOUR": "red",
        "UF_CRM_WHEN": datetime(2024, 1, 2),
    }
    assert json.loads(deal.model_dump_json())["UF_CRM_WHEN"] == "2024-01-02T00:00:00"


def test_a_dump_of_some_fields_has_no_others() -> None:
    deal = Deal(title="Roof", UF_CRM_COLOUR="red", UF_CRM_SIZE=None)
    assert deal.model_dump(include={"UF_CRM_COLOUR"}) == {"UF_CRM_COLOUR": "red"}
    assert deal.model_dump(exclude={"UF_CRM_COLOUR"}, exclude_none=True) == {"title": "Roof"}


def test_user_fields_bear_their_own_names_in_values(serve: Serve, join: Connect) -> None:
    local = serve(deals=2)
    local.store.add_user_field("deal", "UF_CRM_COLOUR", "string")
    local.store.update("deal", 1, {"UF_CRM_COLOUR": "red"})
    join(local)
    assert list(Deal.objects.values("id", "UF_CRM_COLOUR")) == [
        {"id": 1, "UF_CRM_COLOUR": "red"},
        {"id": 2, "UF_CRM_COLOUR": None},
    ]


def test_an_object_prints_as_its_repr() -> None:
    assert str(Deal(title="Roof")) == "Deal(title='Roof')"


def test_a_notebook_completes_user_fields_and_nothing_deprecated() -> None:
    offered = set(dir(Deal(title="x", UF_CRM_COLOUR="red")))
    assert {"title", "company", "UF_CRM_COLOUR", "save", "model_dump"} <= offered
    assert {"dict", "json", "copy", "schema"}.isdisjoint(offered)


def test_help_shows_plain_types_of_what_can_be_given() -> None:
    parameters = inspect.signature(Deal).parameters
    assert str(parameters["title"]) == "title: str | None = None"
    assert "date_create" not in parameters


def test_one_phone_need_not_be_a_list() -> None:
    contact = Contact(name="Ann", phone="+7 900 1")
    assert [entry.value for entry in contact.phone] == ["+7 900 1"]


def test_an_address_in_place_of_a_portal_is_not_shown(office: LocalPortal) -> None:
    with pytest.raises(NotConfigured, match=r"not addresses: connect\(url\)") as caught:
        Deal.objects.using(office.url)
    assert office.url.rstrip("/").rpartition("/")[2] not in str(caught.value)
