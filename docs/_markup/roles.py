"""Shows docstrings as they are meant: roles, literal blocks, doctests, parameters that share a line."""

from __future__ import annotations

import re
from typing import Any, Final

import griffe

__all__ = ["AsMarkdown", "as_markdown"]

_RULES: Final = (
    (re.compile(r":(?:attr|class|const|data|exc|func|meth|mod):`~(?:[\w.]*\.)?(\w+)`"), r"`\1`"),
    (re.compile(r":(?:attr|class|const|data|exc|func|meth|mod):`([\w.]+)`"), r"`\1`"),
    (re.compile(r"^ *::\n", re.MULTILINE), ""),  # a literal block: its indentation says it already
    (re.compile(r"^(``.+``)\n {4}(?=\S)", re.MULTILINE), r"- \1: "),  # a term and what it means
    (re.compile(r" *# doctest: .*$", re.MULTILINE), ""),
    (re.compile(r"^>>> (?:.+\n?)+", re.MULTILINE), lambda found: f"```pycon\n{found[0].rstrip()}\n```\n"),
    (
        re.compile(r"^ {4}(\w+(?:, \w+)+): (.*(?:\n {8}.*)*)", re.MULTILINE),
        lambda found: _apart(*found.groups()),
    ),
)


def _apart(names: str, meaning: str) -> str:
    """Parameters that share a meaning, each with it: a table shows a line for each."""
    return "\n".join(f"    {name}: {meaning}" for name in names.split(", "))


def as_markdown(text: str) -> str:
    """The text of a docstring in Markdown.

    >>> as_markdown("See :class:`~b24orm.portal.Portal` and :meth:`close`.")
    'See `Portal` and `close`.'
    >>> as_markdown("    low, high: the ends.")
    '    low: the ends.\\n    high: the ends.'
    """
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


class AsMarkdown(griffe.Extension):
    """Rewrites every docstring that is about to be shown."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Called for each object once it is loaded."""
        if obj.docstring is not None:
            obj.docstring.value = as_markdown(obj.docstring.value)
