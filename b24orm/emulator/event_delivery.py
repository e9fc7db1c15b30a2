"""Sends online events to their handlers: a POST with a PHP form body, in the background, once.

A handler that is not on this machine is never called: the local portal sends nothing beyond loopback.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any, Final
from urllib.parse import quote_plus, urlsplit

from b24orm.emulator.threaded import loopback

__all__ = ["Courier", "Delivery", "form"]

_TIMEOUT_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a delivery.

    Attributes:
        url: the handler.
        event: the event's name.
        status: the handler's HTTP status; None if it was not reached.
    """

    url: str
    event: str
    status: int | None


def form(data: Mapping[str, Any]) -> bytes:
    """Data as PHP's ``http_build_query`` writes it: brackets for what is inside, no null.

    >>> form({"event": "ONCRMDEALADD", "data": {"FIELDS": {"ID": 7}}, "nothing": None})
    b'event=ONCRMDEALADD&data%5BFIELDS%5D%5BID%5D=7'
    """
    return "&".join(f"{quote_plus(name)}={quote_plus(text)}" for name, text in _pairs(data)).encode()


def _pairs(data: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in data.items():
        name = f"{prefix}[{key}]" if prefix else str(key)
        if isinstance(value, Mapping):
            yield from _pairs(value, name)
        elif isinstance(value, (list, tuple)):
            yield from _pairs({str(place): item for place, item in enumerate(value)}, name)
        elif value is not None:
            yield name, str(int(value)) if isinstance(value, bool) else str(value)


class Courier:
    """Delivers in the background.

    Attributes:
        log: the last thousand deliveries, oldest first, without what was sent.
    """

    def __init__(self) -> None:
        self.log: deque[Delivery] = deque(maxlen=1000)
        self._workers: ThreadPoolExecutor | None = None
        self._pending: set[Future[None]] = set()

    def send(self, url: str, event: str, body: bytes) -> None:
        """Deliver soon; there is no second attempt."""
        if self._workers is None:
            self._workers = ThreadPoolExecutor(1, thread_name_prefix="b24orm-events")
        task = self._workers.submit(self._deliver, url, event, body)
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)

    def wait(self, seconds: float = _TIMEOUT_SECONDS) -> bool:
        """Wait until everything was delivered; False if that took longer."""
        return not wait(list(self._pending), seconds).not_done

    def stop(self) -> None:
        """Drop what is not under way yet."""
        if self._workers is not None:
            self._workers.shutdown(wait=True, cancel_futures=True)
            self._workers = None

    def _deliver(self, url: str, event: str, body: bytes) -> None:
        try:
            status: int | None = _post(url, body)
        except (OSError, HTTPException, ValueError):
            status = None
        self.log.append(Delivery(url, event, status))


def _post(url: str, body: bytes) -> int:
    place = urlsplit(url)
    if place.scheme != "http":
        raise ValueError("only plain http is delivered on this machine")
    host = loopback(place.hostname or "")
    connection = HTTPConnection(host, place.port or 80, timeout=_TIMEOUT_SECONDS)
    try:
        target = (place.path or "/") + (f"?{place.query}" if place.query else "")
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": "Bitrix24 Webhook Engine",
        }
        connection.request("POST", target, body, headers)
        return connection.getresponse().status
    finally:
        connection.close()
