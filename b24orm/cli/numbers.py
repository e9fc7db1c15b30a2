"""Numbers on the command line: checked when they are read, grouped when they are shown."""

from __future__ import annotations

import argparse

__all__ = ["factor", "plural", "port", "rows"]

_LAST_PORT = 65_535


def rows(text: str) -> int:
    """A number of rows; digits may be grouped, as in ``10_000`` or ``10,000``.

    >>> rows("10,000")
    10000
    """
    number = _whole(text.replace(",", ""), "a number of rows")
    if number < 0:
        raise argparse.ArgumentTypeError(f"a number of rows can't be negative: {text}")
    return number


def port(text: str) -> int:
    """A TCP port; 0 stands for any free one."""
    number = _whole(text, "a port")
    if not 0 <= number <= _LAST_PORT:
        raise argparse.ArgumentTypeError(f"a port lies between 0 and {_LAST_PORT}, not {text}")
    return number


def factor(text: str) -> float:
    """A number that is 0 or more.

    >>> factor("0.5")
    0.5
    """
    try:
        number = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"this takes a number such as 1 or 0.5, not {text!r}") from None
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"this takes a number from 0 on, not {text}")
    return number


def _whole(text: str, what: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{what} is an integer, not {text!r}") from None


def plural(count: int, one: str, many: str | None = None) -> str:
    """A count with its noun.

    >>> plural(1, "deal"), plural(1250, "company", "companies")
    ('1 deal', '1,250 companies')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"
