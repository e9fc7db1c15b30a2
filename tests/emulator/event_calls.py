"""An application's calls to a portal over HTTP, and a handler that takes what the portal sends."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from b24orm.emulator.local import LocalPortal
from b24orm.emulator.php import parse_str

_OPENER = build_opener(ProxyHandler({}))


def post(url: str, params: dict[str, Any]) -> tuple[int, Any]:
    """HTTP status and body of a call."""
    request = Request(url, json.dumps(params).encode(), {"Content-Type": "application/json"})
    try:
        with _OPENER.open(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read())
    except HTTPError as refused:
        with refused:
            return refused.code, json.loads(refused.read())


class App:
    """An installed application that calls with its token.

    Args:
        portal: where it is installed.
        client_id: its name.
        admin: whether its user is an administrator.
        user_id: its user.
    """

    def __init__(
        self, portal: LocalPortal, client_id: str = "app.one", *, admin: bool = True, user_id: int = 1
    ) -> None:
        portal.install_app(client_id)
        self.portal = portal
        self.token = portal.issue_token(user_id, client_id=client_id, admin=admin)

    def answer(self, method: str, **params: Any) -> tuple[int, Any]:
        """HTTP status and body."""
        return post(f"{self.portal.token_url}{method}", {"auth": self.token, **params})

    def __call__(self, method: str, **params: Any) -> Any:
        """The result."""
        return self.answer(method, **params)[1]["result"]

    def error(self, method: str, **params: Any) -> tuple[int, str, str]:
        """HTTP status, code and description of a refusal."""
        status, body = self.answer(method, **params)
        return status, body["error"], body["error_description"]

    def listen(self, *events: str) -> None:
        """Bind offline events."""
        for event in events:
            assert self("event.bind", event=event, event_type="offline") is True

    def take(self, **params: Any) -> list[dict[str, Any]]:
        """The rows of ``event.offline.get``."""
        return list(self("event.offline.get", **params)["events"])


class Handler:
    """A web handler on loopback that keeps what it is sent.

    Attributes:
        url: its address.
        received: the forms, read as PHP reads them.
        types: the content types.
    """

    def __init__(self, status: int = 200) -> None:
        self.received: list[dict[str, Any]] = []
        self.bodies: list[bytes] = []
        self.types: list[str] = []
        received, bodies, types = self.received, self.bodies, self.types

        class Answering(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                bodies.append(body)
                types.append(self.headers["Content-Type"])
                received.append(parse_str(body.decode()))
                self.send_response(status)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                del format, args

        self._server = HTTPServer(("127.0.0.1", 0), Answering)
        self.url = f"http://127.0.0.1:{self._server.server_port}/handler"

    @contextmanager
    def serving(self) -> Generator[Handler, None, None]:
        """Answers within the block."""
        thread = Thread(target=self._server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()
