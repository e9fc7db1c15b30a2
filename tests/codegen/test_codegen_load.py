from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from b24orm import facts
from b24orm.rendering.names import field_names
from codegen.load import Entity, load
from codegen.overlay import read_overlay
from codegen.source import METHOD_KINDS, MetadataError, read_sources

FLAGS = ("required", "read_only", "immutable", "multiple", "deprecated", "status_type")


@pytest.fixture(scope="session")
def raws(metadata: Path) -> Mapping[str, Mapping[str, Any]]:
    return {source.key: source.raw for source in read_sources(metadata)}


@pytest.fixture(scope="session")
def corrected(metadata: Path) -> set[tuple[str, str, str]]:
    """What the overlay changes: key, field, setting."""
    return {
        (key, wire, setting)
        for correction in read_overlay(metadata)
        for key in correction.keys
        for wire in correction.fields
        for setting in correction.settings
    }


def test_the_committed_facts_are_the_loaded_ones(entities: Mapping[str, Entity]) -> None:
    assert {name: facts.load(name) for name in facts.names()} == {
        name: entity.schema for name, entity in entities.items()
    }


def test_every_field_of_a_file_is_in_the_facts(
    entities: Mapping[str, Entity], raws: Mapping[str, Mapping[str, Any]]
) -> None:
    for entity in entities.values():
        wires = [field.wire for field in entity.schema.fields.values()]
        assert wires == [wire for wire in raws[entity.key]["fields"] if "*" not in wire]


def test_every_method_of_a_file_is_in_the_facts(
    entities: Mapping[str, Entity], raws: Mapping[str, Mapping[str, Any]]
) -> None:
    for entity in entities.values():
        methods = raws[entity.key]["methods"]
        kinds = {kind: methods[kind]["name"] for kind in METHOD_KINDS if kind in methods}
        listed = {"list": entity.schema.list.name} if entity.schema.list else {}
        assert kinds == {**listed, **{k: m.name for k, m in entity.schema.methods.items()}}


def test_every_action_of_a_file_is_in_the_facts(
    entities: Mapping[str, Entity], raws: Mapping[str, Mapping[str, Any]]
) -> None:
    for entity in entities.values():
        actions = {a["name"]: tuple(a["params"]) for a in raws[entity.key]["methods"].get("other", ())}
        assert entity.schema.actions == actions


def test_a_flag_differs_from_its_file_only_where_the_overlay_says_so(
    entities: Mapping[str, Entity],
    raws: Mapping[str, Mapping[str, Any]],
    corrected: set[tuple[str, str, str]],
) -> None:
    different = {
        (entity.key, field.wire, flag)
        for entity in entities.values()
        for field in entity.schema.fields.values()
        for flag in ("type", *FLAGS)
        if getattr(field, flag)
        != (raws[entity.key]["fields"][field.wire].get(flag) or (None if flag == "status_type" else False))
    }

    assert different <= corrected


def test_every_id_field_exists(entities: Mapping[str, Entity]) -> None:
    assert all(e.schema.id_name in e.schema.fields for e in entities.values() if e.schema.id_name)


def test_entities_without_an_id_are_known_by_name(entities: Mapping[str, Entity]) -> None:
    without = {name for name, entity in entities.items() if not entity.schema.id_name}

    assert {"Address", "RequisiteLink", "TimelineBinding"} <= without
    assert "Deal" not in without


def test_every_relation_leads_to_a_field_of_a_known_entity(entities: Mapping[str, Entity]) -> None:
    lost = [
        (entity.schema.name, name)
        for entity in entities.values()
        for name, field in entity.schema.relations.items()
        if field.relation_key not in entities[str(field.relation)].schema.fields
    ]

    assert lost == []


def test_no_relation_has_the_name_of_a_field(entities: Mapping[str, Entity]) -> None:
    clashes = [set(e.schema.relations) & set(e.schema.fields) for e in entities.values()]

    assert not any(clashes)


def test_field_names_are_the_keys_of_the_fields(entities: Mapping[str, Entity]) -> None:
    for entity in entities.values():
        assert all(name == field.name for name, field in entity.schema.fields.items())


# --- rules ------------------------------------------------------------------------------


def test_rows_in_an_envelope_mean_a_controller(samples: Mapping[str, Entity]) -> None:
    listing = samples["Ticket"].schema.list

    assert listing is not None
    assert (listing.dialect, listing.paging, listing.select_all) == ("user", "controller", ("*",))


def test_a_bare_list_means_a_classic_method(samples: Mapping[str, Entity]) -> None:
    listing = samples["Clerk"].schema.list

    assert listing is not None
    assert (listing.dialect, listing.paging) == ("plain", "classic")


def test_a_bare_select_of_an_unknown_family_names_every_field(samples: Mapping[str, Entity]) -> None:
    listing = samples["Clerk"].schema.list

    assert listing is not None
    assert listing.select_all == ("ID", "NAME", "PHONE")


def test_a_bare_select_in_the_crm_names_user_fields_and_multifields(entities: Mapping[str, Entity]) -> None:
    listing = entities["Contact"].schema.list

    assert listing is not None
    assert listing.select_all[:2] == ("*", "UF_*")
    assert "PHONE" in listing.select_all


def test_camel_case_ids_mean_camel_case_user_fields(samples: Mapping[str, Entity]) -> None:
    assert samples["Ticket"].schema.user_field_prefix == "uf"


def test_a_field_is_spelled_for_writing_and_asking_where_that_differs(samples: Mapping[str, Entity]) -> None:
    field = samples["Ticket"].schema.fields["seller_id"]

    assert (field.wire, field.write_name, field.query_name) == ("sellerId", "SELLER_ID", "SELLER_ID")


def test_a_relation_knows_the_key_of_its_target(samples: Mapping[str, Entity]) -> None:
    field = samples["Ticket"].schema.relations["seller_clerk"]

    assert (field.relation, field.relation_key) == ("Clerk", "id")


def test_an_entity_that_needs_parameters_is_no_target(samples: Mapping[str, Entity]) -> None:
    assert samples["Ticket"].schema.fields["parent_id"].relation_name is None


def test_an_unknown_entity_is_no_target(samples: Mapping[str, Entity]) -> None:
    field = samples["Ticket"].schema.fields["unknown_id"]

    assert (field.relation, field.relation_name) == ("Nowhere", None)


def test_a_field_that_is_no_column_can_not_be_sorted_by(samples: Mapping[str, Entity]) -> None:
    fields = samples["Ticket"].schema.fields.values()

    assert [f.name for f in fields if not f.sortable] == ["shop_id", "seller", "watcher_ids", "phones"]


def test_a_pattern_is_no_field(shop: Callable[..., Path]) -> None:
    folder = shop(clerk={"fields": {"ID": {"type": "integer"}, "PROPERTY_*": {"type": "string"}}})

    assert list(load(folder)[0].schema.fields) == ["id"]


def test_entities_with_one_name_get_their_module_into_it(shop: Callable[..., Path]) -> None:
    folder = shop(ticket={"entity": "Clerk", "module": "market", "parent_params": []})

    assert [entity.schema.name for entity in load(folder)] == ["Clerk", "MarketClerk"]


def test_entities_with_one_name_get_their_version_into_it(shop: Callable[..., Path]) -> None:
    folder = shop(ticket={"entity": "Clerk", "api": "v3"})

    assert [entity.schema.name for entity in load(folder)] == ["Clerk", "ClerkV3"]


def test_entities_that_can_not_be_told_apart_are_refused(shop: Callable[..., Path]) -> None:
    folder = shop(ticket={"entity": "Clerk"}, clerk={"module": "shop"})
    (folder / "shop" / "third.json").write_text(
        (folder / "shop" / "ticket.json").read_text("utf-8"), encoding="utf-8"
    )

    with pytest.raises(MetadataError, match="rename it in the overlay"):
        load(folder)


def test_python_names_are_unique_within_an_entity(entities: Mapping[str, Entity]) -> None:
    for entity in entities.values():
        wires = [field.wire for field in entity.schema.fields.values()]
        assert len(set(field_names(wires).values())) == len(wires)
