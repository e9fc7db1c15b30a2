from __future__ import annotations

import keyword

import pytest

from b24orm.orm import Model
from b24orm.rendering.names import RESERVED, class_name, constant, field_names, relation_name, snake


@pytest.mark.parametrize(
    ("wire", "name"),
    [
        ("ID", "id"),
        ("STAGE_ID", "stage_id"),
        ("ADDRESS_2", "address_2"),
        ("assignedById", "assigned_by_id"),
        ("begindate", "begindate"),
        ("mycompanyId", "mycompany_id"),
        ("parentId128", "parent_id128"),
        ("ufCrm_1639669411830", "uf_crm_1639669411830"),
        ("UF_CRM_1639669411830", "uf_crm_1639669411830"),
        ("XMLId", "xml_id"),
        ("~DESCRIPTION", "description"),
    ],
)
def test_a_rest_name_maps_to_snake_case(wire: str, name: str) -> None:
    assert snake(wire) == name


@pytest.mark.parametrize("name", ["FROM", "def", "CLASS", "JSON", "copy", "OBJECTS", "EXTRA", "save", "PK"])
def test_a_name_that_is_taken_gets_an_underscore(name: str) -> None:
    assert field_names([name])[name] == f"{snake(name)}_"


def test_a_second_field_with_the_same_name_gets_an_underscore() -> None:
    assert field_names(["DESCRIPTION", "~DESCRIPTION"])["~DESCRIPTION"] == "description_"


def test_no_keyword_is_ever_a_field_name() -> None:
    assert not [name for name in field_names(keyword.kwlist).values() if keyword.iskeyword(name)]


def test_every_public_attribute_of_a_model_is_reserved() -> None:
    public = {name for name in dir(Model) if name.islower() and not name.startswith(("_", "model_"))}

    assert public - RESERVED == set()


@pytest.mark.parametrize(
    ("field", "target", "taken", "name"),
    [
        ("stage_id", "Status", (), "stage"),
        ("assigned_by_id", "User", (), "assigned_by"),
        ("created_by", "User", ("created_by",), "created_by_user"),
        ("parent", "Department", ("parent",), "parent_department"),
        ("company_type", "Status", ("company_type",), "company_type_status"),
        ("responsible_id", "User", ("responsible",), "responsible_user"),
        ("schema_id", "SmartProcessType", (), "schema_smart_process_type"),
        ("id", "Deal", ("id",), "id_deal"),
    ],
)
def test_a_relation_is_named_after_its_field(
    field: str, target: str, taken: tuple[str, ...], name: str
) -> None:
    assert relation_name(field, target, taken) == name


def test_a_constant_is_the_name_in_capitals() -> None:
    assert constant("SmartInvoice") == "SMART_INVOICE"


def test_a_class_name_can_carry_its_module() -> None:
    assert class_name("catalog", "Product") == "CatalogProduct"
