"""The documented methods as attributes of a portal."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from b24orm import AsyncPortal, Portal
from b24orm.arguments import checked, parsed
from b24orm.errors import InvalidValue, UnknownAttribute, UnknownName
from b24orm.methods import FIRST, NamedMethods
from b24orm.methods.v3 import FIRST as NEWER
from b24orm.methods.v3 import NamedMethodsV3
from b24orm.namespace import _specs, known_methods
from tests.conftest import Connect, Serve

METHODS = Path(__file__).resolve().parents[2] / "codegen" / "methods"
PACKAGE = Path(__file__).resolve().parents[2] / "b24orm" / "methods"


class Recorder(NamedMethods[Any]):
    """A portal that notes what it would send."""

    def call(self, method: str, items: Any = None, /) -> Any:
        return method, items


@pytest.fixture
def portal() -> Recorder:
    return Recorder()


class Scalar:
    """What numpy's numbers have."""

    dtype, shape = "int64", ()

    def __init__(self, value: object) -> None:
        self._value = value

    def item(self) -> object:
        """The Python value."""
        return self._value


def documented() -> Mapping[str, Mapping[str, Any]]:
    """Every method in the metadata that its bare name means: the classic one where there are two."""
    files = (json.loads(path.read_text(encoding="utf-8")) for path in METHODS.glob("*.json"))
    return {name: raw for file in files for name, raw in file.items() if not name.endswith("@v3")}


def sample(kinds: str) -> Any:
    first = kinds.removesuffix("!").split("|")[0]
    values = {"int": 1, "number": 1.5, "str": "a", "bool": True, "date": "2026-01-02"}
    return values.get(first, [])


def attribute(portal: Any, path: str) -> Any:
    first, *words = path.split(".")
    for word in (f"{first}_" if first == "call" else first, *words):
        portal = getattr(portal, word)
    return portal


def test_a_method_is_called_with_its_parameters(portal: Recorder) -> None:
    sent = portal.crm.deal.productrows.set(id=5, rows=[{"PRODUCT_ID": 1}])

    assert sent == ("crm.deal.productrows.set", {"id": 5, "rows": [{"PRODUCT_ID": 1}]})


def test_every_documented_method_can_be_called(portal: Recorder) -> None:
    found = {name for first in FIRST for name in known_methods(first)}

    assert found == set(documented())
    for name in found:
        parameters = {p.name: p for p in parameters_of(name)}
        given = {p.name: sample(p.kinds[0]) for p in parameters.values()}
        assert attribute(portal, name)(**given)[0] == name


@pytest.mark.parametrize("first", ["call", "mail", "main", "note", "rest"])
def test_what_is_of_rest_3_alone_is_described_once(first: str) -> None:
    assert _specs(first) == _specs(first, "b24orm.methods.v3")
    assert "METHODS: Final" not in (PACKAGE / f"{first}.py").read_text(encoding="utf-8")


def parameters_of(name: str) -> Any:
    return _specs(name.partition(".")[0])[name][0]


def test_a_missing_parameter_is_named_before_anything_is_sent(portal: Recorder) -> None:
    with pytest.raises(InvalidValue, match=r"crm\.deal\.productrows\.set needs rows"):
        portal.crm.deal.productrows.set(id=5)  # type: ignore[call-arg]


def test_an_unknown_parameter_is_refused_with_the_nearest(portal: Recorder) -> None:
    with pytest.raises(UnknownName, match=r"no parameter 'row'.*rows"):
        portal.crm.deal.productrows.set(id=5, row=[])  # type: ignore[call-arg]


@pytest.mark.parametrize("bad", ["all", [1, 2], {"id": 1}, True, 1.5])
def test_a_value_of_another_kind_is_refused(portal: Recorder, bad: Any) -> None:
    with pytest.raises(InvalidValue, match=r"crm\.deal\.get: id takes a whole number, not"):
        portal.crm.deal.get(id=bad)


KINDS: dict[str, tuple[list[Any], list[Any]]] = {
    "int": ([5, "5", "-5", " 5 ", None, Scalar(5)], [5.0, "5.5", "a", "", True, [5], Scalar(True)]),
    "number": ([5, 1.5, Decimal("1.5"), "1.5", "-1", Scalar(1.5)], ["a", "1.2.3", True, [1]]),
    "str": (["a", "", 5, 1.5, date(2026, 1, 2)], [True, ["a"], {"a": 1}]),
    "bool": ([True, False, 0, 1, "0", "1", "Y", "N", "true", "false", Scalar(True)], ["yes", 2, "", []]),
    "date": ([date(2026, 1, 2), datetime(2026, 1, 2, 3), "2026-01-02"], [5, True, []]),
    "map": ([{"a": 1}, {}, [], ()], [["a"], "a", 5]),
    "list": ([["a"], ("a",), {"a"}, {"a": 1}, []], ["a", 5, True]),
    "array": ([["a"], {"a": 1}], ["a", 5]),
    "any": ([5, "a", [], object()], []),
    "int|list": ([5, [5]], ["a", 1.5]),
}
"""What a parameter of a kind takes, and what it refuses."""


@pytest.mark.parametrize("kind", KINDS)
def test_a_parameter_takes_values_of_its_kinds_only(kind: str) -> None:
    (parameter,) = parsed(f"x:{kind}")
    fitting, others = KINDS[kind]

    assert ([v for v in fitting if not parameter.fits(v)], [v for v in others if parameter.fits(v)]) == (
        [],
        [],
    )


def test_user_fields_pass_under_any_name(portal: Recorder) -> None:
    fields = portal.user.update(ID=1, UF_PHONE_INNER="12")[1]  # type: ignore[call-arg]

    assert fields["UF_PHONE_INNER"] == "12"


def test_parameters_go_by_name_only(portal: Recorder) -> None:
    with pytest.raises(InvalidValue, match=r"takes its parameters by name: id=\.\.\."):
        portal.crm.deal.get(5)  # type: ignore[call-arg,misc]


def test_an_unknown_method_has_the_nearest_name(portal: Recorder) -> None:
    with pytest.raises(AttributeError, match=r"crm\.deal\.lst.*list"):
        portal.crm.deal.lst  # type: ignore[attr-defined]  # noqa: B018


def test_a_part_of_a_name_is_no_method(portal: Recorder) -> None:
    with pytest.raises(UnknownName, match=r"crm\.deal is no method: go on with one of .*get"):
        portal.crm.deal()  # type: ignore[operator]


def test_one_of_several_parameters_must_be_there(portal: Recorder) -> None:
    with pytest.raises(InvalidValue, match=r"im\.chat\.setOwner needs one of CHAT_ID, DIALOG_ID"):
        portal.im.chat.setOwner(USER_ID=1)


def test_a_name_that_python_reserves_takes_an_underscore(portal: Recorder) -> None:
    assert portal.crm.item.import_(entityTypeId=2, fields={})[0] == "crm.item.import"


def test_a_method_may_have_methods_below_it(portal: Recorder) -> None:
    assert portal.lists.get(IBLOCK_TYPE_ID="lists")[0] == "lists.get"
    assert portal.lists.get.iblock.type.id(IBLOCK_ID=1)[0] == "lists.get.iblock.type.id"


def test_a_method_that_reads_places_gets_no_gaps(portal: Recorder) -> None:
    sent = portal.task.elapseditem.getlist(TASKID=7, FILTER={">ID": 1})[1]

    assert list(sent.items()) == [("TASKID", 7), ("ORDER", []), ("FILTER", {">ID": 1})]


def test_the_first_of_places_is_left_out_as_documented(portal: Recorder) -> None:
    sent = portal.task.elapseditem.getlist(FILTER={">ID": 1})[1]

    assert "TASKID" not in sent


def test_words_are_offered_for_completion(portal: Recorder) -> None:
    assert {"get", "list", "productrows"} <= set(dir(portal.crm.deal))


def test_a_portal_offers_the_first_words_too() -> None:
    portal = Portal("https://acme.bitrix24.com/rest/1/abc/")
    assert {"crm", "tasks", "call", "get_all"} <= set(dir(portal))


def test_an_unknown_name_has_the_nearest_of_the_portal_s_own() -> None:
    portal: Any = Portal("https://acme.bitrix24.com/rest/1/abc/")
    with pytest.raises(UnknownAttribute, match="did you mean 'get_all'"):
        portal.get_al("crm.deal.list")


def test_a_method_shows_what_it_takes(portal: Recorder) -> None:
    update: Any = portal.crm.deal.update
    assert repr(update).startswith("<crm.deal.update(id, [fields], [params]) of ")
    assert str(inspect.signature(update)) == "(*, id, fields=None, params=None)"


def test_checked_keeps_the_documented_order() -> None:
    assert list(checked("m", parsed("a:int b:str"), {"b": "x", "a": 1})) == ["a", "b"]


def test_nothing_is_loaded_before_it_is_used() -> None:
    code = "import sys, b24orm; print([m for m in sys.modules if 'b24orm.methods.' in m])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert out.strip() == "[]"


def test_a_portal_answers(serve: Serve, join: Connect) -> None:
    local = serve(deals=3)
    portal = join(local)
    added = portal.crm.deal.add(fields={"TITLE": "By name"})

    assert portal.crm.deal.get(id=added)["TITLE"] == "By name"


async def test_an_async_portal_is_awaited(serve: Serve) -> None:
    local = serve(deals=3)
    async with AsyncPortal(local.url, plan="unlimited", progress=False) as portal:
        rows = await portal.crm.deal.list(select=["ID"])

    assert len(rows) == 3


def test_first_words_are_no_names_of_the_portal(serve: Serve, join: Connect) -> None:
    portal = join(serve())

    assert {word for word in FIRST if word in vars(type(portal))} == {"call"}  # which is call_


def test_every_method_of_rest_3_can_be_called() -> None:
    class Newer(NamedMethodsV3[Any]):
        def call(self, method: str, items: Any = None, /) -> Any:
            return method, items

    files = [json.loads(path.read_text(encoding="utf-8")) for path in METHODS.glob("*.json")]
    names = {
        name.removesuffix("@v3") for file in files for name, raw in file.items() if raw.get("api") == "v3"
    }
    specs = {name: spec for first in NEWER for name, spec in _specs(first, "b24orm.methods.v3").items()}
    assert set(specs) == names
    for name, (parameters, _) in specs.items():
        given = {p.name: sample(p.kinds[0]) for p in parameters}
        assert attribute(Newer(), name)(**given)[0] == name
