"""``tasks.api.scrum.*``: sprints, backlogs, epics, their boards, and what tasks are in them; scope ``task``.

Every refusal is a text without a code. The author of what is added is nobody unless one is named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.methods.controller import array_argument, int_argument
from b24orm.emulator.methods.families import Family, Row, absent, methods_of
from b24orm.emulator.store import Store
from b24orm.emulator.tables import upper_snake
from b24orm.emulator.values import read_datetime, to_int, to_text
from b24orm.facts import load

__all__ = ["methods"]

_STATUSES: Final = frozenset({"active", "planned", "completed"})
_USUAL: Final = (("NEW", "New"), ("WORK", "In progress"), ("FINISH", "Done"))
_KINDS: Final = frozenset(kind for kind, _ in _USUAL)


def methods(store: Store) -> Registry:
    """The methods of scrum."""
    found = methods_of(store, _FAMILIES)
    handlers: Mapping[str, Callable[[Store, Call], Answer]] = {
        "sprint.start": partial(_move, before="planned", after="active"),
        "sprint.complete": _complete,
        "backlog.get": _backlog,
        "kanban.getstages": _stages,
        "kanban.addtask": _put,
        "kanban.deletetask": _take,
        "task.get": _task,
        "task.update": _update_task,
    }
    for entity in ("Sprint", "Backlog", "Epic", "KanbanStage", "ScrumTask"):
        method = load(entity).method("fields")
        assert method is not None
        handlers = {**handlers, method.name.lower().removeprefix(_PREFIX): partial(_fields, entity=entity)}
    return found | registered(store, "task", handlers, family=_PREFIX)


_PREFIX: Final = "tasks.api.scrum."


def _failed(text: str) -> Refusal:
    return Refusal("0", text)


def _fields(store: Store, call: Call, entity: str) -> Answer:
    """Types of what may be written, and nothing else."""
    del store, call
    known = load(entity).fields.values()
    return Answer({"fields": {item.wire: {"type": item.type} for item in known if not item.read_only}})


def _sent(call: Call) -> Row:
    return array_argument(call, "fields") if "fields" in call.params else {}


# ---- who and where


_PEOPLE: Final = (("createdBy", "CREATED_BY"), ("modifiedBy", "MODIFIED_BY"))


def _check_people(store: Store, row: Row) -> None:
    for name, column in _PEOPLE:
        if row.get(column) and not store.exists("user", row[column]):
            raise _failed(f"{name} user not found")


def _in_group(text: str) -> Callable[[Store, Call, Row, Row | None], None]:
    """Something of a group: the group has to be named and to be there."""

    def check(store: Store, call: Call, row: Row, before: Row | None) -> None:
        group = row.get("GROUP_ID", (before or {}).get("GROUP_ID"))
        if not group:
            raise _failed("Group id not found")
        if not store.exists("workgroup", group):
            raise _failed("Access denied")
        sent = _sent(call)
        row |= {column: to_int(sent[name]) for name, column in _PEOPLE if to_text(sent.get(name)).isdigit()}
        _check_people(store, row)
        people = {"CREATED_BY": 0, "MODIFIED_BY": 0} if before is None else {"MODIFIED_BY": 0}
        row |= {name: row.get(name) or value for name, value in people.items()}
        _CHECKS[text](store, sent, row, before)
        if before is None and text != "Epic":
            row["ID"] = _next_place(store)

    return check


def _next_place(store: Store) -> int:
    """A number that no sprint and no backlog has had."""
    sql = "SELECT IFNULL(MAX(seq), 0) FROM sqlite_sequence WHERE name IN ('scrum_sprint', 'scrum_backlog')"
    return int(store.fetch(sql)[0][0]) + 1


def _check_sprint(store: Store, sent: Row, row: Row, before: Row | None) -> None:
    for name, column in (("dateStart", "DATE_START"), ("dateEnd", "DATE_END")):
        if name in sent or before is None:
            row[column] = _day(sent.get(name), name, store.clock())
    if "status" in sent or before is None:
        row["STATUS"] = to_text(sent.get("status"))
        if row["STATUS"] not in _STATUSES:
            raise _failed("Incorrect sprint status")
    group = row.get("GROUP_ID", (before or {}).get("GROUP_ID"))
    number = (before or {}).get("ID", 0)
    active = "GROUP_ID = ? AND STATUS = 'active' AND ID <> ?"
    if row.get("STATUS") == "active" and store.count("scrum_sprint", active, (group, number)):
        raise _failed("Unable to add two active sprint")


def _day(value: Any, name: str, now: float) -> str:
    stamp = f"@{to_int(value)}" if to_text(value).isdigit() else value
    found = read_datetime(stamp, now)
    if found is None:
        raise _failed(f"Incorrect {name} format")
    return found


def _check_backlog(store: Store, sent: Row, row: Row, before: Row | None) -> None:
    del sent
    group, number = row.get("GROUP_ID"), (before or {}).get("ID", 0)
    if group and store.count("scrum_backlog", "GROUP_ID = ? AND ID <> ?", (group, number)):
        raise _failed("Backlog already added" if before is None else "The target group already has a backlog")


def _check_epic(store: Store, sent: Row, row: Row, before: Row | None) -> None:
    del store, sent
    if before is None and not row.get("NAME"):
        raise _failed("Name not found")


_CHECKS: Final[Mapping[str, Callable[[Store, Row, Row, Row | None], None]]] = {
    "Sprint": _check_sprint,
    "Backlog": _check_backlog,
    "Epic": _check_epic,
}


def _without_items(column: str, text: str) -> Callable[[Store, Call, Any, Row | None], None]:
    def check(store: Store, call: Call, number: Any, row: Row | None) -> None:
        del call
        if row is None and store.count("scrum_task", f"{column} = ?", (number,)):
            raise _failed(text)

    return check


def _of_group(entity: str, table: str, **more: Any) -> Family:
    return Family(
        entity,
        table,
        "task",
        paging="untold",
        absent=absent("0", f"{entity} not found"),
        check=_in_group(entity),
        order='"ID" ASC',
        removed=[],
        **more,
    )


# ---- boards


def _sprint(store: Store, number: int) -> Row:
    if not number:
        raise _failed("Sprint id not found")
    row = store.get("scrum_sprint", number)
    if row is None:
        raise _failed("Sprint not found")
    return row


def _check_stage(store: Store, call: Call, row: Row, before: Row | None) -> None:
    del call
    if before is None:
        _sprint(store, to_int(row.get("SPRINT_ID")))
        if not isinstance(row.get("NAME"), str):
            raise _failed("Incorrect name format")
    elif row.get("SPRINT_ID") not in (None, before["SPRINT_ID"]):
        raise _failed("Incorrect sprintId value")
    if row.get("TYPE") not in _KINDS:
        row.pop("TYPE", None)


def _stages(store: Store, call: Call) -> Answer:
    """The columns of a sprint's board; the first call makes three."""
    sprint = _sprint(store, int_argument(call, "sprintId"))["ID"]
    if not store.count("scrum_stage", "SPRINT_ID = ?", (sprint,)):
        for place, (kind, name) in enumerate(
            (("NEW", "New"), ("WORK", "In progress"), ("FINISH", "Done")), 1
        ):
            row = {"SPRINT_ID": sprint, "TYPE": kind, "NAME": name, "SORT": 100 * place}
            store.insert("scrum_stage", row)
    rows = store.rows("scrum_stage", where="SPRINT_ID = ?", params=(sprint,), order="SORT, ID")
    shown = [
        {
            "id": to_text(row["ID"]),
            "name": row["NAME"],
            "sort": to_text(row["SORT"]),
            "type": row["TYPE"],
            "sprintId": to_text(row["SPRINT_ID"]),
            "color": row["COLOR"],
        }
        for row in rows
    ]
    return Answer(shown, cost=Cost("page", rows=len(shown)))


def _on_board(store: Store, call: Call) -> tuple[Row, Row]:
    """A sprint and a task of its group."""
    sprint = _sprint(store, int_argument(call, "sprintId"))
    task = store.get("task", int_argument(call, "taskId"))
    if task is None or task["GROUP_ID"] != sprint["GROUP_ID"]:
        raise _failed("Task not found. The task must be with GROUP_ID")
    return sprint, task


def _put(store: Store, call: Call) -> Answer:
    sprint, task = _on_board(store, call)
    stage = store.get("scrum_stage", int_argument(call, "stageId"))
    if stage is None or stage["SPRINT_ID"] != sprint["ID"]:
        raise _failed("Stage not found")
    row = {"ENTITY_ID": sprint["ID"], "STAGE_ID": stage["ID"]}
    if not store.update("scrum_task", task["ID"], row):
        store.insert("scrum_task", {"TASK_ID": task["ID"], **row, "CREATED_BY": call.user_id})
    return Answer(result=True, cost=Cost("write", rows=1))


def _take(store: Store, call: Call) -> Answer:
    _, task = _on_board(store, call)
    store.update("scrum_task", task["ID"], {"STAGE_ID": None})
    return Answer(result=True, cost=Cost("write", rows=1))


# ---- sprints on their way


def _one_sprint(store: Store, call: Call, number: int) -> Answer:
    get = methods_of(store, (_SPRINT,))[f"{_PREFIX}sprint.get"].handler
    return get(Call(f"{_PREFIX}sprint.get", {"id": number}, user_id=call.user_id))


def _move(store: Store, call: Call, before: str, after: str) -> Answer:
    row = _sprint(store, int_argument(call, "id"))
    if row["STATUS"] != before:
        raise _failed(f"Sprint must be {before}")
    _check_sprint(store, {"status": after}, {"GROUP_ID": row["GROUP_ID"]}, row)
    store.update("scrum_sprint", row["ID"], {"STATUS": after})
    return _one_sprint(store, call, row["ID"])


def _complete(store: Store, call: Call) -> Answer:
    """Ends the active sprint of a group; what is not done goes back to the backlog."""
    group = int_argument(call, "id")
    if not group:
        raise _failed("Group id not found")
    found = store.ids("scrum_sprint", "GROUP_ID = ? AND STATUS = 'active'", (group,))
    if not found:
        raise _failed("Sprint not found")
    backlog = store.ids("scrum_backlog", "GROUP_ID = ?", (group,))
    with store.transaction():
        store.update("scrum_sprint", found[0], {"STATUS": "completed"})
        if backlog:
            undone = "ENTITY_ID = ? AND TASK_ID IN (SELECT ID FROM task WHERE STATUS <> 5)"
            store.execute(f"UPDATE scrum_task SET ENTITY_ID = ? WHERE {undone}", (backlog[0], found[0]))
    return _one_sprint(store, call, found[0])


def _backlog(store: Store, call: Call) -> Answer:
    """A backlog is asked for by its group."""
    group = int_argument(call, "id")
    if not group:
        raise _failed("Group id not found")
    rows = store.rows("scrum_backlog", where="GROUP_ID = ?", params=(group,))
    if not rows:
        raise _failed("Backlog not found")
    names = {"id": "ID", "groupId": "GROUP_ID", "createdBy": "CREATED_BY", "modifiedBy": "MODIFIED_BY"}
    return Answer({name: rows[0][column] for name, column in names.items()}, cost=Cost("get", rows=1))


# ---- tasks


def _task(store: Store, call: Call) -> Answer:
    number = int_argument(call, "id")
    row = store.get("scrum_task", number)
    if not number:
        raise _failed("Task id not found")
    if row is None:
        raise _failed("Task not found")
    names = {item.wire for item in load("ScrumTask").fields.values()} - {"id"}  # it answers all but the id
    return Answer({name: row[upper_snake(name)] for name in names}, cost=Cost("get", rows=1))


def _update_task(store: Store, call: Call) -> Answer:
    """Where a task stands in scrum; the first time it has to be said. Answers that it was done."""
    number, fields = int_argument(call, "id"), array_argument(call, "fields")
    if not number:
        raise _failed("Task id not found")
    place = to_int(fields.get("entityId"))
    group = _group_of(store, place) if place else 0
    before = store.get("scrum_task", number)
    if before is None and not place:
        raise _failed("Entity id not found")
    if before is None and not store.exists("task", number):
        raise _failed("Task not found.")
    group = group or _group_of(store, to_int((before or {}).get("ENTITY_ID")))
    row: Row = {"ENTITY_ID": place} if place else {}
    if isinstance(fields.get("storyPoints"), str):
        row["STORY_POINTS"] = fields["storyPoints"]
    if "epicId" in fields:
        row["EPIC_ID"] = _epic(store, to_int(fields["epicId"]), group)
    for name, column in (("sort", "SORT"), ("createdBy", "CREATED_BY"), ("modifiedBy", "MODIFIED_BY")):
        if to_text(fields.get(name)).isdigit():
            row[column] = to_int(fields[name])
    _check_people(store, row)
    if before is None:
        store.insert("scrum_task", {"TASK_ID": number, "CREATED_BY": call.user_id, **row})
    else:
        store.update("scrum_task", number, row)
    return Answer([], cost=Cost("write", rows=1))


def _group_of(store: Store, place: int) -> int:
    """The group of a sprint or of a backlog: no two of them have the same number."""
    for table in ("scrum_sprint", "scrum_backlog"):
        row = store.get(table, place)
        if row is not None:
            return int(row["GROUP_ID"])
    raise _failed("Access denied")


def _epic(store: Store, number: int, group: int) -> int:
    row = store.get("scrum_epic", number)
    if row is not None and row["GROUP_ID"] != group:
        raise _failed("Epic not found")
    return number if row is not None else 0


_SPRINT: Final = _of_group("Sprint", "scrum_sprint", only=("list", "get", "add", "update", "delete"))
_FAMILIES: Final = (
    _SPRINT,
    _of_group(
        "Backlog",
        "scrum_backlog",
        after=_without_items("ENTITY_ID", "It is forbidden remove a backlog with items"),
        only=("add", "update", "delete"),
    ),
    _of_group("Epic", "scrum_epic", only=("list", "get", "add", "update", "delete")),
    Family(
        "KanbanStage",
        "scrum_stage",
        "task",
        absent=absent("0", "Stage not found"),
        check=_check_stage,
        after=_without_items("STAGE_ID", "Stage has tasks"),
        only=("add", "update", "delete"),
    ),
)
