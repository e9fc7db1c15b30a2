"""``batch``: order, labels, halt, the 51st command, empty containers, references."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from b24orm.emulator.limits import Plan
from tests.emulator.toy import MakeToy, Toy


def q(value: str) -> str:
    """Percent-encode one value of a batch command."""
    return quote(value, safe="")


NOT_FOUND = {"error": "", "error_description": "Not found"}


# -- containers -----------------------------------------------------------------------------


def test_without_commands_all_five_containers_are_lists(toy: Toy) -> None:
    names = ["result", "result_error", "result_total", "result_next", "result_time"]
    assert toy.call("batch")["result"] == {name: [] for name in names}


def test_a_list_of_commands_is_answered_by_lists(toy: Toy) -> None:
    assert toy.batch(["count.added", "count.added"])["result"] == [0, 0]


def test_labels_make_maps(toy: Toy) -> None:
    assert toy.batch({"a": "count.added", "b": "count.added"})["result"] == {"a": 0, "b": 0}


def test_labels_0_to_n_make_a_list_all_the_same(toy: Toy) -> None:
    assert toy.batch({"0": "count.added", "1": "count.added"})["result"] == [0, 0]


def test_a_failure_in_the_middle_turns_lists_into_maps(toy: Toy) -> None:
    answer = toy.batch(["count.added", "crm.deal.get?ID=0", "count.added"])
    assert (answer["result"], answer["result_error"]) == ({"0": 0, "2": 0}, {"1": NOT_FOUND})


def test_failures_at_the_head_are_a_list(toy: Toy) -> None:
    assert toy.batch({"0": "crm.deal.get?ID=0", "1": "count.added"})["result_error"] == [NOT_FOUND]


def test_totals_and_nexts_stand_only_under_commands_that_page(toy: Toy) -> None:
    answer = toy.batch({"one": "count.added", "page": "crm.deal.list"})
    assert (answer["result_total"], answer["result_next"]) == ({"page": 120}, {"page": 50})


def test_only_successful_commands_have_a_time(toy: Toy) -> None:
    assert list(toy.batch({"good": "count.added", "bad": "crm.deal.get?ID=0"})["result_time"]) == ["good"]


def test_a_batch_is_200_even_if_everything_failed(toy: Toy) -> None:
    assert toy.post("batch", {"cmd": ["crm.deal.get?ID=0", "no.such"]}).status == 200


def test_an_error_keeps_its_extra_keys(toy: Toy) -> None:
    assert toy.batch({"a": "argument"})["result_error"]["a"]["argument"] == "EMAIL"


def test_a_null_result_is_a_result(toy: Toy) -> None:
    assert toy.batch({"a": "give?json=null"})["result"] == {"a": None}


def test_an_error_shaped_result_is_an_error(toy: Toy) -> None:
    shaped = {"error": "X", "error_description": "y"}
    assert toy.batch({"a": f"give?json={q(json.dumps(shaped))}"})["result_error"] == {"a": shaped}


# -- commands -------------------------------------------------------------------------------


def test_commands_run_in_the_order_of_the_map(toy: Toy) -> None:
    answer = toy.batch({"z": "crm.deal.add?fields[T]=1", "a": "crm.deal.add?fields[T]=2"})
    assert answer["result"] == {"z": 1, "a": 2}


def test_every_value_is_a_string(toy: Toy) -> None:
    params = toy.batch(["echo?a=1&b=true&c=&d=null"])["result"][0]["params"]
    assert params == {"a": "1", "b": "true", "c": "", "d": "null"}


def test_a_raw_hash_cuts_the_rest(toy: Toy) -> None:
    assert toy.batch(["echo?a=No#1&b=2"])["result"][0]["params"] == {"a": "No"}


def test_an_encoded_hash_arrives(toy: Toy) -> None:
    assert toy.batch([f"echo?a={q('No#1&b=2')}"])["result"][0]["params"] == {"a": "No#1&b=2"}


def test_start_is_taken_out_and_cast(toy: Toy) -> None:
    got = toy.batch(["echo?start=-1&a=1", "echo?start=abc"])["result"]
    assert [(one["params"], one["start"]) for one in got] == [({"a": "1"}, -1), ([], 0)]


def test_method_names_are_case_blind(toy: Toy) -> None:
    assert toy.batch(["CRM.Deal.Get?ID=5"])["result"][0]["ID"] == "5"


def test_a_suffix_is_not_cut_off(toy: Toy) -> None:
    assert toy.batch({"a": "crm.deal.list.json"})["result_error"]["a"]["error"] == "ERROR_METHOD_NOT_FOUND"


def test_a_form_body_carries_commands_encoded_twice(toy: Toy) -> None:
    command = f"echo?a={q('x & y')}"
    reply = toy.send(
        f"/rest/1/{toy.secret}/batch", f"cmd[one]={q(command)}".encode(), "application/x-www-form-urlencoded"
    )
    assert json.loads(reply.body)["result"]["result"]["one"]["params"] == {"a": "x & y"}


def test_parameter_names_are_case_blind(toy: Toy) -> None:
    assert toy.call("batch", {"CMD": ["count.added"]})["result"]["result"] == [0]


def test_commands_that_are_no_list_do_not_run(toy: Toy) -> None:
    assert toy.batch("count.added")["result"] == []


def test_a_command_that_is_no_string_leaves_no_trace(toy: Toy) -> None:
    answer = toy.batch({"a": {"method": "count.added"}, "b": "count.added"})
    assert (answer["result"], answer["result_error"]) == ({"b": 0}, [])


def test_a_command_that_is_no_string_takes_a_place(toy: Toy) -> None:
    answer = toy.batch([None, *["count.added"] * 50])
    assert list(answer["result_error"]) == ["50"]


@pytest.mark.parametrize("method", ["batch", "download", "upload"])
def test_these_methods_are_not_allowed_inside(toy: Toy, method: str) -> None:
    assert toy.batch({"a": f"{method}?x=1"})["result_error"]["a"]["error"] == "ERROR_BATCH_METHOD_NOT_ALLOWED"


def test_a_batch_in_capitals_slips_through(toy: Toy) -> None:
    inner = f"BATCH?cmd[x]={q('crm.deal.get?ID=3')}"
    assert toy.batch({"a": inner})["result"]["a"]["result"] == {"x": {"ID": "3", "TITLE": "Deal 3"}}


# -- length and halt ------------------------------------------------------------------------


def test_the_fifty_first_command_is_refused_and_fifty_run(toy: Toy) -> None:
    answer = toy.batch({f"c{n}": "crm.deal.add?fields[T]=x" for n in range(51)})
    assert (len(answer["result"]), answer["result_error"]) == (
        50,
        {"c50": {"error": "ERROR_BATCH_LENGTH_EXCEEDED", "error_description": "Max batch length exceeded"}},
    )


def test_with_halt_the_run_ends_at_the_fifty_first(toy: Toy) -> None:
    assert list(toy.batch({f"c{n}": "count.added" for n in range(53)}, halt=1)["result_error"]) == ["c50"]


def test_with_halt_nothing_runs_after_an_error(toy: Toy) -> None:
    answer = toy.batch({"a": "crm.deal.get?ID=0", "b": "crm.deal.add?fields[T]=x"}, halt=1)
    assert (answer["result"], toy.call("count.added")["result"]) == ([], 0)


@pytest.mark.parametrize("halt", ["false", "N", "no", 1, True, "1", [0]])
def test_any_true_value_halts(toy: Toy, halt: Any) -> None:
    assert toy.batch(["crm.deal.get?ID=0", "count.added"], halt=halt)["result"] == []


@pytest.mark.parametrize("halt", [0, "0", "", False, None, []])
def test_false_values_do_not_halt(toy: Toy, halt: Any) -> None:
    assert toy.batch(["crm.deal.get?ID=0", "count.added"], halt=halt)["result"] == {"1": 0}


# -- references -----------------------------------------------------------------------------


def test_a_command_refers_to_an_earlier_answer(toy: Toy) -> None:
    answer = toy.batch({"a": "crm.deal.get?ID=7", "b": "echo?TITLE=copy of $result[a][TITLE]"})
    assert answer["result"]["b"]["params"] == {"TITLE": "copy of Deal 7"}


def test_a_reference_matches_after_decoding(toy: Toy) -> None:
    answer = toy.batch({"a": "crm.deal.get?ID=7", "b": f"echo?T={q('$result[a][ID]')}"})
    assert answer["result"]["b"]["params"] == {"T": "7"}


def test_a_failed_command_is_referred_to_as_all_results(toy: Toy) -> None:
    answer = toy.batch({"ok": "count.added", "bad": "crm.deal.get?ID=0", "next": "echo?ID=$result[bad][ID]"})
    assert answer["result"]["next"]["params"] == {"ID": {"ok": 0}}


def test_a_chain_of_pages_walks_the_ids(toy: Toy) -> None:
    answer = toy.batch(
        {"c0": "crm.deal.list?start=-1", "c1": "crm.deal.list?start=-1&filter[>ID]=$result[c0][49][ID]"}
    )
    assert [row["ID"] for row in answer["result"]["c1"]][:2] == ["51", "52"]


def test_user_text_in_a_batch_is_rewritten(toy: Toy) -> None:
    answer = toy.batch({"a": "crm.deal.list", "b": f"echo?NOTE={q('costs US$total[a] a month')}"})
    assert answer["result"]["b"]["params"] == {"NOTE": "costs US120 a month"}


def test_user_text_that_is_only_a_reference_becomes_an_array(toy: Toy) -> None:
    assert toy.batch([f"echo?NOTE={q('$result[0]')}"])["result"][0]["params"] == {"NOTE": []}


# -- credentials and limits -----------------------------------------------------------------


def test_a_scope_that_lacks_has_no_description_inside(toy: Toy) -> None:
    assert toy.batch({"a": "task.list"})["result_error"] == {
        "a": {"error": "insufficient_scope", "error_description": ""}
    }


def test_a_token_serves_every_command_and_reaches_none(toy: Toy) -> None:
    body = {"auth": toy.token(), "cmd": ["echo?a=1&auth=other"]}
    reply = toy.send("/rest/batch", json.dumps(body).encode(), "application/json")
    assert json.loads(reply.body)["result"]["result"][0]["params"] == {"a": "1"}


def test_a_batch_counts_as_one_request(make_toy: MakeToy) -> None:
    toy = make_toy(plan=Plan(burst=2))
    assert [toy.post("batch", {"cmd": ["count.added"] * 50}).status for _ in range(3)] == [200, 200, 503]


def test_a_method_over_its_limit_fails_alone(make_toy: MakeToy) -> None:
    toy = make_toy(plan=Plan(burst=None, operating=1.5))
    toy.batch(["work.long", "work.long"])
    answer = toy.batch({"long": "work.long", "other": "count.added"})
    assert (answer["result"], answer["result_error"]["long"]["error"]) == (
        {"other": 0},
        "OPERATION_TIME_LIMIT",
    )
