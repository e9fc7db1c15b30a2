"""b24orm: the Bitrix24 REST API as typed models and lazy QuerySets.

>>> import b24orm
>>> from b24orm.models import Deal
>>> portal = b24orm.connect("https://acme.bitrix24.com/rest/1/secret/")
>>> print(Deal.objects.filter(stage="WON", opportunity__gte=100_000)[:10].explain())  # doctest: +ELLIPSIS
Single: Deal by crm.deal.list
...

Importing the package loads none of its parts; each is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from b24orm import errors as errors
    from b24orm.entity import Entity as Entity
    from b24orm.entity import InvalidRowWarning as InvalidRowWarning
    from b24orm.entity import MultiField as MultiField
    from b24orm.entity.files import NewFile as NewFile
    from b24orm.errors import B24Error as B24Error
    from b24orm.executor.exchange import Exchange as Exchange
    from b24orm.executor.limits import RateLimits as RateLimits
    from b24orm.executor.limits import RedisLimits as RedisLimits
    from b24orm.orm import Prefetch as Prefetch
    from b24orm.orm import Q as Q
    from b24orm.orm.results import WriteErrors as WriteErrors
    from b24orm.orm.results import WriteResult as WriteResult
    from b24orm.portal import AsyncPortal as AsyncPortal
    from b24orm.portal import Portal as Portal
    from b24orm.portal import connect as connect
    from b24orm.portal import portals as portals
    from b24orm.portal import use as use
    from b24orm.transport.auth.app import App as App
    from b24orm.transport.auth.stores.file import FileTokens as FileTokens
    from b24orm.transport.auth.stores.memory import MemoryTokens as MemoryTokens
    from b24orm.transport.auth.stores.redis import RedisTokens as RedisTokens
    from b24orm.transport.auth.stores.sqlite import SqliteTokens as SqliteTokens
    from b24orm.values import Address as Address
    from b24orm.values import Binding as Binding
    from b24orm.values import Booking as Booking
    from b24orm.values import Money as Money
    from b24orm.values import StoredFile as StoredFile

__version__ = "0.1.0"

__all__ = [
    "Address",
    "App",
    "AsyncPortal",
    "B24Error",
    "Binding",
    "Booking",
    "Entity",
    "Exchange",
    "FileTokens",
    "InvalidRowWarning",
    "MemoryTokens",
    "Money",
    "MultiField",
    "NewFile",
    "Portal",
    "Prefetch",
    "Q",
    "RateLimits",
    "RedisLimits",
    "RedisTokens",
    "SqliteTokens",
    "StoredFile",
    "WriteErrors",
    "WriteResult",
    "connect",
    "errors",
    "portals",
    "use",
]

_SHOWN = ("__all__", "__doc__", "__file__", "__name__", "__path__", "__version__", "errors", "models")
"""What completion shows beside the public names."""

_PLACES = {
    "Address": "b24orm.values",
    "AsyncPortal": "b24orm.portal",
    "B24Error": "b24orm.errors",
    "Binding": "b24orm.values",
    "Booking": "b24orm.values",
    "Entity": "b24orm.entity",
    "Exchange": "b24orm.executor.exchange",
    "InvalidRowWarning": "b24orm.entity",
    "Money": "b24orm.values",
    "MultiField": "b24orm.entity",
    "NewFile": "b24orm.entity.files",
    "Portal": "b24orm.portal",
    "Prefetch": "b24orm.orm",
    "Q": "b24orm.query.nodes",
    "RateLimits": "b24orm.executor.limits",
    "StoredFile": "b24orm.values",
    "RedisLimits": "b24orm.executor.limits",
    "WriteErrors": "b24orm.orm.results",
    "WriteResult": "b24orm.orm.results",
    "App": "b24orm.transport.auth.app",
    "FileTokens": "b24orm.transport.auth.stores.file",
    "MemoryTokens": "b24orm.transport.auth.stores.memory",
    "RedisTokens": "b24orm.transport.auth.stores.redis",
    "SqliteTokens": "b24orm.transport.auth.stores.sqlite",
    "connect": "b24orm.portal",
    "portals": "b24orm.portal",
    "use": "b24orm.portal",
}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        from importlib import import_module

        if name in _PLACES:
            value = getattr(import_module(_PLACES[name]), name)
            globals()[name] = value
            return value
        if name in ("errors", "models"):
            return import_module(f"b24orm.{name}")
        if name.startswith("_"):
            raise AttributeError(f"module 'b24orm' has no attribute {name!r}")
        raise _unknown(name)

    def _unknown(name: str) -> Exception:
        """The error for a name that is not here, and of which people think that it is.

        What Django has, or is a model, can't be an AttributeError: of one ``from b24orm import F`` would
        show nothing. Anything else has to be one, so that Python looks for a module of that name.
        """
        from importlib.util import find_spec

        if find_spec(f"b24orm.{name}") is not None:  # Python asks before it imports a module of that name
            return AttributeError(f"b24orm.{name} is a module: import b24orm.{name}")

        from b24orm.entity.habits import ELSEWHERE
        from b24orm.errors import UnknownAttribute, UnknownImport, nearest
        from b24orm.models import __all__ as models

        if name in models:
            return UnknownImport(f"{name} is a model: from b24orm.models import {name}")
        if name in ELSEWHERE:
            return UnknownImport(f"b24orm has no {name}; {ELSEWHERE[name]}")
        return UnknownAttribute(f"module 'b24orm' has no attribute {name!r}{nearest(name, __all__)}")

    def __dir__() -> list[str]:
        return sorted({*_SHOWN, *__all__})
