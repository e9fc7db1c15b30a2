"""Corrections to the metadata, each with its reason.

``overlay.json`` is a list of entries::

    {"in": ["crm/deal"], "fields": ["CONTACT_IDS"], "set": {"selectable": false}, "why": "..."}

An entry with ``fields`` changes those fields, one without changes the entity; a key that starts
with ``list.`` changes its list method. What an entry may set is listed in this module.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from codegen.source import FIELD_DEFAULTS, METHOD_KEYS, OVERLAY, MetadataError, Source

__all__ = ["ENTITY_SETTINGS", "FIELD_SETTINGS", "Correction", "apply", "read_overlay"]

ENTITY_SETTINGS: Final = frozenset(
    {"entity", "module", "id_field", "fixed_params", "parent_params", "parent_names", "parent_types"}
    | {"supports_user_fields", "user_field_prefix", "links"}
    | {"add.extra_params", "update.extra_params", "update.whole_key"}
    | {"get.id_param", "get.parents", "get.id_form", "get.absent"}
    | {f"list.{key}" for key in METHOD_KEYS["list"]}
    | {f"list.{key}" for key in ("dialect", "paging", "limit", "positional", "sortable", "id_first")}
    | {f"list.{key}" for key in ("select_all", "select_always", "constants")}
    | {f"list.{key}" for key in ("casts_lists", "bare", "hides_rows", "repeats_rows", "own_parents")}
)
FIELD_SETTINGS: Final = frozenset(
    {
        *FIELD_DEFAULTS,
        "select_name",
        "selectable",
        "sortable",
        "joins",
        "relation_name",
        "relation_key",
        "inner",
    }
)

_ENTRY_KEYS: Final = frozenset({"in", "fields", "set", "why"})


@dataclass(frozen=True, slots=True)
class Correction:
    """One entry of the overlay.

    Attributes:
        keys: the metadata files it corrects.
        fields: the fields it corrects, empty for the entity itself.
        settings: what it sets.
        why: the reason, never empty.
    """

    keys: tuple[str, ...]
    fields: tuple[str, ...]
    settings: Mapping[str, Any]
    why: str


def _parsed(number: int, entry: Mapping[str, Any]) -> Correction:
    where = f"{OVERLAY}: entry {number}"
    unknown = sorted(set(entry) - _ENTRY_KEYS)
    if unknown:
        raise MetadataError(f"{where}: unknown key {', '.join(unknown)}")
    fields = tuple(entry.get("fields", ()))
    known = FIELD_SETTINGS if fields else ENTITY_SETTINGS
    strange = sorted(set(entry.get("set", {})) - known)
    if strange:
        raise MetadataError(f"{where}: can't set {', '.join(strange)}")
    if not entry.get("in") or not entry.get("set"):
        raise MetadataError(f"{where}: 'in' and 'set' must say something")
    if not str(entry.get("why", "")).strip():
        raise MetadataError(f"{where}: the reason ('why') is missing")
    return Correction(tuple(entry["in"]), fields, entry["set"], entry["why"])


def read_overlay(root: Path) -> tuple[Correction, ...]:
    """The overlay beside the metadata files; none if there is no such file.

    Raises:
        MetadataError: an entry has no reason, or sets something unknown.
    """
    path = root / OVERLAY
    if not path.exists():
        return ()
    entries = json.loads(path.read_text(encoding="utf-8"))
    return tuple(_parsed(number, entry) for number, entry in enumerate(entries, 1))


def _correct_entity(raw: dict[str, Any], settings: Mapping[str, Any]) -> None:
    for name, value in settings.items():
        kind, dot, key = name.partition(".")
        if dot:
            raw["methods"][kind][key] = value
        else:
            raw[name] = value


def _corrected(source: Source, corrections: Iterable[Correction]) -> Source:
    raw = copy.deepcopy(dict(source.raw))
    for correction in corrections:
        if not correction.fields:
            _correct_entity(raw, correction.settings)
        for wire in correction.fields:
            if wire not in raw["fields"]:
                raise MetadataError(f"{OVERLAY}: {source.key} has no field {wire!r} ({correction.why})")
            raw["fields"][wire].update(correction.settings)
    return replace(source, raw=raw)


def apply(sources: Iterable[Source], corrections: Iterable[Correction]) -> tuple[Source, ...]:
    """The sources with every correction made.

    Raises:
        MetadataError: a correction names a file or a field that does not exist.
    """
    sources, corrections = tuple(sources), tuple(corrections)
    known = {source.key for source in sources}
    for correction in corrections:
        lost = sorted(set(correction.keys) - known)
        if lost:
            raise MetadataError(f"{OVERLAY}: no metadata file {', '.join(lost)} ({correction.why})")
    return tuple(_corrected(s, [c for c in corrections if s.key in c.keys]) for s in sources)
