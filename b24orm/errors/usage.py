"""Refused before anything was sent: the program is to be corrected."""

from __future__ import annotations

from b24orm.errors.base import B24Error

__all__ = [
    "InvalidValue",
    "NotConfigured",
    "PortalClosed",
    "UnknownAttribute",
    "UnknownImport",
    "UnknownName",
    "UnknownParameter",
    "Unsupported",
    "UsageError",
]


class UsageError(B24Error):
    """The call was refused before anything was sent."""


class UnknownName(UsageError):
    """No such field, lookup, relation or parameter."""


class UnknownAttribute(UnknownName, AttributeError):
    """An object, a model or a set of rows has no such attribute or method."""


class UnknownImport(UnknownName, ImportError):
    """b24orm has no such name, and needs none: the message says what to write instead."""


class UnknownParameter(UnknownName, TypeError):
    """A function of b24orm has no such parameter."""


class InvalidValue(UsageError, ValueError):
    """A value of the wrong type or shape."""


class Unsupported(UsageError):
    """The REST method can't do what was asked, or would do something else silently."""


class NotConfigured(UsageError):
    """No portal was connected and none was named."""


class PortalClosed(UsageError):
    """The portal was closed before the call."""
