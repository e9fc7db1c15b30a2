"""Names the entities and finds the ones that fields point to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from b24orm.rendering.names import class_name, field_names
from codegen.source import MetadataError, Source

__all__ = ["Target", "class_names", "resolve_targets"]


@dataclass(frozen=True, slots=True)
class Target:
    """An entity that a field can identify.

    Attributes:
        name: its class name.
        key: the attribute that identifies it.
        reachable: its rows can be fetched by that key with no further parameters.
    """

    name: str
    key: str
    reachable: bool


def _precedence(source: Source) -> tuple[bool, bool, str]:
    raw = source.raw
    return (raw.get("api", "v2") != "v2", raw["module"] != "crm", source.key)


def _by_entity(sources: Iterable[Source]) -> Mapping[str, Sequence[Source]]:
    found: dict[str, list[Source]] = defaultdict(list)
    for source in sorted(sources, key=_precedence):
        found[source.raw["entity"]].append(source)
    return found


def class_names(sources: Iterable[Source]) -> Mapping[str, str]:
    """A unique class name for every metadata file, by key.

    Where two files name their entity alike, REST 2.0 goes before 3.0 and the CRM before other
    modules; the others get their version or their module into the name.

    Raises:
        MetadataError: two entities still have one name; the overlay can rename one.
    """
    names: dict[str, str] = {}
    for entity, rivals in _by_entity(sources).items():
        first = rivals[0]
        for source in rivals:
            api, module = source.raw.get("api", "v2"), source.raw["module"]
            if source is first:
                name = entity
            elif api != first.raw.get("api", "v2") and module == first.raw["module"]:
                name = f"{entity}{api.upper()}"
            else:
                name = class_name(module, entity)
            if name in names.values():
                raise MetadataError(f"{source.key}: the name {name} is taken; rename it in the overlay")
            names[source.key] = name
    return names


def _target(source: Source, name: str) -> Target:
    raw = source.raw
    key = field_names(raw["fields"]).get(raw["id_field"], "")
    listing = raw["methods"].get("list")
    return Target(name, key, reachable=bool(key and listing and not raw.get("parent_params")))


def resolve_targets(
    sources: Iterable[Source], names: Mapping[str, str]
) -> Mapping[str, Mapping[str, Target]]:
    """For every metadata file, what the entity names in its ``relation`` entries mean.

    Of entities with one name the one in the same API version and module is meant, else the first.
    """
    sources = tuple(sources)
    known = _by_entity(sources)
    found: dict[str, Mapping[str, Target]] = {}
    for source in sources:
        wanted = {field.get("relation") for field in source.raw["fields"].values()} - {None}
        chosen = {entity: _nearest(source, known[entity]) for entity in wanted if entity in known}
        found[source.key] = {entity: _target(s, names[s.key]) for entity, s in chosen.items()}
    return found


def _nearest(source: Source, candidates: Sequence[Source]) -> Source:
    def near(candidate: Source) -> bool:
        return all(candidate.raw.get(k) == source.raw.get(k) for k in ("api", "module"))

    return next(filter(near, candidates), candidates[0])
