"""The life of applications on the local portal: installed, opened, updated, run, removed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from b24orm.emulator.app_things import AppThings
from b24orm.emulator.event_hub import EventHub
from b24orm.emulator.forms import install_event, placement
from b24orm.emulator.oauth import Application, AuthorizationServer
from b24orm.emulator.robots import RobotRun, activity_row, robot_form
from b24orm.emulator.store import Store

__all__ = ["Installations"]


class Installations:
    """What a portal does with applications; a part of :class:`~b24orm.emulator.LocalPortal`."""

    store: Store
    events: EventHub
    apps: AppThings

    @property
    def oauth(self) -> AuthorizationServer:
        """The authorization server."""
        raise NotImplementedError

    @property
    def scopes(self) -> frozenset[str]:
        """Every scope that some method needs."""
        raise NotImplementedError

    def install_app(
        self,
        client_id: str = "local.app",
        client_secret: str = "app-secret",
        *,
        user_id: int = 1,
        scope: Iterable[str] | None = None,
        redirect_uri: str = "http://127.0.0.1/app",
    ) -> dict[str, Any]:
        """Install an application and give its first tokens, shaped as the token endpoint's answer."""
        scopes = self.scopes if scope is None else frozenset(scope)
        application = Application(
            client_id=client_id, client_secret=client_secret, scope=scopes, redirect_uri=redirect_uri
        )
        self.apps.state(client_id)
        self.oauth.install(application)
        return self.oauth.tokens(client_id, user_id=user_id)

    def install_event(self, client_id: str = "local.app") -> bytes:
        """The form body of ONAPPINSTALL that an installed application is sent."""
        return install_event(self.oauth, client_id)

    def finish_install(self, client_id: str = "local.app") -> None:
        """What ``BX24.installFinish`` of an installation's page does: ONAPPINSTALL goes out."""
        version = self.apps.state(client_id).version
        told = {"VERSION": version, "ACTIVE": "Y", "INSTALLED": "Y"}
        self.events.tell_application(client_id, "ONAPPINSTALL", told)

    def uninstall_app(self, client_id: str = "local.app", *, clean: bool = True) -> None:
        """Remove an application: ONAPPUNINSTALL goes out, its handlers and tokens go.

        Args:
            client_id: the application.
            clean: whether the administrator asked to delete its data too.
        """
        self.events.tell_application(client_id, "ONAPPUNINSTALL", {"CLEAN": int(clean)})
        self.events.unbind(lambda handler: handler.app == client_id)
        self._drop_things(client_id)
        self.oauth.uninstall(client_id)

    def update_app(self, client_id: str = "local.app", *, scope: Iterable[str] | None = None) -> None:
        """Install the next version of an application: ONAPPUPDATE goes out.

        Tokens that exist keep the scopes that they were issued with; those that are asked for from now on
        have the new ones. Activities and robots of the application go: it has to add them again.

        Args:
            client_id: the application.
            scope: the scopes of the new version; those of the old one when None.
        """
        state = self.apps.state(client_id)
        state.version += 1
        if scope is not None:
            self.oauth.rescope(client_id, scope)
        told = {
            "PREVIOUS_VERSION": state.version - 1,
            "VERSION": state.version,
            "ACTIVE": "Y",
            "INSTALLED": "Y",
        }
        self._drop_activities(client_id)
        self.events.tell_application(client_id, "ONAPPUPDATE", told)

    def _drop_things(self, client_id: str) -> None:
        self.apps.drop(client_id)
        self._drop_activities(client_id)

    def _drop_activities(self, client_id: str) -> None:
        self.store.execute("DELETE FROM workflow_activity WHERE APP_ID = ?", (client_id,))

    def run_robot(
        self,
        code: str,
        document: str = "DEAL_1",
        *,
        client_id: str = "local.app",
        user_id: int = 1,
        timeout: int = 0,
        **properties: Any,
    ) -> RobotRun:
        """Run a robot or an activity that an application has added: its handler is told.

        Args:
            code: as it was added.
            document: of the CRM: ``DEAL_5``, ``DYNAMIC_128_7``.
            client_id: the application.
            user_id: whose tokens are sent along.
            timeout: seconds that the workflow says it waits.
            properties: what was filled in.

        Raises:
            UnknownName: the application has added no such robot.
        """
        row = activity_row(self.store, client_id, code)
        run = self.apps.runs.begin(client_id, code, row.returns, waits=row.waits)
        body = robot_form(run, document, properties, timeout=timeout, now=self.store.clock())
        self.events.post(client_id, row.handler, body, user_id=row.user_id or user_id)
        return run

    def placement(
        self, client_id: str = "local.app", *, user_id: int = 1, place: str = "DEFAULT", **options: Any
    ) -> tuple[str, bytes]:
        """Query and form body with which the portal opens an installed application for a user.

        ``portal.placement(place="CRM_DEAL_DETAIL_TAB", ID=5)`` opens its tab of a deal.
        """
        return placement(self.oauth, client_id, user_id=user_id, place=place, options=options)
