"""A program that handles offline events and writes down each one; killed by its test.

Arguments: the portal's REST address, an access token, the file to write to.
"""

from __future__ import annotations

import os
import sys

from b24orm import Portal


def main(address: str, token: str, notes: str) -> None:
    """Handles events until the queue is empty."""
    portal = Portal(address, token_func=lambda: token, plan="unlimited", progress=False)
    with portal, open(notes, "a", encoding="utf-8") as file:
        for change in portal.offline_events(until_empty=True):
            file.write(f"{change.row_id}\n")
            file.flush()
            os.fsync(file.fileno())
    with open(notes, "a", encoding="utf-8") as file:
        file.write("end\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
