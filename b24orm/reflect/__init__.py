"""A portal's own fields, smart processes and stages as a typed Python module."""

from b24orm.reflect.compare import changes
from b24orm.reflect.openapi import read_v3
from b24orm.reflect.portal import read_portal
from b24orm.reflect.reading import Reading, Reflected, UserField
from b24orm.reflect.render import render

__all__ = ["Reading", "Reflected", "UserField", "changes", "read_portal", "read_v3", "render"]
