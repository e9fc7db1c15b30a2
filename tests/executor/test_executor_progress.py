"""Progress bars: who sees them, and what they say of how far it is."""

from __future__ import annotations

import pytest

from b24orm import connect
from b24orm.emulator import LocalPortal
from b24orm.executor.progress import Progress
from b24orm.models import Deal
from b24orm.plan.steps.single import Nothing
from tests.conftest import Serve


class Estimate(Nothing):
    """A flow that knows about how many rows there will be."""

    expected = None

    def __init__(self, about: int | None) -> None:
        self.about = about


def shown(progress: Progress) -> str:
    """The bar as it is when it is drawn next."""
    return str(progress._bar)


def last(capsys: pytest.CaptureFixture[str]) -> str:
    """The bar as it stays on the terminal."""
    return capsys.readouterr().err.split("\r")[-1].strip()


def test_without_any_number_the_rows_are_counted() -> None:
    with Progress(True, "Deal") as progress:
        progress.add(50)

        assert shown(progress).startswith("Deal: 50 rows [")


def test_a_number_that_is_known_is_the_end() -> None:
    with Progress(True, "Deal") as progress:
        progress.add(50, 200)

        assert "25%" in shown(progress)
        assert " 50/200 [" in shown(progress)


def test_an_estimate_is_rounded_and_marked() -> None:
    with Progress(True, "Deal") as progress:
        progress.add(5000, flow=Estimate(12_345))

        assert shown(progress).startswith("Deal: ~42%|")
        assert " 5000/~12000 [" in shown(progress)


def test_an_estimate_that_was_passed_is_not_shown() -> None:
    with Progress(True, "Deal") as progress:
        progress.add(500, flow=Estimate(499))

        assert "~" not in shown(progress)
        assert "500 rows" in shown(progress)


def test_at_the_end_the_number_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(True, "Deal") as progress:
        progress.add(5000, flow=Estimate(12_345))

    assert " 5000/5000 [" in last(capsys)


def test_who_leaves_early_is_not_told_that_all_came(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyError), Progress(True, "Deal") as progress:
        progress.add(5000, flow=Estimate(12_345))
        raise KeyError

    assert "5000/~12000 [" in last(capsys)


def test_no_bar_is_shown_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("auto", "Deal") as progress:
        progress.add(5000, 6000)

    assert capsys.readouterr().err == ""


@pytest.fixture
def sparse(serve: Serve) -> LocalPortal:
    """Six thousand deals, of which every second was deleted."""
    portal = serve(deals=6000)
    with portal.store.transaction():
        for number in portal.store.ids("deal")[::2]:
            portal.store.delete("deal", number)
    return portal


def test_a_scan_knows_about_how_many_rows_there_are(
    sparse: LocalPortal, capsys: pytest.CaptureFixture[str]
) -> None:
    with connect(sparse.url, progress=True) as portal:
        rows = Deal.objects.using(portal).only("id").iterator()
        next(rows)
        rows.close()
    (*_, about) = last(capsys).split("/~")

    assert 2600 <= int(about.split()[0]) <= 3400


def test_to_know_it_nothing_is_asked(sparse: LocalPortal) -> None:
    with connect(sparse.url, progress=True) as portal:
        watched = [deal.id for deal in Deal.objects.using(portal).only("id")]
    asked = sparse.stats.requests
    with connect(sparse.url, progress=False) as portal:
        unwatched = [deal.id for deal in Deal.objects.using(portal).only("id")]

    assert (watched, sparse.stats.requests - asked) == (unwatched, asked)
