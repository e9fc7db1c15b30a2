from __future__ import annotations

import doctest
from importlib import import_module

import pytest


@pytest.mark.parametrize("name", ["annotations", "layout", "names", "render_typing"])
def test_the_examples_in_the_docstrings_hold(name: str) -> None:
    module = import_module(f"codegen.{name}")

    assert doctest.testmod(module).failed == 0
