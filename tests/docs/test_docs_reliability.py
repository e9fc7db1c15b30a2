"""The page on reliability: its table is the one that is asserted."""

from __future__ import annotations

from tests.docs.blocks import ROOT
from tests.faults.render import asserted
from tests.faults.table import plots

PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")


def test_the_table_shows_what_is_asserted() -> None:
    assert asserted() in PAGE, "python -m tests.faults --asserted prints the table"


def test_every_cell_was_played_when_it_was_last_printed() -> None:
    assert f"Last printed: {len(list(plots()))} cells" in PAGE
