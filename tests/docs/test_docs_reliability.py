"""The page on reliability: its table is the one that is asserted."""

from __future__ import annotations

from tests.docs.blocks import ROOT
from tests.faults.render import outcomes
from tests.faults.table import plots

PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
TABLE = PAGE.partition("## The table")[2].partition("\n## ")[0]


def test_the_table_shows_what_is_asserted() -> None:
    shown = outcomes(TABLE)
    asserted = {(f"{plot.trouble.name}, {plot.when}", plot.operation.name): plot for plot in plots()}
    assert shown.keys() == asserted.keys()
    for cell, plot in asserted.items():
        errors = shown[cell]
        assert (errors == plot.expected) if plot.trouble.certain else (errors <= plot.expected), cell
