"""Calls of the portal's methods without a wire between."""

from __future__ import annotations

from typing import Any

import pytest

from b24orm.emulator.answers import Answer, Call, Refusal
from b24orm.emulator.methods import build_registry
from b24orm.emulator.seed import seed_portal
from b24orm.emulator.store import Store

NOW = 1_700_000_000.0
"""2023-11-15 01:13:20 in the portal's zone."""


class Calls:
    """A portal's store and its methods."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.registry = build_registry(store)

    def answer(
        self, method: str, start: int | None = None, *, user_id: int = 1, app: str = "", **params: Any
    ) -> Answer:
        """Everything a method answers; ``app`` is the application that calls it."""
        call = Call(method, params, start, user_id=user_id, admin=user_id == 1, client_id=app)
        return self.registry[method].handler(call)

    def __call__(self, method: str, start: int | None = None, **params: Any) -> Any:
        """The result of a method."""
        return self.answer(method, start, **params).result

    def ids(self, method: str, **params: Any) -> list[int]:
        """The ids of a classic list, in its order."""
        return [int(row["ID"]) for row in self(method, **params)]


def small_portal(tasks: int = 0, **rows: int) -> Calls:
    """A portal with so many rows of the modules beside the CRM: ``small_portal(elements=120)``."""
    store = Store(clock=lambda: NOW)
    seed_portal(store, users=3, tasks=tasks, rows=rows)
    return Calls(store)


def refusal(portal: Calls, method: str, **params: Any) -> tuple[str, str]:
    """Code and text of a refusal."""
    with pytest.raises(Refusal) as caught:
        portal(method, **params)
    return caught.value.code, caught.value.description


def empty_portal() -> Calls:
    """A portal with directories and three users, and no rows."""
    store = Store(clock=lambda: NOW)
    seed_portal(store, users=3)
    return Calls(store)
