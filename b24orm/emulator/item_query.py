"""Filter, order and select of ``crm.item.list`` and its kin.

Names are camelCase or upper case. A name nobody knows is an error in filter and order and nothing
in select.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from b24orm.emulator.answers import Refusal
from b24orm.emulator.conditions import EVERYTHING, Where, membership
from b24orm.emulator.item_fields import ItemField
from b24orm.emulator.orm_filter import compile_condition, compile_group
from b24orm.emulator.tables import Table
from b24orm.emulator.values import is_array, read_date, read_datetime, to_int, to_list, to_text

__all__ = ["Filtered", "compile_filter", "names_of", "order_sql", "selected"]

_PREFIXES: Final = frozenset(
    {"", "=", "%", ">", "<", "@", "!", "!@", "!=", "!%", "><", ">=", "<=", "=%", "%=", "!><", "!=%", "!%="}
)
_LIST_PREFIXES: Final = frozenset({"@", "!@", "!=", "=", ""})
_KEY = re.compile(r"([=%><@!]*)(\w+)")


@dataclass(frozen=True, slots=True)
class Filtered:
    """A compiled filter: its condition and the joins it needs, which may repeat rows."""

    where: Where
    joins: tuple[str, ...] = ()


def names_of(fields: Mapping[str, ItemField]) -> dict[str, ItemField]:
    """Every spelling that a request may use, down to the names of the columns."""
    known = {item.column.name: item for item in fields.values() if item.column}
    known |= {item.upper: item for item in fields.values()}
    return known | dict(fields)


def compile_filter(
    table: Table, fields: Mapping[str, ItemField], sent: Mapping[str, Any], now: float | None = None
) -> Filtered:
    """Compile a filter.

    Args:
        table: the items' table.
        fields: its fields by camelCase name.
        sent: the filter as sent.
        now: unix seconds for relative dates.

    Raises:
        Refusal: an unknown name or operator, or a value that the operator doesn't take.
    """
    known = names_of(fields)
    _validate(sent, known)
    joins: list[str] = []

    def condition(key: str, value: Any) -> Where:
        found = _KEY.fullmatch(key)
        assert found is not None
        item = known[found[2]]
        if item.column is None or item.name == "observers":
            return _bound(table, item, found[1], value, joins)
        return compile_condition(
            found[1] + item.upper,
            _read(item, value, now),
            item.column,
            f'"{table.name}"."{item.column.name}"',
        )

    return Filtered(compile_group(sent, condition), tuple(dict.fromkeys(joins)))


def order_sql(table: Table, fields: Mapping[str, ItemField], order: Mapping[str, Any]) -> str:
    """The ORDER BY of an ``order`` parameter; without one rows come unordered.

    Raises:
        Refusal: an unknown name, or a direction that is neither ASC nor DESC.
    """
    known = names_of(fields)
    parts: list[str] = []
    for name, direction in order.items():
        item, word = known.get(name), to_text(direction).upper()
        if item is None or item.column is None:
            raise _invalid(f"Invalid order: field '{_upper(name, known)}' is not allowed in order")
        if word not in {"ASC", "DESC"}:
            raise _invalid(
                "Invalid order: allowed sort directions are ASC, DESC. "
                f"But got '{word}' for field '{_upper(name, known)}'"
            )
        parts.append(f'"{table.name}"."{item.column.name}" {word}')
    if not any(f'"{table.name}"."ID" ' in part for part in parts):
        parts += [f'"{table.name}"."ID" % 7', f'"{table.name}"."ID"']
    return ", ".join(parts)


def selected(fields: Mapping[str, ItemField], select: Sequence[Any]) -> list[ItemField] | None:
    """The fields that a ``select`` names; None means all of them."""
    names = [to_text(name).replace(".", "") for name in select]
    if "*" in names:
        return None
    known = names_of(fields)
    chosen = [known[name] for name in names if name in known]
    if "UF_*" in names:
        chosen += [item for item in fields.values() if item.column and item.column.user]
    return list(dict.fromkeys(chosen))


def _validate(sent: Mapping[str, Any], known: Mapping[str, ItemField]) -> None:
    for key, value in sent.items():
        found = _KEY.fullmatch(key)
        numeric = key.lstrip("-").isdigit()
        if is_array(value):
            _validate(_as_map(value), known)
        name = found[2] if found else key
        prefix = found[1] if found else None
        if not (numeric or key in {"logic", "LOGIC"} or (name in known and prefix in _PREFIXES)):
            raise _invalid(f"Invalid filter: field '{_upper(key, known)}' is not allowed in filter")
        is_list = is_array(value)
        if is_list and prefix not in _LIST_PREFIXES:
            raise _invalid(f"Invalid filter: field '{_upper(key, known)}' has invalid value")


def _read(item: ItemField, value: Any, now: float | None) -> Any:
    """Dates in stored form. Those inside a list are left as they came: the server forgets them."""
    column = item.column
    assert column is not None
    if is_array(value):
        return to_list(value)
    if column.kind in {"date", "datetime"}:
        read = read_date(value, now) if column.kind == "date" else read_datetime(value, now)
        return read or False
    if column.kind == "char":
        return "Y" if value is True or value == 1 else "N" if value is False or value == 0 else value
    return value


def _bound(table: Table, item: ItemField, prefix: str, value: Any, joins: list[str]) -> Where:
    """A list of bound rows: only the bare key joins them, and a row bound twice comes twice."""
    if prefix or value in (None, "", [], 0, False):
        return EVERYTHING
    ids = [to_int(entry) for entry in to_list(value)]
    if item.name == "observers":
        joins.append(f'JOIN json_each("{table.name}".OBSERVERS) AS observer')
        return membership("observer.value", ids)
    joins.append(
        f"JOIN binding AS bound_{item.target} ON bound_{item.target}.OWNER = '{table.name}' "
        f"AND bound_{item.target}.TARGET = '{item.target}' "
        f'AND bound_{item.target}.OWNER_ID = "{table.name}".ID'
    )
    return membership(f"bound_{item.target}.TARGET_ID", ids)


def _as_map(value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return {str(key): item for key, item in value.items()}
    return {str(index): item for index, item in enumerate(value)}


def _upper(key: str, known: Mapping[str, ItemField]) -> str:
    """How an error spells a key: in upper case."""
    found = re.match(r"([^\w]*)(.*)", key, re.DOTALL)
    prefix, name = (found[1], found[2]) if found else ("", key)
    item = known.get(name)
    return prefix + (item.upper if item else re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper())


def _invalid(text: str) -> Refusal:
    return Refusal("INVALID_ARG_VALUE", text)
