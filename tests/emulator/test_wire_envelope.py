"""The envelope of a success, its ``time``, the headers, and what the log and the sums keep."""

from __future__ import annotations

import json
import logging

import pytest

from b24orm.emulator.cost import CostModel
from tests.emulator.toy import SECRET, MakeToy, Toy


def test_the_keys_come_in_the_servers_order(toy: Toy) -> None:
    assert list(toy.call("crm.deal.list")) == ["result", "next", "total", "time"]


def test_the_keys_of_time_come_in_the_servers_order(toy: Toy) -> None:
    assert list(toy.call("echo")["time"]) == [
        "start",
        "finish",
        "duration",
        "processing",
        "date_start",
        "date_finish",
        "operating_reset_at",
        "operating",
    ]


def test_a_method_that_does_not_page_has_no_total(toy: Toy) -> None:
    assert set(toy.call("echo")) == {"result", "time"}


def test_total_and_next_inside_a_result_move_to_the_envelope(toy: Toy) -> None:
    answer = toy.call("give", {"json": '{"items": [], "total": null, "next": "50"}'})
    assert (answer["result"], answer["total"], answer["next"]) == ({"items": []}, 0, 50)


def test_an_error_shaped_result_is_answered_bare_with_200(toy: Toy) -> None:
    reply = toy.post("give", {"json": '{"error": "X", "error_description": "y"}'})
    assert (reply.status, json.loads(reply.body)) == (200, {"error": "X", "error_description": "y"})


def test_a_result_with_an_empty_error_is_a_success(toy: Toy) -> None:
    assert "time" in toy.call("give", {"json": '{"error": "", "error_description": "y"}'})


def test_an_error_has_no_time(toy: Toy) -> None:
    assert set(toy.call("crm.deal.get")) == {"error", "error_description"}


def test_start_and_processing_are_whole_seconds(toy: Toy) -> None:
    toy.clock.sleep(0.75)
    time = toy.call("echo")["time"]
    assert (time["start"], time["processing"]) == (1_700_000_000, 0)


def test_the_duration_is_inflated_by_the_lost_fraction(toy: Toy) -> None:
    toy.clock.sleep(0.75)
    assert toy.call("echo")["time"]["duration"] == pytest.approx(0.75 + 0.03 + 0.002)


def test_dates_carry_the_zone_of_the_server(toy: Toy) -> None:
    assert toy.call("echo")["time"]["date_start"] == "2023-11-15T01:13:20+03:00"


def test_a_zero_operating_is_an_integer(toy: Toy) -> None:
    assert b'"operating":0}' in toy.post("echo").body


def test_text_is_escaped_as_php_does(toy: Toy) -> None:
    assert rb'"\u003Cb\u003E \/ \u0022\u0027"' in toy.post("echo", {"a": "<b> / \"'"}).body


def test_an_empty_map_is_a_list(toy: Toy) -> None:
    assert b'"result":[],' in toy.post("give", {"json": "{}"}).body


def test_what_can_not_be_encoded_is_a_200(toy: Toy) -> None:
    reply = toy.post("give", {"json": "NaN"})
    assert (reply.status, json.loads(reply.body)["error"]) == (200, "WRONG_ENCODING")


def test_headers_that_let_browsers_call(toy: Toy) -> None:
    headers = dict(toy.post("echo").headers)
    assert (headers["Access-Control-Allow-Origin"], headers["X-Content-Type-Options"]) == ("*", "nosniff")


def test_a_token_call_names_its_application(toy: Toy) -> None:
    reply = toy.send(f"/rest/echo?auth={toy.token(client_id='app.7')}")
    assert dict(reply.headers)["X-Bitrix-Rest-Application"] == "app.7"


# -- cost -----------------------------------------------------------------------------------


def test_a_count_costs_by_the_row(make_toy: MakeToy) -> None:
    toy = make_toy(costs=CostModel(overhead=0, page=0.01, counted=0.001))
    assert toy.post("crm.deal.list").seconds == pytest.approx(0.01 + 120 * 0.001)


def test_a_batch_pays_the_overhead_once(make_toy: MakeToy) -> None:
    toy = make_toy(costs=CostModel(overhead=0.5, get=0.1))
    assert toy.post("batch", {"cmd": ["crm.deal.get?ID=1"] * 3}).seconds == pytest.approx(0.5 + 3 * 0.1)


def test_a_request_over_sixty_seconds_is_a_gateways_page(make_toy: MakeToy) -> None:
    toy = make_toy(costs=CostModel(write=40))
    reply = toy.post("batch", {"cmd": ["crm.deal.add?fields[T]=1"] * 2})
    assert (reply.status, reply.content_type) == (504, "text/html")


def test_what_a_cut_request_wrote_stays_written(make_toy: MakeToy) -> None:
    toy = make_toy(costs=CostModel(write=40))
    toy.post("batch", {"cmd": ["crm.deal.add?fields[T]=1"] * 2})
    assert toy.call("count.added")["result"] == 2


# -- sums and log ---------------------------------------------------------------------------


def test_a_batch_is_one_request_and_counts_its_commands(toy: Toy) -> None:
    toy.batch(["crm.deal.list", "crm.deal.get?ID=1", "crm.deal.get?ID=0"])
    stats = toy.engine.stats
    assert (stats.requests, stats.commands, stats.errors, stats.rows, stats.counted) == (1, 3, 1, 51, 120)


def test_the_sums_are_kept_by_method(toy: Toy) -> None:
    toy.batch(["crm.deal.list", "crm.deal.get?ID=1", "crm.deal.get?ID=0"])
    get = toy.engine.stats.by_method["crm.deal.get"]
    assert (get.commands, get.errors, get.rows) == (2, 1, 1)


def test_the_seconds_inside_methods_are_summed(make_toy: MakeToy) -> None:
    toy = make_toy(costs=CostModel(overhead=9, get=0.25))
    toy.batch(["crm.deal.get?ID=1", "crm.deal.get?ID=2"])
    assert toy.engine.stats.operating_seconds == 0.5


def test_reset_starts_from_zero(toy: Toy) -> None:
    toy.batch(["crm.deal.list"])
    toy.engine.stats.reset()
    assert toy.engine.stats == type(toy.engine.stats)()


def test_the_log_names_the_commands_of_a_batch(toy: Toy) -> None:
    toy.batch(["crm.deal.get?ID=1", "crm.deal.list"])
    record = toy.engine.log[-1]
    assert (record.method, record.commands, record.status, record.rows) == (
        "batch",
        ("crm.deal.get", "crm.deal.list"),
        200,
        51,
    )


def test_no_secret_reaches_log_or_repr(toy: Toy, caplog: pytest.LogCaptureFixture) -> None:
    token = toy.token()
    with caplog.at_level(logging.DEBUG, "b24orm.emulator"):
        toy.post("echo")
        toy.post("broken")
        toy.send(f"/rest/echo?auth={token}")
    seen = caplog.text + repr(toy.engine)
    assert not [secret for secret in (SECRET, token) if secret in seen]
