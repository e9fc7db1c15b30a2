from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codegen.load import load
from codegen.overlay import read_overlay
from codegen.source import MetadataError, read_sources


def entry(**changes: Any) -> list[dict[str, Any]]:
    usual = {"in": ["shop/ticket"], "fields": ["price"], "set": {"filterable": False}, "why": "a test"}
    return [{**usual, **changes}]


def ticket(folder: Path) -> Any:
    return {entity.schema.name: entity.schema for entity in load(folder)}["Ticket"]


def test_an_entry_corrects_a_field(shop: Callable[..., Path]) -> None:
    assert ticket(shop(entry())).fields["price"].filterable is False


def test_an_entry_without_fields_corrects_the_list_method(shop: Callable[..., Path]) -> None:
    overlay = entry(fields=[], set={"list.dialect": "user"})

    assert ticket(shop(overlay)).list.dialect == "user"


def test_a_later_entry_goes_before_an_earlier_one(shop: Callable[..., Path]) -> None:
    overlay = [*entry(), *entry(set={"filterable": True})]

    assert ticket(shop(overlay)).fields["price"].filterable is True


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"why": " "}, "the reason"),
        ({"colour": "red"}, "unknown key colour"),
        ({"set": {"colour": "red"}}, "can't set colour"),
        ({"fields": [], "set": {"filterable": False}}, "can't set filterable"),
        ({"set": {}}, "must say something"),
        ({"in": ["shop/nothing"]}, "no metadata file shop/nothing"),
        ({"fields": ["colour"]}, "has no field 'colour'"),
    ],
)
def test_a_wrong_entry_is_refused(shop: Callable[..., Path], changes: dict[str, Any], message: str) -> None:
    folder = shop(entry(**changes))

    with pytest.raises(MetadataError, match=message):
        load(folder)


def test_every_correction_of_the_package_has_a_reason(metadata: Path) -> None:
    assert min(len(correction.why) for correction in read_overlay(metadata)) > 10


def test_every_correction_of_the_package_changes_something(metadata: Path) -> None:
    raw = {source.key: source.raw for source in read_sources(metadata)}
    idle = [
        (key, wire, setting)
        for correction in read_overlay(metadata)
        for key in correction.keys
        for wire in correction.fields
        for setting, value in correction.settings.items()
        if raw[key]["fields"][wire].get(setting, {"filterable": True}.get(setting)) == value
    ]

    assert idle == []
