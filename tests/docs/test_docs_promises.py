"""The pages on reliability and on security: each promise names tests that exist."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import pytest

from tests.docs.blocks import ROOT

_NAMED = re.compile(r"`(?:(tests/[\w/]+\.py)|\.\.\.)?(?:::(\w+))?`")


def promises(page: str) -> list[str]:
    """The rows of a page's tables whose first column is a promise."""
    rows: list[str] = []
    promising = False
    for line in (ROOT / "docs" / page).read_text(encoding="utf-8").splitlines():
        promising = line.startswith("|") and (promising or line.startswith("| Promise |"))
        if promising and not line.startswith(("| Promise", "| ---")):
            rows.append(line)
    return rows


RELIABILITY, SECURITY = promises("reliability.md"), promises("security.md")


def named(rows: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each test that promises name: its file, and its name or nothing."""
    file = ""
    for row in rows:
        for found, name in _NAMED.findall(row):
            file = found or file
            if found or name:
                yield file, name


@pytest.mark.parametrize(("file", "name"), sorted({*named(RELIABILITY), *named(SECURITY)}))
def test_a_test_that_is_named_exists(file: str, name: str) -> None:
    assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8") if name else (ROOT / file).exists()


@pytest.mark.parametrize("row", [*RELIABILITY, *SECURITY])
def test_a_promise_names_its_proof(row: str) -> None:
    assert "`tests/" in row or "::" in row or "the same" in row


def test_both_pages_promise_something() -> None:
    assert (len(RELIABILITY) >= 15, len(SECURITY) >= 25) == (True, True)
