from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from codegen.__main__ import main

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = Path(__file__).parent / "samples"


def run(root: Path, *options: str) -> int:
    return main([*options, "--root", str(root), "--metadata", str(SAMPLES)])


@pytest.fixture
def written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A folder that holds the generated files of the samples."""
    run(tmp_path)
    capsys.readouterr()
    return tmp_path


def test_the_package_is_up_to_date() -> None:
    assert main(["--check", "--root", str(ROOT)]) == 0


def test_written_files_pass_the_check(written: Path) -> None:
    assert run(written, "--check") == 0


def test_a_changed_file_is_stale(written: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (written / "b24orm/models/shop/ticket.py").open("a", encoding="utf-8") as file:
        file.write("# changed\n")

    assert (run(written, "--check"), capsys.readouterr().out) == (1, "stale: b24orm/models/shop/ticket.py\n")


def test_a_deleted_file_is_missing(written: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (written / "b24orm/facts/index.py").unlink()

    assert (run(written, "--check"), capsys.readouterr().out) == (1, "missing: b24orm/facts/index.py\n")


def test_a_file_of_no_entity_is_stray(written: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (written / "b24orm/facts/shop/old.py").touch()

    assert (run(written, "--check"), capsys.readouterr().out) == (1, "stray: b24orm/facts/shop/old.py\n")


def test_the_check_writes_nothing(written: Path) -> None:
    (written / "b24orm/facts/index.py").unlink()

    run(written, "--check")

    assert not (written / "b24orm/facts/index.py").exists()


def test_writing_deletes_strays(written: Path) -> None:
    stray = written / "b24orm/facts/shop/old.py"
    stray.touch()

    run(written)

    assert not stray.exists()


def test_writing_keeps_what_people_wrote(written: Path) -> None:
    package = written / "b24orm/facts/__init__.py"
    package.write_text("# by hand\n", encoding="utf-8")

    run(written)

    assert package.read_text(encoding="utf-8") == "# by hand\n"


def test_wrong_metadata_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "overlay.json").write_text('[{"in": ["shop/ticket"]}]', encoding="utf-8")

    assert main(["--root", str(tmp_path), "--metadata", str(tmp_path)]) == 1
    assert "entry 1" in capsys.readouterr().err


def test_tidying_brings_a_file_into_its_normal_form(tmp_path: Path) -> None:
    sample = SAMPLES / "shop" / "clerk.json"
    (tmp_path / "clerk.json").write_text(sample.read_text("utf-8").replace("\n", " "), encoding="utf-8")

    main(["--tidy", "--metadata", str(tmp_path)])

    assert (tmp_path / "clerk.json").read_text("utf-8") == sample.read_text("utf-8")


def test_it_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "codegen", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
