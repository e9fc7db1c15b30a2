"""Connectors of applications, sources and datasets: refusals inside answers, whose rows are seen."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.calls import Calls, empty_portal

APP = "local.1"
CONNECTOR: dict[str, Any] = {
    "title": "Warehouse",
    "logo": "logo.png",
    "urlCheck": "https://app.example/check",
    "urlData": "https://app.example/data",
    "urlTableList": "https://app.example/tables",
    "urlTableDescription": "https://app.example/table",
    "settings": [{"name": "Token", "code": "token", "type": "STRING"}],
}
COLUMNS: list[dict[str, Any]] = [{"name": "ID", "externalCode": "id", "type": "int"}]


@pytest.fixture
def portal() -> Calls:
    return empty_portal()


def _ask(portal: Calls, verb: str, **params: Any) -> Any:
    return portal.answer(f"biconnector.{verb}", app=APP, **params).result


def _code(portal: Calls, verb: str, **params: Any) -> str:
    return str(_ask(portal, verb, **params)["error"]["error"])


def _source(portal: Calls) -> int:
    connector = _ask(portal, "connector.add", fields=CONNECTOR)["id"]
    fields = {"title": "Main", "connectorId": connector, "settings": {"token": "x"}}
    return int(_ask(portal, "source.add", fields=fields)["id"])


def _seen(portal: Calls, app: str) -> list[int]:
    kinds = ("connector", "source", "dataset")
    return [len(portal.answer(f"biconnector.{kind}.list", app=app).result) for kind in kinds]


def _dataset(portal: Calls, source: int, **fields: Any) -> Any:
    given = {"name": "sales", "sourceId": source, "externalName": "Sales", "externalCode": "s"}
    return _ask(portal, "dataset.add", fields={**given, "fields": COLUMNS, **fields})


def test_a_source_tells_what_its_connector_asks_for(portal: Calls) -> None:
    item = _ask(portal, "source.get", id=_source(portal))["item"]
    token = {"id": 1, "name": "Token", "code": "token", "type": "STRING", "value": "x"}

    assert (item["connection"]["code"], item["connectorId"], item["settings"]) == ("rest_2", 2, [token])


def test_ids_of_lists_are_texts_and_times_bare(portal: Calls) -> None:
    _source(portal)

    assert _ask(portal, "connector.list", select=["id", "dateCreate"], filter={"id": 2}) == [
        {"id": "2", "dateCreate": "2023-11-15 01:13:20"}
    ]


def test_what_something_is_made_out_of_stays(portal: Calls) -> None:
    source = _source(portal)
    dataset = _dataset(portal, source)["id"]
    rows = (("dataset", dataset), ("source", source), ("connector", 2))
    codes = tuple(_code(portal, f"{kind}.delete", id=number) for kind, number in rows[1:])
    gone = [_ask(portal, f"{kind}.delete", id=number) for kind, number in rows]

    assert (dataset, codes, gone) == (1, ("BX_ERROR", "CONNECTOR_DELETE_RESTRICTED"), [True, True, True])


def test_another_application_sees_none_of_it(portal: Calls) -> None:
    before = _seen(portal, APP)
    _dataset(portal, _source(portal))
    after = [count + 1 for count in before]

    assert (_seen(portal, APP), _seen(portal, "local.2")) == (after, before)


def test_columns_come_are_hidden_and_go(portal: Calls) -> None:
    dataset = _dataset(portal, _source(portal))["id"]
    new = {"name": "NAME", "externalCode": "name", "type": "string"}
    _ask(portal, "dataset.fields.update", id=dataset, add=[new], update=[{"id": 1, "visible": False}])
    item = _ask(portal, "dataset.get", id=dataset)["item"]

    assert [(one["name"], one["visible"]) for one in item["fields"]] == [("ID", False), ("NAME", True)]


@pytest.mark.parametrize(
    ("verb", "params", "code"),
    [
        ("connector.add", {}, "VALIDATION_FIELDS_NOT_PROVIDED"),
        ("connector.add", {"fields": {"title": "x"}}, "VALIDATION_REQUIRED_FIELD_MISSING"),
        ("connector.add", {"fields": {**CONNECTOR, "shade": 1}}, "VALIDATION_UNKNOWN_PARAMETERS"),
        ("connector.add", {"fields": {**CONNECTOR, "id": 1}}, "VALIDATION_READ_ONLY_FIELD"),
        ("connector.add", {"fields": {**CONNECTOR, "title": 1}}, "VALIDATION_INVALID_FIELD_TYPE"),
        (
            "connector.add",
            {"fields": {**CONNECTOR, "settings": [{"name": "x"}]}},
            "VALIDATION_SETTINGS_MISSING_REQUIRED_FIELDS",
        ),
        ("connector.get", {}, "VALIDATION_ID_NOT_PROVIDED"),
        ("connector.get", {"id": "x"}, "VALIDATION_INVALID_ID_FORMAT"),
        ("connector.get", {"id": 9}, "CONNECTOR_NOT_FOUND"),
        ("source.update", {"id": 1, "fields": {"connectorId": 1}}, "VALIDATION_IMMUTABLE_FIELD"),
        ("dataset.list", {"filter": {">ID": 1}}, "VALIDATION_FIELD_NOT_ALLOWED_IN_FILTER"),
        ("dataset.list", {"order": "id"}, "VALIDATION_ORDER_TYPE"),
    ],
)
def test_refusals_stand_inside(portal: Calls, verb: str, params: dict[str, Any], code: str) -> None:
    assert _code(portal, verb, **params) == code


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"name": "Sales"}, "VALIDATION_DATASET_NAME_INVALID"),
        ({"name": "sales"}, "DATASET_ALREADY_EXIST"),
        ({"name": "other", "fields": COLUMNS * 2}, "VALIDATION_DUPLICATE_FIELD_CODE"),
        ({"name": "other", "sourceId": 9}, "SOURCE_NOT_FOUND"),
    ],
)
def test_a_dataset_is_looked_at(portal: Calls, fields: dict[str, Any], code: str) -> None:
    source = _source(portal)
    _dataset(portal, source)

    assert _dataset(portal, source, **fields)["error"]["error"] == code
