"""LocalPortal from the outside: the portal as users start it."""

from __future__ import annotations

import asyncio
import json
import shutil
import ssl
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from b24orm.emulator import Churn, CostModel, Fault, LocalPortal, Plan
from b24orm.emulator.answers import Answer
from tests.emulator.toy import Clock


def call(url: str, method: str, params: Any = None) -> Any:
    """One blocking call, as the simplest of clients would make it; errors are answers too."""
    body = json.dumps(params or {}).encode()
    request = urllib.request.Request(url + method, body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return json.load(error)


# -- starting and stopping ------------------------------------------------------------------


def test_it_serves_inside_with() -> None:
    with LocalPortal(deals=3) as portal:
        assert call(portal.url, "crm.deal.list")["total"] == 3


async def test_it_serves_inside_async_with() -> None:
    async with LocalPortal(deals=3) as portal:
        assert (await asyncio.to_thread(call, portal.url, "crm.deal.list"))["total"] == 3


def test_start_and_stop_by_hand() -> None:
    portal = LocalPortal().start()
    portal.stop()
    with pytest.raises(urllib.error.URLError):
        call(portal.url, "profile")


def test_an_empty_portal_has_users_and_no_deals() -> None:
    with LocalPortal(users=5) as portal:
        assert (portal.store.count("deal"), portal.store.count("user")) == (0, 5)


def test_the_same_seed_gives_the_same_deals() -> None:
    with LocalPortal(deals=20, seed=7) as one, LocalPortal(deals=20, seed=7) as two:
        assert one.store.rows("deal") == two.store.rows("deal")


def test_a_file_keeps_the_portal(tmp_path: Path) -> None:
    path = tmp_path / "portal.db"
    with LocalPortal(deals=3, path=path) as portal:
        call(portal.url, "crm.deal.add", {"fields": {"TITLE": "kept"}})
    with LocalPortal(deals=3, path=path) as again:
        assert again.store.count("deal") == 4


def test_only_loopback() -> None:
    with pytest.raises(ValueError, match="loopback"):
        LocalPortal(host="0.0.0.0")


def test_an_unknown_plan() -> None:
    with pytest.raises(ValueError, match="gold"):
        LocalPortal(plan="gold")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 with its key, made for this test."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs openssl to make a certificate")
    pem, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(
        [
            openssl,
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "1",
            *names,
            "-keyout",
            key,
            "-out",
            pem,
        ],
        check=True,
        capture_output=True,
    )
    return pem


def test_it_serves_https_with_a_certificate(certificate: Path) -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate, certificate.with_name("key.pem"))
    trusting = ssl.create_default_context(cafile=str(certificate))
    with LocalPortal(tls=tls) as portal:
        response = urllib.request.urlopen(portal.url + "profile", timeout=10, context=trusting)
        with response:
            assert json.load(response)["result"]["ID"] == "1"


# -- another address ------------------------------------------------------------------------


class _NotFollowed(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def redirected(url: str) -> tuple[int, str]:
    """Status and target of a redirect."""
    opener = urllib.request.build_opener(_NotFollowed)
    with pytest.raises(urllib.error.HTTPError) as caught:
        opener.open(urllib.request.Request(url, b"{}"), timeout=10)
    with caught.value as error:
        return error.code, error.headers["Location"]


def test_a_renamed_portal_sends_callers_to_the_same_path_elsewhere() -> None:
    with LocalPortal() as portal:
        old = portal.url
        portal.rename()
        assert redirected(old + "profile") == (302, portal.url + "profile")


def test_a_renamed_portal_works_at_its_new_address() -> None:
    with LocalPortal(deals=3) as portal:
        portal.rename()
        assert call(portal.url, "crm.deal.list")["total"] == 3


def test_a_portal_renamed_twice_leads_to_its_last_address() -> None:
    with LocalPortal() as portal:
        first = portal.url
        portal.rename()
        portal.rename()
        assert redirected(first + "profile") == (302, portal.url + "profile")


def test_a_new_address_leaves_the_identity_and_the_token_server_alone() -> None:
    with LocalPortal() as portal:
        before, server = portal.install_app(), portal.oauth_url
        portal.rename()
        query = f"?grant_type=refresh_token&client_id=local.app&client_secret=app-secret&refresh_token={before['refresh_token']}"
        after = call(server + query, "")
        assert (after["member_id"], after["client_endpoint"]) == (before["member_id"], portal.token_url)


# -- credentials ----------------------------------------------------------------------------


def test_the_webhook_has_the_documented_shape() -> None:
    with LocalPortal() as portal:
        start, _, rest = portal.url.partition("/rest/")
        assert (start, rest.split("/")[0], len(rest.split("/"))) == (
            f"http://127.0.0.1:{portal.port}",
            "1",
            3,
        )


def test_a_token_serves_at_the_token_address() -> None:
    with LocalPortal() as portal:
        assert call(portal.token_url, "profile", {"auth": portal.issue_token()})["result"]["ID"] == "1"


def test_a_token_may_have_fewer_scopes() -> None:
    with LocalPortal() as portal:
        token = portal.issue_token(scope=["user"])
        assert call(portal.token_url, "crm.deal.list", {"auth": token})["error"] == "insufficient_scope"


def test_a_token_expires_by_the_portals_clock() -> None:
    clock = Clock()
    with LocalPortal(clock=clock) as portal:
        token = portal.issue_token(expires_in=60)
        clock.sleep(61)
        assert call(portal.token_url, "profile", {"auth": token})["error"] == "expired_token"


def test_a_webhook_of_another_user() -> None:
    with LocalPortal() as portal:
        assert call(portal.add_webhook(user_id=2), "user.current")["result"]["ID"] == "2"


def test_a_revoked_webhook() -> None:
    with LocalPortal() as portal:
        portal.revoke(portal.url)
        assert call(portal.url, "profile")["error"] == "INVALID_CREDENTIALS"


def test_a_webhook_blocked_by_hand() -> None:
    with LocalPortal() as portal:
        portal.hold(portal.url)
        held = call(portal.url, "profile").get("error")
        portal.release(portal.url)
        assert (held, call(portal.url, "profile").get("error")) == ("OVERLOAD_LIMIT", None)


def test_its_repr_holds_no_secret() -> None:
    with LocalPortal() as portal:
        assert portal.url.rstrip("/").rpartition("/")[2] not in repr(portal)


# -- behaviour ------------------------------------------------------------------------------


def test_a_written_deal_is_in_the_store() -> None:
    with LocalPortal() as portal:
        deal = call(portal.url, "crm.deal.add", {"fields": {"TITLE": "Pump"}})["result"]
        assert portal.store.rows("deal", ["ID", "TITLE"]) == [{"ID": deal, "TITLE": "Pump"}]


def test_a_row_in_the_store_is_served() -> None:
    with LocalPortal() as portal:
        deal = portal.store.insert("deal", {"TITLE": "Pump"})
        assert call(portal.url, "crm.deal.get", {"id": deal})["result"]["TITLE"] == "Pump"


def test_a_batch_over_real_methods_chains_pages() -> None:
    with LocalPortal(deals=120) as portal:
        page = "crm.deal.list?start=-1&order[ID]=ASC&select[]=ID&filter[>ID]="
        cmd = {"c0": page + "0", "c1": page + "$result[c0][49][ID]", "c2": page + "$result[c1][49][ID]"}
        answer = call(portal.url, "batch", {"cmd": cmd})["result"]["result"]
        assert [int(row["ID"]) for rows in answer.values() for row in rows] == list(range(1, 121))


def test_a_chain_past_the_short_page_starts_again() -> None:
    with LocalPortal(deals=60) as portal:
        page = "crm.deal.list?start=-1&order[ID]=ASC&select[]=ID&filter[>ID]="
        cmd = {"c0": page + "0", "c1": page + "$result[c0][49][ID]", "c2": page + "$result[c1][49][ID]"}
        answer = call(portal.url, "batch", {"cmd": cmd})["result"]["result"]
        assert [row["ID"] for row in answer["c2"]][:2] == ["2", "3"]


def test_the_plan_limits_requests() -> None:
    with LocalPortal(plan=Plan(burst=2, rate=0.0)) as portal:
        assert [call(portal.url, "profile").get("error") for _ in range(3)] == [
            None,
            None,
            "QUERY_LIMIT_EXCEEDED",
        ]


def test_others_use_up_operating_time() -> None:
    now = [1_700_000_000.0]
    with LocalPortal(plan="standard", deals=3, clock=lambda: now[0]) as portal:
        portal.spend("crm.deal.LIST", 481)
        batch = {"cmd": {"a": "crm.deal.list", "b": "crm.deal.get?ID=1"}}
        assert call(portal.url, "crm.deal.list")["error"] == "OPERATION_TIME_LIMIT"
        assert list(call(portal.url, "batch", batch)["result"]["result_error"]) == ["a"]
        assert call(portal.url, "crm.deal.get", {"ID": 1})["result"]["ID"] == "1"
        now[0] += 660
        assert "result" in call(portal.url, "crm.deal.list")


@pytest.mark.parametrize(("plan", "enterprise"), [("standard", False), ("enterprise", True)])
def test_app_info_tells_the_plan(plan: str, enterprise: bool) -> None:
    with LocalPortal(plan=plan) as portal:
        assert ("ent" in call(portal.url, "app.info")["result"]["LICENSE"]) is enterprise


def test_faults_can_be_given_at_the_start() -> None:
    with LocalPortal(faults=[Fault("rate_limited")]) as portal:
        assert [call(portal.url, "profile").get("error") for _ in range(2)] == ["QUERY_LIMIT_EXCEEDED", None]


def test_faults_can_change_while_it_runs() -> None:
    with LocalPortal() as portal:
        call(portal.url, "profile")
        portal.faults.script("rate_limited")
        assert call(portal.url, "profile")["error"] == "QUERY_LIMIT_EXCEEDED"


def test_what_calls_cost_can_be_chosen() -> None:
    with LocalPortal(costs=CostModel(overhead=5.0)) as portal:
        call(portal.url, "profile")
        assert portal.log[-1].seconds >= 5.0


def test_a_method_of_ones_own() -> None:
    with LocalPortal() as portal:
        portal.register("my.method", lambda call: Answer(dict(call.params)))
        assert call(portal.url, "my.method", {"a": 1})["result"] == {"a": 1}


def test_stats_are_exact() -> None:
    with LocalPortal(deals=75) as portal:
        call(
            portal.url,
            "batch",
            {"cmd": ["crm.deal.list", "crm.deal.list?start=50", "crm.deal.list?start=-1"]},
        )
        stats = portal.stats
        assert (stats.requests, stats.commands, stats.rows, stats.counted) == (1, 3, 125, 150)


def test_the_log_has_the_last_request() -> None:
    with LocalPortal() as portal:
        call(portal.url, "batch", {"cmd": ["profile"]})
        assert (portal.log[-1].method, portal.log[-1].commands) == ("batch", ("profile",))


# -- churn ----------------------------------------------------------------------------------


def test_rows_come_and_go_between_requests() -> None:
    with LocalPortal(deals=50, churn=Churn("deal", inserts=1, deletes=2, seed=3)) as portal:
        for _ in range(5):
            call(portal.url, "profile")
        assert portal.store.count("deal") == 50 + 5 - 10


def test_churn_says_what_it_did() -> None:
    churn = Churn("deal", inserts=1, deletes=1, seed=3)
    with LocalPortal(deals=10, churn=churn) as portal:
        for _ in range(5):
            call(portal.url, "profile")
        expected = ({*range(1, 11)} | set(churn.inserted)) - set(churn.deleted)
        assert set(portal.store.ids("deal")) == expected


def test_churn_is_repeatable_by_seed() -> None:
    def run() -> list[int]:
        churn = Churn("deal", inserts=0.5, updates=0.5, deletes=0.5, seed=3)
        with LocalPortal(deals=20) as portal:
            for _ in range(10):
                churn.step(portal.store)
        return [*churn.inserted, 0, *churn.updated, 0, *churn.deleted]

    assert run() == run()


def test_churn_can_wait_and_end() -> None:
    churn = Churn("deal", inserts=1, deletes=0, after=2, limit=1)
    with LocalPortal(churn=churn) as portal:
        counts = []
        for _ in range(5):
            call(portal.url, "profile")
            counts.append(portal.store.count("deal"))
        assert counts == [0, 0, 1, 1, 1]


def test_churn_can_be_switched_off() -> None:
    with LocalPortal(churn=Churn("deal", inserts=1, deletes=0)) as portal:
        portal.churn = None
        call(portal.url, "profile")
        assert portal.store.count("deal") == 0


# -- many at once ---------------------------------------------------------------------------


async def test_a_hundred_requests_side_by_side_are_counted_exactly() -> None:
    async with LocalPortal(deals=50) as portal, aiohttp.ClientSession() as session:

        async def read() -> int:
            async with session.get(portal.url + "crm.deal.list?start=-1") as response:
                return len((await response.json())["result"])

        rows = await asyncio.gather(*(read() for _ in range(100)))
        assert (sum(rows), portal.stats.requests, portal.stats.rows) == (5000, 100, 5000)


# -- applications ---------------------------------------------------------------------------


def test_an_installed_application_refreshes_its_token() -> None:
    with LocalPortal() as portal:
        first = portal.install_app("app.1", "hush")
        grant = {"grant_type": "refresh_token", "client_id": "app.1", "client_secret": "hush"}
        second = call(portal.oauth_url, "", {**grant, "refresh_token": first["refresh_token"]})
        assert (
            call(second["client_endpoint"], "profile", {"auth": second["access_token"]})["result"]["ID"]
            == "1"
        )
