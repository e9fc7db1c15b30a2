"""Every entity has a page that tells all of its fields, lookups, relations and methods."""

from __future__ import annotations

import re
from typing import Any

import pytest

from b24orm import facts
from b24orm.facts.index import PLACES
from b24orm.plan.compiler import refusal
from b24orm.query.ids import lookups_of
from codegen.render_docs_index import MODULES
from tests.conftest import ROOT

PAGES = ROOT / "docs" / "reference" / "entities"


def page(name: str) -> str:
    place = PLACES[name][0].removeprefix("b24orm.facts.").replace(".", "/")
    return (PAGES / f"{place}.md").read_text(encoding="utf-8")


def rows(text: str) -> dict[str, str]:
    """Lines of tables by what stands in their first cell."""
    found = re.findall(r"^\| `([^`]+)` (\|.*)$", text, re.MULTILINE)
    return dict(found)


def lookups_by_word(text: str) -> dict[str, tuple[str, ...]]:
    """What the words in the column *Filter* mean."""
    legend = text.partition("## Lookups")[2].partition("\n## ")[0]
    return {
        word: tuple(re.findall(r"`(\w+)`", found))
        for word, found in re.findall(r"^\| ([a-z, ]+) \| (`.*) \|$", legend, re.MULTILINE)
    }


@pytest.mark.parametrize("name", facts.names())
def test_the_page_tells_every_field_with_its_lookups(name: str) -> None:
    schema, told = facts.load(name), rows(page(name))

    meaning = lookups_by_word(page(name))
    for field in schema.fields.values():
        cells = [cell.strip() for cell in told[field.name].split("|")]
        found = lookups_of(schema, field)
        assert cells[1:3] == [f"`{field.wire}`", field.type]
        assert meaning.get(cells[6], ()) == found
        assert (cells[7] == "yes") == bool(schema.list and field.sortable)


@pytest.mark.parametrize("name", facts.names())
def test_the_example_of_a_page_can_be_planned(name: str) -> None:
    code = page(name).partition("```python\n")[2].partition("```")[0]
    place: dict[str, Any] = {}
    exec(compile(code, name, "exec"), place)
    listed = facts.load(name).list

    assert name in place
    assert ("rows" in place) == (listed is not None and not refusal(facts.load(name)))
    if "rows" in place:
        assert listed is not None
        assert listed.name in place["rows"].explain()


@pytest.mark.parametrize("name", facts.names())
def test_the_page_names_every_method_and_belonging_row(name: str) -> None:
    schema, text = facts.load(name), page(name)
    methods = [method.name for method in schema.methods.values()]

    assert [m for m in (*methods, *schema.actions) if f"`{m}`" not in text] == []
    assert set(schema.links) <= set(rows(text))


def test_the_index_leads_to_every_page() -> None:
    index = (PAGES / "index.md").read_text(encoding="utf-8")
    led = set(re.findall(r"\]\(([^).]+\.md)\)", index))

    assert led == {path.relative_to(PAGES).as_posix() for path in PAGES.rglob("*.md")} - {"index.md"}


def test_the_index_says_what_each_module_is_about() -> None:
    assert MODULES.keys() == {facts.load(name).module for name in facts.names()}
