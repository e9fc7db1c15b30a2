"""Argument checks of the public entry points, with our own kind of error."""

from __future__ import annotations

from typing import Final

from beartype import BeartypeConf, beartype

from b24orm.errors import InvalidValue

__all__ = ["guard"]

guard: Final = beartype(conf=BeartypeConf(violation_type=InvalidValue, is_color=False))
"""Decorates a public function: arguments of the wrong type raise InvalidValue before anything runs."""
