"""Lays Python expressions out the way the formatter would leave them.

A node is a string, or a :class:`Group` of nodes in brackets. A group that fits stays on its
line; otherwise every item gets a line of its own and a trailing comma, which the formatter
keeps as it is. So generated text needs no formatting afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias, cast

__all__ = ["WIDTH", "Group", "Node", "call", "import_from", "literal", "quoted", "text", "unit"]

WIDTH: Final = 110
_STEP: Final = 4


@dataclass(frozen=True, slots=True)
class Group:
    """Items between brackets.

    Attributes:
        opening: what stands before the items (``Literal[``, ``F(``).
        items: pairs of a prefix (``name=`` or nothing) and a node.
        closing: the closing bracket.
    """

    opening: str
    items: tuple[tuple[str, Node], ...]
    closing: str


Node: TypeAlias = "str | Group"


def literal(value: object) -> Node:
    """A constant as a node: None, bool, int, str, and tuples and mappings of those.

    >>> text(literal(("*",)))
    '("*",)'
    >>> text(literal({"a": (1, None)}))
    '{"a": (1, None)}'
    """
    if value is None or isinstance(value, (bool, int)):
        return repr(value)
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value).items()
        return Group("{", tuple((f"{unit(literal(k))}: ", literal(v)) for k, v in items), "}")
    if isinstance(value, tuple):
        parts = cast("tuple[object, ...]", value)
        return Group("(", tuple(("", literal(item)) for item in parts), ")")
    raise TypeError(f"no literal for {value!r}")


def quoted(text: str) -> str:
    """A Python literal of any text, with nothing in it that hides or moves other text.

    >>> quoted('a"b'), quoted("x\\u202ey")
    ('"a\\\\"b"', '"x\\\\u202ey"')
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{"".join(map(_visible, escaped))}"'


def _visible(letter: str) -> str:
    if letter.isprintable():
        return letter
    number = ord(letter)
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def call(name: str, arguments: Iterable[tuple[str, Node]]) -> Group:
    """A call with keyword arguments.

    >>> text(call("F", [("name", '"id"')]))
    'F(name="id")'
    """
    return Group(f"{name}(", tuple((f"{key}=", node) for key, node in arguments), ")")


def unit(node: Node) -> str:
    """The node on one line, however long."""
    if isinstance(node, str):
        return node
    inner = ", ".join(prefix + unit(item) for prefix, item in node.items)
    single_tuple = "," if node.opening == "(" and len(node.items) == 1 and not node.items[0][0] else ""
    return f"{node.opening}{inner}{single_tuple}{node.closing}"


def text(node: Node, *, indent: int = 0, before: int = 0, after: int = 0) -> str:
    """The node, broken where a line would be too long.

    Args:
        node: what to write.
        indent: columns of the line that the node stands on.
        before: columns taken on that line before the node, without the indent.
        after: columns taken after it.
    """
    flat = unit(node)
    if isinstance(node, str) or indent + before + len(flat) + after <= WIDTH or not node.items:
        return flat
    inner = indent + _STEP
    lines = [
        f"{' ' * inner}{prefix}{text(item, indent=inner, before=len(prefix), after=1)},"
        for prefix, item in node.items
    ]
    return "\n".join([node.opening, *lines, " " * indent + node.closing])


def import_from(module: str, names: Iterable[str], *, indent: int = 0) -> str:
    """A ``from`` import, in brackets where it would be too long.

    >>> import_from("typing", ["Any", "Final"])
    'from typing import Any, Final'
    """
    names = tuple(names)
    head = f"{' ' * indent}from {module} import "
    flat = head + ", ".join(names)
    if len(flat) <= WIDTH:
        return flat
    inner = " " * (indent + _STEP)
    return "\n".join([f"{head}(", *(f"{inner}{name}," for name in names), " " * indent + ")"])
