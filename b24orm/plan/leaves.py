"""One condition as the server's filter dialects spell it, without their misreadings.

A leaf becomes alternatives (OR) of conditions (AND): ``((("!@F", ids),), (("=F", 0),))`` is
"not in ids, or empty". Where a dialect would read a condition as something else (0 as NULL, a
negated LIKE as a plain one ...), it is spelled so that it means what was asked, or refused.

The rules stand on the server's SQL builders: ``CSqlUtil::PrepareWhere`` for the classic lists,
``CSQLWhere`` for crm.item.list and user.get, ``CTasks::FilterCreate`` for tasks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, TypeAlias

from b24orm.errors import Unsupported
from b24orm.query.lookups import Kind, kind_of
from b24orm.query.nodes import Condition
from b24orm.schema import Dialect

__all__ = ["Alternatives", "Pair", "spell"]

Pair: TypeAlias = tuple[str, Any]
Alternatives: TypeAlias = tuple[tuple[Pair, ...], ...]

_TINY: Final = Decimal("0.000001")
"""Less than any stored money or number can differ from 0 (they keep at most four decimals)."""
_LOWEST: Final = -(2**53)
"""Below every stored number: ``> lowest`` is how a classic list says "not NULL"."""

_COMPARE: Final[Mapping[str, str]] = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_OPPOSITE: Final[Mapping[str, str]] = {"gt": "<=", "gte": "<", "lt": ">=", "lte": ">"}
_NUMERIC: Final = frozenset({"integer", "number"})


def _is_zero(value: Any) -> bool:
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool) and value == 0


def _step(kind: Kind) -> int | Decimal:
    return 1 if kind in ("integer", "reference") else _TINY


def _all(*pairs: Pair) -> Alternatives:
    return (tuple(pairs),)


def _refuse(condition: Condition, why: str) -> Unsupported:
    shown = f"{condition.field.name}__{condition.lookup}"
    return Unsupported(f"{'exclude' if condition.negated else 'filter'}({shown}={condition.value!r}): {why}")


def _pattern(condition: Condition) -> str:
    value = str(condition.value)
    if any(mark in value for mark in "%_\\"):
        raise _refuse(condition, "the server reads %, _ and \\ in it as wildcards; use __contains")
    return f"{value}%" if condition.lookup.endswith("startswith") else f"%{value}"


# --- classic: crm.deal.list and its kin -------------------------------------------------


def _classic_exact(c: Condition, name: str, kind: Kind) -> Alternatives:
    if _is_zero(c.value) and kind in _NUMERIC:  # "= 0" would find NULL as well
        if c.negated:
            raise _refuse(c, "the server can't tell 0 from an empty value here; use __gt and __lt")
        return _all((f">{name}", -_step(kind)), (f"<{name}", _step(kind)))
    return _all((f"!={name}" if c.negated else f"={name}", c.value))


def _classic_in(c: Condition, name: str, kind: Kind) -> Alternatives:
    if c.negated and kind in _NUMERIC and any(_is_zero(v) for v in c.value):
        raise _refuse(c, "the server can't tell 0 from an empty value here; leave 0 out")
    return _all((f"!{name}" if c.negated else f"@{name}", c.value))


def _classic_compare(c: Condition, name: str, kind: Kind) -> Alternatives:
    sign, value = _COMPARE[c.lookup], c.value
    if _is_zero(value) and sign in (">=", "<="):  # ">= 0" would find NULL as well
        value = -_step(kind) if sign == ">=" else _step(kind)
        sign = sign[0]
    return _all((f"{'!' if c.negated else ''}{sign}{name}", value))


def _classic_contains(c: Condition, name: str, kind: Kind) -> Alternatives:
    if c.negated:
        raise _refuse(c, "the classic list methods ignore the negation of a search")
    return _all((f"%{name}", c.value))


def _classic_pattern(c: Condition, name: str, kind: Kind) -> Alternatives:
    if kind == "multifield":
        if c.negated:
            raise _refuse(c, "phones and e-mails can't be excluded by the list method")
        if "%" in str(c.value):
            raise _refuse(c, "the server drops % from it")
        return _all((name, c.value))
    if c.negated:
        raise _refuse(c, "the classic list methods ignore the negation of a search")
    return _all((f"=%{name}", _pattern(c)))


def _classic_null(c: Condition, name: str, kind: Kind) -> Alternatives:
    if kind in _NUMERIC:
        return _all((f">{name}" if c.negated else f"!>{name}", _LOWEST))
    empty = 0 if kind == "reference" else ""
    return _all((f"!={name}" if c.negated else f"={name}", empty))


# --- orm: crm.item.list, user.get and UF_ fields everywhere ------------------------------


def _orm_empty(name: str, kind: Kind) -> Pair:
    return (f"={name}", 0 if kind in ("integer", "reference", "number") else "")


def _textual(kind: Kind) -> bool:
    return kind in ("string", "status", "boolean")


def _means_nothing(kind: Kind, value: Any) -> bool:
    """Whether a user field of unknown type may read the value as empty."""
    return kind == "any" and value in (0, "", "0")


def _never_null(c: Condition) -> bool:
    return c.field.name == "id"


def _orm_exact(c: Condition, name: str, kind: Kind) -> Alternatives:
    if _is_zero(c.value) and kind in _NUMERIC:
        return _classic_exact(c, name, kind)
    if not c.negated:
        return _all((f"={name}", c.value))
    unequal = (f"!={name}", c.value)
    empty = (kind == "reference" and _is_zero(c.value)) or _means_nothing(kind, c.value)
    if _textual(kind) or _never_null(c) or empty:
        return _all(unequal)
    return (unequal,), (_orm_empty(name, kind),)


def _orm_in(c: Condition, name: str, kind: Kind) -> Alternatives:
    zero = kind in _NUMERIC and any(_is_zero(v) for v in c.value)
    if c.negated and (zero or any(_means_nothing(kind, v) for v in c.value)):
        raise _refuse(c, "the server can't tell 0 from an empty value here; leave 0 out")
    if zero:
        rest = tuple(v for v in c.value if not _is_zero(v))
        between = ((f">{name}", -_step(kind)), (f"<{name}", _step(kind)))
        return (((f"@{name}", rest),), between) if rest else (between,)
    if not c.negated:
        return _all((f"@{name}", c.value))
    if _textual(kind):
        return _all((f"!={name}", c.value))
    outside = (f"!@{name}", c.value)
    if _never_null(c) or any(_is_zero(v) for v in c.value):
        return _all(outside)
    return (outside,), (_orm_empty(name, kind),)


def _orm_compare(c: Condition, name: str, kind: Kind) -> Alternatives:
    if not c.negated:
        return _all((f"{_COMPARE[c.lookup]}{name}", c.value))
    opposite = (f"{_OPPOSITE[c.lookup]}{name}", c.value)
    if _never_null(c):
        return _all(opposite)
    number = kind in _NUMERIC or (kind == "any" and isinstance(c.value, (int, Decimal)))
    if number and not _satisfied_by_zero(c):
        raise _refuse(c, "the server can't tell 0 from an empty value here; use the opposite comparison")
    return (opposite,), (_orm_empty(name, kind),)


def _satisfied_by_zero(c: Condition) -> bool:
    """Whether 0 passes the negated comparison, so that "empty or 0" adds nothing wrong."""
    beyond = {"gt": c.value < 0, "gte": c.value <= 0, "lt": c.value > 0, "lte": c.value >= 0}
    return not beyond[c.lookup]


def _orm_contains(c: Condition, name: str, kind: Kind) -> Alternatives:
    if not c.negated:
        return _all((f"%{name}", c.value))
    return ((f"!%{name}", c.value),), ((f"={name}", ""),)


def _orm_pattern(c: Condition, name: str, kind: Kind) -> Alternatives:
    if not c.negated:
        return _all((f"=%{name}", _pattern(c)))
    return ((f"!=%{name}", _pattern(c)),), ((f"={name}", ""),)


def _orm_null(c: Condition, name: str, kind: Kind) -> Alternatives:
    key, value = _orm_empty(name, kind)
    return _all((f"!{key}" if c.negated else key, value))


# --- tasks.task.list --------------------------------------------------------------------


def _tasks_exact(c: Condition, name: str, kind: Kind) -> Alternatives:
    return _all((f"!{name}" if c.negated else f"={name}", c.value))


def _tasks_in(c: Condition, name: str, kind: Kind) -> Alternatives:
    return _all((f"!{name}" if c.negated else name, c.value))


def _tasks_compare(c: Condition, name: str, kind: Kind) -> Alternatives:
    if c.negated and not _never_null(c):
        raise _refuse(c, "tasks.task.list can't find the empty ones; use the opposite comparison")
    return _all((f"{(_OPPOSITE if c.negated else _COMPARE)[c.lookup]}{name}", c.value))


def _tasks_contains(c: Condition, name: str, kind: Kind) -> Alternatives:
    return _all((f"!%{name}" if c.negated else f"%{name}", c.value))


# --- plain: what the documentation lists, and no more -------------------------------------


def _plain_exact(c: Condition, name: str, kind: Kind) -> Alternatives:
    return _all((f"!={name}" if c.negated else f"={name}", c.value))


def _plain_in(c: Condition, name: str, kind: Kind) -> Alternatives:
    return _all((f"!@{name}" if c.negated else f"@{name}", c.value))


def _plain_compare(c: Condition, name: str, kind: Kind) -> Alternatives:
    if c.negated:
        raise _refuse(c, "whether the method finds empty values so is not known; use the opposite comparison")
    return _all((f"{_COMPARE[c.lookup]}{name}", c.value))


def _plain_contains(c: Condition, name: str, kind: Kind) -> Alternatives:
    return _all((f"!%{name}" if c.negated else f"%{name}", c.value))


# --- equality only ----------------------------------------------------------------------


def _plain(c: Condition, name: str, kind: Kind) -> Alternatives:
    if c.negated:
        raise _refuse(c, "the method knows equality only")
    return _all((name, c.value))


_Rule: TypeAlias = Callable[[Condition, str, Kind], Alternatives]


def _table(
    exact: _Rule, many: _Rule, compare: _Rule, contains: _Rule, pattern: _Rule, null: _Rule
) -> dict[str, _Rule]:
    return {
        "exact": exact,
        "in": many,
        **dict.fromkeys(_COMPARE, compare),
        "contains": contains,
        "icontains": contains,
        **dict.fromkeys(("startswith", "istartswith", "endswith", "iendswith"), pattern),
        "isnull": null,
    }


_CLASSIC = _table(
    _classic_exact, _classic_in, _classic_compare, _classic_contains, _classic_pattern, _classic_null
)
_ORM = _table(_orm_exact, _orm_in, _orm_compare, _orm_contains, _orm_pattern, _orm_null)
_TASKS = _table(_tasks_exact, _tasks_in, _tasks_compare, _tasks_contains, _plain, _plain)
_PLAIN = _table(_plain_exact, _plain_in, _plain_compare, _plain_contains, _plain, _plain)
_RULES: Final[Mapping[Dialect, Mapping[str, _Rule]]] = {
    "classic": _CLASSIC,
    "orm": _ORM,
    "user": _ORM,
    "tasks": _TASKS,
    "plain": _PLAIN,
    "equality": {"exact": _plain},
    "flat": {"exact": _plain},
}


def spell(condition: Condition, dialect: Dialect, operators: Sequence[str] = ()) -> Alternatives:
    """The condition in the dialect's own keys.

    Args:
        condition: what is asked.
        dialect: how the method reads its filter.
        operators: the prefixes that the method honours; empty: all of the dialect's.

    Raises:
        Unsupported: the dialect has no way to say it.

    >>> from b24orm.schema import FieldSchema
    >>> stage = FieldSchema(name="stage_id", wire="STAGE_ID", type="crm_status")
    >>> spell(Condition(stage, "exact", "WON"), "classic")
    ((('=STAGE_ID', 'WON'),),)
    """
    if condition.lookup == "range":
        return _range(condition, dialect, operators)
    field = condition.field
    custom = field.type == "any"  # user fields go through CSQLWhere whatever the list
    rules = _RULES["orm" if custom and dialect == "classic" else dialect]
    rule = rules.get(condition.lookup)
    if rule is None:
        raise _refuse(condition, "the method knows equality only")
    spelled = rule(condition, field.query_name, _custom_kind(condition) if custom else kind_of(field))
    return spelled if custom or not operators else _honoured(condition, spelled, frozenset(operators))


def _custom_kind(condition: Condition) -> Kind:
    """What the value tells of a user field: words are looked for in texts only."""
    value = condition.value
    values = value if isinstance(value, tuple) else (value,)
    words = all(isinstance(v, str) and v[:1].isalpha() for v in values)
    return "string" if words else "any"


def _honoured(condition: Condition, spelled: Alternatives, operators: frozenset[str]) -> Alternatives:
    """The pairs with only those prefixes that the method knows."""
    return tuple(tuple(_known(condition, pair, operators) for pair in pairs) for pairs in spelled)


def _known(condition: Condition, pair: Pair, operators: frozenset[str]) -> Pair:
    name = condition.field.query_name
    prefix = pair[0].removesuffix(name)
    if prefix in ("@", "=") and prefix not in operators:  # the bare key means the same
        return name, pair[1]
    if prefix == "!=" and prefix not in operators and "!" in operators:
        return f"!{name}", pair[1]
    negated_compare = prefix[:1] == "!" and prefix[1:] in _COMPARE.values() and "@" in operators
    if prefix in operators or prefix == "" or negated_compare:
        return pair
    raise _refuse(condition, f"the method knows no {prefix!r}")


def _range(condition: Condition, dialect: Dialect, operators: Sequence[str]) -> Alternatives:
    low, high = condition.value
    bounds = [
        spell(Condition(condition.field, lookup, value, condition.negated), dialect, operators)
        for lookup, value in (("gte", low), ("lte", high))
    ]
    if condition.negated:
        return (*bounds[0], *bounds[1])
    return ((*bounds[0][0], *bounds[1][0]),)
