"""mypy and pyright accept good user code and refuse every mistake in the bad one."""

from __future__ import annotations

from pathlib import Path

import pytest

from b24orm.orm.linked import BoundRows
from b24orm.orm.queryset import PUBLIC
from tests.typing.checkers import by_mypy, by_pyright, clean

HERE = Path(__file__).parent
FILES = ("good.py", "bad.py", "methods.py", "ten_models.py")


@pytest.mark.timeout(300)
def test_mypy_says_what_it_should() -> None:
    done = by_mypy(*(HERE / name for name in FILES))

    assert done.returncode == 0, done.stdout


@pytest.mark.timeout(300)
def test_pyright_says_what_it_should(tmp_path: Path) -> None:
    report = by_pyright(tmp_path, *(HERE / name for name in FILES))

    assert (report["summary"]["filesAnalyzed"], clean(report)) == (len(FILES), [])


def test_every_public_method_has_a_type_that_is_written_down() -> None:
    written = (HERE / "methods.py").read_text(encoding="utf-8")
    belonging = {name for name in dir(BoundRows) if not name.startswith("_")}

    assert [name for name in sorted(PUBLIC) if f"deals.{name}" not in written] == []
    assert [name for name in sorted(belonging) if f"deal.contacts.{name}(" not in written] == []
