"""One REST call and its answer, as plain values.

A :class:`Call` says what to send, a :class:`Reply` what came back. A :class:`Ref` inside a
call's parameters stands for an answer of an earlier command of the same batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from b24orm.errors import ApiError, B24Error, ServerFailure
from b24orm.schema import Api

__all__ = [
    "Ask",
    "Call",
    "Lookup",
    "Outcome",
    "Ref",
    "Reply",
    "Row",
    "is_not_run",
    "not_run",
    "rows_in",
    "rows_of",
]

Row: TypeAlias = "dict[str, Any]"


@dataclass(frozen=True, slots=True)
class Ref:
    """``$result[label][...]``: a part of the answer of an earlier command in the batch.

    >>> str(Ref("c0", (49, "ID")))
    '$result[c0][49][ID]'
    """

    label: str
    path: tuple[str | int, ...] = ()

    def __str__(self) -> str:
        return "$result" + "".join(f"[{part}]" for part in (self.label, *self.path))


@dataclass(frozen=True, slots=True)
class Lookup:
    """A call that looks up one id may be merged with others of its kind.

    Attributes:
        param: the parameter that holds the conditions.
        key: the condition that takes a list of ids.
        id: the id looked up.
        field: the field of the answered rows that holds the id.
        most: ids that one call can look up.
    """

    param: str
    key: str
    id: int
    field: str
    most: int = 50


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a REST method.

    Attributes:
        method: the method, spelled as in the REST docs.
        params: its parameters, spelled as in the REST docs; Python values.
        write: it changes something, so an unknown outcome must not be repeated blindly.
        envelope: the path below ``result`` to the rows.
        lookup: it looks up one id and may be merged with others that do.
        api: which REST the method belongs to.
        key: of a write of REST 3.0: tells a repetition from another write of the same.
    """

    method: str
    params: Mapping[str, Any] = field(default_factory=dict)
    write: bool = False
    envelope: tuple[str | int, ...] = ()
    lookup: Lookup | None = None
    api: Api = "v2"
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A successful answer to one call.

    Attributes:
        result: the payload.
        total: rows that match, where the method says so.
        next: the start of the next page, if there is one.
        time: the server's ``time`` object.
        body: the whole answer as it came, for a call that travelled alone.
    """

    result: Any
    total: int | None = None
    next: int | None = None
    time: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None


Outcome: TypeAlias = "Reply | B24Error"

_NOT_RUN: Final = "NOT_RUN"


def not_run(method: str, why: str, **where: Any) -> ApiError:
    """The outcome of a call that was not executed, because another one failed before it.

    Args:
        method: the method.
        why: what failed.
        where: more that the error is to say: ``command``, ``host``, ``status``.
    """
    return ApiError(_NOT_RUN, why, method=method, **where)


def is_not_run(outcome: Outcome) -> bool:
    """Whether a call was not executed, because another one failed before it."""
    return isinstance(outcome, ApiError) and outcome.code == _NOT_RUN


@dataclass(frozen=True, slots=True)
class Ask:
    """Calls that a flow wants answered, at most one batch of them.

    Attributes:
        calls: the calls, in order.
        labels: their labels when they refer to one another, else empty.
        chained: they must travel in one batch, in this order.
        halt: the batch stops at the first error.
        ordered: if it takes several batches, each waits for the one before it.
        key: for the flow to recognise its own question.
    """

    calls: tuple[Call, ...]
    labels: tuple[str, ...] = ()
    chained: bool = False
    halt: bool = False
    ordered: bool = False
    key: object = None


def rows_of(
    result: Any, envelope: tuple[str | int, ...], method: str | None = None, *, null: bool = False
) -> list[Row]:
    """The rows below ``envelope``; PHP's empty and holey lists become lists.

    Args:
        result: what a method answered.
        envelope: the path to its rows.
        method: the method, for the error.
        null: ``null`` and ``false`` are an answer too: there are no rows.

    Raises:
        ServerFailure: there is something else than rows.

    >>> rows_of({"items": [{"id": 1}]}, ("items",))
    [{'id': 1}]
    >>> rows_of([], ("items",))
    []
    """
    for part in envelope:
        if isinstance(part, int):
            result = result[part : part + 1] if isinstance(result, list) else result
        elif isinstance(result, Mapping) and part in result:
            result = result[part]
        elif result:
            raise _no_rows(method)
    if isinstance(result, list):
        return result
    if null and (result is None or result is False):
        return []
    if not isinstance(result, dict):
        raise _no_rows(method)
    if not result:
        return []
    return list(result.values()) if all(isinstance(row, Mapping) for row in result.values()) else [result]


def rows_in(call: Call, outcome: Outcome, *, null: bool = False) -> list[Row]:
    """The rows that a call brought.

    Args:
        call: the call.
        outcome: what it came to.
        null: ``null`` and ``false`` are an answer too: there are no rows.

    Raises:
        B24Error: the call failed.
        ServerFailure: it brought something else than rows.
    """
    if isinstance(outcome, B24Error):
        raise outcome
    return rows_of(outcome.result, call.envelope, call.method, null=null)


def _no_rows(method: str | None) -> ServerFailure:
    return ServerFailure("NO_ROWS", "the answer holds something else than rows", method=method)
