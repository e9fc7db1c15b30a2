"""A portal's own models as a module, against a local portal."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from b24orm import Portal
from b24orm.cli import main
from b24orm.emulator import LocalPortal
from b24orm.errors import InvalidValue, NotFound
from b24orm.reflect import Reflected, UserField, changes, read_portal, render
from b24orm.rendering.layout import quoted
from tests.conftest import Connect, Serve

EVIL = (
    '"; import os; os.system("x") #',
    '"""\nimport os\n"""',
    "'''\nraise SystemExit",
    "\\",
    "{}{0}%s\u202e\u2028\x00",
    "class",
    "Deal",
    "",
    "日本",
)


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("reflected_portal", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def furnish(client: Portal) -> None:
    fields: list[dict[str, Any]] = [
        {"FIELD_NAME": "CONTRACT", "USER_TYPE_ID": "string"},
        {
            "FIELD_NAME": "COLOR",
            "USER_TYPE_ID": "enumeration",
            "LIST": [{"VALUE": "Red"}, {"VALUE": EVIL[0]}],
        },
    ]
    for field in fields:
        client.call("crm.deal.userfield.add", {"fields": field})
    contracts = {"title": "Contracts", "entityTypeId": 1038, "isStagesEnabled": "Y"}
    client.call("crm.type.add", {"fields": contracts})


@pytest.fixture
def local(serve: Serve, join: Connect) -> LocalPortal:
    portal = serve(deals=5)
    furnish(join(portal))
    return portal


def reflect(local: LocalPortal, path: Path, *more: str) -> int:
    return main(["reflect", "--webhook", local.url, "--out", str(path), *more])


def test_user_fields_get_readable_names(local: LocalPortal, tmp_path: Path, join: Connect) -> None:
    path = tmp_path / "mine.py"
    assert reflect(local, path) == 0
    mine = load(path)
    client = join(local)
    client.call("crm.deal.update", {"id": 1, "fields": {"UF_CRM_CONTRACT": "A-7", "UF_CRM_COLOR": "1"}})

    (deal,) = mine.Deal.objects.filter(contract="A-7")

    assert (deal.id, deal.contract, deal.color) == (1, "A-7", mine.DEAL_COLOR["Red"])
    assert [d.id for d in mine.Deal.objects.filter(color=mine.DEAL_COLOR["Red"])] == [1]


def test_a_stage_that_the_portal_lacks_is_refused(local: LocalPortal, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    reflect(local, path)

    with pytest.raises(InvalidValue, match="WON"):
        load(path).Deal.objects.filter(stage="WONN")


def test_a_smart_process_is_a_class_of_its_own(local: LocalPortal, tmp_path: Path, join: Connect) -> None:
    path = tmp_path / "mine.py"
    reflect(local, path)
    client = join(local)
    client.call("crm.item.add", {"entityTypeId": 1038, "fields": {"title": "First"}})

    assert [item.title for item in load(path).Contracts.objects.all()] == ["First"]


def test_the_module_is_the_same_every_time(local: LocalPortal, tmp_path: Path) -> None:
    reflect(local, tmp_path / "one.py")
    reflect(local, tmp_path / "two.py")

    assert (tmp_path / "one.py").read_text() == (tmp_path / "two.py").read_text()


def test_check_finds_a_stale_module(
    local: LocalPortal, tmp_path: Path, join: Connect, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.py"
    assert reflect(local, path, "--check") == 1
    reflect(local, path)
    assert reflect(local, path, "--check") == 0
    before = path.read_text()
    field = {"FIELD_NAME": "CITY", "USER_TYPE_ID": "string"}
    join(local).call("crm.deal.userfield.add", {"fields": field})
    capsys.readouterr()

    assert main(["diff", "--webhook", local.url, "--out", str(path)]) == 1
    assert "new: Deal.city (UF_CRM_CITY)" in capsys.readouterr().out
    assert reflect(local, path, "--check") == 1
    assert path.read_text() == before


def hostile(title: str) -> tuple[Reflected, ...]:
    fields = (
        UserField("UF_CRM_1", "enumeration", title, items=(("1", title), ("2", title + "x"))),
        UserField("UF_CRM_2", title, title),
    )
    return (
        Reflected("Deal", "Deal", None, fields, {"stage_id": (title, "NEW")}),
        Reflected("DynamicItem", title, 1038, fields),
        Reflected("DynamicItem", title, 1040, fields),
    )


@pytest.mark.parametrize("title", EVIL)
def test_a_hostile_title_is_only_ever_a_string(title: str) -> None:
    text = render(hostile(title))
    harmless = render(hostile("harmless"))

    assert [type(node) for node in ast.parse(text).body] == [type(n) for n in ast.parse(harmless).body]
    assert not {n.id for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Name)} & {"os", "SystemExit"}
    assert all(line.isprintable() for line in text.splitlines())


@pytest.mark.parametrize("title", EVIL)
def test_quoted_means_the_text_it_was_given(title: str) -> None:
    assert ast.literal_eval(quoted(title)) == title


def test_names_that_are_no_user_fields_are_left_out() -> None:
    class Lying:
        def call(self, method: str, items: Any = None, /) -> Any:
            if method != "crm.deal.fields":
                raise NotFound("no such method")
            return {"UF_X = 1\nimport os": {}, "UF_OK": {}}

        def get_all(self, method: str, params: Any = None, /) -> list[Any]:
            raise NotFound("no such method")

    (deal,) = read_portal(Lying())

    assert [field.wire for field in deal.fields] == ["UF_OK"]


def test_changes_are_told_one_by_one() -> None:
    before = render((Reflected("Deal", "Deal", None, (UserField("UF_CRM_A", "string", "A"),)),))
    after = render((Reflected("Deal", "Deal", None, (UserField("UF_CRM_B", "string", "B"),)),))

    assert changes(before, after) == ["gone: Deal.a (UF_CRM_A)", "new: Deal.b (UF_CRM_B)"]


def test_a_checker_knows_the_stages(local: LocalPortal, tmp_path: Path) -> None:
    reflect(local, tmp_path / "mine.py")
    user = tmp_path / "user.py"
    user.write_text(
        "from mine import DEAL_COLOR, Contracts, Deal\n"
        'good = Deal.objects.filter(stage="WON", contract="A", color=DEAL_COLOR["Red"])\n'
        'bad = Deal.objects.filter(stage="WONN")\n'
        "other = Deal.objects.filter(colour=1)\n"
        "titles = [item.title for item in Contracts.objects.all()]\n"
    )
    command = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "user.py", "mine.py"]
    environment = {"MYPYPATH": str(Path(__file__).resolve().parents[2]), "PATH": ""}
    out = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment).stdout

    assert [line.partition(": error")[0] for line in out.splitlines()[:-1] if ": error" in line] == [
        "user.py:3",
        "user.py:4",
    ], out
