"""Events: the offline queue as a loop, handlers, and what a portal posts to web handlers."""

from __future__ import annotations

from b24orm.events.change import OfflineEvent as OfflineEvent
from b24orm.events.incoming import EventAuth as EventAuth
from b24orm.events.incoming import IncomingEvent as IncomingEvent
from b24orm.events.incoming import parse_event as parse_event
from b24orm.events.methods import BoundEvent as BoundEvent
from b24orm.events.names import EVENTS as EVENTS
from b24orm.events.names import Subject as Subject
from b24orm.events.offline import OfflineEvents as OfflineEvents
from b24orm.events.opening import Opening as Opening
from b24orm.events.opening import parse_opening as parse_opening
from b24orm.events.processes import FileProcesses as FileProcesses
from b24orm.events.processes import MemoryProcesses as MemoryProcesses
from b24orm.events.processes import Processes as Processes
from b24orm.events.robots import RobotCall as RobotCall
from b24orm.events.robots import parse_robot as parse_robot

__all__ = [
    "EVENTS",
    "BoundEvent",
    "EventAuth",
    "FileProcesses",
    "IncomingEvent",
    "MemoryProcesses",
    "OfflineEvent",
    "OfflineEvents",
    "Opening",
    "Processes",
    "RobotCall",
    "Subject",
    "parse_event",
    "parse_opening",
    "parse_robot",
]
