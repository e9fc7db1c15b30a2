"""Fields that a function names: ``values_list(lambda deal: (deal.id, deal.title))``.

A checker knows what type such a function gives, however many fields it names. It is called once, with a
stand-in for a row that knows its fields by name and no value, so it can name fields and do nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NoReturn, cast

from b24orm.errors import InvalidValue, UnknownName, nearest
from b24orm.schema import EntitySchema

__all__ = ["Picking", "picking_of"]

_BINARY: Final = (
    *("add", "and", "divmod", "floordiv", "matmul", "mod", "mul", "or", "pow", "sub", "truediv", "xor"),
    *("eq", "ge", "gt", "le", "lt", "ne"),
)
_UNARY: Final = (
    *("abs", "bool", "bytes", "call", "complex", "contains", "float", "format", "getitem", "hash", "index"),
    *("int", "invert", "iter", "len", "neg", "pos", "round", "str"),
)
_REFUSED: Final = tuple(f"__{name}__" for name in (*_UNARY, *_BINARY, *(f"r{name}" for name in _BINARY[:12])))
"""What can be done with a value, and not with its name."""


@dataclass(frozen=True, slots=True)
class Picking:
    """What a function picks.

    Attributes:
        names: the fields, in their order.
        kind: the class of the rows: a ``NamedTuple``, or ``tuple``; None for single values.
    """

    names: tuple[str, ...]
    kind: type[tuple[Any, ...]] | None


def picking_of(schema: EntitySchema, pick: Callable[[Any], object]) -> Picking:
    """The fields that the function names.

    Raises:
        UnknownName: there is no such field.
        InvalidValue: the function does something else than to name fields.

    >>> from b24orm.facts import load
    >>> picking_of(load("Deal"), lambda deal: (deal.id, deal.title)).names
    ('id', 'title')
    """
    try:
        made = pick(_Row(schema))
    except TypeError as error:  # it takes no row, or does with a name what needs a value
        raise _no_fields(schema, f"and this one fails: {error}") from None
    if type(made) is _Column:
        return Picking((_name(made),), None)
    if not isinstance(made, tuple) or not made:
        raise _no_fields(schema, f"not {made!r}" if not isinstance(made, tuple) else "not an empty tuple")
    found = cast("tuple[object, ...]", made)
    strange = next((each for each in found if type(each) is not _Column), None)
    if strange is not None:
        raise _no_fields(schema, f"not {strange!r}")
    return Picking(tuple(map(_name, found)), type(found))


class _Row:
    """Stands for a row: its attributes are the names of its fields."""

    def __init__(self, schema: EntitySchema) -> None:
        self.__schema = schema

    def __getattr__(self, name: str) -> _Column:
        schema = self.__schema
        if name in schema.fields or schema.custom_wire(name) is not None:
            return _Column(schema, name)
        if name in schema.relations:
            raise InvalidValue(
                f"{schema.name}.{name} is another row: name the field {schema.relations[name].name!r}, "
                f"or fetch objects with select_related({name!r})"
            )
        if name == "pk" and schema.id_name:
            raise InvalidValue(f"{schema.name}.pk is no field: name {schema.id_name!r}")
        raise UnknownName(f"{schema.name} has no field {name!r}{nearest(name, schema.fields)}")


class _Column:
    """Stands for the value of a field, of which only the name is known."""

    def __init__(self, schema: EntitySchema, name: str) -> None:
        self._at = (schema, name)

    def __repr__(self) -> str:
        schema, name = self._at
        return f"<{schema.name}.{name}>"

    def __getattr__(self, name: str) -> NoReturn:
        raise _computed(self)


def _refusing(self: _Column, *_: object) -> NoReturn:
    raise _computed(self)


for _operation in _REFUSED:
    setattr(_Column, _operation, _refusing)


def _name(column: Any) -> str:
    return str(column._at[1])


def _computed(column: _Column) -> InvalidValue:
    schema, name = column._at  # pyright: ignore[reportPrivateUsage]
    return _no_fields(schema, f"and computes nothing with {schema.name}.{name}")


def _no_fields(schema: EntitySchema, what: str) -> InvalidValue:
    row = schema.name.lower()
    named = f"lambda {row}: ({row}.{schema.id_name or next(iter(schema.fields))}, ...)"
    return InvalidValue(
        f"a function in values_list() names fields, as in {named}, {what}; compute with the rows that come"
    )
