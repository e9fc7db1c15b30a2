"""Robots and activities of applications at work: what is posted to them, and what they answer."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from b24orm.emulator.store import Store
from b24orm.errors import UnknownName, nearest

__all__ = ["Activity", "RobotRun", "RobotRuns", "activity_row", "robot_form"]

_CLASSES: Final[Mapping[str, str]] = {
    "DYNAMIC": "Bitrix\\Crm\\Integration\\BizProc\\Document\\Dynamic",
    "SMART": "Bitrix\\Crm\\Integration\\BizProc\\Document\\SmartInvoice",
}
"""What documents are called in the portal's own code; others are named after their kind."""


@dataclass(frozen=True, slots=True)
class Activity:
    """A robot or an activity as it was added.

    Attributes:
        handler: the address that is told of its runs.
        returns: the properties that it may answer.
        waits: whether workflows wait for its answer.
        user_id: whose tokens its runs bring; 0 for that of whoever runs it.
    """

    handler: str
    returns: Mapping[str, Any]
    waits: bool
    user_id: int


def activity_row(store: Store, app: str, code: str) -> Activity:
    """The robot, or else the activity, of an application.

    Raises:
        UnknownName: there is none.
    """
    rows = store.rows("workflow_activity", where="APP_ID = ?", params=(app,), order="IS_ROBOT DESC")
    for row in rows:
        if row["CODE"] == code:
            returns = row["RETURN_PROPERTIES"]
            return Activity(
                row["HANDLER"],
                returns if isinstance(returns, Mapping) else {},
                row["USE_SUBSCRIPTION"] == "Y",
                int(row["AUTH_USER_ID"] or 0),
            )
    raise UnknownName(f"{app} has added no robot {code!r}{nearest(code, [row['CODE'] for row in rows])}")


@dataclass(slots=True)
class RobotRun:
    """One run of a robot or an activity.

    Attributes:
        app: the application.
        code: the robot.
        workflow_id: the workflow that it is a step of.
        token: what ``bizproc.event.send`` knows the run by.
        returns: the properties that it may answer, by upper-case names.
        waits: whether the workflow waits for the answer.
        answer: what it answered; None as long as there is nothing.
        log: what it wrote into the workflow's log.
    """

    app: str
    code: str
    workflow_id: str
    token: str
    returns: Mapping[str, str]
    waits: bool
    answer: dict[str, Any] | None = None
    log: list[str] = field(default_factory=list[str])


class RobotRuns:
    """The runs of a portal, by token."""

    def __init__(self) -> None:
        self._runs: dict[str, RobotRun] = {}

    def begin(self, app: str, code: str, returns: Mapping[str, Any], *, waits: bool) -> RobotRun:
        """A new run."""
        workflow = f"{secrets.token_hex(7)}.{secrets.randbelow(10**8):08}"
        token = f"{workflow}|A{secrets.randbelow(10**5)}|{secrets.token_hex(16)}.{secrets.token_hex(32)}"
        names = {str(name).upper(): str(name) for name in returns}
        run = self._runs[token] = RobotRun(app, code, workflow, token, names, waits)
        return run

    def find(self, token: str) -> RobotRun | None:
        """The run of a token; None if the portal has signed no such token."""
        return self._runs.get(token)


def robot_form(
    run: RobotRun,
    document: str,
    properties: Mapping[str, Any],
    *,
    timeout: int,
    now: float,
) -> dict[str, Any]:
    """What is posted to the handler: no event, its names are in lower case."""
    kind = document.rpartition("_")[0]
    entity = _CLASSES.get(kind.partition("_")[0], f"CCrmDocument{kind.capitalize()}")
    return {
        "workflow_id": run.workflow_id,
        "code": run.code,
        "document_id": ["crm", entity, document],
        "document_type": ["crm", entity, kind],
        "event_token": run.token,
        "properties": properties,
        "use_subscription": "Y" if run.waits else "N",
        "timeout_duration": timeout,
        "ts": int(now),
    }
