"""Every method of REST 3.0 that the portal has."""

from __future__ import annotations

from functools import partial

from b24orm.emulator.store import Store
from b24orm.emulator.v3.eventlog import event_log_methods
from b24orm.emulator.v3.mail import mail_methods
from b24orm.emulator.v3.openapi import openapi
from b24orm.emulator.v3.registry import V3Answer, V3Call, V3Method, V3Registry
from b24orm.emulator.v3.task_results import task_result_methods
from b24orm.emulator.v3.tasks import task_methods
from b24orm.emulator.v3.timeman import time_record_methods

__all__ = ["build_v3"]


def build_v3(store: Store) -> V3Registry:
    """The methods over a store, by name."""
    registry: V3Registry = {
        **task_methods(store),
        **task_result_methods(store),
        **event_log_methods(store),
        **time_record_methods(store),
        **mail_methods(store),
    }
    document = V3Method(partial(_document, registry))
    registry["rest.documentation.openapi"] = registry["documentation"] = document
    registry["rest.scope.list"] = V3Method(partial(_scopes, registry))
    return registry


def _document(registry: V3Registry, call: V3Call) -> V3Answer:
    del call
    return V3Answer(openapi(registry), raw=True)


def _scopes(registry: V3Registry, call: V3Call) -> V3Answer:
    del call
    found: dict[str, dict[str, dict[str, dict[str, str]]]] = {}
    for name, method in registry.items():
        if method.scope is None:
            continue
        module, _, rest = name.partition(".")
        controller, _, action = rest.rpartition(".")
        found.setdefault(module, {}).setdefault(controller, {})[action] = {"scope": method.scope}
    return V3Answer(found)
