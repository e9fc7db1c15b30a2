"""``b24orm demo`` shows the library at work."""

from __future__ import annotations

import re

import pytest

from b24orm.cli import main


@pytest.fixture
def demo(capsys: pytest.CaptureFixture[str]) -> str:
    """What the demo prints about two hundred deals."""
    assert main(["demo", "--deals", "200"]) == 0
    return capsys.readouterr().out


def test_it_says_what_the_portal_holds(demo: str) -> None:
    assert "200 deals, 25 companies, 66 contacts, 20 users" in demo


def test_it_explains_a_query(demo: str) -> None:
    assert "KeysetScan: Deal by crm.deal.list" in demo


def test_it_shows_rows(demo: str) -> None:
    assert re.search(r"^Deal\(id=\d+, title=", demo, re.M)


def test_it_counts_rows(demo: str) -> None:
    assert ">>> Deal.objects.count()\n200\n" in demo


def test_it_tells_the_cost(demo: str) -> None:
    assert re.search(
        r"^\d+ deals in \d+\.\d\d s, by \d+ HTTP requests? with \d+ commands?$", demo, re.MULTILINE
    )


def test_it_shows_a_refusal(demo: str) -> None:
    assert "b24orm.errors.UnknownName: Deal has no field 'stge'" in demo


def test_it_says_what_to_type_next(demo: str) -> None:
    assert "What to type next:" in demo


def test_it_prints_plain_text_where_nobody_watches(demo: str) -> None:
    assert not re.search(r"[\r\x1b]", demo)


def test_it_works_on_an_empty_portal(capsys: pytest.CaptureFixture[str]) -> None:
    main(["demo", "--deals", "0"])
    assert "0 deals in" in capsys.readouterr().out
