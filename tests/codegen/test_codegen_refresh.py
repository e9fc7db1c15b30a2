"""The comparisons of the metadata with the documentation and with a portal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from b24orm.errors import Disconnected, NotFound
from b24orm.plan.calls import Call, Outcome, Reply
from codegen.load import Entity
from codegen.method_source import Method
from codegen.refresh import main
from codegen.refresh_docs import compare_docs, parse_page
from codegen.refresh_portal import compare_portal
from tests.conftest import Serve

PAGE = """# Close a ticket shop.ticket.close

{deprecated}

## Method Parameters

#|
|| **Name**
`type` | **Description** ||
|| **id***
[`integer`](../types.md) | a number ||
|| **{second}**
[`string`](../types.md) | a text ||
|#

## Response

#|
|| **result** | true ||
|#
"""
METHODS = {
    "shop": (Method("shop.ticket.close", {"id": "int!", "why": "str"}, (), False, "api-reference/close.md"),)
}


def checkout(folder: Path, **pages: str) -> Path:
    (folder / "api-reference").mkdir()
    for name, text in pages.items():
        (folder / "api-reference" / f"{name}.md").write_text(text, encoding="utf-8")
    return folder


def page(second: str = "why", deprecated: str = "") -> str:
    return PAGE.format(second=second, deprecated=deprecated)


def test_a_page_tells_a_method_and_its_parameters() -> None:
    parsed = parse_page(page())

    assert parsed is not None
    assert (parsed.method, parsed.params, parsed.deprecated) == (
        "shop.ticket.close",
        {"id": True, "why": False},
        False,
    )


def test_an_overview_is_about_no_method() -> None:
    assert parse_page("# Tickets: an overview\n") is None


def test_the_same_pages_make_no_difference(tmp_path: Path) -> None:
    assert compare_docs(checkout(tmp_path, close=page()), METHODS) == []


@pytest.mark.parametrize(
    ("pages", "lines"),
    [
        ({"close": page(second="reason")}, ["new: parameter reason of {0}", "gone: parameter why of {0}"]),
        ({"close": page(deprecated="DEPRECATED")}, ["different: {0} is deprecated now"]),
        ({}, ["gone: page api-reference/close.md of {0}"]),
        ({"close": page(), "open": "# Open a ticket shop.ticket.open\n"}, ["new: method shop.ticket.open"]),
    ],
)
def test_a_difference_is_told(tmp_path: Path, pages: Mapping[str, str], lines: list[str]) -> None:
    found = compare_docs(checkout(tmp_path, **pages), METHODS)

    assert found == [line.format("shop.ticket.close") for line in lines]


def test_a_folder_that_is_no_checkout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="api-reference"):
        compare_docs(tmp_path, METHODS)


@dataclass
class Told:
    """A portal that serves one ``fields`` method."""

    fields: Mapping[str, Any]

    def __call__(self, calls: Sequence[Call]) -> list[Outcome]:
        answers: dict[str, Any] = {
            "methods": ["crm.deal.get", "crm.brand.new"],
            "crm.currency.fields": self.fields,
        }
        return [
            Reply(answers[call.method]) if call.method in answers else NotFound("no such method")
            for call in calls
        ]


def test_a_portal_tells_what_is_new_gone_and_different(entities: Mapping[str, Entity]) -> None:
    currency = entities["Currency"]
    told = {f.wire: {"type": f.type, "isReadOnly": f.read_only} for f in currency.schema.fields.values()}
    told["BRAND_NEW"] = {"type": "string"}
    told["UF_OWN"] = {"type": "string"}
    told["SORT"] = {"type": "double"}
    del told["FULL_NAME"]
    methods = {"crm": (Method("crm.deal.get", {}, (), False, ""),)}

    assert compare_portal(Told(told), [currency, entities["Deal"]], methods) == [
        "new: method crm.brand.new",
        "new: Currency.BRAND_NEW",
        "gone: Currency.FULL_NAME",
        "different: Currency.SORT: type integer -> double",
    ]


def test_a_portal_that_goes_away_is_no_portal_without_fields(entities: Mapping[str, Entity]) -> None:
    def gone(calls: Sequence[Call]) -> list[Outcome]:
        return [Reply([]), *(Disconnected("no answer") for _ in calls[1:])]

    with pytest.raises(Disconnected):
        compare_portal(gone, [entities["Currency"]], {})


def test_a_local_portal_is_compared_over_http(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    portal = serve(deals=1, plan="standard")
    main(["portal", portal.url])

    out = capsys.readouterr().out
    assert "new: Deal." not in out
    assert "different: Deal.TITLE" not in out
    assert portal.stats.requests < 10
