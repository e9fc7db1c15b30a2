"""ONE row: typed fields, partial objects, relations. Never sees a request."""

from b24orm.entity import types
from b24orm.entity.base import Entity
from b24orm.entity.rows import InvalidRowWarning
from b24orm.entity.types import MultiField

__all__ = ["Entity", "InvalidRowWarning", "MultiField", "types"]
