"""What a parameter of a REST method takes: the types for the IDE, the check before sending.

The generated namespaces say it in letters: ``id:int! rows:list! select:array``. A name, one or
several kinds, and a mark for what must be given.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, TypeAlias

from b24orm.errors import InvalidValue, UnknownName, nearest

__all__ = [
    "Anything",
    "Array",
    "Date",
    "Flag",
    "Int",
    "List",
    "Map",
    "Number",
    "Parameter",
    "Text",
    "checked",
    "parsed",
]

Int: TypeAlias = "int | str"
Number: TypeAlias = "Decimal | int | float | str"
Text: TypeAlias = "str | int"
Flag: TypeAlias = "bool | int | str"
Date: TypeAlias = "dt.date | str"
Map: TypeAlias = "Mapping[str, Any]"
List: TypeAlias = "Sequence[Any] | Mapping[Any, Any]"
Array: TypeAlias = "Sequence[Any] | Mapping[Any, Any]"
Anything: TypeAlias = "Any"

_Kind: TypeAlias = tuple[Callable[[Any], bool], str]


def _is_whole(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip().lstrip("+-").isdigit()
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip().lstrip("+-").replace(".", "", 1).isdigit()
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, (str, int, float, Decimal, dt.date)) and not isinstance(value, bool)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool) or value in (0, 1, "0", "1", "Y", "N", "true", "false")


def _is_map(value: Any) -> bool:
    return isinstance(value, Mapping) or (isinstance(value, (list, tuple)) and not value)


def _is_array(value: Any) -> bool:
    return isinstance(value, (Mapping, list, tuple, set, frozenset))


_KINDS: Final[Mapping[str, _Kind]] = {
    "int": (_is_whole, "a whole number"),
    "number": (_is_number, "a number"),
    "str": (_is_text, "a str"),
    "bool": (_is_flag, "True or False"),
    "date": (lambda value: isinstance(value, (dt.date, str)), "a date or a datetime"),
    "map": (_is_map, "a dict"),
    "list": (_is_array, "a list"),
    "array": (_is_array, "a list or a dict"),
    "any": (lambda _: True, "anything"),
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a method.

    Attributes:
        name: its spelling in REST.
        kinds: what it takes, keys of the table above.
        required: it must be given.
    """

    name: str
    kinds: tuple[str, ...]
    required: bool

    def fits(self, value: Any) -> bool:
        """Whether the value is of one of the kinds; None, which empties, always is."""
        if hasattr(value, "dtype") and getattr(value, "shape", None) == ():  # a number of numpy's
            value = value.item()
        return value is None or any(_KINDS[kind][0](value) for kind in self.kinds)

    @property
    def wanted(self) -> str:
        """What the parameter takes, in words."""
        return " or ".join(_KINDS[kind][1] for kind in self.kinds)


def parsed(text: str) -> tuple[Parameter, ...]:
    """The parameters of a method from their letters.

    >>> [found.name for found in parsed("id:int! rows:list!")]
    ['id', 'rows']
    """
    found: list[Parameter] = []
    for word in text.split():
        name, _, kinds = word.rpartition(":")
        found.append(Parameter(name, tuple(kinds.removesuffix("!").split("|")), kinds.endswith("!")))
    return tuple(found)


def checked(
    method: str,
    parameters: Sequence[Parameter],
    given: Mapping[str, Any],
    *,
    sender: str = "portal.call",
) -> dict[str, Any]:
    """The parameters to send, in the order of the documentation.

    User fields (``UF_...``) pass under any name: no documentation can know them.

    Args:
        method: the method.
        parameters: what it takes.
        given: what it is given.
        sender: what sends whatever it is given, for the message.

    Raises:
        UnknownName: the method has no such parameter; the message has the nearest.
        InvalidValue: a parameter is missing, or its value can't be meant.

    >>> checked("crm.deal.get", parsed("id:int!"), {"id": 5})
    {'id': 5}
    """
    known = {parameter.name: parameter for parameter in parameters}
    spelled = {_spelled(name, known): value for name, value in given.items()}
    for name in spelled:
        if name not in known and not name.upper().startswith("UF_"):
            others = f"; it takes {', '.join(known)}" if known else "; it takes no parameters"
            raise UnknownName(
                f"{method} has no parameter {name!r}{nearest(name, known) or others}"
                f" ({sender}({method!r}, {{...}}) sends whatever it is given)"
            )
    missing = [p.name for p in parameters if p.required and p.name not in spelled]
    if missing:
        raise InvalidValue(f"{method} needs {', '.join(missing)}")
    for parameter in parameters:
        value = spelled.get(parameter.name)
        if not parameter.fits(value):
            raise InvalidValue(f"{method}: {parameter.name} takes {parameter.wanted}, not {value!r}")
    ordered = [name for name in known if name in spelled]
    return {name: spelled[name] for name in (*ordered, *(name for name in spelled if name not in known))}


def _spelled(name: str, known: Mapping[str, Parameter]) -> str:
    """A name that Python reserves is written with an underscore behind it."""
    bare = name.removesuffix("_")
    return bare if name not in known and bare in known else name
