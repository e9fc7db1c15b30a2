"""``batch``: up to 50 commands in one request, run one after the other.

A command is ``method?query``. Its answer lands in five containers under the command's label; later
commands may refer to them. The HTTP status stays 200 whatever the commands answer. Commands beyond
the fiftieth are answered with an error, commands that are no strings are passed over but take a
place, and any true ``halt`` (the text ``"false"`` is true) ends the run at the first error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from b24orm.emulator.answers import Answer, Refusal
from b24orm.emulator.envelope import error_body
from b24orm.emulator.macros import substitute
from b24orm.emulator.php import array_shape, is_list, is_map, parse_str, split_url, truthy
from b24orm.emulator.pipeline import Hit, perform

__all__ = ["command_methods", "first_half", "half_answered", "run_batch"]

_MAX_COMMANDS: Final = 50

_FORBIDDEN: Final = frozenset({"download", "upload", "batch"})
_TOO_LONG = Refusal("ERROR_BATCH_LENGTH_EXCEEDED", "Max batch length exceeded")
_NOT_ALLOWED = Refusal("ERROR_BATCH_METHOD_NOT_ALLOWED", "Method is not allowed for batch usage")
_CONTAINERS: Final = ("result", "next", "total", "time", "error")
_ANSWER_KEYS: Final = {
    "result": "result",
    "result_error": "error",
    "result_total": "total",
    "result_next": "next",
    "result_time": "time",
}


def run_batch(hit: Hit, params: Mapping[str, Any]) -> Answer:
    """Run the commands in ``cmd`` and answer their containers, ``[]`` for each empty one."""
    upper = {name.upper(): value for name, value in params.items()}
    halt = truthy(upper.get("HALT"))
    containers: dict[str, dict[str, Any]] = {name: {} for name in _CONTAINERS}
    for place, (label, command) in enumerate(_commands(upper.get("CMD"))):
        if place < _MAX_COMMANDS and not isinstance(command, str):
            continue
        body = error_body(_TOO_LONG) if place >= _MAX_COMMANDS else _run_command(hit, command, containers)
        if _keep(containers, label, body) and halt:
            break
    return Answer({key: array_shape(containers[name]) for key, name in _ANSWER_KEYS.items()})


def command_methods(params: Mapping[str, Any]) -> list[str]:
    """The lower-cased methods that a batch names, without running it."""
    upper = {name.upper(): value for name, value in params.items()}
    return [
        split_url(command)[0].lower()
        for _, command in _commands(upper.get("CMD"))
        if isinstance(command, str)
    ]


def first_half(params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a batch with the first half of its commands (rounded up) only."""
    kept = {name: value for name, value in params.items() if name.upper() != "CMD"}
    commands = list(_commands({name.upper(): value for name, value in params.items()}.get("CMD")))
    return {**kept, "cmd": dict(commands[: (len(commands) + 1) // 2])} if commands else dict(params)


def half_answered(body: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """A batch's answer that says nothing of the second half of its commands."""
    kept = first_half(params).get("cmd", {})
    return {**body, "result": {name: _entries(found, kept) for name, found in body["result"].items()}}


def _entries(container: Any, labels: Iterable[str]) -> Any:
    entries = dict(_commands(container))
    return array_shape({label: entries[label] for label in labels if label in entries})


def _commands(cmd: Any) -> Iterable[tuple[str, Any]]:
    if is_map(cmd):
        return list(cmd.items())
    return [(str(place), command) for place, command in enumerate(cmd)] if is_list(cmd) else []


def _run_command(hit: Hit, command: str, containers: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    method, query = split_url(command)
    if method in _FORBIDDEN:  # compared as spelled, so BATCH passes
        return error_body(_NOT_ALLOWED)
    params: dict[str, Any] = substitute(parse_str(query), containers)
    try:
        return perform(hit, method, params, batched=True).body
    except Refusal as refusal:
        return error_body(refusal)


def _keep(containers: dict[str, dict[str, Any]], label: str, body: dict[str, Any]) -> bool:
    """File each part of an answer under the label; True if it is an error.

    Every key of an answer becomes a container, so an error's extra keys can be referred to as well.
    """
    failed = body.get("error") is not None
    for name, value in body.items():
        containers.setdefault(name, {})[label] = body if failed and name == "error" else value
    return failed
