"""A local Bitrix24 portal for development and tests.

:class:`LocalPortal` serves a portal kept in SQLite over HTTP on loopback, with the limits, quirks
and costs of the real one. Names are imported on first use, so that this package costs nothing
where no portal is started.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from b24orm.emulator.churn import Churn as Churn
    from b24orm.emulator.cost import CostModel as CostModel
    from b24orm.emulator.faults import Fault as Fault
    from b24orm.emulator.faults import Faults as Faults
    from b24orm.emulator.limits import Plan as Plan
    from b24orm.emulator.local import LocalPortal as LocalPortal
    from b24orm.emulator.store import Store as Store

__all__ = ["Churn", "CostModel", "Fault", "Faults", "LocalPortal", "Plan", "Store"]

_HOMES = {
    "Churn": "churn",
    "CostModel": "cost",
    "Fault": "faults",
    "Faults": "faults",
    "LocalPortal": "local",
    "Plan": "limits",
    "Store": "store",
}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        home = _HOMES.get(name)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
