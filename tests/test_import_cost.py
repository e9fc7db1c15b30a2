"""``import b24orm`` is light: its parts are loaded when they are first used."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

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


READY = (
    "import b24orm; from b24orm.models import Deal; "
    "portal = b24orm.connect('https://acme.bitrix24.com/rest/1/secret/'); "
    "rows = Deal.objects.filter(stage='WON', opportunity__gte=5).order_by('-id')[:10]"
)
"""A script that is about to send its first request."""


def test_a_script_loads_what_it_uses_and_nothing_else() -> None:
    needed = {"aiohttp", "pydantic", "pydantic_core"}
    spared = {"beartype", "tqdm", "redis", "argparse", "multiprocessing", "concurrent.futures.process"}

    assert (needed - loaded_by(READY), spared & loaded_by(READY)) == (set(), set())


def test_a_script_loads_the_rooms_it_uses_and_no_other() -> None:
    rooms = {name.split(".")[1] for name in own(READY) if "." in name}

    assert rooms.isdisjoint({"cli", "emulator", "reflect", "rendering", "testing", "__main__"})
    assert len(own(READY)) <= 216


def test_beartype_is_loaded_for_an_argument_that_is_not_right_at_a_glance() -> None:
    connecting = "import b24orm; b24orm.connect('https://acme.bitrix24.com/rest/1/secret/'{more})"
    wrong = f"""
import contextlib
with contextlib.suppress(Exception):
    {connecting.format(more=", timeout='x'")}
"""
    right = connecting.format(more=", timeout=5, plan='enterprise', progress=False, on_invalid='keep'")

    assert "beartype" in loaded_by(f"exec({wrong!r})")
    assert "beartype" not in loaded_by(right)


def relative_cost(code: str, folder: Path) -> float:
    """Processor time of the code, in times of that of importing aiohttp; bytecode is compiled."""
    script = (
        "from time import process_time as now; begun = now(); import aiohttp; "
        f"aiohttp_took = now() - begun; import pydantic.main; begun = now(); {code}; print((now() - begun) / aiohttp_took)"
    )
    compiled = {**os.environ, "PYTHONPYCACHEPREFIX": str(folder), "PYTHONDONTWRITEBYTECODE": ""}
    runs = [
        subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=compiled
        )
        for _ in range(4)
    ]
    return min(float(run.stdout) for run in runs)


def test_a_model_and_a_portal_cost_less_than_aiohttp(tmp_path: Path) -> None:
    """About half of it. A relation, for the machine may be busy."""
    assert relative_cost(READY, tmp_path) <= 0.9


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
