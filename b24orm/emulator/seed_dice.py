"""Cheap random columns, and the ways seeded rows get into the tables that many entities share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import cycle, islice
from random import Random
from typing import Any, Final

from b24orm.emulator.store import Store
from b24orm.emulator.tables import words

__all__ = ["Dice", "add_bindings", "add_communications", "always", "load_columns", "make_dice"]

_FIRST_DAY: Final = date(2022, 1, 10)
_DAYS: Final = 900
_SAMPLE: Final = 4001


@dataclass(frozen=True, slots=True)
class Dice:
    """Cheap random columns."""

    random: Random
    days: tuple[str, ...]
    times: tuple[str, ...]

    def pick(self, values: Sequence[Any], count: int) -> list[Any]:
        """So many values; a long column of few values repeats a sample of odd length."""
        if count <= _SAMPLE or len(values) > _SAMPLE:
            return self.random.choices(values, k=count)
        sample = self.random.choices(values, k=_SAMPLE + 2 * self.random.randrange(500))
        return list(islice(cycle(sample), count))

    def moments(self, count: int) -> list[str]:
        """So many times of day on so many days, in stored form."""
        return [
            day + time
            for day, time in zip(self.pick(self.days, count), self.pick(self.times, count), strict=True)
        ]


def make_dice(random: Random) -> Dice:
    """Dice over the working hours of some nine hundred days."""
    return Dice(random, _days(), _times())


@cache
def _days() -> tuple[str, ...]:
    return tuple((_FIRST_DAY + timedelta(days=number)).isoformat() for number in range(_DAYS))


@cache
def _times() -> tuple[str, ...]:
    return tuple(
        f"T{hour:02}:{minute:02}:{(hour * 7 + minute) % 60:02}"
        for hour in range(9, 19)
        for minute in range(60)
    )


def always(value: Any, count: int) -> list[Any]:
    """The same value in every row."""
    return [value] * count


def add_communications(store: Store, phones: Iterator[Any], mails: Iterator[Any]) -> None:
    """Store phones and addresses: entity, row, type, kind of value, value."""
    columns = ("ENTITY", "ELEMENT_ID", "TYPE_ID", "VALUE_TYPE", "VALUE")
    store.load("field_multi", columns, phones)
    store.load("field_multi", columns, mails)


def add_bindings(store: Store, rows: Iterator[Any]) -> None:
    """Store primary bindings: owner, its row, target, its row."""
    columns = ("OWNER", "OWNER_ID", "TARGET", "TARGET_ID", "IS_PRIMARY")
    store.load("binding", columns, ((*row, "Y") for row in rows))


def load_columns(store: Store, table: str, names: str, *columns: Sequence[Any]) -> None:
    """Store rows column by column.

    Args:
        store: the store.
        table: the table's name.
        names: its columns, in one line.
        columns: the values of each.
    """
    store.load(table, words(names), zip(*columns, strict=True))
