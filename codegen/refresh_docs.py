"""Compares a checkout of the official documentation with the metadata.

A page about a method has the method's name at the end of its title, and the parameters in its
first table, a row each: the name in bold, with a star if it is required. Only names and flags
are read; no text is kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from codegen.method_source import Method

__all__ = ["Page", "compare_docs", "parse_page"]

_TITLE: Final = re.compile(r"\A\s*#\s+.*?([a-z][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)+)`?\s*$", re.MULTILINE)
_TABLE: Final = re.compile(r"^#\|\n(.*?)^\|#", re.MULTILINE | re.DOTALL)
_ROW: Final = re.compile(
    r"^\|\|\s*\*\*`?([A-Za-z_][\w.]*)`?((?:\\?\*|\^\*\^)*)\*\*(\\?\*|\^\*\^)?", re.MULTILINE
)
_RESPONSE: Final = re.compile(r"^##\s+(Response|Code Examples)", re.MULTILINE)
_SKIPPED: Final = frozenset({"Name", "Value", "Code", "Status", "Parameter", "parameter", "Field", "field"})


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says about a method.

    Attributes:
        method: its name.
        params: its parameters, and whether each is required.
        deprecated: the page advises against it.
    """

    method: str
    params: Mapping[str, bool]
    deprecated: bool


def parse_page(text: str) -> Page | None:
    """The method that a page is about; None if it is about something else.

    >>> parse_page("# Get a deal crm.deal.get\\n#|\\n|| **id***\\n[`integer`](x) | . ||\\n|#\\n").params
    {'id': True}
    """
    title = _TITLE.search(text.lstrip("\ufeff"))
    if title is None or "*" in title[0]:
        return None
    end = _RESPONSE.search(text)
    table = _TABLE.search(text[: end.start()] if end else text)
    rows = _ROW.findall(table[1]) if table else []
    params = {
        name.partition(".")[0]: bool(inner or after) for name, inner, after in rows if name not in _SKIPPED
    }
    return Page(title[1], params, "DEPRECATED" in text[: end.start()] if end else "DEPRECATED" in text)


def compare_docs(checkout: Path, methods: Mapping[str, Sequence[Method]]) -> Sequence[str]:
    """One line for each difference, in order.

    Args:
        checkout: the folder that holds ``api-reference``.
        methods: the documented methods by their first word.

    Raises:
        FileNotFoundError: the folder is no checkout of the documentation.
    """
    folder = checkout / "api-reference"
    if not folder.is_dir():
        raise FileNotFoundError(f"{checkout} has no folder api-reference")
    pages: dict[str, Page] = {}
    for path in sorted(folder.rglob("*.md")):
        page = parse_page(path.read_text(encoding="utf-8", errors="replace"))
        if page is not None:
            pages.setdefault(page.method.lower(), page)
    known = {method.name.lower(): method for found in methods.values() for method in found}
    lines = [f"new: method {page.method}" for key, page in sorted(pages.items()) if key not in known]
    for key, method in sorted(known.items()):
        if not (checkout / method.doc).exists():
            lines.append(f"gone: page {method.doc} of {method.name}")
        elif key in pages:
            lines += _differences(method, pages[key])
    return lines


def _differences(method: Method, page: Page) -> list[str]:
    if not page.params:  # told in words, or not at all
        return []
    names = {name.lower(): kind.endswith("!") for name, kind in method.params.items()}
    told = {name.lower(): required for name, required in page.params.items()}
    lines = [f"new: parameter {name} of {method.name}" for name in told if name not in names]
    lines += [f"gone: parameter {name} of {method.name}" for name in names if name not in told]
    if page.deprecated and not method.deprecated:
        lines.append(f"different: {method.name} is deprecated now")
    return lines
