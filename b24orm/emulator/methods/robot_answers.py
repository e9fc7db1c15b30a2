"""``bizproc.event.send`` and ``bizproc.activity.log``: robots and activities answer; scope ``bizproc``.

The token of the run is all they ask for: a webhook may answer as well as the application.
"""

from __future__ import annotations

from functools import partial

from b24orm.emulator.answers import Answer, Call, Cost, Method, Refusal, Registry
from b24orm.emulator.methods.app_context import upper_params
from b24orm.emulator.methods.params import as_map
from b24orm.emulator.robots import RobotRun, RobotRuns
from b24orm.emulator.values import is_array, to_text

__all__ = ["methods"]


def methods(runs: RobotRuns) -> Registry:
    """The methods.

    Args:
        runs: the runs of robots and activities.
    """
    return {
        "bizproc.event.send": Method(partial(_send, runs), "bizproc"),
        "bizproc.activity.log": Method(partial(_log, runs), "bizproc"),
    }


def _run(runs: RobotRuns, call: Call) -> RobotRun:
    found = runs.find(to_text(upper_params(call).get("EVENT_TOKEN")))
    if found is None:
        raise Refusal("ACCESS_DENIED", "Access denied!", status=403)
    return found


def _send(runs: RobotRuns, call: Call) -> Answer:
    """Always true. Only the first answer of a run that is waited for counts, and of it what was declared."""
    run, params = _run(runs, call), upper_params(call)
    if run.waits and run.answer is None:
        sent = params.get("RETURN_VALUES")
        values = {str(name).upper(): value for name, value in as_map(sent).items()} if is_array(sent) else {}
        run.answer = {run.returns[name]: value for name, value in values.items() if name in run.returns}
        run.log.append(to_text(params.get("LOG_MESSAGE")))
    return Answer(result=True, cost=Cost("write"))


def _log(runs: RobotRuns, call: Call) -> Answer:
    run, text = _run(runs, call), to_text(upper_params(call).get("LOG_MESSAGE"))
    if not text:
        raise Refusal("ERROR_EMPTY_LOG_MESSAGE", "Empty log message!")
    if run.waits and run.answer is None:
        run.log.append(text)
    return Answer(result=True, cost=Cost("write"))
