"""Whatever is sent arrives as it was sent, alone or in a batch, or is refused before it is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b24orm import Portal
from b24orm.emulator import LocalPortal
from b24orm.emulator.answers import Answer, Call
from b24orm.transport.encoding import encode

NASTY = (
    "",
    " ",
    "0",
    "null",
    "$result[x]",
    "$RESULT[c0][ID] and more",
    "costs $total[a]",
    "$result",
    "a&b=c",
    "a=b;c#d?e",
    "100%",
    "%41 %zz",
    "x+y z",
    "[]",
    "a[b][c]",
    'it\'s "quoted" `so`',
    "<b>&amp;</b>",
    "back\\slash\n\ttab\r\n",
    "Привет, 日本語 🚀",
    "\u2028\u00a0\ufeff",
    "e\u0301",
    "\x00\x01",
)

texts = st.sampled_from(NASTY) | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
scalars = texts | st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.decimals(-999, 999, places=2)
keys = st.sampled_from(
    ["ID", ">=DATE", "0", "7", "a b", "x.y", "UF_CRM_1", "%TITLE", "$result[x]", "a[b", "é"]
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=8,
)
params = st.dictionaries(st.sampled_from(["fields", "filter", "params", "order", "x1"]), values, max_size=3)


@pytest.fixture(scope="module")
def mirror() -> Iterator[LocalPortal]:
    """A portal that tells what it was sent, as PHP would have it."""
    with LocalPortal() as portal:
        portal.store.add_user_field("deal", "UF_CRM_TEXT", "string")
        portal.store.add_user_field("deal", "UF_CRM_MANY", "string", multiple=True)
        portal.register("app.mirror.get", lambda call: Answer({"seen": call.params, "by": call.method}))
        yield portal


@pytest.fixture
def client(mirror: LocalPortal) -> Iterator[Portal]:
    client = Portal(mirror.url, plan="unlimited", progress=False)
    yield client
    client.close()


def as_php(value: Any) -> Any:
    """The value as a PHP array shows it: a map numbered from 0 is a list, all scalars are texts."""
    if isinstance(value, Mapping):
        if list(value) == [str(number) for number in range(len(value))]:
            return [as_php(item) for item in value.values()]
        return {key: as_php(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_php(item) for item in value]
    return value if value is None else str(value)


def sent(given_params: Mapping[str, Any]) -> Any:
    return as_php(encode(given_params))


@settings(max_examples=150)
@given(given_params=params)
def test_alone_every_value_arrives_as_it_was_sent(
    mirror: LocalPortal, client: Portal, given_params: dict[str, Any]
) -> None:
    assert as_php(client.call("app.mirror.get", given_params)["seen"]) == sent(given_params)


@settings(max_examples=150)
@given(many=st.lists(params, min_size=2, max_size=4))
def test_in_a_list_every_value_arrives_as_it_was_sent(
    mirror: LocalPortal, client: Portal, many: list[dict[str, Any]]
) -> None:
    seen = [answer["seen"] for answer in client.call("app.mirror.get", many)]
    assert [as_php(one) for one in seen] == [sent(one) for one in many]


@settings(max_examples=100)
@given(one=params)
def test_a_value_means_the_same_alone_and_in_a_list(
    mirror: LocalPortal, client: Portal, one: dict[str, Any]
) -> None:
    alone = client.call("app.mirror.get", one)["seen"]
    together = client.call("app.mirror.get", [one, {"x1": 1}])[0]["seen"]
    assert as_php(together) == as_php(alone)


@settings(max_examples=60)
@given(text=texts, many=st.lists(texts.filter(bool), max_size=4))
def test_texts_of_a_deal_are_read_as_they_were_written(
    mirror: LocalPortal, client: Portal, text: str, many: list[str]
) -> None:
    fields = {"TITLE": text, "UF_CRM_TEXT": text, "UF_CRM_MANY": many}
    ids = [
        client.call("crm.deal.add", {"fields": fields}),
        *client.call("crm.deal.add", [{"fields": fields}, {"FIELDS": fields}]),
    ]
    rows = [client.call("crm.deal.get", {"ID": number}) for number in ids]
    assert [(row["UF_CRM_TEXT"], row["UF_CRM_MANY"]) for row in rows] == [(text, many)] * 3


class Stage(Enum):
    WON = "WON"


ENCODED = [
    (True, "Y"),
    (False, "N"),
    (None, None),
    (Decimal("10.50"), "10.50"),
    (Decimal("1E+3"), "1000"),
    (0.1, 0.1),
    (date(2024, 2, 29), "2024-02-29"),
    (datetime(2024, 2, 29, 8), "2024-02-29T08:00:00"),
    (datetime(2024, 2, 29, 8, tzinfo=timezone(timedelta(hours=3))), "2024-02-29T08:00:00+03:00"),
    (Stage.WON, "WON"),
    ((1, 2), [1, 2]),
    ({3}, [3]),
    ([], []),
    ({}, []),
    ([[], {"a": []}], [[], {"a": []}]),
]


@pytest.mark.parametrize(("value", "arrives"), ENCODED, ids=repr)
def test_each_kind_of_value_has_one_form_on_the_wire(client: Portal, value: Any, arrives: Any) -> None:
    assert client.call("app.mirror.get", {"x1": value})["seen"]["x1"] == arrives


@pytest.mark.parametrize(("value", "arrives"), ENCODED, ids=repr)
def test_the_form_is_the_same_in_a_list(client: Portal, value: Any, arrives: Any) -> None:
    answers = client.call("app.mirror.get", [{"x1": value, "filter": {"a": 1}}, {"x1": 1}])
    assert as_php(answers[0]["seen"]["x1"]) == as_php(arrives)


@pytest.mark.parametrize("nested", [{"a": None}, {"a": []}, {"a": "$result[x]"}, {"a[b": 1}, {"": 1}])
def test_what_a_batch_can_not_say_travels_alone(mirror: LocalPortal, client: Portal, nested: Any) -> None:
    before = mirror.stats.requests
    client.call("app.mirror.get", [{"filter": nested}, {"x1": 1}, {"x1": 2}])
    assert mirror.stats.requests - before == 2


def test_more_values_than_php_reads_from_a_query_travel_alone(mirror: LocalPortal, client: Portal) -> None:
    wide = {"filter": {"@ID": list(range(1500))}}
    answers = client.call("app.mirror.get", [wide, {"x1": 1}, {"x1": 2}])
    assert len(answers[0]["seen"]["filter"]["@ID"]) == 1500


def _calls(portal: LocalPortal) -> list[Call]:
    """The calls that a method of our own was given, as they arrive."""
    seen: list[Call] = []

    def handler(call: Call) -> Answer:
        seen.append(call)
        return Answer(len(seen))

    portal.register("app.calls.add", handler)
    return seen


def test_a_thousand_writes_arrive_in_the_order_of_the_list_within_each_batch(
    mirror: LocalPortal, client: Portal
) -> None:
    seen = _calls(mirror)
    client.call("app.calls.add", [{"x1": number} for number in range(1000)])
    numbers = [int(call.params["x1"]) for call in seen]
    assert sorted(numbers) == list(range(1000))
    assert all(numbers[i : i + 50] == sorted(numbers[i : i + 50]) for i in range(0, 1000, 50))
