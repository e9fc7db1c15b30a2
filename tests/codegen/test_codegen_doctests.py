from __future__ import annotations

import doctest
from importlib import import_module

import pytest


@pytest.mark.parametrize(
    "name",
    [
        "b24orm.arguments",
        "b24orm.namespace",
        "b24orm.plan.listing",
        "b24orm.reflect.naming",
        "b24orm.rendering.annotations",
        "b24orm.rendering.layout",
        "b24orm.rendering.lookups",
        "b24orm.rendering.names",
        "codegen.method_source",
        "codegen.refresh_docs",
    ],
)
def test_the_examples_in_the_docstrings_hold(name: str) -> None:
    module = import_module(name)

    assert doctest.testmod(module).failed == 0
