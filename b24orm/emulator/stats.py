"""What a local portal has done: exact counts, and a short log without secrets."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["CallRecord", "MethodStats", "RequestRecord", "Stats"]


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One method call, alone or in a batch: modelled seconds, rows answered, rows counted."""

    method: str
    seconds: float
    rows: int = 0
    counted: int = 0
    error: str | None = None


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One HTTP request.

    Attributes:
        method: the method in the address, lower-cased.
        commands: the methods that ran, in order; for a batch those of its commands.
        status: the HTTP status; 0 if the connection was broken or left open instead.
        seconds: modelled seconds, the fixed overhead included.
        rows: rows answered.
    """

    method: str
    commands: tuple[str, ...]
    status: int
    seconds: float
    rows: int


@dataclass(slots=True)
class MethodStats:
    """Sums over the calls of one method."""

    commands: int = 0
    errors: int = 0
    rows: int = 0
    counted: int = 0
    operating_seconds: float = 0.0

    def add(self, call: CallRecord) -> None:
        """Count a call."""
        self.commands += 1
        self.errors += call.error is not None
        self.rows += call.rows
        self.counted += call.counted
        self.operating_seconds += call.seconds


@dataclass(slots=True)
class Stats(MethodStats):
    """Sums since the start or the last :meth:`reset`.

    Attributes:
        requests: HTTP requests that arrived, refused ones included.
        commands: calls that reached a method; a batch counts its commands, not itself.
        rejected: requests refused with QUERY_LIMIT_EXCEEDED, by the limit or by a fault.
        faults: faults played.
        errors: calls that the method refused.
        rows, counted: rows answered, rows that a COUNT visited.
        operating_seconds: modelled seconds inside methods.
        by_method: the same sums for each method.
    """

    requests: int = 0
    rejected: int = 0
    faults: int = 0
    by_method: dict[str, MethodStats] = field(default_factory=dict[str, MethodStats])

    def add(self, call: CallRecord) -> None:
        """Count a call, in total and under its method."""
        MethodStats.add(self, call)
        self.by_method.setdefault(call.method, MethodStats()).add(call)

    def reset(self) -> None:
        """Start again from zero."""
        fresh = Stats()
        for name in (*MethodStats.__slots__, *Stats.__slots__):
            setattr(self, name, getattr(fresh, name))
