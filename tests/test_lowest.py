"""``lowest.txt`` names the oldest releases that pyproject.toml allows, for running the tests with them."""

from __future__ import annotations

import sys

import pytest
from packaging.requirements import Requirement

from tests.conftest import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = pytest.importorskip("tomli")


def oldest(requirements: list[str]) -> set[tuple[str, str]]:
    """The names, each with the one version that it is compared with."""
    parsed = [Requirement(text) for text in requirements]
    return {(each.name, next(iter(each.specifier)).version) for each in parsed}


def test_the_lowest_releases_are_those_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    listed = (ROOT / "tests" / "lowest.txt").read_text("utf-8").splitlines()

    promised = oldest([*project["dependencies"], *project["optional-dependencies"]["redis"]])

    assert oldest([line for line in listed if not line.startswith("#")]) == promised
