"""``portal.crm.deal.get(id=5)``: the documented methods as attributes, checked before sending.

The names and parameters stand in :mod:`b24orm.methods`, one generated module for each first
word (``crm``, ``tasks`` ...). Nothing of it is loaded before it is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from inspect import Parameter as Keyword
from inspect import Signature
from keyword import iskeyword
from typing import TYPE_CHECKING, Any, Final, Generic, NoReturn, Protocol

from typing_extensions import TypeVar

from b24orm.arguments import Parameter, checked, parsed
from b24orm.errors import InvalidValue, UnknownAttribute, UnknownName, nearest

__all__ = ["Caller", "Namespace", "known_methods", "namespace"]

R_co = TypeVar("R_co", covariant=True, default=Any)

_PACKAGE: Final = "b24orm.methods"

_POSITIONAL: Final = ("task.checklistitem.", "task.commentitem.", "task.elapseditem.", "task.item")
"""Methods that read their parameters by place: what is left out before others is sent empty."""


class Caller(Protocol):
    """What sends a call: a portal."""

    def call(self, method: str, items: Any = None, /) -> Any:
        """The answer of the method, or something to await."""
        ...


class Namespace(Generic[R_co]):
    """A part of the names of methods, and the method itself where it is one.

    Args:
        caller: the portal.
        path: the words so far (``crm.deal``).
        package: where the methods are described.
    """

    __slots__ = ("_caller", "_package", "_path")

    def __init__(self, caller: Caller, path: str, package: str = _PACKAGE) -> None:
        self._caller = caller
        self._path = path
        self._package = package

    def __repr__(self) -> str:
        """The method with its parameters, those that it needs without brackets; or a part of a name."""
        parameters = self._parameters()
        taken = "" if parameters is None else f"({', '.join(map(_shown, parameters))})"
        return f"<{self._path}{taken} of {self._caller!r}>"

    def _parameters(self) -> tuple[Parameter, ...] | None:
        """What the method takes; None for what is only a part of names."""
        found = _specs(self._path.partition(".")[0], self._package).get(self._path)
        return None if found is None else found[0]

    @property
    def _prefix(self) -> str:
        return "portal.v3." if self._package != _PACKAGE else "portal."

    def __dir__(self) -> list[str]:
        return sorted(_next_words(self._path, self._package))

    if not TYPE_CHECKING:  # to a type checker the generated names are all there are

        def __getattr__(self, name: str) -> Any:
            if name == "__signature__" and (parameters := self._parameters()) is not None:
                return _signature(parameters)
            if name.startswith("__"):
                raise AttributeError(name)
            words = _next_words(self._path, self._package)
            word = name if name in words else name.removesuffix("_")
            if word not in words:
                raise UnknownAttribute(
                    f"the documentation knows no {self._path}.{name}{nearest(name, words)}"
                    f" ({self._prefix}call({self._path + '.' + name!r}) sends it all the same)"
                )
            return Namespace(self._caller, f"{self._path}.{word}", self._package)

        def __call__(self, *wrong: Any, **given: Any) -> Any:
            specs = _specs(self._path.partition(".")[0], self._package)
            if self._path not in specs:
                _no_method(self._path, self._package)
            parameters, choices = specs[self._path]
            if wrong:
                names = ", ".join(f"{p.name}=..." for p in parameters)
                raise InvalidValue(f"{self._path} takes its parameters by name: {names}")
            params = checked(self._path, parameters, given, sender=f"{self._prefix}call")
            for choice in choices:
                if not any(name in params for name in choice):
                    raise InvalidValue(f"{self._path} needs one of {', '.join(choice)}")
            if self._path.startswith(_POSITIONAL):
                params = _without_gaps(parameters, params)
            return self._caller.call(self._path, params)


def _shown(parameter: Parameter) -> str:
    return parameter.name if parameter.required else f"[{parameter.name}]"


def _signature(parameters: tuple[Parameter, ...]) -> Signature:
    """What help() and notebooks show of a method."""
    return Signature(
        [
            Keyword(each.name, Keyword.KEYWORD_ONLY, default=Keyword.empty if each.required else None)
            for each in parameters
            if each.name.isidentifier() and not iskeyword(each.name)
        ]
    )


def _no_method(path: str, package: str) -> NoReturn:
    words = ", ".join(sorted(_next_words(path, package)))
    raise UnknownName(f"{path} is no method: go on with one of {words}")


def _without_gaps(parameters: tuple[Parameter, ...], params: Mapping[str, Any]) -> dict[str, Any]:
    names = [parameter.name for parameter in parameters]
    first = next((i for i, name in enumerate(names) if name in params), 0)
    first = 0 if not names or parameters[0].kinds != ("int",) else first
    last = max((i for i, name in enumerate(names) if name in params), default=-1)
    return {name: params.get(name, []) for name in names[first : last + 1]}


_Spec = tuple[tuple[Parameter, ...], tuple[tuple[str, ...], ...]]


@cache
def _specs(first: str, package: str = _PACKAGE) -> Mapping[str, _Spec]:
    """The methods that begin with a word: parameters and alternatives."""
    module = import_module(f"{package}.{first}")
    return {
        name: (parsed(text), tuple(tuple(c) for c in module.ONE_OF.get(name, ())))
        for name, text in module.METHODS.items()
    }


@cache
def _next_words(path: str, package: str) -> frozenset[str]:
    head = f"{path}."
    methods = _specs(path.partition(".")[0], package)
    return frozenset(name.removeprefix(head).partition(".")[0] for name in methods if name.startswith(head))


def namespace(caller: Caller, first: str, known: frozenset[str], package: str = _PACKAGE) -> Namespace[Any]:
    """The namespace of a portal that begins with a word.

    Raises:
        AttributeError: no documented method begins with it.
    """
    word = first if first in known else first.removesuffix("_")
    if first.startswith("__") or word not in known:
        own = [name for name in dir(type(caller)) if not name.startswith("_")]
        hint = "" if first.startswith("_") else nearest(first, [*known, *own])
        raise UnknownAttribute(f"{type(caller).__name__!r} object has no attribute {first!r}{hint}")
    return Namespace(caller, word, package)


def known_methods(first: str) -> tuple[str, ...]:
    """The documented methods that begin with a word.

    >>> "crm.deal.productrows.set" in known_methods("crm")
    True
    """
    return tuple(_specs(first))
