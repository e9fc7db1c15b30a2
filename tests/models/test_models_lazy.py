"""Importing a model loads that model and nothing of the others."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest


def loaded_by(statement: str) -> set[str]:
    """Modules of facts and models that a fresh interpreter has loaded after the statement."""
    code = (
        f"import json, sys\n{statement}\n"
        "print(json.dumps([n for n in sys.modules if n.startswith(('b24orm.facts.', 'b24orm.models.'))]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_the_package_of_the_models_loads_no_model() -> None:
    assert loaded_by("import b24orm.models") == set()


def test_the_package_of_the_facts_loads_its_index_only() -> None:
    assert loaded_by("import b24orm.facts") == {"b24orm.facts.index"}


def test_a_model_loads_its_own_modules_only() -> None:
    loaded = loaded_by("from b24orm.models import Deal")

    assert loaded - {"b24orm.facts.index"} == {
        "b24orm.facts.crm",
        "b24orm.facts.crm.deal",
        "b24orm.models.crm",
        "b24orm.models.crm.deal",
    }


def test_facts_are_loaded_one_entity_at_a_time() -> None:
    loaded = loaded_by("from b24orm.facts import load; load('Deal')")

    assert loaded == {"b24orm.facts.index", "b24orm.facts.crm", "b24orm.facts.crm.deal"}


def test_a_wrong_name_is_answered_with_the_nearest() -> None:
    import b24orm.models

    with pytest.raises(AttributeError, match="did you mean 'Deal'"):
        b24orm.models.Deall  # type: ignore[attr-defined]  # noqa: B018


def test_dir_lists_models_that_are_not_loaded_yet() -> None:
    import b24orm.models

    assert set(b24orm.models.__all__) <= set(dir(b24orm.models))
