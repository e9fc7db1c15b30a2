"""What the documentation says that the local portal answers, it answers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from b24orm.emulator.methods import build_registry
from b24orm.emulator.store import Store
from b24orm.facts import load

PAGE = Path(__file__).parents[2] / "docs/how-to/local-portal.md"
WHOLE = [
    "Deal",
    "Lead",
    "Contact",
    "Company",
    "Quote",
    "Activity",
    "Product",
    "Requisite",
    "BankDetail",
    "Address",
    "LegacyProductRow",
    "ProductSection",
    "Measure",
    "Vat",
    "Catalog",
    "StageHistory",
    "TimelineComment",
    "TimelineBinding",
    "ActivityBinding",
    "RequisitePreset",
    "RequisitePresetField",
    "Task",
    "TaskHistoryRecord",
    "TaskStage",
    "TaskTemplate",
    "TemplateChecklistItem",
    "ElapsedTime",
    "ChecklistItem",
    "UniversalList",
    "ListField",
    "ListSection",
    "ListElement",
    "CalendarEvent",
    "CalendarSection",
    "CalendarResource",
    "DiskStorage",
    "DiskFolder",
    "DiskFile",
    "DiskFileVersion",
    "WorkflowTemplate",
    "WorkflowInstance",
    "BizprocTask",
    "BizprocActivity",
    "BizprocRobot",
    "Booking",
    "BookingResource",
    "BookingResourceType",
    "WaitlistItem",
    "Message",
    "Chat",
    "ChatUser",
    "ImUser",
    "ImDepartment",
    "Notification",
    "Order",
    "BasketItem",
    "CatalogProduct",
    "Price",
]
"""Entities whose every method is answered."""


def _section() -> list[str]:
    text = PAGE.read_text(encoding="utf-8").split("## What it answers")[1].split("\n## ")[0]
    rows = [line for line in text.splitlines() if line.startswith("| ") and "`" in line]
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row)]


@pytest.mark.parametrize("family", [name for name in _section() if name != "batch"])
def test_a_family_that_is_named_is_answered(family: str) -> None:
    known = build_registry(Store())

    assert any(name.startswith(f"{family}.") for name in known)


@pytest.mark.parametrize("name", WHOLE)
def test_an_entity_is_answered_whole(name: str) -> None:
    schema, known = load(name), build_registry(Store())
    asked = [method.name.lower() for method in schema.methods.values()]
    asked += [schema.list.name.lower()] if schema.list else []

    assert [method for method in asked if method not in known] == []
