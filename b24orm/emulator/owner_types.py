"""The numbers and names that the CRM gives to kinds of rows: a deal is 2 and ``DEAL``."""

from __future__ import annotations

from typing import Final

from b24orm.emulator.tables import DYNAMIC_PREFIX

__all__ = ["FIRST_DYNAMIC", "owner_name", "owner_table", "owner_type"]

FIRST_DYNAMIC: Final = 128
"""Smart processes begin here."""

_NAMES: Final = {
    1: "LEAD",
    2: "DEAL",
    3: "CONTACT",
    4: "COMPANY",
    5: "INVOICE",
    6: "ACTIVITY",
    7: "QUOTE",
    8: "REQUISITE",
    14: "ORDER",
    31: "SMART_INVOICE",
}
_NUMBERS: Final = {name: number for number, name in _NAMES.items()}


def owner_type(name: str) -> int:
    """The number of a kind, by its name in any case; 0 for a name that nobody knows.

    >>> owner_type("deal"), owner_type("DYNAMIC_1030"), owner_type("thing")
    (2, 1030, 0)
    """
    upper = name.strip().upper()
    stem, _, number = upper.rpartition("_")
    if stem == "DYNAMIC" and number.isdigit():
        return int(number)
    return _NUMBERS.get(upper, 0)


def owner_name(number: int) -> str:
    """The name of a kind, empty for a number that nobody knows.

    >>> owner_name(2), owner_name(1030), owner_name(99)
    ('DEAL', 'DYNAMIC_1030', '')
    """
    return f"DYNAMIC_{number}" if number >= FIRST_DYNAMIC else _NAMES.get(number, "")


def owner_table(number: int) -> str:
    """The table of a kind, ``deal`` or ``dynamic_1030``; there need not be one."""
    return f"{DYNAMIC_PREFIX}{number}" if number >= FIRST_DYNAMIC else owner_name(number).lower()
