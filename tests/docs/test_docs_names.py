"""Files, tests and commands that pages name are there."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.docs.blocks import PAGES, ROOT

WRITTEN = [
    page for page in [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"] if "entities" not in page.parts
]
"""Pages that people write."""
INSIDE = [
    "architecture.md",
    "metadata.md",
    *(f"decisions/{page.name}" for page in ROOT.glob("docs/decisions/*")),
]
"""Pages that speak of the package's own modules."""


def found(pattern: str, pages: list[Path]) -> list[str]:
    """What a pattern finds in pages, each once."""
    return sorted({name for page in pages for name in re.findall(pattern, page.read_text(encoding="utf-8"))})


@pytest.mark.parametrize("path", found(r"\btests/[\w/]+\.\w+", WRITTEN))
def test_a_file_of_the_tests_exists(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("path", found(r"`([\w/]+\.py)`", [ROOT / "docs" / page for page in INSIDE]))
def test_a_module_exists(path: str) -> None:
    assert (ROOT / path).exists() or (ROOT / "b24orm" / path).exists()


@pytest.mark.parametrize("module", found(r"python -m (\w+(?:\.\w+)*)", WRITTEN))
def test_a_command_exists(module: str) -> None:
    assert module == "venv" or find_spec(module) is not None
