"""Reads ``codegen/methods``: every documented method with its parameters, one file a first word."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from codegen.source import MetadataError

__all__ = ["Method", "read_methods"]

_KEYS: Final = frozenset({"params", "one_of", "deprecated", "api", "doc"})

_KINDS: Final[Mapping[str, str]] = {
    "integer": "int",
    "user": "int",
    "string": "str",
    "char": "str",
    "boolean": "bool",
    "double": "number",
    "datetime": "date",
    "date": "date",
    "object": "map",
    "array": "array",
    "LayoutDto": "map",
    "RestAppLayoutDto": "map",
}
_ID_NAMES: Final = frozenset({"id", "ID"})


@dataclass(frozen=True, slots=True)
class Method:
    """One documented method.

    Attributes:
        name: its name.
        params: its parameters and their kinds (``{"id": "int!"}``).
        one_of: groups of parameters of which one must be given.
        deprecated: the documentation advises against it.
        doc: the page that documents it.
        only_v3: no classic method has the name.
    """

    name: str
    params: Mapping[str, str]
    one_of: tuple[tuple[str, ...], ...]
    deprecated: bool
    doc: str
    only_v3: bool = False


def _kind(documented: str) -> str:
    """The kind of a documented type.

    >>> _kind("integer"), _kind("catalog_product.id"), _kind("string[]"), _kind("string|array")
    ('int', 'int', 'list', 'str|array')
    """
    found = dict.fromkeys(_one_kind(part) for part in documented.split("|") if part != "null")
    return "any" if "any" in found else "|".join(found)


def _one_kind(documented: str) -> str:
    if documented.endswith("[]"):
        return "list"
    table, dot, column = documented.partition(".")
    if dot and table:
        return "int" if column in _ID_NAMES else "str"
    return _KINDS.get(documented, "any")


def _method(name: str, raw: Mapping[str, Any]) -> Method:
    unknown = sorted(set(raw) - _KEYS)
    if unknown:
        raise MetadataError(f"methods: {name}: unknown key {', '.join(unknown)}")
    params = {
        param: _kind(kind.removesuffix("!")) + ("!" if kind.endswith("!") else "")
        for param, kind in raw["params"].items()
    }
    choices = tuple(tuple(choice) for choice in raw.get("one_of", ()))
    v3 = raw.get("api") == "v3"
    return Method(name, params, choices, bool(raw.get("deprecated")), raw["doc"], v3)


_TWIN: Final = "@v3"
"""Behind the name of a method of REST 3.0 whose name a classic one has too."""


def read_methods(folder: Path, *, v3: bool = False) -> Mapping[str, tuple[Method, ...]]:
    """The methods by their first word: what a name means to whoever does not say which REST.

    Args:
        folder: where the files are.
        v3: what it means in REST 3.0, and nothing that is not there.

    Raises:
        MetadataError: a file has an unknown key.
    """
    found: dict[str, tuple[Method, ...]] = {}
    for path in sorted(folder.glob("*.json")):
        raws = json.loads(path.read_text(encoding="utf-8"))
        chosen = [
            _method(name.removesuffix(_TWIN), raw)
            for name, raw in raws.items()
            if (raw.get("api") == "v3" if v3 else not name.endswith(_TWIN))
        ]
        if chosen:
            found[path.stem] = tuple(sorted(chosen, key=lambda method: method.name))
    return found
