"""Where-clauses as filters: ids lifted out, ORs split or nested, what can't be said refused."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from b24orm.errors import Unsupported
from b24orm.facts import load
from b24orm.plan.filters import MAX_BRANCHES, Branch, branches, parted
from b24orm.query.nodes import Q
from b24orm.query.resolving import resolve
from b24orm.schema import EntitySchema
from b24orm.transport.encoding import encode

DEAL, CONTACT, TASK, USER = (load(name) for name in ("Deal", "Contact", "Task", "User"))
DAYS = [date(2024, 2, 1), date(2024, 2, 2)]
INVOICE, STATUS, DEPARTMENT = (load(name) for name in ("SmartInvoice", "Status", "Department"))


def split(schema: EntitySchema, where: Q) -> tuple[Branch, ...]:
    return branches(schema, resolve(schema, where))


def only(schema: EntitySchema, where: Q) -> Branch:
    (branch,) = split(schema, where)
    return branch


def sent(schema: EntitySchema, where: Q) -> list[Any]:
    return [encode(branch.filter) for branch in split(schema, where)]


# -- the id ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "bounds"),
    [
        (Q(id__gt=5), (5, None, None)),
        (Q(id__gte=5), (4, None, None)),
        (Q(id__lt=5), (None, 4, None)),
        (Q(id__lte=5), (None, 5, None)),
        (Q(id__range=(5, 9)), (4, 9, None)),
        (~Q(id__gt=5), (None, 5, None)),
        (~Q(id__lte=5), (5, None, None)),
        (Q(id__gt=5) & Q(id__gt=7, id__lte=9), (7, 9, None)),
        (Q(id__gt=7) & Q(id__gt=5), (7, None, None)),
        (Q(id__lte=9) & Q(id__lte=5), (None, 5, None)),
        (Q(id__lte=5) & Q(id__lte=9), (None, 5, None)),
        (Q(id=5), (None, None, (5,))),
        (Q(id__in=[9, 5, 7]), (None, None, (5, 7, 9))),
        (Q(id__in=[5, 7, 9]) & Q(id__in=[7, 9, 11]), (None, None, (7, 9))),
    ],
    ids=str,
)
def test_conditions_on_the_id_become_bounds(where: Q, bounds: tuple[Any, ...]) -> None:
    branch = only(DEAL, where)

    assert (branch.lower, branch.upper, branch.ids, branch.filter) == (*bounds, {})


def test_ids_and_bounds_are_worked_out_together() -> None:
    assert only(DEAL, Q(id__in=[1, 5, 9], id__gt=1) & Q(id__lt=9)).ids == (5,)


def test_a_bound_that_is_an_id_itself_keeps_it() -> None:
    assert only(DEAL, Q(id__in=[1, 5, 7, 9], id__gte=5) & Q(id__lte=7)).ids == (5, 7)


@pytest.mark.parametrize(
    "where",
    [Q(id__in=[]), Q(id__gt=5, id__lt=6), Q(id=1) & Q(id=2), Q(stage="A") & Q(stage="B"), Q(title__in=[])],
    ids=str,
)
def test_a_contradiction_needs_no_request(where: Q) -> None:
    assert split(DEAL, where) == ()


def test_nor_does_one_where_there_are_groups() -> None:
    assert split(INVOICE, Q(title__in=[])) == ()


def test_an_excluded_id_stays_in_the_filter() -> None:
    assert sent(DEAL, ~Q(id=5)) == [{"!=ID": 5}]


@pytest.mark.parametrize(
    ("entity", "where", "filter"),
    [
        ("SaleStatus", Q(id="N"), {"=id": "N"}),  # letters
        ("Department", Q(id=5), {"ID": 5}),  # known for equality only
        ("Site", Q(id__lte=5), {"<=ID": 5}),
    ],
)
def test_an_id_that_no_scan_goes_by_stays_in_the_filter(
    entity: str, where: Q, filter: dict[str, Any]
) -> None:
    branch = only(load(entity), where)

    assert (branch.filter, branch.lower, branch.upper, branch.ids) == (filter, None, None, None)


def test_an_id_is_lifted_of_a_list_that_is_not_scanned_too() -> None:
    assert only(load("DiskStorage"), Q(id__gt=5)).lower == 5


# -- several conditions --------------------------------------------------------------------


def test_conditions_on_one_key_are_joined() -> None:
    where = Q(opportunity__gt=5) & Q(opportunity__gt=7) & Q(stage__in=["A", "B"]) & Q(stage__in=["B", "C"])

    assert sent(DEAL, where) == [{">OPPORTUNITY": 7, "@STAGE_ID": ["B"]}]


@pytest.mark.parametrize("bounds", [(5, 7), (7, 5)])
def test_of_two_bounds_the_narrower_one_is_sent(bounds: tuple[int, int]) -> None:
    one, two = bounds

    assert sent(DEAL, Q(opportunity__lt=one) & Q(opportunity__lt=two)) == [{"<OPPORTUNITY": 5}]
    assert sent(DEAL, Q(opportunity__gte=one) & Q(opportunity__gte=two)) == [{">=OPPORTUNITY": 7}]


def test_an_exclusion_that_is_said_twice_is_sent_once() -> None:
    assert sent(DEAL, ~Q(title="a") & ~Q(title="a")) == [{"!=TITLE": "a"}]


def test_exclusions_of_a_classic_list_gather_under_one_key() -> None:
    assert sent(DEAL, ~Q(title="a") & ~Q(title="b")) == [{"!=TITLE": ["a", "b"]}]


def test_what_needs_one_key_twice_is_refused_where_there_are_no_groups() -> None:
    with pytest.raises(Unsupported, match="two different conditions '%TITLE'"):
        split(DEAL, Q(title__contains="a") & Q(title__contains="b"))


def test_what_needs_one_key_twice_is_nested_where_there_are_groups() -> None:
    where = Q(title__contains="a") & Q(title__contains="b")

    assert sent(INVOICE, where) == [{"%title": "a", "0": {"%title": "b"}}]


def test_an_or_becomes_one_filter_where_there_are_groups() -> None:
    where = Q(title="a") | Q(opened=True)

    assert sent(INVOICE, where) == [{"0": {"logic": "OR", "0": {"=title": "a"}, "1": {"=opened": "Y"}}}]


def test_an_or_becomes_several_filters_elsewhere() -> None:
    assert sent(DEAL, Q(stage="A", closed=True) | Q(id__lt=9)) == [{"=STAGE_ID": "A", "=CLOSED": "Y"}, {}]


def test_equal_branches_are_read_once() -> None:
    assert len(split(DEAL, Q(stage="A") | Q(stage="A"))) == 1


def test_an_or_with_too_many_parts_is_refused() -> None:
    where = Q(title__startswith="0")
    for number in range(1, MAX_BRANCHES + 1):
        where |= Q(title__startswith=str(number))

    with pytest.raises(Unsupported, match="separate reads"):
        split(DEAL, where)


# -- long lists ------------------------------------------------------------------------------


def sizes(key: str, count: int) -> list[int]:
    """Values of each part that a list of so many falls apart into."""
    return [len(part.filter[key]) for part in parted((Branch({key: tuple(range(count))}),))]


@pytest.mark.parametrize(
    ("count", "parts"),
    [
        (1, [1]),
        (900, [900]),
        (901, [500, 401]),
        (8_000, [500] * 16),
        (8_001, [501] * 15 + [486]),
        (14_400, [900] * 16),
        (14_401, [14_401]),  # no more parts than an OR may have
    ],
)
def test_a_list_that_a_batch_can_t_carry_is_read_in_parts(count: int, parts: list[int]) -> None:
    assert sizes("@STAGE_ID", count) == parts


def test_the_parts_are_the_list() -> None:
    long = Branch({"@STAGE_ID": tuple(range(1_200)), "=CLOSED": "Y"}, lower=5)

    parts = parted((long,))

    assert [value for part in parts for value in part.filter["@STAGE_ID"]] == list(range(1_200))
    assert {(part.filter["=CLOSED"], part.lower) for part in parts} == {("Y", 5)}


@pytest.mark.parametrize(
    "branch",
    [
        Branch({"=TITLE": "a"}),
        Branch({"!@STAGE_ID": tuple(range(1_200))}),
        Branch({"@STAGE_ID": tuple(range(1_200)), "@TYPE_ID": tuple(range(1_200))}),
        Branch({"@STAGE_ID": tuple(range(1_200))}, ids=(1, 2)),
    ],
    ids=["short", "none of them", "two long ones", "with ids"],
)
def test_what_can_t_be_parted_stays_whole(branch: Branch) -> None:
    assert parted((branch,)) == (branch,)


# -- user fields -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (Q(UF_CRM_1=5), [{"=UF_CRM_1": 5}]),
        (Q(uf_crm_1__gt=5), [{">UF_CRM_1": 5}]),
        (Q(UF_CRM_1=True), [{"=UF_CRM_1": 1}]),
        (Q(UF_CRM_1__in=[5, 6]), [{"=UF_CRM_1": [5, 6]}]),
        (~Q(UF_CRM_1=5), [{"!=UF_CRM_1": 5}, {"=UF_CRM_1": ""}]),
        (~Q(UF_CRM_1="red"), [{"!=UF_CRM_1": "red"}]),
        (Q(UF_CRM_1__in=DAYS), [{"=UF_CRM_1": "2024-02-01"}, {"=UF_CRM_1": "2024-02-02"}]),
        (~Q(UF_CRM_1__contains="red"), [{"!%UF_CRM_1": "red"}, {"=UF_CRM_1": ""}]),
    ],
    ids=str,
)  # fmt: skip
def test_user_fields_are_spelled_so_that_any_type_reads_them_right(where: Q, expected: list[Any]) -> None:
    assert sent(DEAL, where) == expected


# -- phones, members, several values -----------------------------------------------------------


def test_a_phone_is_searched_by_its_bare_name() -> None:
    assert sent(CONTACT, Q(phone__startswith="+7")) == [{"PHONE": "+7"}]


def test_a_field_with_several_values_is_asked_for_by_its_bare_name() -> None:
    assert sent(INVOICE, Q(contact_ids__in=[5, 6])) == [{"contactIds": [5, 6]}]


@pytest.mark.parametrize(
    "where", [Q(observers=5), Q(observers=5, title="a"), Q(title="a", observers=5)], ids=str
)
def test_a_filter_over_a_one_to_many_table_is_marked(where: Q) -> None:
    assert only(INVOICE, where).joins


def test_several_excluded_groups_are_named_one_by_one() -> None:
    where = ~Q(group_id__in=[5, 6])

    assert sent(TASK, where) == [
        {"::SUBFILTER-!GROUP_ID-5": {"!GROUP_ID": 5}, "::SUBFILTER-!GROUP_ID-6": {"!GROUP_ID": 6}}
    ]


# -- refused, and why ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "where", "reason"),
    [
        (DEAL, ~Q(opportunity=0), "can't tell 0 from an empty value"),
        (DEAL, ~Q(opportunity__in=[0, 5]), "can't tell 0 from an empty value"),
        (DEAL, ~Q(title__contains="a"), "ignore the negation of a search"),
        (DEAL, ~Q(title__startswith="a"), "ignore the negation of a search"),
        (DEAL, Q(title__startswith="50%"), "wildcards; use __contains"),
        (DEAL, Q(title__endswith="a_b"), "wildcards; use __contains"),
        (CONTACT, ~Q(phone__startswith="+7"), "can't be excluded"),
        (CONTACT, Q(phone__startswith="+7%"), "drops %"),
        (CONTACT, Q(phone__startswith=" "), "outer spaces"),
        (INVOICE, ~Q(opportunity=0), "can't tell 0 from an empty value"),
        (INVOICE, ~Q(opportunity__gt=-5) & ~Q(opportunity__lt=5), "use the opposite comparison"),
        (INVOICE, ~Q(contact_ids=5), "another value beside it"),
        (INVOICE, Q(contact_ids=0), "without any value"),
        (INVOICE, Q(contact_ids__in=[0, 5]), "without any value"),
        (INVOICE, Q(contact_ids=5) | Q(title="a"), "can't stand in an OR"),
        (INVOICE, Q(contact_ids=5) & Q(contact_ids=6), "two different conditions"),
        (USER, ~Q(name__startswith="a"), "knows no '!=%'"),
        (TASK, Q(title=""), "reads '' as no text"),
        (TASK, Q(title="0"), "reads '0' as no text"),
        (TASK, Q(title="100%"), "backslash before"),
        (TASK, Q(xml_id__contains="a"), "searches titles only"),
        (TASK, Q(title__contains="a\\b"), "as an escape"),
        (TASK, Q(group_id=0), "can't find the ones without it"),
        (TASK, ~Q(group_id__gt=5), "use the opposite comparison"),
        (TASK, ~Q(auditors=5), "another one beside it"),
        (TASK, ~Q(forked_by_template_id=5), "without a value"),
        (TASK, Q(sorting=1), "whether there is a value"),
        (TASK, Q(not_viewed=False), "what was not viewed"),
        (TASK, ~Q(UF_ANY="D_1"), "user field"),
        (TASK, Q(UF_ANY__startswith="D"), "use __contains"),
        (TASK, Q(UF_ANY__isnull=True), "empty ones"),
        (STATUS, ~Q(entity_id="SOURCE"), "equality only"),
        (DEPARTMENT, Q(name=""), "no condition"),
    ],
    ids=lambda part: part.name if isinstance(part, EntitySchema) else str(part),
)  # fmt: skip
def test_what_the_server_would_misread_is_refused(schema: EntitySchema, where: Q, reason: str) -> None:
    with pytest.raises(Unsupported, match=reason):
        split(schema, where)
