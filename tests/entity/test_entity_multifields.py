"""Lists of phones and the like: what turns those before into those after, whatever was done to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b24orm.entity.multifields import adds_entries, merged, merged_fm
from b24orm.entity.types import MultiField
from b24orm.errors import InvalidValue


def entry(
    value: str, id: int | None = None, type_id: str | None = "PHONE", kind: str | None = None
) -> MultiField:
    return MultiField(value=value, id=id, type_id=type_id, value_type=kind)


ONE, TWO = entry("+1", 5), entry("+2", 6)


@pytest.mark.parametrize(
    ("after", "sent"),
    [
        ([ONE, TWO], []),
        ([TWO, ONE], []),
        ([ONE], [{"ID": 6, "DELETE": "Y"}]),
        ([], [{"ID": 5, "DELETE": "Y"}, {"ID": 6, "DELETE": "Y"}]),
        ([ONE, TWO, entry("+3")], [{"VALUE": "+3"}]),
        ([ONE, TWO, entry("+3", kind="HOME")], [{"VALUE": "+3", "VALUE_TYPE": "HOME"}]),
        ([entry("+9", 5, kind="WORK"), TWO], [{"ID": 5, "VALUE": "+9", "VALUE_TYPE": "WORK"}]),
        ([ONE, TWO, entry("+3", 99)], [{"VALUE": "+3"}]),  # of another row: here it is new
    ],
)
def test_a_classic_list_is_sent_what_differs(after: Sequence[MultiField], sent: list[Any]) -> None:
    assert merged([ONE, TWO], after) == sent


@pytest.mark.parametrize(
    ("after", "sent"),
    [
        ([ONE, TWO], {}),
        ([ONE], {"6": {"typeId": "PHONE", "value": ""}}),
        (
            [ONE, TWO, entry("a@x.org", type_id="EMAIL", kind="WORK"), entry("+3")],
            {
                "n0": {"typeId": "EMAIL", "value": "a@x.org", "valueType": "WORK"},
                "n1": {"typeId": "PHONE", "value": "+3"},
            },
        ),
        (
            [entry("+9", 5), TWO, entry("+3", 99)],
            {"5": {"typeId": "PHONE", "value": "+9"}, "n0": {"typeId": "PHONE", "value": "+3"}},
        ),
    ],
)
def test_so_is_the_map_of_an_item(after: Sequence[MultiField], sent: dict[str, Any]) -> None:
    assert merged_fm([ONE, TWO], after) == sent


def test_an_entry_of_an_item_says_its_type() -> None:
    with pytest.raises(InvalidValue, match=r"so '\+3' needs a type_id"):
        merged_fm([ONE], [ONE, entry("+3", type_id=None)])


@pytest.mark.parametrize(
    ("sent", "adds"),
    [
        ([{"VALUE": "+3"}], True),
        ([{"ID": 5, "VALUE": "+9"}, {"ID": 6, "DELETE": "Y"}], False),
        ([5, "text", None], False),
        ({"5": {"value": "+9"}}, False),
        ({"n0": {"value": "+3"}}, True),
        ({"name": "Ann"}, False),  # a map of something else
        ("text", False),
        (None, False),
    ],
    ids=str,
)
def test_what_would_be_added_twice_is_known(sent: Any, adds: bool) -> None:
    assert adds_entries(sent) is adds


VALUES = st.sampled_from(["+1", "+2", "+3"])
STORED = st.dictionaries(st.integers(1, 5), VALUES, max_size=4)


@given(before=STORED, data=st.data())
def test_the_portal_holds_what_the_list_held(before: dict[int, str], data: st.DataObject) -> None:
    kept = data.draw(st.lists(st.sampled_from(sorted(before)), unique=True) if before else st.just([]))
    changed = {number: data.draw(VALUES) for number in kept}
    new = data.draw(st.lists(VALUES, max_size=3))
    old = [entry(value, number) for number, value in before.items()]
    after = [*(entry(value, number) for number, value in changed.items()), *map(entry, new)]

    held = (_classic(before, merged(old, after)), _item(before, merged_fm(old, after)))

    assert held == ((changed, new), (changed, new))


def _classic(stored: dict[int, str], sent: list[Any]) -> tuple[dict[int, str], list[str]]:
    """What a portal holds that merges: an ID without DELETE changes, with it removes, none adds."""
    held, added = dict(stored), list[str]()
    for part in sent:
        if "ID" not in part:
            added.append(part["VALUE"])
        elif part.get("DELETE") == "Y":
            del held[part["ID"]]
        else:
            held[part["ID"]] = part["VALUE"]
    return held, added


def _item(stored: dict[int, str], sent: dict[str, Any]) -> tuple[dict[int, str], list[str]]:
    """The same for a map: a number changes, or removes where the value is empty, ``n`` adds."""
    held, added = dict(stored), list[str]()
    for key, part in sent.items():
        if not key.isdigit():
            added.append(part["value"])
        elif part["value"]:
            held[int(key)] = part["value"]
        else:
            del held[int(key)]
    return held, added
