"""Every REST method of the portal."""

from __future__ import annotations

from b24orm.emulator.answers import Registry
from b24orm.emulator.methods import crm_classic, system, users
from b24orm.emulator.methods.system import PortalInfo
from b24orm.emulator.store import Store

__all__ = ["PortalInfo", "build_registry"]


def build_registry(store: Store, info: PortalInfo | None = None) -> Registry:
    """The methods over a store, by lower-cased name.

    Args:
        store: the portal's data.
        info: what the portal says of itself; a portal with every scope when None.
    """
    registry: Registry = {}
    for module in (crm_classic, users):
        registry |= module.methods(store)
    return registry | system.methods(store, info or PortalInfo(), registry)
