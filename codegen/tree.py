"""What the generated part of the package holds, and how it differs from what is on disk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from codegen.header import header
from codegen.load import Entity
from codegen.method_source import Method
from codegen.render_docs import render_page
from codegen.render_docs_index import render_index_page
from codegen.render_facts import render_facts, render_index
from codegen.render_methods import all_v3, render_methods, render_methods_again, render_methods_index
from codegen.render_models import render_model, render_models_index

__all__ = ["OWNED", "differences", "render_tree", "write_tree"]

OWNED: Final = (
    ("b24orm/facts", "*.py"),
    ("b24orm/methods", "*.py"),
    ("b24orm/models", "*.py"),
    ("docs/reference/entities", "*.md"),
)
"""Folders that hold generated modules and nothing else."""

_WRITTEN_BY_HAND: Final = frozenset({"b24orm/facts/__init__.py"})


def render_tree(
    entities: Sequence[Entity],
    methods: Mapping[str, tuple[Method, ...]] | None = None,
    v3: Mapping[str, tuple[Method, ...]] | None = None,
) -> Mapping[str, str]:
    """Every generated file: its path below the repository and its text."""
    files = {
        **_methods(methods or {}),
        **_methods(v3 or {}, "v3"),
        "b24orm/facts/index.py": render_index(entities),
        "docs/reference/entities/index.md": render_index_page(entities),
        "b24orm/models/__init__.py": render_models_index(entities),
    }
    for module in sorted({entity.schema.module for entity in entities}):
        files[f"b24orm/facts/{module}/__init__.py"] = _package(f"Facts about the entities of {module}.")
        files[f"b24orm/models/{module}/__init__.py"] = _package(f"Models of the entities of {module}.")
    for entity in entities:
        place = entity.place.replace(".", "/")
        files[f"b24orm/facts/{place}.py"] = render_facts(entity)
        files[f"b24orm/models/{place}.py"] = render_model(entity, entities)
        files[f"docs/reference/entities/{place}.md"] = render_page(entity, entities)
    return files


def _methods(methods: Mapping[str, tuple[Method, ...]], part: str = "") -> dict[str, str]:
    if not methods:
        return {}
    place = f"b24orm/methods/{part}".rstrip("/")
    files = {
        f"{place}/{word}.py": render_methods(word, found)
        if part or not all_v3(found)
        else render_methods_again(word)
        for word, found in methods.items()
    }
    return {f"{place}/__init__.py": render_methods_index(methods, part), **files}


def _package(doc: str) -> str:
    return f'{header()}\n"""{doc}"""\n'


def _present(root: Path) -> Iterable[str]:
    for folder, pattern in OWNED:
        for path in sorted((root / folder).rglob(pattern)):
            name = path.relative_to(root).as_posix()
            if name not in _WRITTEN_BY_HAND:
                yield name


def differences(root: Path, files: Mapping[str, str]) -> Sequence[str]:
    """One line for every file that is missing, stale or not generated any more; empty: all is well."""
    found: list[str] = []
    for name, text in sorted(files.items()):
        path = root / name
        if not path.exists():
            found.append(f"missing: {name}")
        elif path.read_text(encoding="utf-8") != text:
            found.append(f"stale: {name}")
    return [*found, *(f"stray: {name}" for name in _present(root) if name not in files)]


def write_tree(root: Path, files: Mapping[str, str]) -> Sequence[str]:
    """Makes the disk agree with ``files``; strays are deleted.

    Returns:
        What was different, as :func:`differences` says it.
    """
    found = differences(root, files)
    for line in found:
        kind, _, name = line.partition(": ")
        path = root / name
        if kind == "stray":
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[name], encoding="utf-8")
    return found
