"""String comparisons that ignore case, as the server's database does.

SQLite ignores case for ASCII only; anything else goes through a function of the store.
"""

from __future__ import annotations

from b24orm.emulator.conditions import Where

__all__ = ["compare", "contains", "like"]


def compare(expression: str, operator: str, value: str) -> Where:
    """``expression <operator> value`` without regard to case."""
    if value.isascii():
        return Where(f"{expression} {operator} ?", (value,))
    return Where(f"b24_fold({expression}) {operator} ?", (value.casefold(),))


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
