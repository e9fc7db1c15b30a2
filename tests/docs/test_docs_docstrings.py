"""Examples of docstrings that need a portal work too: pytest skips them, and they run here against a local one."""

from __future__ import annotations

import datetime as dt
import doctest
import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import pytest

import b24orm
from b24orm import models
from b24orm.emulator import LocalPortal

UNTRIED = {
    "b24orm.portal.portal.AsyncPortal": "needs an event loop; README.md runs the same",
    "b24orm.transport.auth.stores.redis.RedisTokens": "needs a server; tests/auth runs one",
}
_ROOMS = ("orm", "portal", "reflect", "entity", "query", "executor", "transport")
"""Whose docstrings are tried; what events need is run by their page."""


def _skipped() -> Iterator[doctest.DocTest]:
    """The docstrings with examples that pytest skips."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    for room in _ROOMS:
        package = import_module(f"b24orm.{room}")
        names = [info.name for info in walk_packages(package.__path__, f"{package.__name__}.")]
        for name in (package.__name__, *names):
            for test in finder.find(import_module(name), name):
                if any(doctest.SKIP in example.options for example in test.examples):
                    yield test


SKIPPED = {test.name: test for test in _skipped()}


class _AnyAnswer(doctest.OutputChecker):
    """An example that shows no answer may have any."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        return not want or super().check_output(want, got, optionflags)


@pytest.fixture
def names() -> Iterator[dict[str, Any]]:
    """What the examples speak of, on a portal that is called by an application."""
    with LocalPortal(deals=60, tasks=5) as local:
        local.install_app("app.1", "hush")
        app = b24orm.App("app.1", "hush", server=local.oauth_url)
        credentials = app.installed(local.install_event("app.1"))
        portal = b24orm.portals["acme"] = b24orm.connect(credentials, progress=False)
        query, form = local.placement("app.1")
        deal = models.Deal.objects.prefetch_related("contacts").get(id=5)
        yield {
            **{name: getattr(models, name) for name in ("Company", "Contact", "Deal", "ProductRow", "User")},
            **{
                name: getattr(b24orm, name)
                for name in ("App", "FileTokens", "Portal", "SqliteTokens", "portals", "use")
            },
            "b24orm": b24orm,
            "app": app,
            "body": local.install_event("app.1"),
            "query": query,
            "form": form,
            "returned": {"code": local.oauth.code("app.1")},
            "credentials": credentials,
            "portal": portal,
            "deal": deal,
            "company": models.Company.objects.first(),
            "contact": models.Contact.objects.get(id=1),
            "item": models.ContactItem.objects.get(id=1),
            "datetime": dt.datetime,
            "json": json,
            "copy": lambda row: row,
            "save": lambda text: None,
            "read_v3": import_module("b24orm.reflect").read_v3,
        }
        del b24orm.portals["acme"]
        portal.close()


@pytest.mark.parametrize("name", sorted(SKIPPED.keys() - UNTRIED.keys()))
def test_an_example_that_needs_a_portal_runs(
    name: str, names: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    test = SKIPPED[name]
    for example in test.examples:
        example.options.pop(doctest.SKIP, None)
    test.globs = names
    said: list[str] = []
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    runner = doctest.DocTestRunner(checker=_AnyAnswer(), verbose=False, optionflags=flags)
    runner.run(test, out=said.append, clear_globs=False)
    assert "".join(said) == ""


def test_what_is_not_tried_is_there() -> None:
    assert UNTRIED.keys() <= SKIPPED.keys()
