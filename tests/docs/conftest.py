"""What the examples of the documentation must not leave behind."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from b24orm import portals

_NAMES = ("", "b24orm", "b24orm.wire", "b24orm.emulator", "b24orm.events")


@pytest.fixture(autouse=True)
def loggers_as_before() -> Iterator[None]:
    """Levels and handlers of logging are what they were: examples set them, and other tests read logs."""
    loggers = [logging.getLogger(name) for name in _NAMES]
    before = [(logger.level, list(logger.handlers)) for logger in loggers]
    yield
    for logger, (level, handlers) in zip(loggers, before, strict=True):
        logger.setLevel(level)
        logger.handlers[:] = handlers


@pytest.fixture(autouse=True)
def portals_as_before() -> Iterator[None]:
    """Portals that examples register by name are forgotten."""
    before = set(portals)
    yield
    for name in set(portals) - before:
        del portals[name]
