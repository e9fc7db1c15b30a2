"""The pytest plugin, in test runs of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]
Run = Callable[[str], pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a test file with no other plugin and every warning an error."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def start(source: str) -> pytest.RunResult:
        pytester.makepyfile(source)
        return pytester.runpytest_inprocess("-p", "b24orm.testing", "-W", "error", "--strict-markers")

    return start


def test_the_fixture_is_an_empty_portal(run: Run) -> None:
    run(
        """
        def test_it(b24_portal):
            assert b24_portal.store.count("deal") == 0
        """
    ).assert_outcomes(passed=1)


def test_the_marker_fills_it(run: Run) -> None:
    run(
        """
        import pytest

        pytestmark = pytest.mark.b24_portal(users=3)

        @pytest.mark.b24_portal(deals=7)
        def test_it(b24_portal):
            assert (b24_portal.store.count("deal"), b24_portal.store.count("user")) == (7, 3)
        """
    ).assert_outcomes(passed=1)


def test_the_seeded_fixture_has_deals_and_companies(run: Run) -> None:
    run(
        """
        def test_it(b24_seeded_portal):
            assert b24_seeded_portal.store.count("deal") == 100
            assert b24_seeded_portal.store.count("company") > 0
        """
    ).assert_outcomes(passed=1)


def test_the_portal_is_gone_after_the_test(run: Run) -> None:
    run(
        """
        import socket
        import pytest

        ports = []

        def test_one(b24_portal):
            ports.append(b24_portal.port)

        def test_two():
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", ports[0]), 1)
        """
    ).assert_outcomes(passed=2)


def test_importing_the_plugin_imports_no_http_library() -> None:
    code = "import sys, b24orm.testing; print('aiohttp' in sys.modules, 'b24orm.portal' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_the_default_connection_to_the_portal_is_closed(run: Run) -> None:
    run(
        """
        from b24orm.portal import connect

        opened = []

        def test_one(b24_portal):
            opened.append(connect(b24_portal.url))
            assert opened[0].call("profile")["ID"] == "1"

        def test_two():
            assert opened[0].closed
        """
    ).assert_outcomes(passed=2)
