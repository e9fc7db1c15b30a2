"""The entities of REST 3.0 as a portal describes them."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from b24orm import Portal
from b24orm.emulator import LocalPortal
from b24orm.emulator.v3 import V3Call, V3Method
from b24orm.emulator.v3.dto import Dto, DtoField
from b24orm.emulator.v3.eventlog import event_log_methods
from b24orm.emulator.v3.refusals import V3Refusal
from b24orm.emulator.v3.registry import V3Answer
from b24orm.errors import ServerFailure
from b24orm.facts import load
from b24orm.models import EventLogRecord
from b24orm.reflect import read_portal, render
from b24orm.reflect.openapi import entities, read_document, read_v3
from b24orm.schema import EntitySchema
from tests.conftest import Connect, Serve


@pytest.fixture
def desk(serve: Serve) -> LocalPortal:
    return serve(tasks=3, log_entries=40, users=3)


@pytest.fixture
def client(desk: LocalPortal, join: Connect) -> Portal:
    return join(desk)


def by_name(found: tuple[EntitySchema, ...]) -> dict[str, EntitySchema]:
    return {schema.name: schema for schema in found}


def test_entities_that_the_package_knows_keep_what_it_knows(client: Portal) -> None:
    found = by_name(read_v3(client.v3))
    assert {"EventLogRecord", "TaskResultV3", "TaskV3"} <= found.keys()
    assert found["TaskV3"].fields == load("TaskV3").fields


def test_what_can_be_filtered_is_the_portals_word(client: Portal, desk: LocalPortal) -> None:
    items = client.v3.call("main.eventlog.field.list")
    told = [{**item, "filterable": item["name"] in ("id", "severity")} for item in items]
    desk.register_v3("main.eventlog.field.list", V3Method(lambda _: V3Answer({"items": told})))
    fields = by_name(read_v3(client.v3))["EventLogRecord"].fields
    assert [field.name for field in fields.values() if field.filterable] == ["id", "severity"]


def test_an_aggregate_that_the_portal_has_counts(client: Portal, desk: LocalPortal) -> None:
    for name, method in event_log_methods(desk.store, extra=("aggregate",)).items():
        desk.register_v3(name, method)
    found = by_name(read_v3(client.v3))["EventLogRecord"]

    class Log(EventLogRecord, schema=found):
        pass

    before = client.requests
    assert Log.objects.filter(user_id=1).count() == desk.store.count("event_log", "USER_ID = 1")
    assert client.requests == before + 1


def test_an_entity_that_the_package_does_not_know(client: Portal, desk: LocalPortal) -> None:
    dto = Dto(
        "CrateDto",
        {
            "id": DtoField("id", "int", filterable=True, sortable=True),
            "packedAt": DtoField("packedAt", "DateTime", sortable=True),
            "weight": DtoField("weight", "float", editable=True, required=True),
            "class": DtoField("class", "string"),
        },
    )
    desk.register_v3("depot.crate.list", _method(dto, "items", "order"))
    desk.register_v3("depot.crate.add", _method(dto, "item", "fields"))
    found = by_name(read_v3(client.v3))["DepotCrateV3"]
    assert [(field.name, field.type) for field in found.fields.values()] == [
        ("id", "integer"),
        ("packed_at", "datetime"),
        ("weight", "double"),
        ("class_", "string"),
    ]
    assert found.list is not None
    assert (found.list.name, found.fields["weight"].required) == ("depot.crate.list", True)
    assert found.methods["add"].fields_param == "fields"


def _method(dto: Dto, returns: Any, *takes: str) -> V3Method:
    return V3Method(lambda _: V3Answer({"items": []}), dto=dto, returns=returns, takes=takes)


def test_names_that_are_no_names_are_left_out() -> None:
    evil = {"id": {"type": "integer"}, 'x"; import os': {"type": "string"}, "a b": {}, "__class__": {}}
    document = {
        "paths": {"/depot.crate.list": {"post": _listing()}, "/import os.list": {"post": _listing()}},
        "components": {"schemas": {"CrateDto": {"properties": evil}}},
    }
    (found,) = entities(document, lambda _: ())
    assert list(found.fields) == ["id"]


def _listing() -> dict[str, Any]:
    reference = {"$ref": "#/components/schemas/CrateDto"}
    schema = {"properties": {"result": {"type": "array", "items": reference}}}
    return {"responses": {"200": {"content": {"application/json": {"schema": schema}}}}}


def test_a_document_that_is_being_made_is_waited_for(client: Portal, desk: LocalPortal) -> None:
    document = client.v3.call("documentation")
    left, slept = [1, 1, 1], []

    class Busy:
        def call(self, method: str, items: Any = None, /) -> Any:
            if left:
                left.pop()
                raise ServerFailure("BITRIX_REST_V3_EXCEPTION_INTERNAL_INTERNALEXCEPTION", status=500)
            return client.v3.call(method, items)

    assert read_document(Busy(), sleep=slept.append) == document
    assert len(slept) == 3


def test_a_document_that_never_comes_is_given_up() -> None:
    slept: list[float] = []

    class Dead:
        def call(self, method: str, items: Any = None, /) -> Any:
            raise ServerFailure("HTTP_500", status=500)

    with pytest.raises(ServerFailure):
        read_document(Dead(), sleep=slept.append)
    assert sum(slept) == 120


def test_the_portals_lock_is_an_internal_error_that_passes(client: Portal, desk: LocalPortal) -> None:
    document = client.v3.call("documentation")
    locked = [1, 1]

    def answer(call: V3Call) -> V3Answer:
        if locked:
            locked.pop()
            raise V3Refusal("INTERNAL_INTERNALEXCEPTION", "Generation in progress.", status=500)
        return V3Answer(document, raw=True)

    desk.register_v3("documentation", V3Method(answer))
    assert read_document(client.v3, sleep=lambda _: None) == document


def test_of_fields_that_may_not_be_described_what_is_known_holds(desk: LocalPortal) -> None:
    portal = Portal(desk.add_webhook(scope={"tasks"}), plan="unlimited", progress=False)
    assert by_name(read_v3(portal.v3))["EventLogRecord"].fields == load("EventLogRecord").fields
    portal.close()


# -- in the module that `b24orm reflect` writes ---------------------------------------------------


def test_what_the_package_knows_already_is_not_written(client: Portal) -> None:
    assert read_portal(client).v3 == ()


def test_what_differs_is_written_as_classes_that_work(
    client: Portal, desk: LocalPortal, tmp_path: Path
) -> None:
    for name, method in event_log_methods(desk.store, extra=("aggregate",)).items():
        desk.register_v3(name, method)
    dto = Dto(
        "CrateDto",
        {
            "id": DtoField("id", "int", filterable=True, sortable=True),
            "packedAt": DtoField("packedAt", "DateTime"),
        },
    )
    rows = [{"id": 7, "packedAt": "2025-01-01T10:00:00+03:00"}]
    desk.register_v3(
        "depot.crate.list", V3Method(lambda _: V3Answer({"items": rows}), dto=dto, returns="items")
    )
    path = tmp_path / "mine.py"
    path.write_text(render(read_portal(client)), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("reflected_v3", path)
    assert spec is not None
    assert spec.loader is not None
    mine = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = mine
    spec.loader.exec_module(mine)
    (crate,) = mine.DepotCrateV3.objects.all()[:5]
    assert (crate.id, crate.packed_at.isoformat()) == (7, "2025-01-01T10:00:00+03:00")
    assert mine.EventLogRecord.objects.filter(user_id=1).count() == desk.store.count(
        "event_log", "USER_ID = 1"
    )
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", str(path)], capture_output=True, text=True, cwd=tmp_path
    )
    assert checked.returncode == 0, checked.stdout
