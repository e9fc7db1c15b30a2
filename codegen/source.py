"""Reads the metadata files: one JSON object an entity, keys checked.

The format is described in ``docs/metadata.md``. Keys that hold their usual value may be left
out; an unknown key is an error.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

__all__ = [
    "FIELD_DEFAULTS",
    "METHOD_KEYS",
    "METHOD_KINDS",
    "OVERLAY",
    "WILDCARD",
    "MetadataError",
    "Source",
    "read_sources",
    "tidy",
]

OVERLAY: Final = "overlay.json"

WILDCARD: Final = "*"
"""Stands in the spelling of a pattern, which is no field of its own."""

ENTITY_KEYS: Final = frozenset(
    [
        "entity",
        "plural",
        "scope",
        "module",
        "api",
        "doc",
        "id_field",
        "id_type",
        "fixed_params",
        "parent_params",
        "supports_user_fields",
        "methods",
        "fields",
        "enums",
        "sources",
    ]
)
METHOD_KINDS: Final = ("list", "get", "add", "update", "delete", "fields")
METHOD_KEYS: Final[Mapping[str, frozenset[str]]] = {
    "list": frozenset(
        [
            "name",
            "select",
            "filter",
            "order",
            "order_style",
            "order_params",
            "start",
            "envelope",
            "page_size",
            "total",
            "no_count",
            "filter_operators",
            "keyset",
            "extra_params",
        ]
    ),
    **{
        kind: frozenset(["name", "envelope", "id_param", "fields_param", "returns", "extra_params"])
        for kind in METHOD_KINDS[1:]
    },
}
_NEEDED_KEYS: Final = frozenset({"entity", "scope", "module", "id_field", "methods", "fields"})
_OTHER_KEYS: Final = frozenset({"name", "params", "kind"})

FIELD_DEFAULTS: Final[Mapping[str, object]] = {
    "type": "string",
    "status_type": None,
    "required": False,
    "read_only": False,
    "immutable": False,
    "multiple": False,
    "nullable": None,
    "filterable": True,
    "enum": None,
    "relation": None,
    "deprecated": False,
    "write_name": None,
    "filter_name": None,
}


class MetadataError(Exception):
    """A metadata file or the overlay is wrong; the message says where."""


@dataclass(frozen=True, slots=True)
class Source:
    """One metadata file.

    Attributes:
        key: its path below the metadata folder without ``.json`` (``crm/deal``).
        raw: its content.
    """

    key: str
    raw: Mapping[str, Any]

    @property
    def stem(self) -> str:
        """The last part of the key, which names the generated modules."""
        return self.key.rpartition("/")[2]


def _refuse_unknown(where: str, given: Collection[str], known: Collection[str]) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise MetadataError(f"{where}: unknown key {', '.join(unknown)}")


def _demand(where: str, given: Collection[str], needed: Collection[str]) -> None:
    missing = sorted(set(needed) - set(given))
    if missing:
        raise MetadataError(f"{where}: {', '.join(missing)} is missing")


def _check(key: str, raw: Mapping[str, Any]) -> None:
    _refuse_unknown(key, raw, ENTITY_KEYS)
    _demand(key, raw, _NEEDED_KEYS)
    _refuse_unknown(f"{key}: methods", raw["methods"], (*METHOD_KINDS, "other"))
    for kind in METHOD_KINDS:
        method = raw["methods"].get(kind)
        _refuse_unknown(f"{key}: methods.{kind}", method or {}, METHOD_KEYS[kind])
        if method:
            _demand(f"{key}: methods.{kind}", method, METHOD_KEYS["list"] if kind == "list" else {"name"})
    for action in raw["methods"].get("other", ()):
        _refuse_unknown(f"{key}: methods.other", action, _OTHER_KEYS)
        _demand(f"{key}: methods.other", action, {"name", "params"})
    for wire, field in raw["fields"].items():
        _refuse_unknown(f"{key}: fields.{wire}", field, FIELD_DEFAULTS)


def read_sources(root: Path) -> tuple[Source, ...]:
    """Every metadata file below ``root``, ordered by key.

    Raises:
        MetadataError: a file is no JSON object of the format.
    """
    found: list[Source] = []
    for path in sorted(root.glob("*/*.json")):
        key = path.relative_to(root).with_suffix("").as_posix()
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise MetadataError(f"{key}: {error}") from None
        _check(key, raw)
        found.append(Source(key, raw))
    return tuple(found)


def _tidy_field(field: Mapping[str, Any]) -> dict[str, Any]:
    kept = {k: field[k] for k, usual in FIELD_DEFAULTS.items() if k in field and field[k] != usual}
    return {"type": field["type"], **kept} if "type" in field else kept


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _block(pairs: Mapping[str, Any], depth: int) -> str:
    pad = "  " * depth
    lines = [f"{pad}  {_json(k)}: {_json(v)}" for k, v in pairs.items()]
    return "{\n" + ",\n".join(lines) + f"\n{pad}}}" if lines else "{}"


def tidy(raw: Mapping[str, Any]) -> str:
    """The file's normal form: one line a method and a field, usual values left out."""
    methods = dict(raw["methods"])
    other = methods.pop("other", [])
    parts = {k: _json(v) for k, v in raw.items() if k not in ("methods", "fields")}
    rows = [f"    {_json(k)}: {_json(v)}" for k, v in methods.items()]
    if other:
        actions = ",\n".join(f"      {_json(action)}" for action in other)
        rows.append(f'    "other": [\n{actions}\n    ]')
    parts["methods"] = "{\n" + ",\n".join(rows) + "\n  }"
    parts["fields"] = _block({wire: _tidy_field(field) for wire, field in raw["fields"].items()}, 1)
    return "{\n" + ",\n".join(f"  {_json(k)}: {v}" for k, v in parts.items()) + "\n}\n"
