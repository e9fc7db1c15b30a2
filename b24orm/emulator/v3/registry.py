"""The seam between the wire of REST 3.0 and its methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from b24orm.emulator.answers import Cost
from b24orm.emulator.v3.dto import Dto

__all__ = ["Returns", "V3Answer", "V3Call", "V3Method", "V3Registry"]

Returns = Literal["item", "items", "boolean", "id", "aggregate", "array"]


@dataclass(frozen=True, slots=True)
class V3Call:
    """One call: its method, its parameters as JSON has them, and who calls."""

    method: str
    params: Mapping[str, Any]
    user_id: int = 1
    admin: bool = True


@dataclass(slots=True)
class V3Answer:
    """A success.

    Attributes:
        result: what stands under ``result``.
        raw: the result is the whole body: nothing around it, no ``time``.
    """

    result: Any
    cost: Cost = field(default_factory=Cost)
    raw: bool = False


@dataclass(frozen=True, slots=True)
class V3Method:
    """A registered method.

    Attributes:
        handler: runs it.
        scope: what a credential needs; None: nothing.
        writes: it creates, changes or removes, so an ``Idempotency-Key`` counts.
        dto: the object it is about, for the documentation.
        returns: the shape of its answer, for the documentation.
        takes: its parameters, for the documentation.
    """

    handler: Callable[[V3Call], V3Answer]
    scope: str | None = None
    writes: bool = False
    dto: Dto | None = None
    returns: Returns = "array"
    takes: tuple[str, ...] = ()


V3Registry: TypeAlias = "dict[str, V3Method]"
"""Methods by name; the case counts."""
