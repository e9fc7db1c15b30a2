from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from codegen.source import OVERLAY, MetadataError, read_sources, tidy
from tests.docs.blocks import ROOT, blocks


def test_a_source_is_known_by_its_path(shop: Callable[..., Path]) -> None:
    assert [source.key for source in read_sources(shop())] == ["shop/clerk", "shop/ticket"]


def test_an_unknown_key_of_an_entity_is_refused(shop: Callable[..., Path]) -> None:
    with pytest.raises(MetadataError, match="shop/ticket: unknown key colour"):
        read_sources(shop(ticket={"colour": "red"}))


def test_an_unknown_key_of_a_field_is_refused(shop: Callable[..., Path]) -> None:
    with pytest.raises(MetadataError, match=r"shop/ticket: fields\.id: unknown key colour"):
        read_sources(shop(ticket={"fields": {"id": {"type": "integer", "colour": "red"}}}))


def test_an_unknown_kind_of_method_is_refused(shop: Callable[..., Path]) -> None:
    with pytest.raises(MetadataError, match="shop/ticket: methods: unknown key paint"):
        read_sources(shop(ticket={"methods": {"paint": {"name": "shop.ticket.paint"}}}))


def test_a_list_that_says_too_little_is_refused(shop: Callable[..., Path]) -> None:
    with pytest.raises(MetadataError, match=r"shop/ticket: methods\.list: envelope, .* is missing"):
        read_sources(shop(ticket={"methods": {"list": {"name": "shop.ticket.list"}}}))


@pytest.mark.parametrize("methods", [{"get": {"id_param": "id"}}, {"other": [{"params": []}]}])
def test_a_method_without_a_name_is_refused(shop: Callable[..., Path], methods: object) -> None:
    with pytest.raises(MetadataError, match="name is missing"):
        read_sources(shop(ticket={"methods": methods}))


def test_the_example_for_contributors_is_a_source(tmp_path: Path) -> None:
    example = next(block for block in blocks(ROOT / "CONTRIBUTING.md") if block.language == "json")
    (tmp_path / "crm").mkdir()
    (tmp_path / "crm" / "garage.json").write_text(example.text, encoding="utf-8")

    assert [source.raw["entity"] for source in read_sources(tmp_path)] == ["Garage"]


def test_a_file_that_is_no_json_is_named(shop: Callable[..., Path]) -> None:
    folder = shop()
    (folder / "shop" / "ticket.json").write_text("{", encoding="utf-8")

    with pytest.raises(MetadataError, match="shop/ticket"):
        read_sources(folder)


def test_a_missing_key_is_named(shop: Callable[..., Path], tmp_path: Path) -> None:
    folder = shop()
    (folder / "shop" / "ticket.json").write_text('{"entity": "Ticket"}', encoding="utf-8")

    with pytest.raises(MetadataError, match="id_field"):
        read_sources(folder)


def test_tidying_loses_nothing_but_usual_values(metadata: Path) -> None:
    for source in read_sources(metadata):
        assert json.loads(tidy(source.raw)) == source.raw


def test_all_metadata_files_are_tidy(metadata: Path) -> None:
    untidy = [
        path.name
        for path in metadata.rglob("*.json")
        if path.name != OVERLAY and tidy(json.loads(path.read_text("utf-8"))) != path.read_text("utf-8")
    ]

    assert untidy == []
