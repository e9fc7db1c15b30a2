"""Portals that are written to: a fresh one for each test."""

from __future__ import annotations

import pytest

from b24orm import Portal
from b24orm.emulator import LocalPortal
from tests.conftest import Connect, Serve


@pytest.fixture
def desk(serve: Serve) -> LocalPortal:
    """A portal with a few rows."""
    return serve(deals=20)


@pytest.fixture
def client(desk: LocalPortal, join: Connect) -> Portal:
    """The default connection, to the desk."""
    return join(desk)
