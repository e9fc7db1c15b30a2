"""Portals for the tests that go through models, HTTP and the local portal's methods beside the CRM."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from b24orm import Portal
from b24orm.emulator import LocalPortal
from b24orm.emulator.seed_parts import PARTS
from tests.conftest import Connect, Serve

ROWS = {
    **dict.fromkeys(("elapsed", "files", "elements", "events", "products", "orders", "calls", "posts"), 230),
    **dict.fromkeys(
        ("entity_items", "bookings", "messages", "sources", "signed", "rpa_items", "lines", "workflows"), 230
    ),
    "dialogs": 229,
    "checklist": 24,
    "comments": 30,
    "results": 9,
    **dict.fromkeys(PARTS, 130),
    "mail_message": 450,
}
"""Five pages of what is paged."""


@pytest.fixture(scope="session")
def works() -> Iterator[LocalPortal]:
    """A portal with several pages of everything; it is only read."""
    with LocalPortal(tasks=120, users=70, rows=ROWS) as portal:
        yield portal


@pytest.fixture
def client(works: LocalPortal, join: Connect) -> Portal:
    """The default connection, to the works."""
    return join(works)


@pytest.fixture
def shed(serve: Serve) -> LocalPortal:
    """A small portal of one's own, to write to."""
    return serve(tasks=2)


@pytest.fixture
def writer(shed: LocalPortal, join: Connect) -> Portal:
    """The default connection, to the shed."""
    return join(shed)
