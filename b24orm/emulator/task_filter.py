"""The filter of ``tasks.task.list``: upper-case keys, ``::SUBFILTER-`` groups, values cast by field.

A name nobody knows is ignored, and so is an empty list. A bare TITLE is a substring. With ``@`` and
with several numbers only whether they are members counts, whatever else the operator says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from b24orm.emulator.answers import Refusal
from b24orm.emulator.conditions import EVERYTHING, Where, any_of, every, membership
from b24orm.emulator.orm_filter import compile_condition
from b24orm.emulator.tables import Table
from b24orm.emulator.text_search import compare, contains
from b24orm.emulator.values import read_datetime, to_float, to_int, to_list, to_text

__all__ = ["compile_filter", "status_expression"]

_OPERATORS: Final = ("=", "!=", "%", "!%", "?", "><", "*=", "*%", "*", "!><", ">=", ">", "<=", "<", "!", "@")
_COMPARED: Final = frozenset({">", ">=", "<=", "<", "!="})
_CASTS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("PARENT_ID", "GROUP_ID", "STATUS_CHANGED_BY", "FORUM_TOPIC_ID", "FLOW_ID"), "number"),
    **dict.fromkeys(("REAL_STATUS", "STATUS", "CHANGED_BY"), "number"),
    **dict.fromkeys(
        (
            "ID",
            "PRIORITY",
            "CREATED_BY",
            "RESPONSIBLE_ID",
            "STAGE_ID",
            "TIME_ESTIMATE",
            "FORKED_BY_TEMPLATE_ID",
        ),
        "plain number",
    ),
    **dict.fromkeys(("TITLE", "GUID"), "text"),
    **dict.fromkeys(
        (
            "MARK",
            "XML_ID",
            "SITE_ID",
            "ADD_IN_REPORT",
            "ALLOW_TIME_TRACKING",
            "ALLOW_CHANGE_DEADLINE",
            "MATCH_WORK_TIME",
            "FAVORITE",
        ),
        "exact text",
    ),
    **dict.fromkeys(
        (
            "END_DATE_PLAN",
            "START_DATE_PLAN",
            "DATE_START",
            "DEADLINE",
            "CREATED_DATE",
            "CLOSED_DATE",
            "CHANGED_DATE",
            "ACTIVITY_DATE",
        ),
        "date",
    ),
}
_MEMBERS: Final[Mapping[str, tuple[str, ...]]] = {
    "AUDITOR": ("AUDITORS",),
    "ACCOMPLICE": ("ACCOMPLICES",),
    "MEMBER": ("AUDITORS", "ACCOMPLICES", "RESPONSIBLE_ID", "CREATED_BY"),
    "DOER": ("ACCOMPLICES", "RESPONSIBLE_ID"),
}
_EXPRESSIONS: Final[Mapping[str, str]] = {
    "REAL_STATUS": '"STATUS"',
    "CHANGED_BY": 'IFNULL("CHANGED_BY", "CREATED_BY")',
    "CHANGED_DATE": 'IFNULL("CHANGED_DATE", "CREATED_DATE")',
    "ACTIVITY_DATE": 'IFNULL("ACTIVITY_DATE", "CREATED_DATE")',
}
"""What is compared in place of a column; a task that was never changed counts as changed when it was made."""
_EPOCH: Final = "1970-01-01T03:00:00"
"""What a date that can't be read turns into."""


@dataclass(frozen=True, slots=True)
class _Context:
    table: Table
    user_id: int
    now: str


def compile_filter(filter: Mapping[str, Any], table: Table, user_id: int, now: str) -> Where:
    """The condition of a filter.

    Args:
        filter: as sent.
        table: the tasks' table.
        user_id: who asks; unseen tasks are unseen by somebody.
        now: the time in stored form; overdue tasks are overdue by it.

    Raises:
        Refusal: an unknown ``::LOGIC``, or a group that is no map.
    """
    return _group(filter, _Context(table, user_id, now))


def status_expression(user_id: int, now: str) -> str:
    """The SQL of STATUS: the real status, or -1 for overdue, -3 for nearly so, -2 for not seen."""
    open_task = "STATUS NOT IN (4, 5)"
    return (
        f"CASE WHEN DEADLINE >= '{now}' AND DEADLINE < datetime_after_day('{now}') AND {open_task} THEN -3 "
        f"WHEN DEADLINE < '{now}' AND {open_task} THEN -1 "
        f"WHEN VIEWED_DATE IS NULL AND CREATED_BY <> {user_id} AND STATUS IN (1, 2) THEN -2 ELSE STATUS END"
    ).replace(f"datetime_after_day('{now}')", f"strftime('%Y-%m-%dT%H:%M:%S', '{now}', '+1 day')")


def _group(filter: Mapping[str, Any], context: _Context) -> Where:
    logic = filter.get("::LOGIC", "AND")
    if logic not in ("AND", "OR"):
        raise Refusal("0", "Unknown logic in filter")
    parts: list[Where] = []
    for key, value in filter.items():
        if key in ("::LOGIC", "::MARKERS"):
            continue
        if key.startswith("::SUBFILTER"):
            if not isinstance(value, Mapping):
                raise Refusal("0", f"Invalid filter value: {value!r}")
            parts.append(_group(value, context))
        else:
            parts.append(_condition(key.lstrip(), value, context))
    return (any_of if logic == "OR" else every)(parts)


def _condition(key: str, value: Any, context: _Context) -> Where:
    operator = next((operator for operator in _OPERATORS if key.startswith(operator)), "")
    name = key[len(operator) :]
    column = context.table.columns.get(name)
    if name in _CASTS:
        return _cast(name, operator, _read(name, value), context)
    if name in _MEMBERS:
        return _members(name, operator, value)
    if name == "TAG":
        return every(_holds("TAGS", to_text(tag), "value") for tag in to_list(value) if tag)
    if name == "ONLY_ROOT_TASKS":
        return Where("PARENT_ID IS NULL OR PARENT_ID = 0") if value == "Y" else EVERYTHING
    if column is not None and column.name.startswith("UF_"):
        return compile_condition(key, value, column, f'"{column.name}"')
    return EVERYTHING


def _read(name: str, value: Any) -> Any:
    """Dates in stored form; a list of dates is read as no date at all."""
    if _CASTS[name] != "date" or not value:
        return value
    return (read_datetime(value) if isinstance(value, str) else None) or _EPOCH


def _cast(name: str, operator: str, value: Any, context: _Context) -> Where:
    values = list(dict.fromkeys(_hashable(item) for item in to_list(value)))
    if not values:
        return EVERYTHING
    expression = _expression(name, context)
    cast = _CASTS[name]
    negative = operator == "!"
    if operator == "@" or (cast == "number" and len(values) > 1):
        found = membership(expression, list(dict.fromkeys(to_int(item) for item in values)))
        return found.negated() if negative else found
    sign = operator if operator in _COMPARED else "="
    compiler = _COMPILERS[cast]
    parts = [compiler(expression, sign, operator, item) for item in values]
    return (every if negative else any_of)(parts)


def _hashable(item: Any) -> Any:
    return item if isinstance(item, (str, int, float, bool)) or item is None else to_text(item)


def _expression(name: str, context: _Context) -> str:
    if name == "STATUS":
        return f"({status_expression(context.user_id, context.now)})"
    return _EXPRESSIONS.get(name, f'"{name}"')


def _absent(value: Any) -> bool:
    return value is None or value == ""


def _number(expression: str, sign: str, operator: str, value: Any) -> Where:
    if value is False:
        return Where(f"{expression} IS {'NOT ' if operator == '!' else ''}NULL")
    return _negatable(expression, operator, Where(f"{expression} {sign} ?", (to_float(value or 0),)))


def _plain_number(expression: str, sign: str, operator: str, value: Any) -> Where:
    if _absent(value):
        return EVERYTHING
    found = Where(f"{expression} {sign} ?", (to_float(value),))
    return found.negated() if operator == "!" else found


def _text(expression: str, sign: str, operator: str, value: Any) -> Where:
    if _absent(value):
        return EVERYTHING
    text = to_text(value)
    if operator in {"?", "%"} or (operator in {"", "*", "*=", "*%", "><", "!><"} and text not in {"", "0"}):
        return contains(expression, text)
    if operator == "!%":
        return contains(expression, text).negated()
    if text in {"", "0"}:
        blank = Where(f"{expression} IS NULL OR LENGTH({expression}) <= 0")
        return blank.negated() if operator == "!" else blank
    if operator == "!":
        lacking = contains(expression, text).negated()
        return Where(f"{expression} IS NULL OR {lacking.sql}", lacking.params)
    return compare(expression, "<>" if sign == "!=" else sign, text)


def _exact_text(expression: str, sign: str, operator: str, value: Any) -> Where:
    if _absent(value):
        return EVERYTHING
    if to_text(value) in {"", "0"}:
        blank = Where(f"{expression} IS NULL OR LENGTH({expression}) <= 0")
        return blank.negated() if operator == "!" else blank
    return _negatable(
        expression, operator, compare(expression, "<>" if sign == "!=" else sign, to_text(value))
    )


def _date(expression: str, sign: str, operator: str, value: Any) -> Where:
    if not value:
        return Where(f"{expression} IS {'NOT ' if operator == '!' else ''}NULL")
    return _negatable(expression, operator, Where(f"{expression} {sign} ?", (value,)))


def _negatable(expression: str, operator: str, found: Where) -> Where:
    """``!`` lets rows without a value through."""
    return Where(f"{expression} IS NULL OR NOT ({found.sql})", found.params) if operator == "!" else found


def _members(name: str, operator: str, value: Any) -> Where:
    ids = [to_int(item) for item in to_list(value) if to_int(item)]
    found = any_of(_is_member(column, ids) for column in _MEMBERS[name]) if ids else EVERYTHING
    return found.negated() if found and operator.startswith("!") else found


def _is_member(column: str, ids: Sequence[int]) -> Where:
    if column.endswith("S"):
        inside = membership("each.value", ids)
        return Where(
            f'EXISTS (SELECT 1 FROM json_each("{column}") AS each WHERE {inside.sql})', inside.params
        )
    return membership(f'"{column}"', ids)


def _holds(column: str, text: str, part: str) -> Where:
    found = compare(f"each.{part}", "=", text)
    return Where(f'EXISTS (SELECT 1 FROM json_each("{column}") AS each WHERE {found.sql})', found.params)


_COMPILERS: Final[Mapping[str, Callable[[str, str, str, Any], Where]]] = {
    "number": _number,
    "plain number": _plain_number,
    "text": _text,
    "exact text": _exact_text,
    "date": _date,
}
