"""``task.stages.*``: the columns of a group's kanban, and of a person's planner."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.conditions import Where
from b24orm.emulator.methods.controller import array_argument, int_argument
from b24orm.emulator.pages import read, shape_of
from b24orm.emulator.paging import Window
from b24orm.emulator.store import Store
from b24orm.emulator.values import to_int, to_text, truthy

__all__ = ["methods"]

_TABLE: Final = "task_stage"
_USUAL: Final[Mapping[str, Sequence[tuple[str, str, str | None]]]] = {
    "U": (("Not planned", "00C4FB", "NEW"), ("Will do this week", "47D1E2", None)),
    "G": (("New", "00C4FB", "NEW"), ("In progress", "47D1E2", "WORK"), ("Completed", "75D900", "FINISH")),
}
"""What a planner and a kanban begin with: title, colour, and what the portal takes the stage for."""


def methods(store: Store) -> Registry:
    """The methods of stages; scope ``task``."""
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "get": _get,
        "add": _add,
        "update": _update,
        "delete": _delete,
        "movetask": _move,
        "canmovetask": _can_move,
    }
    return registered(store, "task", handlers, family="task.stages.")


def _board(call: Call, entity: int) -> tuple[str, int]:
    """Whose stages: a group's, or those of the planner of the user who asks."""
    return ("G", entity) if entity > 0 else ("U", call.user_id)


def _stages(store: Store, board: tuple[str, int]) -> list[dict[str, Any]]:
    """The stages of a board in their order; the usual ones are made when somebody looks first."""
    where = "ENTITY_TYPE = ? AND ENTITY_ID = ?"
    if not store.count(_TABLE, where, board):
        for place, (title, colour, kind) in enumerate(_USUAL[board[0]], start=1):
            row = {"TITLE": title, "SORT": 100 * place, "COLOR": colour, "SYSTEM_TYPE": kind}
            store.insert(_TABLE, {**row, "ENTITY_TYPE": board[0], "ENTITY_ID": board[1]})
    return store.rows(_TABLE, where=where, params=board, order="SORT, ID")


def _get(store: Store, call: Call) -> Answer:
    """Every stage of a board, by its number, or as a list with ``numeric``."""
    board = _board(call, int_argument(call, "entityId"))
    if board[0] == "G" and not store.exists("workgroup", board[1]):
        raise Refusal("ACCESS_DENIED", "You cannot view stages in this group.")
    _stages(store, board)
    where = Where("ENTITY_TYPE = ? AND ENTITY_ID = ?", board)
    rows = read(store, shape_of(store.table(_TABLE)), where, "SORT, ID", Window(0, -1, 0, 0, "offset"))
    shown = [{**row, "ADDITIONAL_FILTER": [], "TO_UPDATE": [], "TO_UPDATE_ACCESS": None} for row in rows]
    keyed = {row["ID"]: row for row in shown}
    return Answer(shown if truthy(call.params.get("numeric")) else keyed, cost=Cost("page", rows=len(rows)))


def _title(fields: Mapping[str, Any]) -> str:
    title = to_text(fields.get("TITLE"))
    if not title.strip():
        raise Refusal("EMPTY_TITLE", "Stage title is not specified")
    return title


def _add(store: Store, call: Call) -> Answer:
    """A new stage behind ``AFTER_ID``; without one it is the first."""
    fields = array_argument(call, "fields")
    title = _title(fields)
    board = _board(call, to_int(fields.get("ENTITY_ID")))
    if board[0] == "G" and not store.exists("workgroup", board[1]):
        raise Refusal("ACCESS_DENIED", "You do not have permission to manage stages")
    known = [stage["ID"] for stage in _stages(store, board)]
    row = {"TITLE": title, "COLOR": to_text(fields.get("COLOR")) or "47D1E2"}
    number = store.insert(_TABLE, {**row, "ENTITY_TYPE": board[0], "ENTITY_ID": board[1], "SORT": 0})
    _place(store, known, number, to_int(fields.get("AFTER_ID")))
    return Answer(number, cost=Cost("write", rows=1))


def _place(store: Store, others: list[int], number: int, after: int) -> None:
    """Put a stage behind another, or in front of all, and number the stages anew."""
    place = others.index(after) + 1 if after in others else 0
    for position, stage in enumerate([*others[:place], number, *others[place:]], start=1):
        store.update(_TABLE, stage, {"SORT": 100 * position})


def _stage(store: Store, call: Call) -> dict[str, Any]:
    row = store.get(_TABLE, int_argument(call, "id"))
    if row is None:
        raise Refusal("NOT_FOUND", "Stage not found")
    return row


def _update(store: Store, call: Call) -> Answer:
    row, fields = _stage(store, call), array_argument(call, "fields")
    change = {"TITLE": _title({"TITLE": row["TITLE"], **fields})}
    if fields.get("COLOR") is not None:
        change["COLOR"] = to_text(fields["COLOR"])
    store.update(_TABLE, row["ID"], change)
    if fields.get("AFTER_ID") is not None:
        board = (row["ENTITY_TYPE"], row["ENTITY_ID"])
        others = [stage["ID"] for stage in _stages(store, board) if stage["ID"] != row["ID"]]
        _place(store, others, row["ID"], to_int(fields["AFTER_ID"]))
    return Answer(result=True, cost=Cost("write", rows=1))


def _delete(store: Store, call: Call) -> Answer:
    """Removes a stage that holds no tasks and is none of the portal's own."""
    row = _stage(store, call)
    if row["SYSTEM_TYPE"]:
        raise Refusal("IS_SYSTEM", "The default stage cannot be deleted")
    if store.count("task", "STAGE_ID = ?", (row["ID"],)):
        raise Refusal("NO_EMPTY", "The stage contains tasks")
    store.delete(_TABLE, row["ID"])
    return Answer(result=True, cost=Cost("write", rows=1))


def _move(store: Store, call: Call) -> Answer:
    """Puts a task into a stage."""
    number = int_argument(call, "id")
    stage = store.get(_TABLE, int_argument(call, "stageId"))
    if stage is None:
        raise Refusal("NOT_FOUND", "Stage not found")
    if not store.exists("task", number):
        raise Refusal("TASK_NOT_FOUND", "Task not found or access to it is denied")
    store.update("task", number, {"STAGE_ID": stage["ID"]})
    return Answer(result=True, cost=Cost("write", rows=1))


def _can_move(store: Store, call: Call) -> Answer:
    entity, kind = int_argument(call, "entityId"), to_text(call.params.get("entityType"))
    own = kind == "U" and entity == call.user_id
    return Answer(own or (kind == "G" and store.exists("workgroup", entity)))
