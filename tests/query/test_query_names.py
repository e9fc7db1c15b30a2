"""What a name in filter, order_by or only may be, and what is said about one that is not."""

from __future__ import annotations

import re
from typing import Any

import pytest

from b24orm.errors import InvalidValue, UnknownName, Unsupported
from b24orm.facts import load
from b24orm.query.names import embedded_field, find_field, need_field, parent_names
from b24orm.query.nodes import Condition, Q
from b24orm.query.resolving import resolve, resolve_order
from b24orm.schema import EntitySchema

DEAL, CONTACT, INVOICE, CATEGORY = (load(name) for name in ("Deal", "Contact", "SmartInvoice", "Category"))


def shown(schema: EntitySchema, **lookups: Any) -> str:
    """The one condition that a keyword becomes."""
    found = resolve(schema, Q(**lookups))
    assert isinstance(found, Condition)
    return str(found)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("stage_id", "WON", "stage_id='WON'"),
        ("stage", "WON", "stage_id='WON'"),
        ("STAGE_ID", "WON", "stage_id='WON'"),
        ("stage__in", ["NEW", "WON"], "stage_id__in=('NEW', 'WON')"),
        ("STAGE_ID", ["NEW", "WON"], "stage_id__in=('NEW', 'WON')"),
        ("=STAGE_ID", ["NEW", "WON"], "stage_id__in=('NEW', 'WON')"),
        ("@STAGE_ID", ["NEW", "WON"], "stage_id__in=('NEW', 'WON')"),
        ("!@STAGE_ID", ["NEW", "WON"], "~stage_id__in=('NEW', 'WON')"),
        ("!STAGE_ID", "WON", "~stage_id='WON'"),
        ("!=STAGE_ID", None, "~stage_id__isnull=True"),
        (">=OPPORTUNITY", 10, "opportunity__gte=10"),
        ("<ID", 10, "id__lt=10"),
        ("!>ID", 10, "~id__gt=10"),
        ("><OPPORTUNITY", (1, 2), "opportunity__range=(1, 2)"),
        ("%TITLE", "a", "title__contains='a'"),
        ("!%TITLE", "a", "~title__contains='a'"),
        ("=%TITLE", "a%", "title__startswith='a'"),
        ("%=TITLE", "%a", "title__endswith='a'"),
        ("=%TITLE", "%a%", "title__contains='a'"),
        ("!=%TITLE", "a%", "~title__startswith='a'"),
        ("=%TITLE", "a", "title='a'"),
        ("stage__ne", "WON", "~stage_id='WON'"),
        ("stage", None, "stage_id__isnull=True"),
        ("stage__isnull", False, "~stage_id__isnull=True"),
        ("UF_CRM_1", 5, "UF_CRM_1=5"),
        ("uf_crm_1__gte", 5, "UF_CRM_1__gte=5"),
        ("UF_CRM_1", [5, 6], "UF_CRM_1__in=(5, 6)"),
        ("UF_CRM_1__in", [5, 6], "UF_CRM_1__in=(5, 6)"),
        ("%UF_CRM_1", "a", "UF_CRM_1__contains='a'"),
    ],
)
def test_python_s_the_relation_s_and_rest_s_spelling_are_understood(
    key: str, value: Any, expected: str
) -> None:
    assert shown(DEAL, **{key: value}) == expected


def test_rest_s_camel_case_is_understood() -> None:
    assert shown(INVOICE, assignedById=[5, 6]) == "assigned_by_id__in=(5, 6)"


@pytest.mark.parametrize(
    ("key", "nearest"),
    [
        ("stgae", "did you mean 'stage'"),
        ("tilte__contains", "did you mean 'title'"),
        ("STAEG_ID", "did you mean 'STAGE_ID'"),
        (">=OPORTUNITY", "did you mean 'OPPORTUNITY'"),
        ("title__contain", "did you mean 'contains'"),
        ("company__title", "'company' is a related Company"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(key: str, nearest: str) -> None:
    with pytest.raises(UnknownName, match=nearest):
        resolve(DEAL, Q(**{key: 1}))


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("opportunity desc", "did you mean '-opportunity'?"),
        ("OPPORTUNITY DESC", "did you mean '-OPPORTUNITY'?"),
        ("stage asc", "did you mean 'stage'?"),
        ("?", "no method shuffles: use random.sample"),
        ("title_contains", "did you mean 'title__contains'?"),
        ("stage_id_in", "did you mean 'stage_id__in'?"),
        ("opportunnity desc", "did you mean 'opportunity'?"),
        ("opportunity down", "did you mean 'opportunity'?"),
        ("pk", "its id is 'id'"),
    ],
)
def test_a_name_that_is_nearly_right_is_told_as_it_was_meant(name: str, meant: str) -> None:
    with pytest.raises(UnknownName, match=rf"{re.escape(meant)}"):
        need_field(DEAL, name, "sort by")


def test_rows_without_an_id_have_none_to_be_told_of() -> None:
    bare = EntitySchema(name="Bare", scope="crm", module="crm", fields={}, id_name="")

    with pytest.raises(UnknownName, match="^Bare has no field 'pk' to filter by$"):
        need_field(bare, "pk", "filter by")


# -- fields of objects within a row (REST 3.0) --------------------------------------------------


@pytest.mark.parametrize(
    ("name", "select"),
    [
        ("creator__name", "creator.name"),
        ("changed_by__name", "changedBy.name"),
        ("stage__sort_index", "stage.sortIndex"),  # what that object holds is not known
        ("stage__owner__first_name", "stage.owner.firstName"),
        ("creator__image__src", "creator.image.src"),
        ("auditors__name", "auditors.name"),
    ],
)
def test_a_field_of_an_object_is_named_by_its_way(name: str, select: str) -> None:
    found = embedded_field(load("TaskV3"), name)

    assert found is not None
    assert found.select == select


@pytest.mark.parametrize(
    ("entity", "name"),
    [
        ("TaskV3", "creator"),
        ("TaskV3", "creator__"),
        ("TaskV3", "title__length"),  # a text
        ("TaskV3", "file_ids__name"),  # numbers
        ("TaskV3", "nobody__name"),
        ("Deal", "company__title"),  # the classic REST answers no objects
    ],
)
def test_nothing_else_holds_fields(entity: str, name: str) -> None:
    assert embedded_field(load(entity), name) is None


def test_a_field_that_the_object_has_not_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"^TaskV3\.creator has no field 'nme'; did you mean 'name'\?$"):
        embedded_field(load("TaskV3"), "creator__nme")


@pytest.mark.parametrize("key", ["company__title__contains", "contact__name__startswith"])
def test_looking_through_a_relation_is_refused_with_the_way_out(key: str) -> None:
    with pytest.raises(Unsupported, match="__in"):
        resolve(DEAL, Q(**{key: "a"}))


def test_an_unknown_operator_is_refused() -> None:
    with pytest.raises(UnknownName, match="operator '<>'"):
        resolve(DEAL, Q(**{"<>ID": 1}))


@pytest.mark.parametrize("pattern", ["a%b", "a_b%", "%a%b%"])
def test_a_pattern_with_wildcards_inside_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidValue, match="inside"):
        resolve(DEAL, Q(**{"=%TITLE": pattern}))


def test_a_pattern_must_be_a_text() -> None:
    with pytest.raises(InvalidValue, match="takes a str pattern"):
        resolve(DEAL, Q(**{"=%TITLE": 5}))


@pytest.mark.parametrize(
    ("schema", "lookups", "reason"),
    [
        (DEAL, {"opportunity__contains": 1}, "can't do opportunity__contains; it can do opportunity, "),
        (DEAL, {"contact_ids": 5}, "can't filter Deal by 'contact_ids'; it can by id, title"),
        (DEAL, {"closed": None}, "can't tell a missing closed"),
        (CONTACT, {"phone": "+7"}, "it can do phone__startswith"),
        (CATEGORY, {"name": "a"}, "takes no filter: filter the rows in Python"),
        (CATEGORY, {"entity_type_id__ne": 2}, "entity_type_id"),
    ],
)
def test_what_the_method_can_t_do_is_refused_with_what_it_can(
    schema: EntitySchema, lookups: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Unsupported, match=reason):
        resolve(schema, Q(**lookups))


def test_an_entity_without_a_list_method_can_t_be_filtered() -> None:
    bare = EntitySchema(name="Bare", scope="crm", module="crm", fields=DEAL.fields)

    with pytest.raises(Unsupported, match="Bare has no list method"):
        resolve(bare, Q(id=1))


# -- ordering --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"),
    [("opportunity", "opportunity"), ("-stage", "-stage_id"), ("-STAGE_ID", "-stage_id"), ("id", "id")],
)
def test_a_sort_key_is_a_field_or_its_opposite(name: str, expected: str) -> None:
    assert str(resolve_order(DEAL, name)) == expected


@pytest.mark.parametrize(
    ("schema", "name", "kind"),
    [
        (DEAL, "oportunity", UnknownName),
        (DEAL, "", UnknownName),
        (DEAL, "--id", UnknownName),
        (DEAL, "contact_ids", Unsupported),
        (CONTACT, "phone", Unsupported),
    ],
)
def test_what_can_t_be_sorted_by_is_refused(schema: EntitySchema, name: str, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        resolve_order(schema, name)


# -- finding fields ----------------------------------------------------------------------------


def test_user_fields_are_found_only_where_an_entity_has_them() -> None:
    assert find_field(CATEGORY, "UF_CRM_1") is None


def test_parameters_beside_the_filter_have_python_names() -> None:
    assert dict(parent_names(CATEGORY)) == {"entity_type_id": "entityTypeId"}


@pytest.mark.parametrize(
    ("entity", "names"),
    [
        ("DiskFile", {"folder_id": "id"}),  # what the id is of
        ("CalendarEvent", {"type": "type", "owner_id": "ownerId", "from_date": "from", "to_date": "to"}),
        ("CatalogProduct", {"iblock_id": "filter.iblockId"}),
        ("CallListItem", {"list_id": "LIST_ID"}),
        ("TimeRecord", {}),  # a condition on a field
        ("Deal", {}),
    ],
)
def test_they_are_named_as_fields_are(entity: str, names: dict[str, str]) -> None:
    assert dict(parent_names(load(entity))) == names


@pytest.mark.parametrize("spelling", ["stage_id", "stage", "STAGE_ID"])
def test_every_spelling_finds_the_same_field(spelling: str) -> None:
    assert find_field(DEAL, spelling) is DEAL.fields["stage_id"]
