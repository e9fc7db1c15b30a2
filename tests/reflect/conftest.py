"""A local portal with a user field of each type and smart processes, and the module made of it."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from b24orm import Portal, connect
from b24orm.cli import main
from b24orm.emulator import LocalPortal

TYPES: dict[str, dict[str, Any]] = {
    "string": {},
    "integer": {},
    "double": {},
    "boolean": {},
    "date": {},
    "datetime": {},
    "url": {},
    "money": {},
    "address": {},
    "employee": {},
    "file": {},
    "resourcebooking": {},
    "iblock_element": {},
    "iblock_section": {},
    "enumeration": {"LIST": [{"VALUE": "Red"}, {"VALUE": "Blue"}]},
    "crm": {"SETTINGS": {"LEAD": "Y", "DEAL": "Y", "CONTACT": "N"}},
    "crm_status": {"SETTINGS": {"ENTITY_TYPE": "SOURCE"}},
}
"""Each type of user field, and what it takes to make one."""


def load(path: Path) -> ModuleType:
    """The module in a file."""
    spec = importlib.util.spec_from_file_location("reflected_portal", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def reflect(local: LocalPortal, path: Path, *more: str) -> int:
    """``b24orm reflect``."""
    return main(["reflect", "--webhook", local.url, "--out", str(path), *more])


def furnish(client: Portal) -> None:
    """User fields of each type, ``one_money`` and ``many_money`` ..., and three smart processes."""
    for kind, more in TYPES.items():
        field = {"USER_TYPE_ID": kind, **more}
        for name in ("ONE", "MANY"):
            made = {"FIELD_NAME": f"{name}_{kind}".upper(), "MULTIPLE": "Y" if name == "MANY" else "N"}
            client.call("crm.deal.userfield.add", {"fields": {**field, **made}})
    client.call("user.userfield.add", {"fields": {"FIELD_NAME": "GRADE", "USER_TYPE_ID": "integer"}})
    client.call("task.item.userfield.add", {"PARAMS": {"FIELD_NAME": "WISH", "USER_TYPE_ID": "string"}})
    for number, title in ((1038, "Contracts"), (1042, "Cars"), (1046, "Cars")):
        enabled = {"isStagesEnabled": "Y", "isCategoriesEnabled": "Y" if number == 1038 else "N"}
        client.call("crm.type.add", {"fields": {"title": title, "entityTypeId": number, **enabled}})


@pytest.fixture(scope="module")
def local() -> Iterator[LocalPortal]:
    """The portal."""
    with LocalPortal(deals=5) as portal:
        with connect(portal.url, plan="unlimited", progress=False) as client:
            furnish(client)
        yield portal


@pytest.fixture(scope="module")
def made(local: LocalPortal, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The module's file."""
    path = tmp_path_factory.mktemp("reflected") / "mine.py"
    assert reflect(local, path) == 0
    return path


@pytest.fixture
def mine(local: LocalPortal, made: Path) -> Iterator[Any]:
    """The module, and a connection to its portal."""
    with connect(local.url, plan="unlimited", progress=False):
        yield load(made)


@pytest.fixture
def create(mine: Any) -> Iterator[Callable[..., Any]]:
    """Makes a deal with the given fields, for this test only."""
    deals: list[Any] = []

    def create(**fields: Any) -> Any:
        deals.append(mine.Deal.objects.create(title="X", **fields))
        return deals[-1]

    yield create
    for deal in deals:
        deal.delete()
