"""The seam between the wire and the methods: what a method is given and what it answers.

The wire half (HTTP, decoding, batch, limits, faults) builds a :class:`Call`, finds the handler
in a registry and turns its :class:`Answer` or :class:`Refusal` into an envelope. The method half
(store, filters, lists, writes) knows nothing of HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

__all__ = [
    "NO_TOTAL",
    "Answer",
    "Call",
    "Cost",
    "Handler",
    "Method",
    "Refusal",
    "Registry",
    "registered",
    "unlicensed",
]

_Store = TypeVar("_Store")

NO_TOTAL = -1
"""``Answer.total`` of a method whose envelope carries neither ``total`` nor ``next``."""


@dataclass(slots=True, frozen=True)
class Call:
    """One decoded call, alone or as a command of a batch.

    Attributes:
        method: lower-cased name, without the ``.json`` suffix.
        params: decoded parameters without ``start``, ``auth`` and the like. JSON bodies keep
            their types, form bodies and batch commands hold strings only.
        start: the paging parameter as the server's ``intval`` gives it; None if absent.
        user_id: the user that the credential belongs to.
        admin: whether that user is an administrator.
        scope: the scopes of the credential.
        auth: ``apauth`` for a webhook, ``oauth`` for a token.
        client_id: the application behind a token; empty for a webhook.
        connector: ``auth_connector`` of the request, a part of an application's offline events.
        session: generations of events that a token out of an event may still cause; 0 for any other.
    """

    method: str
    params: Mapping[str, Any]
    start: int | None = None
    user_id: int = 1
    admin: bool = True
    scope: frozenset[str] = frozenset()
    auth: str = "apauth"
    client_id: str = ""
    connector: str = ""
    session: int = 0


@dataclass(slots=True)
class Cost:
    """What a call made the server do; the cost model turns it into seconds.

    Attributes:
        kind: ``page``, ``get``, ``write`` or ``system``.
        counted: rows that a COUNT had to visit.
        skipped: rows that an OFFSET had to skip.
        rows: rows answered.
    """

    kind: str = "system"
    counted: int = 0
    skipped: int = 0
    rows: int = 0


@dataclass(slots=True)
class Answer:
    """A successful answer: ``result`` plus the paging keys that belong beside it."""

    result: Any
    total: int = NO_TOTAL
    next: int | None = None
    cost: Cost = field(default_factory=Cost)
    status: int = 200


class Refusal(Exception):
    """The method refused: becomes ``{"error": code, "error_description": description, **extra}``."""

    def __init__(self, code: str, description: str = "", *, status: int = 400, **extra: object) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description
        self.status = status
        self.extra = extra


def unlicensed(feature: str) -> Refusal:
    """What a portal answers whose plan lacks a feature.

    >>> unlicensed("auth_connector").description
    'This feature is not enabled for the current license: auth_connector'
    """
    text = f"This feature is not enabled for the current license: {feature}"
    return Refusal("WRONG_LICENSE", text, status=403)


Handler = Callable[[Call], Answer]


@dataclass(slots=True, frozen=True)
class Method:
    """A registered method: its handler and the scope that a credential needs (None: global)."""

    handler: Handler
    scope: str | None = None


Registry = dict[str, Method]
"""Methods by lower-cased name."""


def registered(
    store: _Store, scope: str, handlers: Mapping[str, Callable[[_Store, Call], Answer]], *, family: str = ""
) -> Registry:
    """The methods of one scope.

    Args:
        store: what they read and write.
        scope: what a credential needs for them.
        handlers: by the name of the method, lower-cased.
        family: what every name begins with, and a dot after it.
    """
    return {f"{family}{name}": Method(partial(handler, store), scope) for name, handler in handlers.items()}
