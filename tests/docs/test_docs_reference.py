"""The reference has every public name, and says of every error when it comes and what to do."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from importlib import import_module
from pkgutil import resolve_name
from typing import Any

import pytest

from b24orm import errors
from b24orm.cli import _parser
from tests.docs.blocks import ROOT

REFERENCE = ROOT / "docs" / "reference"
PUBLIC = ("b24orm", "b24orm.orm", "b24orm.values", "b24orm.events", "b24orm.emulator", "b24orm.reflect")
MODULES = ("b24orm.errors", "b24orm.testing")
PLAIN = {"NamedRow", "Picked", "errors", "portals"}
"""Type variables, a module and an object, of which pages speak by name."""


_OPTION = re.compile(r"--[\w-]+")
(_SUBCOMMANDS,) = (a for a in _parser()._actions if isinstance(a, argparse._SubParsersAction))
COMMANDS: list[tuple[str, argparse.ArgumentParser]] = list(_SUBCOMMANDS.choices.items())


def _options(command: argparse.ArgumentParser) -> set[str]:
    found = {name for action in command._actions for name in action.option_strings if name.startswith("--")}
    return found - {"--help"}


def named() -> Iterator[str]:
    """What the pages of the reference show."""
    for page in REFERENCE.glob("*.md"):
        yield from re.findall(r"^::: ([\w.]+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)


def shown() -> list[Any]:
    """The objects of the names; for a module what it exports."""
    found: list[Any] = []
    for name in named():
        value = resolve_name(name)
        found += [getattr(value, key) for key in getattr(value, "__all__", [])] or [value]
    return found


def rows() -> list[list[str]]:
    """The rows of the tables of errors."""
    lines = (REFERENCE / "errors.md").read_text(encoding="utf-8").splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| `")]


@pytest.mark.parametrize("module", [*PUBLIC, *MODULES])
def test_every_public_name_is_in_the_reference(module: str) -> None:
    known = shown()
    exported = {name: getattr(import_module(module), name) for name in import_module(module).__all__}
    missing = [name for name, value in exported.items() if all(value is not each for each in known)]
    assert set(missing) - PLAIN == set()


def test_every_error_is_explained_once() -> None:
    explained = sorted(row[0].strip("`") for row in rows())
    tree = [name for name, value in vars(errors).items() if _is_error(value) and name != "B24Error"]
    assert explained == sorted([*tree, "InvalidRowWarning", "WriteErrors"])


def test_every_error_says_when_it_comes_and_what_to_do() -> None:
    assert [row for row in rows() if len(row) != 3 or not all(row)] == []


def _is_error(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, errors.B24Error)


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=[name for name, _ in COMMANDS])
def test_every_option_of_a_command_is_explained(name: str, command: argparse.ArgumentParser) -> None:
    page = (REFERENCE / "commands.md").read_text(encoding="utf-8")
    section = page.partition(f"\n## b24orm {name}\n")[2].partition("\n## ")[0]
    assert _options(command) - set(_OPTION.findall(section)) == set()
