"""Portals for the QuerySet tests. The shared ones are only read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from b24orm import Portal
from b24orm.emulator import LocalPortal
from tests.conftest import Connect
from tests.orm.awkward import fill


@pytest.fixture(scope="session")
def office() -> Iterator[LocalPortal]:
    """A portal with plausible rows of every kind."""
    with LocalPortal(deals=330, leads=70, tasks=120, activities=60, invoices=55, users=60) as portal:
        yield portal


@pytest.fixture(scope="session")
def museum() -> Iterator[LocalPortal]:
    """A portal whose rows hold every value that a filter may trip over."""
    with LocalPortal(users=30) as portal:
        fill(portal.store)
        yield portal


@pytest.fixture
def client(office: LocalPortal, join: Connect) -> Portal:
    """The default connection, to the office."""
    return join(office)


@pytest.fixture
def curator(museum: LocalPortal, join: Connect) -> Portal:
    """The default connection, to the museum."""
    return join(museum)
