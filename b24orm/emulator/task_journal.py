"""What happened to a task, field by field; the journal behind ``tasks.task.history.list``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from b24orm.emulator.store import Store
from b24orm.emulator.tables import words
from b24orm.emulator.values import to_text

__all__ = ["JOURNAL", "born", "changed"]

JOURNAL: Final = "task_history"
"""The table of the journal."""

_TRACKED: Final = words(
    "TITLE DESCRIPTION STATUS PRIORITY MARK PARENT_ID GROUP_ID STAGE_ID CREATED_BY RESPONSIBLE_ID "
    "ACCOMPLICES AUDITORS DEADLINE START_DATE_PLAN END_DATE_PLAN TIME_ESTIMATE TAGS ADD_IN_REPORT "
    "TASK_CONTROL ALLOW_TIME_TRACKING ALLOW_CHANGE_DEADLINE FLOW_ID"
)


def born(store: Store, task: int, user: int) -> None:
    """Write down that a task was made."""
    _note(store, task, user, "NEW", None, None)


def changed(store: Store, task: int, user: int, before: Mapping[str, Any] | None) -> None:
    """Write down what is not as it was.

    Args:
        store: the portal's data.
        task: the task's number.
        user: who changed it.
        before: the task as it was.
    """
    now = store.get("task", task)
    if now is None or before is None:
        return
    for name in _TRACKED:
        if name in now and now[name] != before.get(name):
            _note(store, task, user, name, _text(before.get(name)), _text(now[name]))


def _note(store: Store, task: int, user: int, field: str, old: str | None, new: str | None) -> None:
    row = {"TASK_ID": task, "USER_ID": user, "FIELD": field, "FROM_VALUE": old, "TO_VALUE": new}
    store.insert(JOURNAL, {**row, "CREATED_DATE": store.now()})


def _text(value: Any) -> str | None:
    """Lists are joined by commas."""
    if isinstance(value, list):
        return ",".join(to_text(item) for item in value)  # pyright: ignore[reportUnknownVariableType]
    return None if value is None else to_text(value)
