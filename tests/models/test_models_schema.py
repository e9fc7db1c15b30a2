"""The models agree with their facts."""

from __future__ import annotations

from typing import Any

import pytest

import b24orm.models
from b24orm import facts
from b24orm.errors import UnknownName
from b24orm.orm import Model

NAMES = facts.names()


def model(name: str) -> type[Model]:
    found: Any = getattr(b24orm.models, name)
    return found


def test_there_is_a_model_for_every_entity() -> None:
    assert sorted(b24orm.models.__all__) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_model_is_called_like_its_entity(name: str) -> None:
    assert model(name).__name__ == name


@pytest.mark.parametrize("name", NAMES)
def test_a_model_has_the_facts_of_its_entity(name: str) -> None:
    assert model(name).__schema__ is facts.load(name)


@pytest.mark.parametrize("name", NAMES)
def test_a_model_declares_every_field_in_order(name: str) -> None:
    assert list(model(name).model_fields) == list(facts.load(name).fields)


@pytest.mark.parametrize("name", NAMES)
def test_a_model_has_every_relation(name: str) -> None:
    assert all(hasattr(model(name), relation) for relation in facts.load(name).relations)


@pytest.mark.parametrize("name", NAMES)
def test_a_model_lives_in_the_module_of_its_entity(name: str) -> None:
    assert model(name).__module__.startswith(f"b24orm.models.{facts.load(name).module}.")


def test_facts_of_an_unknown_entity_are_refused_with_the_nearest_name() -> None:
    with pytest.raises(UnknownName, match="did you mean 'Company'"):
        facts.load("Compani")
