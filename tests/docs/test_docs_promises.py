"""The pages on reliability and on security: each promise names tests that exist."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import pytest

from tests.docs.blocks import ROOT

_PROMISE = re.compile(r"^- \*\*.*(?:\n  .*)*", re.MULTILINE)
_NAMED = re.compile(r"`(tests/[\w/]+\.py)?::(\w+)`")
_EXPLAINS = "## What each trouble comes to"
"""What follows this heading explains, and promises nothing."""


def promises(page: str) -> list[str]:
    """The items of a page's lists that begin with a promise."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return _PROMISE.findall(text.partition(_EXPLAINS)[0])


RELIABILITY, SECURITY = promises("reliability.md"), promises("security.md")


def named(items: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The tests that promises name: file and name. A name without a file is of the file named before it."""
    for item in items:
        file = ""
        for found, name in _NAMED.findall(item):
            file = found or file
            yield file, name


@pytest.mark.parametrize(("file", "name"), sorted({*named(RELIABILITY), *named(SECURITY)}))
def test_a_test_that_is_named_exists(file: str, name: str) -> None:
    assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("item", [*RELIABILITY, *SECURITY])
def test_a_promise_names_its_proof(item: str) -> None:
    assert list(named([item]))


def test_both_pages_promise_something() -> None:
    assert (len(RELIABILITY) >= 20, len(SECURITY) >= 20) == (True, True)
