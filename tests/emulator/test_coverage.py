"""What the documentation says that the local portal answers, it answers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from b24orm.emulator.methods import build_registry
from b24orm.emulator.store import Store
from b24orm.facts import load, names

PAGE = Path(__file__).parents[2] / "docs/how-to/local-portal.md"
UNANSWERED = {
    "calendar.resource.booking.list",
    "catalog.productpropertysection.get",
    "catalog.productpropertysection.list",
    "catalog.productpropertysection.set",
    "catalog.userfield.document.list",
    "catalog.userfield.document.update",
    "humanresources.hcmlink.company.add",
    "humanresources.hcmlink.company.delete",
    "humanresources.hcmlink.company.list",
    "humanresources.hcmlink.company.update",
    "humanresources.hcmlink.employee.list",
    "im.v2.event.get",
    "imbot.v2.chat.message.delete",
    "imbot.v2.chat.message.get",
    "imbot.v2.chat.message.getcontext",
    "imbot.v2.chat.message.send",
    "imbot.v2.chat.message.update",
    "imbot.v2.chat.user.list",
    "imbot.v2.event.get",
    "imopenlines.crm.chat.get",
    "sign.b2e.company.provider.list",
    "sign.b2e.mysafe.tail",
    "timeman.networkrange.get",
    "timeman.schedule.get",
    "timeman.timecontrol.reports.users.get",
    "userconsent.agreement.list",
    "vote.attachedvote.get",
    "vote.attachedvote.getanswervoted",
    "vote.attachedvote.getmany",
}
"""Methods of entities that the local portal does not answer."""


def _of_entities() -> list[tuple[str, str]]:
    """The classic methods of every entity, and the entity: a method of two entities comes twice."""
    found: list[tuple[str, str]] = []
    for name in names():
        schema = load(name)
        if schema.api != "v3":
            methods = [method.name.lower() for method in schema.methods.values()]
            methods += [schema.list.name.lower()] if schema.list else []
            found += [(name, method) for method in methods]
    return found


def _section() -> list[str]:
    text = PAGE.read_text(encoding="utf-8").split("## What it answers")[1].split("\n## ")[0]
    rows = [line for line in text.splitlines() if line.startswith("| ") and "`" in line]
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row)]


@pytest.mark.parametrize("family", [name for name in _section() if name != "batch"])
def test_a_family_that_is_named_is_answered(family: str) -> None:
    known = build_registry(Store())

    assert any(name.startswith(f"{family.lower()}.") for name in known)


def test_what_is_not_answered_is_known() -> None:
    known = build_registry(Store())

    assert {method for _, method in _of_entities() if method not in known} == UNANSWERED


def test_the_page_says_how_many_methods_are_answered() -> None:
    methods = _of_entities()
    answered = sum(method not in UNANSWERED for _, method in methods)

    assert f"{answered:,} of the {len(methods):,} methods" in PAGE.read_text(encoding="utf-8")
