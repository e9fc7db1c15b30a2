"""Shows docstrings as they are meant: their roles and literal blocks as Markdown writes them."""

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
)


def as_markdown(text: str) -> str:
    """The text of a docstring in Markdown.

    >>> as_markdown("See :class:`~b24orm.portal.Portal` and :meth:`close`.")
    'See `Portal` and `close`.'
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
