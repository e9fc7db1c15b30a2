"""What people do with a task: ``tasks.task.start``, ``complete``, ``delegate``, ``favorite.add`` ...

A status can be reached from few others; any other try is not allowed, as it is for a task that isn't there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from b24orm.emulator import task_journal
from b24orm.emulator.answers import Answer, Call, Cost, Refusal, Registry, registered
from b24orm.emulator.methods.params import required
from b24orm.emulator.methods.tasks import answered, task_id
from b24orm.emulator.store import Store
from b24orm.emulator.values import to_int, to_list

__all__ = ["methods"]

_NEW, _PENDING, _IN_PROGRESS, _SUPPOSED, _COMPLETED, _DEFERRED = 1, 2, 3, 4, 5, 6
_DENIED: Final = "1048582"
"""How most of these say that something is not allowed; some say 0."""


@dataclass(frozen=True, slots=True)
class _Step:
    """A change of status.

    Attributes:
        sources: the statuses that it is allowed in.
        target: the status that it leads to.
        code: what a refusal is numbered.
    """

    sources: frozenset[int]
    target: int
    code: str = _DENIED


_STEPS: Final[Mapping[str, _Step]] = {
    "start": _Step(frozenset({_NEW, _PENDING}), _IN_PROGRESS, "0"),
    "pause": _Step(frozenset({_IN_PROGRESS}), _PENDING),
    "defer": _Step(frozenset({_NEW, _PENDING}), _DEFERRED),
    "renew": _Step(frozenset({_COMPLETED, _DEFERRED}), _PENDING),
    "approve": _Step(frozenset({_SUPPOSED}), _COMPLETED),
    "disapprove": _Step(frozenset({_SUPPOSED}), _PENDING),
    "complete": _Step(frozenset({1, 2, 3, 4, 6, 7}), _COMPLETED, "0"),
}
_MARKS: Final[Mapping[str, tuple[str, str]]] = {
    "mute": ("IS_MUTED", "Y"),
    "unmute": ("IS_MUTED", "N"),
    "pin": ("IS_PINNED", "Y"),
    "unpin": ("IS_PINNED", "N"),
}


def methods(store: Store) -> Registry:
    """The methods of what is done with tasks; scope ``task``."""
    handlers: dict[str, Callable[[Store, Call], Answer]] = {
        **{name: partial(_step, step=step) for name, step in _STEPS.items()},
        **{name: partial(_mark, column=column, flag=flag) for name, (column, flag) in _MARKS.items()},
        "delegate": _delegate,
        "startwatch": partial(_watch, watching=True),
        "stopwatch": partial(_watch, watching=False),
        "favorite.add": partial(_favor, flag="Y"),
        "favorite.remove": partial(_favor, flag="N"),
    }
    return registered(store, "task", handlers, family="tasks.task.")


def _step(store: Store, call: Call, *, step: _Step) -> Answer:
    number = task_id(call)
    task = _task(store, number, step.code)
    status = to_int(task["STATUS"])
    if status not in step.sources:
        raise _not_allowed(step.code)
    target = step.target
    if target == _COMPLETED and status != _SUPPOSED and _needs_control(task, call.user_id):
        target = _SUPPOSED
    _change(store, number, call.user_id, {"STATUS": target, **_moments(store, target, call.user_id)})
    return answered(store, number, call)


def _needs_control(task: Mapping[str, Any], user_id: int) -> bool:
    """Whether somebody else has to approve: who made the task, unless that is who does or completes it."""
    return task["TASK_CONTROL"] == "Y" and task["CREATED_BY"] not in (user_id, task["RESPONSIBLE_ID"])


def _moments(store: Store, status: int, user_id: int) -> dict[str, Any]:
    now = store.now()
    changed = {"STATUS_CHANGED_BY": user_id, "STATUS_CHANGED_DATE": now}
    if status == _IN_PROGRESS:
        return {**changed, "DATE_START": now}
    if status in {_SUPPOSED, _COMPLETED}:
        return {**changed, "CLOSED_BY": user_id, "CLOSED_DATE": now}
    return {**changed, "CLOSED_BY": 0, "CLOSED_DATE": None}


def _delegate(store: Store, call: Call) -> Answer:
    """Who did the task so far watches it from then on."""
    number, successor = task_id(call), to_int(required(call, "userId"))
    task = _task(store, number, "0")
    if to_int(task["STATUS"]) == _COMPLETED or not store.exists("user", successor):
        raise _not_allowed("0")
    auditors = list(dict.fromkeys([*_people(task["AUDITORS"]), to_int(task["RESPONSIBLE_ID"])]))
    row = {"RESPONSIBLE_ID": successor, "AUDITORS": auditors, "STATUS": _PENDING}
    _change(store, number, call.user_id, row)
    return answered(store, number, call)


def _watch(store: Store, call: Call, *, watching: bool) -> Answer:
    number = task_id(call)
    task = store.get("task", number)
    if task is None:
        raise Refusal("1048584", "a:0:{}")
    others = [person for person in _people(task["AUDITORS"]) if person != call.user_id]
    _change(store, number, call.user_id, {"AUDITORS": [*others, call.user_id] if watching else others})
    return answered(store, number, call)


def _mark(store: Store, call: Call, *, column: str, flag: str) -> Answer:
    number = task_id(call)
    _task(store, number, "0")
    store.update("task", number, {column: flag})
    return answered(store, number, call)


def _favor(store: Store, call: Call, *, flag: str) -> Answer:
    number = task_id(call)
    if not store.exists("task", number):
        raise Refusal("1", "Task not found or not accessible")
    store.update("task", number, {"FAVORITE": flag})
    return Answer(result=True, cost=Cost("write", rows=1))


def _task(store: Store, number: int, code: str) -> dict[str, Any]:
    found = store.get("task", number)
    if found is None:
        raise _not_allowed(code)
    return found


def _not_allowed(code: str) -> Refusal:
    return Refusal(code, "Action on the task is not allowed")


def _change(store: Store, number: int, user_id: int, row: Mapping[str, Any]) -> None:
    known = store.table("task").columns
    row = {name: value for name, value in row.items() if name in known}
    before = store.get("task", number)
    store.update("task", number, {**row, "CHANGED_BY": user_id})
    task_journal.changed(store, number, user_id, before)


def _people(value: Any) -> list[int]:
    return [to_int(person) for person in to_list(value)] if value else []
