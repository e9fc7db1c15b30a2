"""Argument checks of the public entry points, with our own kind of error."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, wraps
from inspect import Parameter, iscoroutinefunction, signature
from types import UnionType
from typing import Any, Final, Literal, TypeVar, Union, cast, get_args, get_origin

from b24orm.errors import B24Error, InvalidValue
from b24orm.tracebacks import bare

__all__ = ["guard"]

_F = TypeVar("_F", bound=Callable[..., Any])

_PLAIN: Final[Mapping[str, type]] = {
    "Any": object,
    "None": type(None),
    "bool": bool,
    "float": float,
    "int": int,
    "str": str,
}
"""Annotations that say by themselves what fits."""

_SAID: Final = re.compile(
    r"(?:\w+ )*(?P<where>[\w.]+)\(\) parameter (?P<name>\w+)=(?P<value>.*)"
    r" violates type hint (?P<hint>.*), as (?:<class \")?(?P<kind>[\w.]+).*",
    re.DOTALL,
)
_CLASS: Final = re.compile(r"<class '([\w.]+)'>")
_MODULE: Final = re.compile(r"\b(?:\w+\.)+(?=\w)")


def _reworded(text: str) -> str:
    """What a reader needs of beartype's message; as it is, if beartype should change its wording.

    >>> _reworded(
    ...     "Method b24orm.portal.portal.Portal.get_by_ID() parameter ID_list=1 violates type hint "
    ...     "collections.abc.Iterable[int | str], as int 1 not instance of <protocol ABC ...>."
    ... )
    'get_by_ID(): ID_list takes Iterable[int | str], not 1 (int)'
    """
    said = _SAID.fullmatch(text)
    if said is None:
        return text
    hint = _MODULE.sub("", _CLASS.sub(r"\1", said["hint"]))
    function = said["where"].rpartition(".")[2]
    door = "" if function.startswith("_") else f"{function}(): "
    kind = said["kind"].rpartition(".")[2]
    return f"{door}{said['name']} takes {hint}, not {said['value']} ({kind})"


class _Refused(InvalidValue):
    """What beartype is to raise: an InvalidValue in our words."""

    def __new__(cls, text: str) -> InvalidValue:  # type: ignore[misc]
        """The error itself, which is of no other class than any InvalidValue."""
        return InvalidValue(_reworded(text))


def guard(function: _F) -> _F:
    """Makes a public function refuse arguments of the wrong type before anything runs.

    beartype judges, and is imported for the first argument that is not right at a glance: it takes half as
    long to import as everything else of a script that reads a model.

    >>> @guard
    ... def double(number: int) -> int:
    ...     return 2 * number
    >>> double("2")
    Traceback (most recent call last):
        ...
    b24orm.errors.InvalidValue: double(): number takes int, not '2' (str)
    """
    if isinstance(function, type):  # a class is guarded where it is made
        function.__init__ = guard(function.__init__)  # type: ignore[misc]
        return cast("_F", function)

    @wraps(function)
    def checking(*given: Any, **named: Any) -> Any:
        try:
            return _checker(function, given, named)(*given, **named)
        except B24Error as error:
            raise bare(error)  # noqa: B904 - the same error

    @wraps(function)
    async def awaiting(*given: Any, **named: Any) -> Any:
        try:
            return await _checker(function, given, named)(*given, **named)
        except B24Error as error:
            raise bare(error)  # noqa: B904 - the same error

    return cast("_F", awaiting if iscoroutinefunction(function) else checking)


def _checker(
    function: Callable[..., Any], given: tuple[Any, ...], named: Mapping[str, Any]
) -> Callable[..., Any]:
    """What to call: the function itself if its arguments are right at a glance."""
    return function if _plainly_right(function, given, named) else _checked(function)


@cache
def _checked(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function behind beartype's check."""
    from beartype import BeartypeConf, beartype

    return beartype(conf=BeartypeConf(violation_type=_Refused, is_color=False))(function)


def _plainly_right(function: Callable[..., Any], given: tuple[Any, ...], named: Mapping[str, Any]) -> bool:
    """Whether each argument is its parameter's default, or what its annotation plainly allows."""
    parameters = _parameters(function)
    pairs = [
        *zip(parameters.values(), given, strict=False),
        *((parameters.get(n), v) for n, v in named.items()),
    ]
    return len(given) <= len(parameters) and all(_fits(function, *pair) for pair in pairs)


@cache
def _parameters(function: Callable[..., Any]) -> Mapping[str, Parameter]:
    return signature(function).parameters


def _fits(function: Callable[..., Any], parameter: Parameter | None, value: Any) -> bool:
    if parameter is None or parameter.kind in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD):
        return False
    return value is parameter.default or _plain(function, parameter.annotation).fits(value)


@dataclass(frozen=True)
class _Plain:
    """What an annotation allows, as far as that can be seen at a glance."""

    classes: tuple[type, ...]
    values: tuple[Any, ...] = ()

    def fits(self, value: Any) -> bool:
        """Whether a value is allowed for sure."""
        return isinstance(value, self.classes) or any(
            type(value) is type(one) and value == one for one in self.values
        )


@cache
def _plain(function: Callable[..., Any], annotation: Any) -> _Plain:
    """The plain classes and the literals of an annotation, as it is written; without one everything fits.

    >>> def say(word: str | Sequence[str] | None) -> None: ...
    >>> _plain(say, "str | Sequence[str] | None")
    _Plain(classes=(<class 'str'>, <class 'NoneType'>), values=())
    """
    if annotation is Parameter.empty:
        return _Plain((object,))
    names = annotation.split(" | ") if isinstance(annotation, str) else ()
    known: Mapping[str, Any] = getattr(function, "__globals__", {})
    hints = [part for name in names for part in _parts(_PLAIN.get(name, known.get(name)))]
    classes = tuple(hint for hint in hints if hint in _PLAIN.values())
    return _Plain(
        classes, tuple(value for hint in hints if get_origin(hint) is Literal for value in get_args(hint))
    )


def _parts(hint: Any) -> tuple[Any, ...]:
    """The members of a union, or what is none."""
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
