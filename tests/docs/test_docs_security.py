"""Each promise of the page on security names tests that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.docs.blocks import ROOT

PAGE = ROOT / "docs" / "security.md"
_NAMED = re.compile(r"`(?:(tests/[\w/]+\.py)|\.\.\.)?(?:::(\w+))?`")


def rows() -> list[str]:
    """The rows of the tables, without their heads."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.startswith("|") and not line.startswith(("| Promise", "| ---"))]


def named() -> Iterator[tuple[str, str]]:
    """Each test that the page names: its file, and its name or nothing."""
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
    assert "`tests/" in row or "::" in row or "the same" in row
