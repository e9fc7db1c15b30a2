"""Every example of README.md and of the documentation works as it stands.

The Python blocks of a page run one after the other, as a reader would type them, against a local
portal in the place of the reader's own. Blocks named after a test file are run by pytest.
"""

from __future__ import annotations

import ast
import asyncio
import doctest
import inspect
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import b24orm
from b24orm.emulator import LocalPortal
from b24orm.portal import Portal
from tests.conftest import PLAIN_PYTEST
from tests.docs.blocks import PAGES, Block, blocks, name_of
from tests.faults.stage import SkippingClock

WEBHOOK = "https://your-portal.bitrix24.com/rest/1/your-secret/"
DEALS = 400

EXAMPLES = [
    page
    for page in PAGES
    if any(block.language in ("python", "pycon") for block in blocks(page))
    and "entities" not in page.parts  # generated, and planned one by one in tests/codegen
]
SUITES = [page for page in PAGES if any(block.title.startswith("test_") for block in blocks(page))]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Closes what the examples connect, as the end of a reader's session does; skips what the plan makes wait."""
    made: list[Portal] = []
    make = Portal.__init__

    def remember(self: Portal, *args: Any, **options: Any) -> None:
        make(self, *args, **options)
        made.append(self)
        sender = self._open().sender
        sender.clock = clock = SkippingClock()
        sender._transport = clock.watching(sender._transport)

    monkeypatch.setattr(Portal, "__init__", remember)
    yield
    for client in made:
        client.close()


@pytest.fixture
def webhook(clients: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The webhook of a local portal, also where the environment is asked for one."""
    with LocalPortal(deals=DEALS, tasks=120, leads=60) as portal:
        monkeypatch.setenv("B24_WEBHOOK_URL", portal.url)
        yield portal.url


def _run(block: Block, names: dict[str, Any], webhook: str) -> None:
    source = block.padded.replace(WEBHOOK, webhook)
    code = compile(source, str(block.page), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    if code.co_flags & inspect.CO_COROUTINE:
        asyncio.run(eval(code, names))
    else:
        exec(code, names)


def _check(block: Block, names: dict[str, Any], webhook: str) -> None:
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner(verbose=False, optionflags=FLAGS)
    text = block.text.replace(WEBHOOK, webhook)
    test = parser.get_doctest(text, names, name_of(block.page), str(block.page), block.line - 1)
    test.globs = names
    said: list[str] = []
    runner.run(test, out=said.append, clear_globs=False)
    if runner.summarize(verbose=False).failed:
        raise AssertionError("".join(said))


def _at_hand(package: str) -> bool:
    """Whether a package that a block needs is installed: pandas and polars are in no environment of the tests."""
    return not package or find_spec(package) is not None


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the reader works: files are written there, and modules found there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    before = signal.getsignal(signal.SIGTERM)
    yield tmp_path
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("page", EXAMPLES, ids=name_of)
def test_the_examples_of_a_page_run(page: Path, webhook: str) -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    b24orm.connect(webhook)  # as a reader is who comes from the tutorial
    for block in blocks(page):
        if block.language == "pycon":
            _check(block, names, webhook)
        elif block.language == "python" and block.runs and not block.title and _at_hand(block.needs):
            _run(block, names, webhook)


@pytest.mark.parametrize("page", EXAMPLES, ids=name_of)
def test_the_examples_of_a_page_compile(page: Path) -> None:
    for block in blocks(page):
        if block.language == "python":
            compile(block.padded, str(page), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


@pytest.mark.parametrize("page", SUITES, ids=name_of)
def test_the_test_files_of_a_page_pass(page: Path, tmp_path: Path) -> None:
    for block in blocks(page):
        if block.title:
            (tmp_path / block.title).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / block.title).write_text(block.text, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "b24orm.testing"],
        cwd=tmp_path,
        env=PLAIN_PYTEST,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
