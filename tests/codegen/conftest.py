from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from codegen.load import Entity, load
from codegen.source import OVERLAY
from codegen.tree import render_tree

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = Path(__file__).parent / "samples"


@pytest.fixture(scope="session")
def metadata() -> Path:
    """The metadata that the package is generated from."""
    return ROOT / "codegen" / "metadata"


@pytest.fixture(scope="session")
def entities(metadata: Path) -> Mapping[str, Entity]:
    """All entities of the package by name."""
    return {entity.schema.name: entity for entity in load(metadata)}


@pytest.fixture(scope="session")
def tree(entities: Mapping[str, Entity]) -> Mapping[str, str]:
    """All generated files of the package."""
    return render_tree(list(entities.values()))


@pytest.fixture(scope="session")
def samples() -> Mapping[str, Entity]:
    """Two invented entities that use most of the format."""
    return {entity.schema.name: entity for entity in load(SAMPLES)}


@pytest.fixture
def shop(tmp_path: Path) -> Callable[..., Path]:
    """A metadata folder with the invented entities, some of their keys changed."""

    def make(overlay: list[dict[str, Any]] | None = None, **changes: dict[str, Any]) -> Path:
        folder = tmp_path / "metadata"
        (folder / "shop").mkdir(parents=True)
        for path in (SAMPLES / "shop").glob("*.json"):
            raw = json.loads(path.read_text(encoding="utf-8"))
            raw.update(changes.get(path.stem, {}))
            (folder / "shop" / path.name).write_text(json.dumps(raw), encoding="utf-8")
        if overlay is not None:
            (folder / OVERLAY).write_text(json.dumps(overlay), encoding="utf-8")
        return folder

    return make
