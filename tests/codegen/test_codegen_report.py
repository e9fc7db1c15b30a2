"""The report's figures, and what they stand for: nothing documented is missing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from b24orm.facts import load, names
from codegen.method_source import Method, read_methods
from codegen.report import report
from codegen.source import read_sources

UNDOCUMENTED = frozenset(
    {
        "crm.address.getzoneid",
        "crm.address.setzoneid",
        "crm.addresstype.getavailable",
        "crm.addresstype.getbyzonesorvalues",
        "crm.addresstype.getdefaultbyzone",
        "crm.addresstype.getzonemap",
        "crm.enum.entityeditor.configuration.scope",
        "crm.externalchannel.activity.company",
        "crm.externalchannel.activity.contact",
        "crm.externalchannel.company",
        "crm.externalchannel.connector.fields",
        "crm.externalchannel.connector.list",
        "crm.externalchannel.connector.register",
        "crm.externalchannel.connector.unregister",
        "crm.externalchannel.contact",
        "crm.livefeedmessage.add",
        "crm.productrow.add",
        "crm.productrow.delete",
        "crm.productrow.get",
        "crm.productrow.update",
        "crm.sitebutton.configuration.get",
        "crm.webform.configuration.get",
    }
)
"""Methods of entities that the server has and the documentation does not list."""


@pytest.fixture(scope="module")
def documented(metadata: Path) -> Sequence[Method]:
    """Every documented method."""
    return [method for found in read_methods(metadata.parent / "methods").values() for method in found]


def figure(lines: Sequence[str], what: str) -> int:
    return next(int(line.split()[0].replace(",", "")) for line in lines if line.endswith(what))


@pytest.fixture(scope="module")
def lines(metadata: Path) -> Sequence[str]:
    return report(read_sources(metadata), read_methods(metadata.parent / "methods"))


def test_every_entity_is_counted(lines: Sequence[str]) -> None:
    assert figure(lines, "  entities") == len(names())


def test_entities_without_a_list_are_counted(lines: Sequence[str]) -> None:
    assert figure(lines, "entities without a list method") == sum(load(name).list is None for name in names())


def test_the_documentations_methods_are_there(lines: Sequence[str]) -> None:
    assert figure(lines, "documented methods") >= 1660


def test_an_entitys_method_is_documented_or_known_not_to_be(documented: Sequence[Method]) -> None:
    known = {method.name.lower() for method in documented}
    own: set[str] = set()
    for name in names():
        schema = load(name)
        own |= {method.name for method in schema.methods.values()} | schema.actions.keys()
        own |= {schema.list.name} if schema.list else set()

    assert {name for name in own if name.lower() not in known} == UNDOCUMENTED
