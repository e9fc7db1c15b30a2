"""Guarded functions refuse arguments of the wrong type, and import beartype for no others."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Literal

import pytest

from b24orm.errors import InvalidValue
from b24orm.guard import guard

Mode = Literal["fast", "safe"]


@guard
def told(
    name: str, numbers: Mapping[str, int] | None = None, *, mode: Mode = "fast", size: int | float = 1
) -> Any:
    return name, numbers, mode, size


@guard
async def awaited(name: str) -> str:
    return name


@guard
class Held:
    def __init__(self, name: str) -> None:
        self.name = name


def test_what_fits_passes() -> None:
    assert told("a", {"b": 1}, mode="safe", size=0.5) == ("a", {"b": 1}, "safe", 0.5)


@pytest.mark.parametrize(
    ("given", "named", "culprit"),
    [
        ((5,), {}, "name takes str, not 5"),
        ((None,), {}, "name takes str, not"),
        (("a", {"b": "c"}), {}, "numbers takes Mapping"),
        (("a", "b"), {}, "numbers takes .* not 'b'"),
        (("a",), {"mode": "slow"}, "mode takes .* not 'slow'"),
        (("a",), {"size": "1"}, "size takes .*, not '1'"),
    ],
)
def test_what_does_not_fit_is_named(given: Any, named: Any, culprit: str) -> None:
    with pytest.raises(InvalidValue, match=culprit):
        told(*given, **named)


@pytest.mark.parametrize(("given", "named"), [((), {}), (("a", None, "b"), {}), (("a",), {"nme": 1})])
def test_arguments_that_there_are_not_raise_pythons_own_error(given: Any, named: Any) -> None:
    with pytest.raises(TypeError, match="told"):
        told(*given, **named)


async def test_a_coroutine_function_stays_one() -> None:
    assert inspect.iscoroutinefunction(awaited)
    assert await awaited("a") == "a"
    with pytest.raises(InvalidValue, match="name takes str, not 1"):
        await awaited(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_a_class_stays_one() -> None:
    assert isinstance(Held("a"), Held)
    with pytest.raises(InvalidValue, match="name takes str, not 1"):
        Held(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_a_guarded_function_says_what_it_takes() -> None:
    assert list(inspect.signature(told).parameters) == ["name", "numbers", "mode", "size"]
