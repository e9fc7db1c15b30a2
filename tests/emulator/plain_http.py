"""Requests by the standard library: what a portal sends to somebody who is not our client."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen


@dataclass(frozen=True)
class Answer:
    """An answer with any status."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def get(url: str, headers: Mapping[str, str] | None = None) -> Answer:
    return _sent(Request(url, headers=dict(headers or {})))


def post_json(url: str, params: Mapping[str, Any]) -> Answer:
    return _sent(Request(url, json.dumps(params).encode(), {"Content-Type": "application/json"}))


def post_form(url: str, field: str, name: str, content: bytes) -> Answer:
    """A form with one file in it."""
    head = f'--edge\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'
    body = head.encode() + content + b"\r\n--edge--\r\n"
    return _sent(Request(url, body, {"Content-Type": "multipart/form-data; boundary=edge"}))


def _sent(request: Request) -> Answer:
    try:
        with urlopen(request) as answer:
            return Answer(answer.status, dict(answer.headers), answer.read())
    except HTTPError as error:
        with error:
            return Answer(error.code, dict(error.headers), error.read())
