"""What applications have left in a portal: options, placements, bots, connectors.

All of it goes with the application when it is removed. A portal in memory keeps it as long as it runs, one in
a file for good, see :mod:`b24orm.emulator.registrations`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from b24orm.emulator.robots import RobotRuns

__all__ = ["AppState", "AppThings", "Bot", "Connector", "Placement"]


@dataclass(frozen=True, slots=True)
class Placement:
    """A place of the portal's pages where an application shows itself, or a type of user fields.

    Attributes:
        id: its number.
        app: the application.
        place: the place's code.
        handler: the address that is shown there.
        user_id: the only user who sees it; 0 for everybody.
        title, description: what it is called.
        user_type: the type of user fields; empty for a place.
        options: as they were given.
    """

    id: int
    app: str
    place: str
    handler: str
    user_id: int = 0
    title: str = ""
    description: str = ""
    user_type: str = ""
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Bot:
    """A chat bot. ``id`` is a user's number; what stands after ``openline`` newer methods alone know of."""

    id: int
    app: str
    code: str
    name: str
    openline: str
    kind: str = "bot"
    mode: str = "webhook"
    hidden: bool = False
    reactions: bool = True
    background: str = ""


@dataclass(slots=True)
class Connector:
    """A channel of the contact center.

    Attributes:
        app: who has registered it; empty for one of the portal's own.
        name: what it is called.
        lines: the open lines on which it is active.
        data: what is told of it on a line.
    """

    app: str
    name: str
    lines: set[int] = field(default_factory=set[int])
    data: dict[int, dict[str, Any]] = field(default_factory=dict[int, dict[str, Any]])


@dataclass(slots=True)
class AppState:
    """What ``app.info`` says of an application.

    Attributes:
        id: its number on the portal.
        version: of the application; 2 after its first update.
        installed: whether its installation was finished.
    """

    id: int
    version: int = 1
    installed: bool = True


@dataclass(slots=True)
class AppThings:
    """Everything that applications have left.

    Attributes:
        states: what is known of each application.
        options: of an application.
        user_options: of an application for a user.
        placements, bots, connectors: oldest first; connectors by id.
        runs: of robots and activities.
        last_number: the last one that was given out.
    """

    states: dict[str, AppState] = field(default_factory=dict[str, AppState])
    options: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    user_options: dict[tuple[str, int], dict[str, Any]] = field(
        default_factory=dict[tuple[str, int], dict[str, Any]]
    )
    placements: list[Placement] = field(default_factory=list[Placement])
    bots: list[Bot] = field(default_factory=list[Bot])
    connectors: dict[str, Connector] = field(default_factory=dict[str, Connector])
    runs: RobotRuns = field(default_factory=RobotRuns)
    last_number: int = 0

    def number(self) -> int:
        """A number that nothing else has."""
        self.last_number += 1
        return self.last_number

    def state(self, app: str) -> AppState:
        """What is known of an application; an unknown one becomes known."""
        return self.states.setdefault(app, AppState(len(self.states) + 1))

    def drop(self, app: str) -> None:
        """Forget what shows itself of an application; its options stay."""
        self.placements = [one for one in self.placements if one.app != app]
        self.bots = [one for one in self.bots if one.app != app]
        self.connectors = {name: one for name, one in self.connectors.items() if one.app != app}
