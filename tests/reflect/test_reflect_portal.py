"""A portal's own models as a module, against a local portal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from b24orm import Money
from b24orm.cli import main
from b24orm.emulator import LocalPortal, user_fields
from b24orm.errors import InvalidValue
from b24orm.reflect import Reading, Reflected, UserField, changes, render
from tests.conftest import Connect, Serve
from tests.reflect.conftest import load, reflect


@pytest.fixture
def desk(serve: Serve, join: Connect) -> LocalPortal:
    """A small portal: two user fields and a smart process."""
    portal = serve(deals=5)
    client = join(portal)
    items = [{"VALUE": "Red"}, {"VALUE": '"; import os #'}]
    for field in (
        {"FIELD_NAME": "CONTRACT", "USER_TYPE_ID": "string"},
        {"FIELD_NAME": "COLOR", "USER_TYPE_ID": "enumeration", "LIST": items},
    ):
        client.call("crm.deal.userfield.add", {"fields": field})
    contracts = {"title": "Contracts", "entityTypeId": 1038, "isStagesEnabled": "Y"}
    client.call("crm.type.add", {"fields": contracts})
    return portal


def test_user_fields_get_readable_names(desk: LocalPortal, tmp_path: Path, join: Connect) -> None:
    path = tmp_path / "mine.py"
    assert reflect(desk, path) == 0
    mine = load(path)
    client = join(desk)
    client.call("crm.deal.update", {"id": 1, "fields": {"UF_CRM_CONTRACT": "A-7", "UF_CRM_COLOR": "1"}})

    (deal,) = mine.Deal.objects.filter(contract="A-7")

    assert (deal.id, deal.contract, deal.color) == (1, "A-7", mine.Deal.COLOR["Red"])
    assert [d.id for d in mine.Deal.objects.filter(color=mine.Deal.COLOR["Red"])] == [1]


def test_a_stage_that_the_portal_lacks_is_refused(desk: LocalPortal, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    reflect(desk, path)

    with pytest.raises(InvalidValue, match="WON"):
        load(path).Deal.objects.filter(stage="WONN")


def test_a_smart_process_is_a_class_of_its_own(desk: LocalPortal, tmp_path: Path, join: Connect) -> None:
    path = tmp_path / "mine.py"
    reflect(desk, path)
    client = join(desk)
    client.call("crm.item.add", {"entityTypeId": 1038, "fields": {"title": "First"}})

    assert [item.title for item in load(path).Contracts.objects.all()] == ["First"]


def test_the_module_is_the_same_every_time(desk: LocalPortal, tmp_path: Path) -> None:
    reflect(desk, tmp_path / "one.py")
    reflect(desk, tmp_path / "two.py")

    assert (tmp_path / "one.py").read_text() == (tmp_path / "two.py").read_text()


def test_check_finds_a_stale_module(
    desk: LocalPortal, tmp_path: Path, join: Connect, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.py"
    assert reflect(desk, path, "--check") == 1
    reflect(desk, path)
    assert reflect(desk, path, "--check") == 0
    before = path.read_text()
    field = {"FIELD_NAME": "CITY", "USER_TYPE_ID": "string"}
    join(desk).call("crm.deal.userfield.add", {"fields": field})
    capsys.readouterr()

    assert main(["diff", "--webhook", desk.url, "--out", str(path)]) == 1
    assert "new: Deal.city (UF_CRM_CITY)" in capsys.readouterr().out
    assert reflect(desk, path, "--check") == 1
    assert path.read_text() == before


def test_changes_are_told_one_by_one() -> None:
    before, after = (
        render(Reading((Reflected("Deal", "Deal", None, (UserField(f"UF_CRM_{x}", "string", x),)),)))
        for x in "AB"
    )

    assert changes(before, after) == ["gone: Deal.a (UF_CRM_A)", "new: Deal.b (UF_CRM_B)"]


def test_the_module_says_what_the_webhook_may_use(mine: Any) -> None:
    assert set(mine.SCOPES) >= {"crm", "task", "user", "user.userfield"}


def test_the_module_names_methods_that_the_portal_serves_and_nobody_documents(mine: Any) -> None:
    assert mine.UNDOCUMENTED == (
        "crm.externalchannel.connector.fields",
        "crm.externalchannel.connector.list",
        "crm.externalchannel.connector.register",
        "crm.externalchannel.connector.unregister",
        "crm.productrow.add",
        "crm.productrow.delete",
        "crm.productrow.get",
        "crm.productrow.update",
        "disk.file.listallowedoperations",
        "disk.folder.listallowedoperations",
    )


def test_two_processes_of_one_title_are_told_apart(mine: Any) -> None:
    assert {
        mine.Cars.__schema__.fixed_params["entityTypeId"],
        mine.Cars1046.__schema__.fixed_params["entityTypeId"],
    } == {
        1042,
        1046,
    }


def test_a_process_reads_and_writes_its_own_fields(serve: Serve, join: Connect, tmp_path: Path) -> None:
    local = serve()
    client = join(local)
    client.call("crm.type.add", {"fields": {"title": "Contracts", "entityTypeId": 1038}})
    user_fields.add(local.store, "dynamic_1038", "UF_CRM_5_TERM", "money", detail={"LABEL": "Sum due"})
    reflect(local, tmp_path / "mine.py")
    join(local)
    mine = load(tmp_path / "mine.py")

    made = mine.Contracts.objects.create(title="One", sum_due=Money(5, "USD"))

    assert mine.Contracts.objects.get(sum_due=Money(5, "USD")).id == made.id
    assert mine.Contracts.objects.get(id=made.id).sum_due == Money(5, "USD")


def test_a_stage_that_was_renamed_and_a_field_that_went_are_told() -> None:
    def text(title: str, *wires: str) -> str:
        fields = tuple(UserField(wire, "string", wire) for wire in wires)
        closed, titles = {"stage_id": ("NEW", "WON")}, {"stage_id": ("New", title)}
        return render(Reading((Reflected("Deal", "Deal", None, fields, closed, titles),), ("crm",)))

    assert list(changes(text("Won", "UF_CRM_A"), text("Done").replace('("crm",)', '("crm", "task")'))) == [
        "different: Deal.stage_id = 'WON': 'Won' -> 'Done'",
        "gone: Deal.a (UF_CRM_A)",
        "new: SCOPES: task",
    ]


def test_a_field_that_people_must_fill_in_may_be_left_out(
    serve: Serve, join: Connect, tmp_path: Path
) -> None:
    local = serve()
    field = {"FIELD_NAME": "CITY", "USER_TYPE_ID": "string", "MANDATORY": "Y"}
    join(local).call("crm.deal.userfield.add", {"fields": field})
    reflect(local, tmp_path / "mine.py")
    join(local)

    made = load(tmp_path / "mine.py").Deal.objects.create(title="X")

    assert made.id > 0
