"""How the methods of offline events read ``filter`` and ``order``.

Names are read in any case, and everything that is not on the list is refused. Reserving rows reads fewer
operators than listing them: it knows plain comparisons with one value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from b24orm.emulator.answers import Refusal
from b24orm.emulator.conditions import Where, every
from b24orm.emulator.methods.params import as_map
from b24orm.emulator.orm_filter import compile_condition
from b24orm.emulator.tables import Column
from b24orm.emulator.values import is_array, read_datetime, to_text

__all__ = ["argument_error", "conditions", "ordering", "reservation"]

_ALLOWED: Final = ("", "=", ">", "<", ">=", "<=", "@", "%")
_COMPARED: Final = ("", "=", ">", "<", ">=", "<=")
_KEY: Final = re.compile(r"([^a-zA-Z]*)(.*)", re.DOTALL)


def argument_error(text: str, argument: str) -> Refusal:
    """ERROR_ARGUMENT that names the argument, as the exceptions for arguments do."""
    return Refusal("ERROR_ARGUMENT", text, argument=argument)


def conditions(sent: Any, columns: Mapping[str, Column], names: Sequence[str]) -> Where:
    """A filter as an SQL condition.

    Args:
        sent: as sent.
        columns: the columns of the queue.
        names: those that may be asked for.

    Raises:
        Refusal: no map, an unknown operator or field.
    """
    parts = (
        compile_condition(f"{operator}{name}", value, columns[name], f'"{name}"')
        for operator, name, value in _read(sent, names)
    )
    return every(parts)


def reservation(sent: Any, columns: Mapping[str, Column], names: Sequence[str]) -> Where:
    """The same for reserving rows, where ``@`` and ``%`` are unknown and a value is never a list.

    Raises:
        Refusal: whatever :func:`conditions` refuses, a list, or one of those operators.
    """
    for operator, name, value in _read(sent, names):
        if is_array(value):
            raise argument_error(
                f"The value of an argument '{operator}{name}' has an invalid type", f"{operator}{name}"
            )
        if operator not in _COMPARED:
            raise argument_error(f"Unknown operator `{operator}`", "")
    exact = {(f"={key}" if key[:1].isalpha() else key): value for key, value in as_map(sent).items()}
    return conditions(exact, columns, names)


def ordering(sent: Any, names: Sequence[str]) -> str:
    """An order as SQL, with the row's number as its last resort.

    Raises:
        Refusal: no map, an unknown field or direction.
    """
    if not is_array(sent):
        raise Refusal("ERROR_ARGUMENT", "The order is not an array.")
    parts = [_sorted_by(key.upper(), value, names) for key, value in as_map(sent).items()]
    return ", ".join([*parts, '"ID" ASC'])


def _sorted_by(key: str, value: Any, names: Sequence[str]) -> str:
    name, direction = (to_text(value), "ASC") if key.isdigit() else (key, to_text(value).upper())
    if name not in names:
        raise Refusal("ERROR_ARGUMENT", f"Order field not allowed: {name}")
    if direction not in {"ASC", "DESC"}:
        raise Refusal("ERROR_ARGUMENT", "Order direction should be one of {ASC|DESC}")
    return f'"{name}" {direction}'


def _read(sent: Any, names: Sequence[str]) -> list[tuple[str, str, Any]]:
    if not is_array(sent):
        raise Refusal("ERROR_ARGUMENT", "The filter is not an array.")
    found: list[tuple[str, str, Any]] = []
    for key, value in as_map(sent).items():
        match = _KEY.match(key.upper())
        operator, name = match.groups() if match else ("", key)
        if operator not in _ALLOWED:
            raise Refusal("ERROR_ARGUMENT", f"Filter operation not allowed: {operator}")
        if name not in names:
            raise Refusal("ERROR_ARGUMENT", f"Filter field not allowed: {name}")
        found.append((operator, name, read_datetime(value) if name == "TIMESTAMP_X" else value))
    return found
