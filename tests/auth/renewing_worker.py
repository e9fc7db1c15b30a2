"""A process that calls a portal with tokens from a store that others share.

    python renewing_worker.py SERVER MEMBER_ID STORE

It reads the tokens, says "ready", waits for a word, calls, and says who it is.
"""

from __future__ import annotations

import sys

from b24orm import App, FileTokens, Portal, RedisTokens, SqliteTokens
from b24orm.transport.auth.stores.base import TokenStore


def store_at(address: str) -> TokenStore:
    """The store at ``kind:place``."""
    kind, _, place = address.partition(":")
    if kind == "redis":
        return RedisTokens(place)
    return FileTokens(place) if kind == "file" else SqliteTokens(place)


def main(server: str, member_id: str, store: str) -> None:
    """Waits, and calls."""
    app = App("local.app", "app-secret", store=store_at(store), server=server)
    with Portal(app.credentials(member_id), plan="unlimited", progress=False) as portal:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        sys.stdout.write(f"{portal.call('profile')['ID']}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
