"""REST 3.0: ``/rest/api/...``, with its own bodies, errors, filters, pages and batch."""

from b24orm.emulator.v3.gate import Gate
from b24orm.emulator.v3.registry import V3Call, V3Method, V3Registry
from b24orm.emulator.v3.resources import build_v3

__all__ = ["Gate", "V3Call", "V3Method", "V3Registry", "build_v3"]
