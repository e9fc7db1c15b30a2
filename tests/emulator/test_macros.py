"""References between batch commands: the grammar, the walk, and what goes wrong with it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from b24orm.emulator.macros import substitute

ANSWERS: dict[str, dict[str, Any]] = {
    "result": {
        "deal": {"ID": "7", "TITLE": "Sale", "EMPTY": None, "OPEN": True, "PRICE": 1.5},
        "list": [{"ID": "1"}, {"ID": "2"}],
        "item": {"items": [{"id": 31}]},
        "new": 42,
        "0": "zero",
    },
    "next": {"list": 50},
    "total": {"list": 120},
    "time": {"list": {"duration": 0.25}},
    "error": {"bad": {"error": "", "error_description": "Not found"}},
}
NOTHING: dict[str, dict[str, Any]] = {name: {} for name in ANSWERS}


def value(text: str, answers: dict[str, dict[str, Any]] = ANSWERS) -> Any:
    return substitute({"V": text}, answers)["V"]


# -- the whole value ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$result[deal][ID]", "7"),
        ("$result[new]", 42),
        ("$result[item][items][0][id]", 31),
        ("$result[deal][OPEN]", True),
        ("$result[list]", [{"ID": "1"}, {"ID": "2"}]),
        ("$result[list][1]", {"ID": "2"}),
        ("$result[0]", "zero"),
        ("$total[list]", 120),
        ("$next[list]", 50),
        ("$time[list][duration]", 0.25),
        ("$error[bad][error_description]", "Not found"),
    ],
)
def test_a_value_that_is_nothing_but_a_reference_becomes_the_thing_with_its_type(
    text: str, found: Any
) -> None:
    assert value(text) == found


def test_a_reference_without_brackets_is_text() -> None:
    assert value("$result") == "$result"


def test_a_label_that_failed_yields_every_result_so_far() -> None:
    assert value("$result[failed][ID]") == ANSWERS["result"]


def test_a_missing_field_yields_the_item_around_it() -> None:
    assert value("$result[list][0][TITLE]") == {"ID": "1"}


def test_a_null_field_counts_as_missing() -> None:
    assert value("$result[deal][EMPTY]") == ANSWERS["result"]["deal"]


def test_the_49th_row_of_a_short_page_yields_the_page() -> None:
    assert value("$result[list][49][ID]") == ANSWERS["result"]["list"]


def test_in_the_first_command_a_reference_becomes_an_empty_array() -> None:
    assert value("$result[any][ID]", NOTHING) == []


def test_results_under_the_labels_0_to_n_are_a_list() -> None:
    assert value("$result[x]", {"result": {"0": "a", "1": "b"}}) == ["a", "b"]


def test_a_name_in_capitals_matches_but_finds_nothing() -> None:
    assert value("$RESULT[deal][ID]") is None


@pytest.mark.parametrize("text", ["$results[list]", "$result.of[list]"])
def test_what_follows_the_name_is_passed_over(text: str) -> None:
    assert value(text) == ANSWERS["result"]["list"]


def test_two_references_joined_by_a_comma_are_one_path() -> None:
    assert value("$result[list][0][ID],$result[deal][ID]") == "1"


def test_a_string_can_be_indexed_by_character() -> None:
    assert value("$result[deal][TITLE][1]") == "a"


def test_a_string_can_be_indexed_from_its_end() -> None:
    assert value("$result[deal][TITLE][-1]") == "e"


def test_a_number_can_not_be_indexed() -> None:
    assert value("$result[new][0]") == 42


def test_a_character_of_several_bytes_is_broken_by_an_index() -> None:
    assert value("$result[t][0]", {"result": {"t": "ё"}}) == "\ufffd"


# -- a part of the value --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("deal $result[deal][ID] won", "deal 7 won"),
        ("$result[deal][TITLE] x $result[deal][ID]", "Sale x 7"),
        ("x$result[deal][ID]y", "x7"),
        ("US$total[list] a day", "US120 a day"),
        ("price $result[deal][PRICE]", "price 1.5"),
        ("a $total[list]\nb", "a 120\nb"),
        ("a\xa0$total[list]\xa0b", "a\xa0120"),
    ],
)
def test_inside_text_strings_and_numbers_are_pasted(text: str, found: str) -> None:
    assert value(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "see $result[failed][ID] now",
        "see $result[deal][OPEN] now",
        "see $result[list] now",
        "see $RESULT[deal][ID]",
    ],
)
def test_inside_text_anything_else_stays_as_written(text: str) -> None:
    assert value(text) == text


def test_the_same_reference_twice_is_pasted_twice() -> None:
    assert value("$total[list] of $total[list]") == "120 of 120"


def test_pasted_text_is_not_read_again() -> None:
    answers = {"result": {"a": {"T": "$total[list]"}}, "total": {"list": 3}}
    assert value("x $result[a][T]", answers) == "x $total[list]"


def test_a_later_reference_is_replaced_even_inside_pasted_text() -> None:
    answers = {"result": {"a": {"T": "<$total[list]>"}, "b": "z"}, "total": {"list": 3, "": 0}}
    assert value("$result[a][T] $total[list]", answers) == "<3> 3"


# -- what a person typed --------------------------------------------------------------------


@pytest.mark.parametrize("text", ["$timeframe[list]", "$errors[bad]", "$totally[list]"])
def test_text_of_a_person_is_taken_for_a_reference(text: str) -> None:
    assert value(text) != text


def test_a_character_after_the_dollar_sign_saves_the_text() -> None:
    assert value("$ result[deal][ID]") == "$ result[deal][ID]"


# -- where ----------------------------------------------------------------------------------


def test_values_at_any_depth_are_replaced() -> None:
    assert substitute({"a": {"b": ["$total[list]"]}}, ANSWERS) == {"a": {"b": [120]}}


def test_keys_are_left_alone() -> None:
    assert substitute({"$total[list]": "x"}, ANSWERS) == {"$total[list]": "x"}


def test_an_extra_key_of_an_error_is_a_name_too() -> None:
    assert value("$argument[bad]", {**ANSWERS, "argument": {"bad": "EMAIL"}}) == "EMAIL"


# -- against a slow reading of the rules ----------------------------------------------------

_SPACE = " \t\n\r\v\f"


def _slow(text: str, answers: dict[str, dict[str, Any]]) -> Any:
    """The same rules letter by letter, without regular expressions."""
    current: Any = text
    for run, name in _runs(text, list(answers)):
        path = _groups(run[1 + len(name) :])
        if not path:
            continue
        reached: Any = answers.get(name)
        if reached is not None and list(reached) == [str(n) for n in range(len(reached))]:
            reached = list(reached.values())
        for step in path:
            below = _isset(reached, step)
            if below is None:
                break
            reached = below
        if run == current:
            return reached
        if isinstance(reached, (str, int)) and not isinstance(reached, bool):
            current = str(reached).join(current.split(run))
    return current


def _runs(text: str, names: list[str]) -> list[tuple[str, str]]:
    found, place = [], 0
    while place < len(text):
        rest = text[place + 1 :]
        name = next((n for n in names if rest[: len(n)].lower() == n), None)
        if text[place] != "$" or name is None:
            place += 1
            continue
        end = next((i for i in range(place, len(text)) if text[i] in _SPACE), len(text))
        if end < place + 1 + len(name):
            place += 1
            continue
        found.append((text[place:end], rest[: len(name)]))
        place = end
    return found


def _groups(run: str) -> list[str]:
    groups, place = [], 0
    while (start := run.find("[", place)) >= 0 and (end := run.find("]", start + 1)) >= 0:
        if end == start + 1:
            place = start + 1
            continue
        groups.append(run[start + 1 : end])
        place = end + 1
    return groups


def _isset(value: Any, step: str) -> Any:
    if isinstance(value, dict):
        return value.get(step)
    if isinstance(value, list):
        return (
            value[int(step)]
            if step.isdecimal() and str(int(step)) == step and int(step) < len(value)
            else None
        )
    if isinstance(value, str) and step.isdecimal() and int(step) < len(value):
        return value[int(step)]
    return None


_pieces = st.sampled_from(
    [
        "$",
        "result",
        "total",
        "RESULT",
        "time",
        "[",
        "]",
        "[a]",
        "[b]",
        "[0]",
        "[1]",
        "[]",
        "[[a]",
        " ",
        "\n",
        ",",
        "x",
        "s",
    ]
)
_leaves = st.none() | st.booleans() | st.integers(-9, 99) | st.sampled_from(["", "text", "$total[a]", "q r"])
_values = st.recursive(
    _leaves,
    lambda below: (
        st.lists(below, max_size=2) | st.dictionaries(st.sampled_from(["a", "b"]), below, max_size=2)
    ),
    max_leaves=5,
)
_containers = st.fixed_dictionaries(
    {
        name: st.dictionaries(st.sampled_from(["a", "b", "0"]), _values, max_size=2)
        for name in ("result", "total", "time")
    }
)


@given(st.lists(_pieces, max_size=10).map("".join), _containers)
@example("$result[a] $result[a]", {"result": {"a": ""}, "total": {}, "time": {}})
@example("x $total[[a]", {"result": {}, "total": {"[a": 1}, "time": {}})
def test_every_text_is_read_like_the_slow_reading(text: str, answers: dict[str, dict[str, Any]]) -> None:
    assert value(text, answers) == _slow(text, answers)
