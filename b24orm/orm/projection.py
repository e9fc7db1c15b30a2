"""Projections: the rows of ``values`` and ``values_list`` as a class of the user's declares them.

A checker can't tell the types of a tuple from names of fields. From a ``NamedTuple`` or a ``TypedDict`` it
can; and what the class says is compared with the model before anything is sent, so that it is true.
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin

from typing_extensions import TypeVar, get_type_hints, is_typeddict

from b24orm.entity.base import Entity
from b24orm.errors import InvalidValue

__all__ = ["DictRow", "NamedRow", "Picked", "Projection", "projection_of"]

NamedRow = TypeVar("NamedRow", bound="tuple[Any, ...]")
"""A ``NamedTuple`` whose names are names of fields."""

DictRow = TypeVar("DictRow", bound="Mapping[str, object]")
"""A ``TypedDict`` whose keys are names of fields."""

Picked = TypeVar("Picked")
"""What a function makes of a row's fields."""

_UNIONS = (Union, types.UnionType)


@dataclass(frozen=True, slots=True)
class Projection:
    """What a class declares.

    Attributes:
        kind: the class.
        fields: names of fields, in its order.
    """

    kind: type[Any]
    fields: tuple[str, ...]

    def check(self, model: type[Entity], names: Sequence[str]) -> None:
        """Compares the declared types with what the model's fields hold.

        Args:
            model: the model.
            names: what its fields are called there.

        Raises:
            InvalidValue: a field can hold what its declaration excludes.
        """
        hints = _hints(self.kind)
        for declared, name in zip(self.fields, names, strict=True):
            held = model.model_fields[name].annotation if name in model.model_fields else Any
            if not _admits(hints.get(declared, Any), held):
                raise InvalidValue(
                    f"{self.kind.__name__}.{declared} is declared as {_shown(hints[declared])}, "
                    f"but {model.__name__}.{name} is {_shown(held)}"
                )


def projection_of(given: Sequence[object], *, dicts: bool) -> Projection | None:
    """The projection that stands in place of names; None if there are names.

    Args:
        given: the arguments of ``values()`` or ``values_list()``.
        dicts: rows become dicts, so a ``TypedDict`` is wanted; else a ``NamedTuple``.

    Raises:
        InvalidValue: the class is of another kind, or does not stand alone.

    >>> from typing import NamedTuple
    >>> Line = NamedTuple("Line", [("id", int), ("title", "str | None")])
    >>> projection_of([Line], dicts=False).fields
    ('id', 'title')
    """
    kinds = [kind for kind in given if isinstance(kind, type)]
    if not kinds:
        return None
    what, wanted = ("values()", "TypedDict") if dicts else ("values_list()", "NamedTuple")
    kind = kinds[0]
    names = _keys(kind) if dicts else _places(kind)
    if not names:
        raise InvalidValue(f"{what} takes names of fields, or a {wanted} that has them, not {kind.__name__}")
    if len(given) > 1:
        raise InvalidValue(f"{what} takes names of fields, or one {wanted} alone")
    return Projection(kind, names)


def _keys(kind: type[Any]) -> tuple[str, ...]:
    return tuple(kind.__annotations__) if is_typeddict(kind) else ()


def _places(kind: type[Any]) -> tuple[str, ...]:
    return tuple(getattr(kind, "_fields", ())) if issubclass(kind, tuple) else ()


def _hints(kind: type[Any]) -> Mapping[str, Any]:
    """The declared types; none if they are written with names that only checkers know."""
    try:
        return get_type_hints(kind)
    except (NameError, AttributeError, TypeError):
        return {}


def _admits(declared: Any, held: Any) -> bool:
    """Whether whatever a field holds fits its declaration.

    >>> _admits(int | str | None, int | None), _admits(int, int | None)
    (True, False)
    """
    return all(any(_covers(one, part) for one in _parts(declared)) for part in _parts(held))


def _parts(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) in _UNIONS else (kind,)


def _covers(declared: Any, held: Any) -> bool:
    if held is Any or declared in (Any, object, held) or (declared, held) == (float, int):
        return True
    if get_origin(declared) is Literal:
        return False
    outer, inner = get_origin(declared) or declared, get_origin(held) or held
    if not (isinstance(outer, type) and isinstance(inner, type) and issubclass(inner, outer)):
        return False
    items = get_args(declared)
    return not items or _admits(items[0], get_args(held)[0])


def _shown(kind: Any) -> str:
    return kind.__name__ if isinstance(kind, type) and not get_args(kind) else str(kind)
