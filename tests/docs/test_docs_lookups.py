"""The tables of docs/lookups.md say what the code does."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from b24orm import facts
from b24orm.query.lookups import KINDS, LOOKUPS, Kind, kind_of, lookups_for
from b24orm.schema import Dialect, FieldSchema, ListSchema
from tests.docs.blocks import ROOT

PAGE = (ROOT / "docs" / "lookups.md").read_text(encoding="utf-8")
TYPES: dict[Kind, str] = {
    "integer": "integer",
    "reference": "user",
    "number": "double",
    "string": "string",
    "status": "crm_status",
    "boolean": "char",
    "date": "date",
    "datetime": "datetime",
    "multifield": "crm_multifield",
}


def table(heading: str) -> list[list[str]]:
    """The cells of the table below a heading, its head included."""
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines if "---" not in line
    ]


def words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def can(lookup: str, dialect: Dialect) -> str:
    """What the table has to say of a lookup."""
    operators = ("!=", ">", ">=", "<", "<=", "%", "@") if dialect == "plain" else ()
    listing = ListSchema(name="some.list", filter="filter", dialect=dialect, operators=operators)
    sensible = [kind for kind in TYPES if lookup in KINDS[kind]]
    fields = {kind: FieldSchema(name="some", wire="SOME", type=TYPES[kind]) for kind in sensible}
    refused = [kind for kind in sensible if lookup not in lookups_for(listing, fields[kind])]
    if not refused:
        return "yes"
    return "no" if refused == sensible else f"not {', '.join(refused)}"


@pytest.mark.parametrize("kind", TYPES)
def test_the_samples_are_of_their_kinds(kind: Kind) -> None:
    assert kind_of(FieldSchema(name="some", wire="SOME", type=TYPES[kind])) == kind


def test_every_lookup_is_explained() -> None:
    explained = [word for row in table("What the lookups mean") for word in words(row[0])]
    assert explained == list(LOOKUPS)


def test_the_lookups_of_each_kind_are_right() -> None:
    listed = {row[0]: tuple(words(row[1])) for row in table("What fits which field")[1:]}
    assert listed == {kind: KINDS[kind] for kind in TYPES}


def test_the_methods_of_each_dialect_are_right() -> None:
    listed = {row[0]: words(row[1]) for row in table("Dialects")[1:]}
    known = {dialect: set[str]() for dialect in get_args(Dialect)}
    for name in facts.names():
        listing = facts.load(name).list
        if listing is not None:
            known[listing.dialect].add(listing.name)
    assert {dialect for dialect, methods in listed.items() if not set(methods) <= known[dialect]} == set()


@pytest.mark.parametrize("lookup", LOOKUPS)
def test_what_each_dialect_can_do_is_right(lookup: str) -> None:
    head, *rows = table("What each dialect can do")
    (row,) = [row for row in rows if row[0] == f"`{lookup}`"]
    assert row[1:] == [can(lookup, dialect) for dialect in head[1:]]  # type: ignore[arg-type]
