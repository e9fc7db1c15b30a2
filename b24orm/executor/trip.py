"""What one HTTP request is about, as far as limits, retries and logs have to know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from b24orm.schema import Api

__all__ = ["Trip"]


class Trip:
    """What one HTTP request is about: the method, and the methods of its commands.

    The calls of a batch of REST 3.0 are not metered one by one: their time counts as the batch's own.

    Args:
        name: the method that is called; ``batch`` for a batch.
        methods: the methods of a batch's commands.
        write: whether it may change something.
        api: the REST that it is sent to.
        key: its ``Idempotency-Key``.

    Attributes:
        sent: how often it was sent.
        ready: since when it is ready to leave, in seconds of the sender's clock.
    """

    __slots__ = ("api", "batched", "commands", "key", "methods", "name", "ready", "sent", "write")

    def __init__(
        self, name: str, methods: Sequence[str] = (), *, write: bool, api: Api = "v2", key: str | None = None
    ) -> None:
        metered = methods if api == "v2" else ()
        self.name: str = name
        self.batched: bool = bool(metered)
        self.commands: tuple[str, ...] = tuple(methods)
        self.methods: tuple[str, ...] = tuple(dict.fromkeys(m.lower() for m in metered)) or (name.lower(),)
        self.write: bool = write
        self.api: Api = api
        self.key: str | None = key
        self.sent: int = 0
        self.ready: float | None = None

    @property
    def headers(self) -> Mapping[str, str]:
        """What travels beside the body."""
        return {} if self.key is None else {"Idempotency-Key": self.key}

    @property
    def splittable(self) -> bool:
        """Whether it is better sent in parts when it took too long."""
        return len(self.commands) > 1 and not self.write
