"""The facts about every entity, loaded one by one.

The modules below this package are generated, one an entity. Importing the package loads none.
"""

from __future__ import annotations

from importlib import import_module

from b24orm.errors import UnknownName, nearest
from b24orm.facts.index import LISTS, PLACES
from b24orm.schema import EntitySchema

__all__ = ["listed_by", "load", "names", "twin"]


def names() -> tuple[str, ...]:
    """The names of all entities, in alphabetical order.

    >>> "Deal" in names()
    True
    """
    return tuple(PLACES)


def load(name: str) -> EntitySchema:
    """The facts about one entity; its module is imported on first use.

    Args:
        name: the entity's name as its model is called (``Deal``).

    Raises:
        UnknownName: there is no such entity; the message has the nearest name.

    >>> load("Deal").list.name
    'crm.deal.list'
    """
    place = PLACES.get(name)
    if place is None:
        raise UnknownName(f"there is no entity {name!r}{nearest(name, PLACES)}")
    module, constant = place
    schema: EntitySchema = getattr(import_module(module), constant)
    return schema


def listed_by(method: str) -> EntitySchema | None:
    """The facts about the entity that a list method lists; None if the method is not known.

    >>> listed_by("CRM.deal.list").name
    'Deal'
    """
    name = LISTS.get(method.lower())
    return load(name) if name is not None else None


def twin(name: str) -> EntitySchema | None:
    """The facts about the same entity in the other REST; None where only one of them knows it.

    >>> twin("Task").name, twin("TaskV3").name, twin("Deal")
    ('TaskV3', 'Task', None)
    """
    plain = name.removesuffix("V3")
    other = plain if plain != name else f"{name}V3"
    return load(other) if other in PLACES else None
