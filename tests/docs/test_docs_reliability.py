"""The page on reliability: each promise names tests that exist, and its table is the one that is asserted."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.docs.blocks import ROOT
from tests.faults.render import outcomes
from tests.faults.table import plots

PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
PROMISES = PAGE.partition("## Promises")[2].partition("\n## ")[0]
TABLE = PAGE.partition("## The table")[2].partition("\n## ")[0]
_NAMED = re.compile(r"`(?:(tests/[\w/]+\.py))?(?:::(\w+))?`")


def rows() -> list[str]:
    """The promises, without the head of their table."""
    lines = [line for line in PROMISES.splitlines() if line.startswith("|")]
    return lines[2:]


def named() -> Iterator[tuple[str, str]]:
    """Each test that the promises name: its file, and its name or nothing."""
    file = ""
    for row in rows():
        for found, name in _NAMED.findall(row):
            file = found or file
            if found or name:
                yield file, name


@pytest.mark.parametrize(("file", "name"), sorted(set(named())))
def test_a_test_that_is_named_exists(file: str, name: str) -> None:
    assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8") if name else (ROOT / file).exists()


@pytest.mark.parametrize("row", rows())
def test_a_promise_names_its_proof(row: str) -> None:
    assert "`tests/" in row or "the same" in row


def test_the_table_shows_what_is_asserted() -> None:
    shown = outcomes(TABLE)
    asserted = {(f"{plot.trouble.name}, {plot.when}", plot.operation.name): plot for plot in plots()}
    assert shown.keys() == asserted.keys()
    for cell, plot in asserted.items():
        errors = shown[cell]
        assert (errors == plot.expected) if plot.trouble.certain else (errors <= plot.expected), cell
