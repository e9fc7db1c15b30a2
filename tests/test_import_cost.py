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


def own(code: str, below: str = "b24orm") -> set[str]:
    """The package's own modules that the code loads."""
    return {name for name in loaded_by(code) if name == below or name.startswith(f"{below}.")}


def test_importing_the_package_loads_one_module() -> None:
    assert own("import b24orm") == {"b24orm"}


def test_importing_one_model_loads_no_other() -> None:
    code = "from b24orm.models import Deal"

    assert own(code, "b24orm.models") == {"b24orm.models", "b24orm.models.crm", "b24orm.models.crm.deal"}
    assert own(code, "b24orm.facts") <= {
        "b24orm.facts",
        "b24orm.facts.crm",
        "b24orm.facts.crm.deal",
        "b24orm.facts.index",
    }


def test_connecting_loads_no_method_and_no_emulator() -> None:
    code = "import b24orm; b24orm.connect('https://acme.bitrix24.com/rest/1/secret/')"

    assert own(code, "b24orm.methods") == {"b24orm.methods", "b24orm.methods.v3"}  # the roots alone
    assert own(code, "b24orm.emulator") == set()


def import_milliseconds(module: str) -> float:
    """What the import costs beyond aiohttp and pydantic, by the interpreter's own clock."""
    code = f"import aiohttp, pydantic, {module}"
    run = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", code], capture_output=True, text=True, check=True
    )
    (line,) = [line for line in run.stderr.splitlines() if line.endswith(f"| {module}")]
    return int(line.split("|")[1]) / 1000


def test_importing_the_package_costs_at_most_60_ms_beyond_its_dependencies() -> None:
    assert min(import_milliseconds("b24orm") for _ in range(3)) <= 60
