"""What a module exports is what its ``__all__`` says, no more and no less."""

from __future__ import annotations

import inspect
import pkgutil
from importlib import import_module

import pytest

import b24orm

MODULES = sorted(
    info.name
    for info in pkgutil.walk_packages(b24orm.__path__, "b24orm.")
    if not info.name.endswith("__main__")
)


def _own_definitions(name: str) -> set[str]:
    """The public functions and classes that the module itself defines."""
    return {
        key
        for key, value in vars(import_module(name)).items()
        if not key.startswith("_")
        and (inspect.isclass(value) or inspect.isroutine(value))
        and getattr(value, "__module__", None) == name
        and getattr(value, "__name__", None) == key
    }


@pytest.mark.parametrize("name", ["b24orm", *MODULES])
def test_every_exported_name_exists(name: str) -> None:
    module = import_module(name)
    assert [key for key in getattr(module, "__all__", ()) if not hasattr(module, key)] == []


@pytest.mark.parametrize("name", MODULES)
def test_every_public_definition_is_exported(name: str) -> None:
    assert _own_definitions(name) - set(getattr(import_module(name), "__all__", ())) == set()


def test_the_package_exports_what_its_directory_lists() -> None:
    assert set(b24orm.__all__) <= set(dir(b24orm))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="b24orm"):
        _ = b24orm.no_such_name
