"""A door in front of a portal that shuts before a connection has come about."""

from __future__ import annotations

import select
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress


class Front:
    """Passes connections on to a port of this machine; the first ones are cut off.

    Args:
        port: where the portal listens.
        cut: how many connections are reset as soon as they say something.
        met: called for each of them.

    Attributes:
        port: where this listens.
    """

    def __init__(self, port: int, *, cut: int, met: Callable[[], None]) -> None:
        self._behind = port
        self._cut = cut
        self._met = met
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Front:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)  # wakes accept()
        self._thread.join()
        self._listening.close()

    def _serve(self) -> None:
        while True:
            try:
                coming, _ = self._listening.accept()
            except OSError:
                return
            if self._cut > 0:
                self._cut -= 1
                self._met()
                threading.Thread(target=_reset, args=(coming,), daemon=True).start()
                continue
            going = socket.create_connection(("127.0.0.1", self._behind))
            threading.Thread(target=_pass_on, args=(coming, going), daemon=True).start()


def _reset(coming: socket.socket) -> None:
    with coming, suppress(OSError):
        coming.recv(1)
        coming.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _pass_on(coming: socket.socket, going: socket.socket) -> None:
    other = {coming: going, going: coming}
    with coming, going, suppress(OSError):
        while True:
            for side in select.select(list(other), [], [])[0]:
                data = side.recv(65_536)
                if not data:
                    return
                other[side].sendall(data)
