"""The code blocks of a Markdown page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)(?: +(?P<title>title=\"[^\"]*\"))?\s*$")
_UNTRIED = "<!-- not run -->"
_BESIDE = "<!-- run beside other clients -->"
_NEEDS = re.compile(r"<!-- run with (\w+) -->")


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        page: the file it stands in.
        line: the line of its first character, from 1.
        language: what it is said to be.
        title: the file that it is said to be, or nothing.
        text: its text, without the indentation of the fence.
        runs: False if the page says that it can't be run by itself.
        needs: the package that the page says it can't be run without, or nothing.
        beside: True if tests/foreign runs it, beside the same task done by another client.
    """

    page: Path
    line: int
    language: str
    title: str
    text: str
    runs: bool
    needs: str
    beside: bool

    @property
    def padded(self) -> str:
        """The text in its place, so that errors name the line of the page."""
        return "\n" * (self.line - 1) + self.text


def blocks(page: Path) -> Iterator[Block]:
    """The blocks of a page, in order.

    Raises:
        ValueError: a block is not closed.
    """
    lines = page.read_text(encoding="utf-8").splitlines()
    number = 0
    while number < len(lines):
        fence = _FENCE.match(lines[number])
        if fence is None:
            number += 1
            continue
        closing = fence["indent"] + "```"
        try:
            end = lines.index(closing, number + 1)
        except ValueError:
            raise ValueError(f"{page}:{number + 1}: this block is not closed") from None
        inside = [line[len(fence["indent"]) :] for line in lines[number + 1 : end]]
        title = (fence["title"] or "").removeprefix("title=").strip('"')
        said = lines[number - 1].strip() if number else ""
        runs, text = said not in (_UNTRIED, _BESIDE), "\n".join(inside) + "\n"
        needs = _NEEDS.fullmatch(said)
        package = needs[1] if needs else ""
        yield Block(page, number + 2, fence["language"], title, text, runs, package, said == _BESIDE)
        number = end + 1


def name_of(page: Path) -> str:
    """The page's path inside the repository."""
    return page.relative_to(ROOT).as_posix()
