"""What applications have registered in a portal that is kept in a file: it outlives the process.

Installations with their tokens, handlers of events, placements, options, bots and connectors are written
down when a request has changed them, and read when the file is opened again. Robots and activities are rows
of the store in any case. Runs of robots, and times of the last notice, are forgotten.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Final

from b24orm.emulator.app_things import AppState, AppThings, Bot, Connector, Placement
from b24orm.emulator.credentials import Credentials, Token
from b24orm.emulator.event_hub import EventHub, Handler
from b24orm.emulator.oauth import Application, AuthorizationServer, Grant
from b24orm.emulator.store import Store

__all__ = ["Registrations"]

_KEPT: Final = "INSERT OR REPLACE INTO registration (ID, DETAIL) VALUES (1, ?)"


class Registrations:
    """Keeps what is registered in the store's file.

    Args:
        store: the portal's data.
        things: what applications have left.
        hub: the handlers of events.
        oauth: the applications that are installed.
        credentials: their tokens.
    """

    def __init__(
        self,
        store: Store,
        things: AppThings,
        hub: EventHub,
        oauth: AuthorizationServer,
        credentials: Credentials,
    ) -> None:
        self._store, self._things, self._hub = store, things, hub
        self._oauth, self._credentials = oauth, credentials
        self._last: Any = None

    def load(self) -> None:
        """Read what the file holds; an application that is known already stays as it is."""
        found = self._store.fetch("SELECT DETAIL FROM registration")
        if found:
            detail = json.loads(found[0][0])
            _restore_things(self._things, detail["things"])
            self._hub.restore(Handler(**row) for row in detail["handlers"])
            self._restore_access(detail)
        self._last = self._present()

    def save(self) -> None:
        """Write it down if it has changed."""
        present = self._present()
        if present != self._last:
            self._store.execute(_KEPT, (json.dumps(self._detail()),))
            self._last = present

    def _present(self) -> Any:
        """What it is compared by: frozen values themselves, the text of those that change in place."""
        things = self._things
        changing = repr((things.states, things.options, things.user_options, things.connectors))
        frozen = (tuple(things.placements), tuple(things.bots), tuple(self._hub.handlers))
        oauth = (self._oauth.applications, self._oauth.grants, self._credentials.tokens)
        return changing, frozen, [dict(part) for part in oauth], set(self._credentials.removed)

    def _detail(self) -> dict[str, Any]:
        now = self._store.clock()
        tokens = (token for token in self._credentials.tokens.values() if token.expires_at > now)
        return {
            "things": _things_detail(self._things),
            "handlers": [asdict(handler) for handler in self._hub.handlers],
            "member_id": self._oauth.member_id,
            "applications": _scoped(self._oauth.applications.values()),
            "grants": [[*key, asdict(grant)] for key, grant in self._oauth.grants.items()],
            "tokens": _scoped(tokens),
            "removed": sorted(self._credentials.removed),
        }

    def _restore_access(self, detail: dict[str, Any]) -> None:
        oauth, credentials = self._oauth, self._credentials
        oauth.member_id = detail["member_id"]
        for row in detail["applications"]:
            oauth.install(Application(**_granted(row)))
        for kind, value, grant in detail["grants"]:
            oauth.grants[kind, value] = Grant(**grant)
        for row in detail["tokens"]:
            credentials.tokens[row["value"]] = Token(**_granted(row))
        for client_id in detail["removed"]:
            credentials.inactive(client_id)


def _scoped(items: Iterable[Application | Token]) -> list[dict[str, Any]]:
    return [{**asdict(item), "scope": sorted(item.scope)} for item in items]


def _granted(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "scope": frozenset(row["scope"])}


def _things_detail(things: AppThings) -> dict[str, Any]:
    return {
        "number": things.last_number,
        "states": {app: asdict(state) for app, state in things.states.items()},
        "options": things.options,
        "user_options": [[*key, options] for key, options in things.user_options.items()],
        "placements": [asdict(one) for one in things.placements],
        "bots": [asdict(one) for one in things.bots],
        "connectors": {
            name: {"app": one.app, "name": one.name, "lines": sorted(one.lines), "data": one.data}
            for name, one in things.connectors.items()
        },
    }


def _restore_things(things: AppThings, detail: dict[str, Any]) -> None:
    things.last_number = detail["number"]
    things.states = {app: AppState(**state) for app, state in detail["states"].items()}
    things.options = detail["options"]
    things.user_options = {(app, user): options for app, user, options in detail["user_options"]}
    things.placements = [Placement(**one) for one in detail["placements"]]
    things.bots = [Bot(**one) for one in detail["bots"]]
    things.connectors = {
        name: Connector(
            one["app"],
            one["name"],
            set(one["lines"]),
            {int(line): told for line, told in one["data"].items()},
        )
        for name, one in detail["connectors"].items()
    }
