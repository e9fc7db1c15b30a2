"""Rows that one call of a list of REST 3.0 brings.

Any list reads a ``limit`` of up to 1,000, but not every list follows it. ``tasks.task.list`` brings fifty
tasks, and of a larger page not always the first ones. So more than fifty rows are asked for only where the
method is known to bring them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["SURE", "page_of"]

SURE: Final = 50
"""The default limit, which every list follows. A page of more may hold less than it was asked for."""

_KNOWN: Final[Mapping[str, int]] = {
    "main.eventlog.list": 1000,
    "tasks.task.result.list": 1000,
    "humanresources.node.list": 200,
    "mail.message.list": 200,
    "mail.recipient.listcontacts": 200,
    "mail.recipient.listemployees": 200,
    "mail.mailbox.list": 100,
    "mail.mailbox.senders": 100,
}


def page_of(method: str) -> int:
    """The greatest limit that the method is known to follow.

    >>> page_of("main.eventlog.list"), page_of("tasks.task.list")
    (1000, 50)
    """
    return _KNOWN.get(method, SURE)
