"""What a call would have cost a real portal, in seconds.

The figures are medians of recorded answers; a count is fitted to one measured pair of pages over
2.4 million rows. They are a model, made so that strategies compare as they would on a portal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from b24orm.emulator.answers import Cost

__all__ = ["CostModel"]

_TIME_LIMIT: Final = 60.0
"""Seconds after which the cloud gives up on a request."""

_SLOW_METHODS: Final[Mapping[str, float]] = MappingProxyType({"tasks.task.list": 1.2, "crm.item.add": 0.05})


@dataclass(frozen=True, slots=True, kw_only=True)
class CostModel:
    """Seconds by what a call made the server do.

    Attributes:
        overhead: once a HTTP request: authorisation, loading, encoding.
        page: a list page of 50 without its count.
        counted: each row that a COUNT visits.
        skipped: each row that an offset passes over.
        get, write, system: one call of that kind.
        by_method: base seconds of single methods instead of those of their kind.
        time_limit: seconds after which a request is cut with a 504 page.
    """

    overhead: float = 0.03
    page: float = 0.02
    counted: float = 21e-6
    skipped: float = 1e-6
    get: float = 0.006
    write: float = 0.075
    system: float = 0.002
    by_method: Mapping[str, float] = field(default_factory=lambda: _SLOW_METHODS)
    time_limit: float = _TIME_LIMIT

    def seconds(self, method: str, cost: Cost) -> float:
        """Seconds inside one method call."""
        base = self.by_method.get(method)
        if base is None:
            kinds = {"page": self.page, "get": self.get, "write": self.write}
            base = kinds.get(cost.kind, self.system)
        return base + cost.counted * self.counted + cost.skipped * self.skipped
