"""A bad line to a portal: it breaks off, falls silent, says things twice, and brings bytes one by one."""

from __future__ import annotations

import random
import select
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

KINDS: Final = ("reset", "end", "silence", "twice")
PLACES: Final = (0, 1, 50, 300, 700, 2_000, 9_000, 40_000)
"""Bytes after which it happens."""
_MORSEL: Final = 97
_LOOK: Final = 0.05


@dataclass
class Flaw:
    """What is wrong with one connection.

    Attributes:
        kind: what happens.
        upwards: whether to what the client sends, or to what it is answered.
        left: bytes that come through before.
        piece: bytes that are brought at once.
    """

    kind: str
    upwards: bool
    left: int
    piece: int


class BadLine:
    """Passes connections on to a port of this machine; every second one has a flaw, by seed.

    Args:
        port: where the portal listens.
        seed: makes it repeatable, as far as the machine is.
        met: called when a flaw shows.

    Attributes:
        port: where this listens.
    """

    def __init__(self, port: int, seed: int, met: Callable[[], None]) -> None:
        self._behind = port
        self._random = random.Random(seed)
        self._met = met
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._serve, daemon=True)]

    def __enter__(self) -> BadLine:
        self._threads[0].start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._ended.set()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)  # wakes accept()
        for thread in self._threads:
            thread.join()
        self._listening.close()

    def _serve(self) -> None:
        while True:
            try:
                coming, _ = self._listening.accept()
            except OSError:
                return
            going = socket.create_connection(("127.0.0.1", self._behind))
            thread = threading.Thread(target=self._pass_on, args=(coming, going, self._flaw()), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _flaw(self) -> Flaw:
        chance = self._random
        kind = chance.choice(KINDS) if chance.random() < 0.5 else ""
        piece = _MORSEL if chance.random() < 0.3 else 65_536
        return Flaw(kind, chance.random() < 0.5, chance.choice(PLACES), piece)

    def _pass_on(self, coming: socket.socket, going: socket.socket, flaw: Flaw) -> None:
        with coming, going, suppress(OSError):
            while not self._ended.is_set():
                for side in select.select([coming, going], [], [], _LOOK)[0]:
                    data = side.recv(flaw.piece)
                    other, flawed = (going, flaw.upwards) if side is coming else (coming, not flaw.upwards)
                    if not data:
                        return
                    if flaw.kind and flawed:
                        flaw.left -= len(data)
                        if flaw.left < 0:
                            self._met()
                            other.sendall(data[: flaw.left])
                            if not self._shows(flaw, coming, going):
                                return
                            data = data[flaw.left :] * (1 if flaw.upwards else 2)
                            flaw.kind = ""
                    other.sendall(data)

    def _shows(self, flaw: Flaw, coming: socket.socket, going: socket.socket) -> bool:
        """Lets the flaw show; whether the connection goes on."""
        if flaw.kind == "silence":
            self._ended.wait()
        if flaw.kind == "reset":
            for side in (coming, going):
                side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return flaw.kind == "twice"
