"""A pytest plugin: a local Bitrix24 portal as a fixture.

It is loaded by itself wherever b24orm is installed, and imports nothing until a fixture is used.

::

    def test_an_empty_portal(b24_portal):
        portal = b24orm.connect(b24_portal.url)

    @pytest.mark.b24_portal(deals=1000, plan="standard")
    def test_a_full_one(b24_portal):
        ...

``b24_portal``
    an empty portal, or what the marker says.
``b24_seeded_portal``
    a portal with a hundred deals, their companies and contacts; the marker changes single numbers.

The marker takes the arguments of :class:`b24orm.emulator.LocalPortal`. Both fixtures stop the portal
after the test and close the default connection if it leads there.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from b24orm.emulator import LocalPortal

__all__ = ["b24_portal", "b24_seeded_portal", "pytest_configure"]

_MARKER = "b24_portal"
_SEEDED = {"deals": 100}


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers", f"{_MARKER}(**options): what LocalPortal of the b24orm fixtures is made with"
    )


@pytest.fixture
def b24_portal(request: pytest.FixtureRequest) -> Iterator[LocalPortal]:
    """A local portal for one test: empty, or as ``@pytest.mark.b24_portal(...)`` says."""
    with _serving(_options(request)) as portal:
        yield portal


@pytest.fixture
def b24_seeded_portal(request: pytest.FixtureRequest) -> Iterator[LocalPortal]:
    """A local portal with a hundred deals; ``@pytest.mark.b24_portal(...)`` changes single options."""
    with _serving({**_SEEDED, **_options(request)}) as portal:
        yield portal


def _options(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The options of all markers, the closest to the test winning."""
    found: dict[str, Any] = {}
    node: pytest.Item = request.node
    for marker in node.iter_markers(_MARKER):
        found = {**marker.kwargs, **found}
    return found


@contextmanager
def _serving(options: dict[str, Any]) -> Generator[LocalPortal, None, None]:
    from b24orm.emulator import LocalPortal

    with LocalPortal(**options) as portal:
        try:
            yield portal
        finally:
            _disconnect(portal.port)


def _disconnect(port: int) -> None:
    """Close the default connection if it leads to a port of this machine."""
    module = sys.modules.get("b24orm.portal")
    if module is None:
        return
    from b24orm import errors

    try:
        client = module.current_portal()
    except errors.NotConfigured:
        return
    if isinstance(client, module.Portal) and client.host.endswith(f":{port}"):
        client.close()
