"""What a forked child has to put right before it does anything: it has its parent's objects, and none of
its threads.

A lock that another thread held stays locked in the child for ever, and a connection belongs to two processes.
"""

from __future__ import annotations

import os
from collections.abc import Callable

__all__ = ["in_child"]


def in_child(work: Callable[[], None]) -> None:
    """Has work done in each child that this process, or a child of it, forks from now on."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=work)
