"""String comparisons that ignore case, as the server's database does.

SQLite ignores case for ASCII only; anything else goes through a function of the store.
"""

from __future__ import annotations

from collections.abc import Sequence

from b24orm.emulator.conditions import Where, membership

__all__ = ["compare", "contains", "like", "one_of"]


def compare(expression: str, operator: str, value: str) -> Where:
    """``expression <operator> value`` without regard to case."""
    if value.isascii():
        return Where(f"{expression} {operator} ?", (value,))
    return Where(f"b24_fold({expression}) {operator} ?", (value.casefold(),))


def one_of(expression: str, values: Sequence[str], *, negative: bool = False) -> Where:
    """The text is one of the values, or none of them, without regard to case."""
    if all(value.isascii() for value in values):
        return membership(expression, values, negative=negative)
    return membership(f"b24_fold({expression})", [value.casefold() for value in values], negative=negative)


def contains(expression: str, value: str) -> Where:
    """The text holds the value; ``%`` and ``_`` stand for themselves."""
    escaped = value.replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return _like(expression, f"%{escaped}%", "!")


def like(expression: str, pattern: str) -> Where:
    """The text fits a pattern in which ``%`` and ``_`` are wildcards and a backslash escapes them."""
    return _like(expression, pattern, "\\")


def _like(expression: str, pattern: str, escape: str) -> Where:
    if pattern.isascii():
        return Where(f"{expression} LIKE ? ESCAPE '{escape}'", (pattern,))
    return Where(f"b24_fold({expression}) LIKE ? ESCAPE '{escape}'", (pattern.casefold(),))
