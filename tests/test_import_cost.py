"""``import b24orm`` is light: its parts are loaded when they are first used."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("aiohttp", "pydantic", "beartype", "tqdm", "asyncio")


def loaded_by(code: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after running the code."""
    script = f"import sys; before = set(sys.modules); {code}; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("module", HEAVY)
def test_importing_the_package_loads_no_dependency(module: str) -> None:
    assert module not in loaded_by("import b24orm")


def test_importing_the_models_loads_no_model() -> None:
    found = {name for name in loaded_by("import b24orm.models") if name.startswith("b24orm.models.")}

    assert found == set()


def test_progress_bars_are_loaded_when_one_is_shown() -> None:
    assert "tqdm" not in loaded_by("import b24orm.portal, b24orm.models.crm.deal")
