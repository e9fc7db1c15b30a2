"""Plans for rows whose ids are known, where the filter of the list can't be asked for them.

The method that gets one row does it, id by id; or the rows are picked out of a list that comes in one answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from b24orm.errors import InvalidValue, Unsupported
from b24orm.plan.filters import branches
from b24orm.plan.getting import get_call
from b24orm.plan.listing import Listing
from b24orm.plan.ordering import by_id, descending
from b24orm.plan.paged import at_once
from b24orm.plan.parents import conjoined, needed_names, with_parents
from b24orm.plan.plan import Plan
from b24orm.plan.steps.get_each import GetEach
from b24orm.plan.steps.ordered import sortable_here
from b24orm.plan.steps.picked import Picked
from b24orm.plan.steps.sizes import BATCH
from b24orm.query.ids import BY_ID, comes_whole, gets_one, is_found_by_id
from b24orm.query.lookups import lookups_for
from b24orm.query.names import parent_names
from b24orm.query.nodes import Condition, Group, Node, Query, conditions_in
from b24orm.schema import EntitySchema, MethodSchema

__all__ = ["got_or_picked"]

_ALONE: Final = 1
"""Commands that a question of REST 3.0 holds: its batch answers nothing once one of them fails."""


def got_or_picked(query: Query, *, listed: bool) -> Plan | None:
    """The plan for rows of known ids; None where there is nothing of the kind, or the list can do it.

    Args:
        query: what is asked for.
        listed: whether the list method can be asked at all.

    Raises:
        Unsupported: other conditions stand beside the ids, and nothing answers both.
        InvalidValue: the get method needs a parameter that is not among the conditions.
    """
    schema = query.schema
    if schema.key is None or not is_found_by_id(schema):
        return None
    named, others = _apart(query.where, schema)
    if not named:
        return None
    ids = _ids(named)
    known = lookups_for(schema.list, schema.key) if listed and schema.list is not None else ()
    filtered = all(condition.lookup in known for condition in named)
    if filtered and not _missing(schema, others):
        return None
    whole = listed and comes_whole(schema) and not _missing(schema, others)
    if gets_one(schema) and _taken(schema, others) and not (whole and len(ids) > 1):
        return _got(query, ids, others)
    if whole:
        return _picked(query, ids, others)
    if filtered or (listed and comes_whole(schema)):
        return None  # the list says what is missing
    raise _unanswered(schema, others)


def _apart(where: Node, schema: EntitySchema) -> tuple[tuple[Condition, ...], tuple[Node, ...]]:
    """The conditions that name ids, and the others."""
    named: list[Condition] = []
    others: list[Node] = []
    for node in conjoined(where):
        ids = isinstance(node, Condition) and node.field is schema.key and node.lookup in BY_ID
        if ids and isinstance(node, Condition) and not node.negated:
            named.append(node)
        else:
            others.append(node)
    return tuple(named), tuple(others)


def _ids(named: Sequence[Condition]) -> tuple[Any, ...]:
    """The ids that all conditions allow."""
    first, *others = [node.value if node.lookup == "in" else (node.value,) for node in named]
    return tuple(dict.fromkeys(row_id for row_id in first if all(row_id in each for each in others)))


def _missing(schema: EntitySchema, others: Sequence[Node]) -> list[str]:
    """What the list needs and the conditions do not say."""
    given = {node.field.name for node in others if isinstance(node, Condition) and node.lookup == "exact"}
    return [name for name in needed_names(schema) if name not in given]


def _get_parents(schema: EntitySchema) -> Mapping[str, str]:
    """Python names of what the get method takes beside the id -> REST names."""
    method = schema.methods["get"]
    taken = schema.parent_params if method.parents is None else method.parents
    return {
        name: param
        for name, param in parent_names(schema).items()
        if param in taken and param != method.id_param
    }


def _taken(schema: EntitySchema, others: Sequence[Node]) -> bool:
    """Whether the get method takes all other conditions as its parameters."""
    names = _get_parents(schema)
    settled = [node for node in others if isinstance(node, Condition) and node.lookup == "exact"]
    return len(settled) == len(others) and all(n.field.name in names and not n.negated for n in settled)


def _got(query: Query, ids: Sequence[Any], others: Sequence[Node]) -> Plan:
    schema, method = query.schema, query.schema.methods["get"]
    given = {node.field.name: node.value for node in others if isinstance(node, Condition)}
    params: dict[str, Any] = {}
    for name, param in _get_parents(schema).items():
        if name not in given and param not in schema.fixed_params:
            raise InvalidValue(f"{method.name} needs more than the id: say filter({name}=..., ...)")
        params[param] = given.get(name, schema.fixed_params.get(param))
    batch = BATCH if schema.api == "v2" else _ALONE
    wanted = _in_order(query, ids)
    plan = Plan(
        query,
        "GetEach",
        (f"{_why(schema)}: each row is got by {method.name}",),
        lambda: GetEach(
            wanted, method, lambda row_id: get_call(schema, row_id, params), _wire(schema), batch=batch
        ),
        sample=get_call(schema, wanted[0], params) if wanted else None,
        requests=f"{-(-len(ids) // batch):,}",
        commands=f"{len(ids):,}",
        skip=query.start,
        take=query.limit,
        page=1,
        batch=batch,
    )
    return _sorted(query, plan)


def _picked(query: Query, ids: Sequence[Any], others: Sequence[Node]) -> Plan:
    schema = query.schema
    whole = with_parents(replace(query, where=Group("AND", tuple(others)), order=(), start=0, stop=None))
    (branch, *_) = branches(schema, whole.where)
    plan = at_once(whole, branch, Listing.of(whole, branch.filter))
    picked = replace(
        plan,
        query=query,
        why=(f"{_why(schema)}: the rows are picked out of the whole list", *plan.why),
        flow=lambda: Picked(plan.flow(), _wire(schema), ids),
        skip=query.start,
        take=query.limit,
    )
    return _sorted(query, picked)


def _sorted(query: Query, plan: Plan) -> Plan:
    if by_id(query) and plan.strategy == "GetEach":
        return plan
    if not query.order:
        return plan
    if not sortable_here(query.order):
        raise Unsupported(
            f"{query.schema.name}: rows of known ids are not sorted by {query.order[0].field.name} here: "
            "sort them in Python"
        )
    return plan.sorted_here(query, "they are sorted here", strategy=plan.strategy)


def _in_order(query: Query, ids: Sequence[Any]) -> Sequence[Any]:
    """Numbers upwards, others as they were given; the other way round if the order descends."""
    numbers = all(isinstance(row_id, int) for row_id in ids)
    ordered = sorted(ids) if numbers else list(ids)
    return ordered[::-1] if by_id(query) and descending(query) else ordered


def _wire(schema: EntitySchema) -> str:
    return schema.id_field.wire


def _why(schema: EntitySchema) -> str:
    if schema.list is None:
        return "no method lists them"
    return f"{schema.list.name} can't be asked for ids alone"


def _unanswered(schema: EntitySchema, others: Sequence[Node]) -> Unsupported:
    method: MethodSchema | None = schema.method("get")
    name = method.name if method is not None and method.id_param else schema.name
    beside = ", ".join(dict.fromkeys(c.field.name for node in others for c in conditions_in(node)))
    return Unsupported(f"{name} takes the id{_and_parents(schema)} alone: leave out {beside}")


def _and_parents(schema: EntitySchema) -> str:
    names = list(_get_parents(schema)) if gets_one(schema) else []
    return f" and {', '.join(names)}" if names else ""
