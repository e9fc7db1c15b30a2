"""The filter of REST 3.0: conditions, groups, logic, negation, strict types.

``[["id", ">", 5], {"logic": "or", "conditions": [...]}]``. What stands at one level is joined by AND.
A group inside the ``conditions`` of another has to say ``"type": "filter"``. A comparison with null is
refused as a value of the wrong type, and ``!=`` lets rows without a value go, as SQL does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from b24orm.emulator.conditions import EVERYTHING, Where, any_of, every, membership
from b24orm.emulator.v3.dto import Dto, DtoField
from b24orm.emulator.v3.refusals import V3Refusal, invalid, lacks_attribute, unknown_field

__all__ = ["Condition", "Filter", "read_filter", "where"]

_OPERATORS: Final = frozenset({"=", "!=", ">", ">=", "<", "<=", "in", "between"})
_GROUP_KEYS: Final = frozenset({"type", "logic", "conditions", "negative"})
_RANGED: Final = frozenset({"int", "float", "DateTime", "Date"})
_SQL: Final = {"=": "=", "!=": "<>", ">": ">", ">=": ">=", "<": "<", "<=": "<="}


@dataclass(frozen=True, slots=True)
class Condition:
    """``field operator value``, the value in the form that its column keeps."""

    field: DtoField
    operator: str
    value: Any


@dataclass(slots=True)
class Filter:
    """Conditions and groups under one logic."""

    logic: str = "and"
    negative: bool = False
    parts: list[_Part] = field(default_factory=list["_Part"])

    def fields(self) -> Iterator[str]:
        """Every field that a condition speaks of."""
        for part in self.parts:
            if isinstance(part, Filter):
                yield from part.fields()
            else:
                yield part.field.name


_Part: TypeAlias = "Condition | Filter"


def read_filter(value: Any, dto: Dto) -> Filter:
    """The filter that a request holds.

    Raises:
        V3Refusal: it can't be read, names an unknown field or operator, or has a value of another type.
    """
    return _filled(value if isinstance(value, (list, Mapping)) else [value], dto)


def _is_group(item: Any) -> bool:
    return isinstance(item, Mapping) and not _GROUP_KEYS.isdisjoint(item)


def _filled(item: Any, dto: Dto) -> Filter:
    found = Filter()
    if not _is_group(item):
        return _simple(item, dto, found)
    if "logic" in item:
        if item["logic"] not in ("and", "or"):
            raise invalid("filter", {"logic": item["logic"]})
        found.logic = item["logic"]
    if "negative" in item:
        if not isinstance(item["negative"], bool):
            raise invalid("filter", {"negative": item["negative"]})
        found.negative = item["negative"]
    if not isinstance(item.get("conditions"), list):
        raise invalid("filter", item)
    for inner in item["conditions"]:
        if _is_group(inner) and inner.get("type") != "filter":
            raise invalid("filter", inner)
        found.parts.append(_filled(inner, dto))
    return found


def _simple(item: Any, dto: Dto, found: Filter) -> Filter:
    if not isinstance(item, list):
        raise invalid("filter", item)
    if not item:
        return found
    if isinstance(item[0], (list, Mapping)):
        for inner in item:
            found.parts.append(_filled(inner, dto))
        return found
    if len(item) == 2:
        name, value = item
        operator = "in" if isinstance(value, list) else "="
    elif len(item) == 3:
        name, operator, value = item
    else:
        raise invalid("filter", "Unknown filter condition")
    found.parts.append(_condition(name, operator, value, dto))
    return found


def _condition(name: Any, operator: Any, value: Any, dto: Dto) -> Condition:
    if operator not in _OPERATORS:
        raise V3Refusal("UNKNOWNFILTEROPERATOREXCEPTION", f"Unknown filter operator `{operator}`")
    if name not in dto.fields:
        raise unknown_field(dto.name, str(name))
    spec = dto.fields[name]
    if not spec.filterable:
        raise lacks_attribute(dto.name, spec.name, "Filterable")
    if operator in ("in", "between"):
        return Condition(spec, operator, _several(spec, operator, value))
    if isinstance(value, (list, Mapping)):
        raise invalid("filter", f'Operator "{operator}" cannot be used with array values.')
    return Condition(spec, operator, spec.codec.write(spec.checked(value)))


def _several(spec: DtoField, operator: str, value: Any) -> Sequence[Any]:
    if not isinstance(value, list):
        raise invalid("filter", f'Operator "{operator}" requires an array value.')
    if operator == "between":
        if len(value) != 2:
            raise invalid("filter", 'Operator "between" requires an array only with 2 items.')
        if spec.type not in _RANGED or not all(value):  # 0 is empty to it
            raise invalid("filter", f'Operator "between" does not fit the field "{spec.name}".')
    return [spec.codec.write(spec.checked(item)) for item in value]


def where(found: Filter) -> Where:
    """The SQL of a filter."""
    if not found.parts:
        return EVERYTHING
    inside = [where(part) if isinstance(part, Filter) else _sql(part) for part in found.parts]
    joined = (any_of if found.logic == "or" else every)(inside)
    return joined.negated() if found.negative and joined else joined


def _sql(condition: Condition) -> Where:
    column = f'"{condition.field.column}"'
    if condition.operator == "in":
        if not condition.value:  # the database is asked for IN () and gives up
            raise V3Refusal("INTERNAL_INTERNALEXCEPTION", "Internal error", status=500)
        return membership(column, condition.value)
    if condition.operator == "between":
        return Where(f"{column} BETWEEN ? AND ?", tuple(condition.value))
    return Where(f"{column} {_SQL[condition.operator]} ?", (condition.value,))
