"""Many failures, every kind of credentials, and everything that could show a secret: searched for all of them."""

from __future__ import annotations

import asyncio
import io
import socket
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from b24orm import App, AsyncPortal, FileTokens, MemoryTokens, Portal, RedisTokens, connect
from b24orm.emulator import Fault, LocalPortal
from b24orm.emulator.answers import Answer, Refusal
from b24orm.executor.retry import RetryPolicy
from b24orm.models import Deal
from b24orm.transport.auth.secret import Secret
from b24orm.transport.auth.tokens import Tokens
from tests.conftest import PLAIN_PYTEST
from tests.portal.secrets_seen import OURS, Everything, seen_in

APP_SECRET = "hush-client-secret"
FAULTS: list[Any] = [
    "rate_limited",
    "unavailable",
    "server_error",
    "bad_gateway",
    "gateway_timeout",
    "reset_before",
    "reset_after",
    "truncated_json",
    "cut_body",
    "wrong_content_type",
    "expired_token",
    "connection_error",
    "redirect",
    Fault("hang", seconds=0.3),
]


@dataclass
class Leaky:
    """A portal that repeats what it is called with."""

    local: LocalPortal
    secrets: set[str]

    def app(self, **options: Any) -> App:
        made = App("local.app", APP_SECRET, **{"server": self.local.oauth_url, **options})
        made._server = replace(made._server, pause=lambda _: asyncio.sleep(0))
        return made

    def note(self) -> None:
        """Whatever is a secret by now."""
        self.secrets |= set(self.local._engine.credentials.tokens)
        self.secrets |= set(self.local._engine.credentials._webhooks)
        self.secrets |= {value for _, value in self.local.oauth.grants}
        self.secrets.add(self.local.oauth.application("local.app").application_token)


@pytest.fixture
def leaky(monkeypatch: pytest.MonkeyPatch) -> Iterator[Leaky]:
    monkeypatch.setattr(RetryPolicy, "delay", lambda *given: 0.0)
    with LocalPortal(deals=60) as local:
        local.install_app(client_secret=APP_SECRET)
        made = Leaky(local, {APP_SECRET})

        def echo(call: Any) -> Answer:
            token = list(local._engine.credentials.tokens)[-1]
            raise Refusal("BAD", f"you called with {token if call.auth == 'oauth' else local.url}")

        local.register("app.echo", echo)
        made.note()
        yield made


def webhook(leaky: Leaky) -> Any:
    return leaky.local.url


def oauth(leaky: Leaky) -> Any:
    return leaky.app().installed(leaky.local.install_event())


CREDENTIALS: list[Callable[[Leaky], Any]] = [webhook, oauth]
USES: list[Callable[[Portal], Any]] = [
    lambda portal: portal.call("app.echo"),
    lambda portal: portal.call("app.echo", [{"n": 1}, {"n": 2}]),
    lambda portal: portal.call("no.such.method"),
    lambda portal: portal.call("crm.deal.add", {"fields": {"TITLE": "x"}}),
    lambda portal: portal.get_all("crm.deal.list"),
    lambda portal: list(Deal.objects.using(portal)),
    lambda portal: Deal(title="x").save(using=portal),
    lambda portal: Deal.objects.using(portal).bulk_create([Deal(title=str(n)) for n in range(3)]),
]


def tried(work: Callable[[], Any], seen: list[str]) -> None:
    """Does it, and notes what its failure shows."""
    try:
        work()
    except Exception as error:
        seen.append(seen_in(error))


def found(leaky: Leaky, seen: list[str]) -> list[str]:
    """The places that hold a secret, shortened."""
    leaky.note()
    lines = "\n".join(seen).splitlines()
    return [line[:300] for line in lines if any(secret in line for secret in leaky.secrets)]


@pytest.mark.parametrize("credentials", CREDENTIALS)
def test_a_run_of_failures_shows_no_secret_anywhere(
    leaky: Leaky, credentials: Callable[[Leaky], Any], capfd: pytest.CaptureFixture[str]
) -> None:
    seen: list[str] = []
    with Everything() as log, warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        portal = Portal(credentials(leaky), plan="unlimited", progress=True, timeout=0.1)
        for fault in FAULTS:
            for use in USES:
                leaky.local.faults.clear()
                leaky.local.faults.script(*[fault] * 12)
                tried(lambda use=use: use(portal), seen)  # type: ignore[misc]
        portal.close()
        tried(lambda: portal.call("profile"), seen)
    shown = capfd.readouterr()
    seen += [*log.seen, *(str(one.message) for one in warned), shown.out, shown.err]
    assert (found(leaky, seen), len(seen) > 300) == ([], True)


TOKEN_FAULTS: list[Any] = [
    *["bad_gateway", "server_error", "reset_before", "reset_after", "truncated_json", "cut_body", "redirect"],
    None,
]


def test_a_run_of_failed_renewals_shows_no_secret_anywhere(leaky: Leaky) -> None:
    seen: list[str] = []
    with Everything() as log:
        for fault in TOKEN_FAULTS:
            credentials = oauth(leaky)
            leaky.note()
            with Portal(credentials, plan="unlimited", progress=False) as portal:
                leaky.local.faults.script("expired_token")
                if fault is None:
                    leaky.local.oauth.grants.clear()
                else:
                    leaky.local.oauth.faults.script(*[fault] * 9)
                tried(lambda: portal.call("profile"), seen)
            leaky.local.oauth.faults.clear()
    assert (found(leaky, [*seen, *log.seen]), len(seen)) == ([], len(TOKEN_FAULTS))


class Broken(MemoryTokens):
    """A store whose errors repeat what it was given."""

    def save(self, key: str, tokens: Tokens) -> None:
        raise RuntimeError(f"INSERT failed: {tokens.to_json()}")


def test_a_store_that_fails_shows_no_secret(leaky: Leaky, tmp_path: Path) -> None:
    readable = FileTokens(tmp_path / "tokens")
    stores: list[Any] = [
        Broken(),
        FileTokens("/proc/no/such/folder"),
        RedisTokens("redis://:hunter2@127.0.0.1:1/0"),
    ]
    leaky.secrets.add("hunter2")
    seen: list[str] = []
    with Everything() as log:
        for store in stores:
            tried(lambda: leaky.app(store=store).installed(leaky.local.install_event()), seen)  # noqa: B023
        credentials = leaky.app(store=readable).installed(leaky.local.install_event())
        next((tmp_path / "tokens").glob("*.json")).write_text(f'{{"access_token": "{APP_SECRET}"}}')
        tried(lambda: leaky.app(store=readable).credentials(credentials.member_id), seen)
    assert (found(leaky, [*seen, *log.seen]), len(seen)) == ([], 4)


def payloads(leaky: Leaky) -> list[Callable[[], Any]]:
    """Applications that are called wrongly, with secrets in hand."""
    app, other = leaky.app(), App("local.app", "hush-other-secret", server=leaky.local.oauth_url)
    event = leaky.local.install_event()
    _, body = leaky.local.placement()
    code = {"code": leaky.local.oauth.code("local.app"), "state": "hush-state-1"}
    leaky.secrets |= {"hush-other-secret", "hush-state-1", "hush-state-2"}
    leaky.note()
    return [
        lambda: app.installed(body),
        lambda: other.installed(event),
        lambda: app.opened(body, "DOMAIN=evil.example"),
        lambda: app.exchange(code, state="hush-state-2"),
        lambda: other.exchange(code, state="hush-state-1"),
        lambda: app.installed(event.replace(b"client_endpoint", b"x")),
        lambda: asyncio.run(app.ainstalled(body)),  # type: ignore[arg-type]
        lambda: asyncio.run(other.ainstalled(event)),  # type: ignore[arg-type]
        lambda: asyncio.run(app.aexchange(code, state="hush-state-2")),  # type: ignore[arg-type]
        lambda: App("", APP_SECRET),
        lambda: App("app.1", APP_SECRET, server="nonsense"),
    ]


def test_an_application_that_is_called_wrongly_shows_no_secret(leaky: Leaky) -> None:
    seen: list[str] = []
    with Everything() as log:
        tries = payloads(leaky)
        for work in tries:
            tried(work, seen)
    assert (found(leaky, [*seen, *log.seen]), len(seen)) == ([], len(tries))


HOOK = "https://acme.bitrix24.com/rest/1/h0ok-s3cret/"
BAD: list[Callable[[], Any]] = [
    lambda: connect(HOOK.replace("/1/", "/x/"), progress=False),
    lambda: connect(HOOK.replace("https", "http"), progress=False),
    lambda: connect(HOOK.replace("https", "ftp")),
    lambda: connect("h0ok-s3cret"),
    lambda: connect(HOOK.encode()),  # type: ignore[arg-type]
    lambda: connect([HOOK]),  # type: ignore[arg-type]
    lambda: connect(HOOK, plan="standart"),
    lambda: connect(HOOK, plan=5),  # type: ignore[arg-type]
    lambda: connect(HOOK, timeout="5"),  # type: ignore[arg-type]
    lambda: connect(HOOK, timeout=0),
    lambda: connect(HOOK, token_func=lambda: "t"),
    lambda: connect(HOOK, trusted_hosts="acme.com"),
    lambda: Portal(HOOK, progress="always"),  # type: ignore[arg-type]
    lambda: AsyncPortal(HOOK, on_invalid="x"),  # type: ignore[arg-type]
    lambda: AsyncPortal(HOOK.replace("/1/", "/x/")),
]


@pytest.mark.parametrize("work", range(len(BAD)))
def test_an_address_that_is_passed_wrongly_is_not_shown(work: int) -> None:
    seen: list[str] = []
    tried(BAD[work], seen)
    shown = [line for line in "\n".join(seen).splitlines() if "h0ok-s3cret" in line]
    if work == 10:  # a webhook is a REST address too, if a function brings tokens
        assert seen == []
    else:
        assert (shown, len(seen)) == ([], 1)


@pytest.mark.parametrize("host", ["acme.invalid", "127.0.0.1:1"])
def test_a_portal_that_can_not_be_reached_shows_no_secret(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RetryPolicy, "delay", lambda *given: 0.0)
    seen: list[str] = []
    with Everything() as log, Portal(f"https://{host}/rest/1/h0ok-s3cret/", progress=False) as portal:
        tried(lambda: portal.call("profile"), seen)
    assert (["h0ok-s3cret" in text for text in seen], "h0ok-s3cret" in "\n".join(log.seen)) == (
        [False],
        False,
    )


# -- tools that show local variables -----------------------------------------------------------------


def rich_of(error: BaseException) -> str:
    """What rich prints of an error, from our first frame on: the test's own frames know the secrets."""
    from rich.console import Console
    from rich.traceback import Traceback

    trace = error.__traceback__
    while trace is not None and not trace.tb_frame.f_code.co_filename.startswith(OURS):
        trace = trace.tb_next
    shown = Traceback.from_exception(type(error), error, trace, show_locals=True, locals_max_string=None)
    console = Console(width=400, file=io.StringIO(), force_terminal=False)
    console.print(shown)
    return str(console.file.getvalue())  # type: ignore[attr-defined]


@pytest.mark.parametrize("credentials", CREDENTIALS)
def test_a_traceback_of_rich_shows_no_secret(leaky: Leaky, credentials: Callable[[Leaky], Any]) -> None:
    pytest.importorskip("rich")
    seen: list[str] = []
    with Portal(credentials(leaky), plan="unlimited", progress=False, timeout=0.1) as portal:
        for fault in ("reset_after", "server_error", "redirect", "expired_token", Fault("hang", seconds=0.3)):
            leaky.local.faults.clear()
            leaky.local.faults.script(*[fault] * 12)
            leaky.local.oauth.faults.script("bad_gateway")
            try:
                portal.call("crm.deal.add", {"fields": {"TITLE": "x"}})
            except Exception as error:
                seen.append(rich_of(error))
    assert (found(leaky, seen), all("locals" in text for text in seen), len(seen)) == ([], True, 5)


SHOWN_BY_PYTEST = """
from b24orm import connect
from b24orm.models import Deal

def test_it(b24_portal):
    b24_portal.faults.script(*["reset_after"] * 9)
    portal = connect(b24_portal.url, progress=False)
    portal.call("crm.deal.add", {"fields": {"TITLE": "x"}})

def test_another(b24_portal):
    connect(b24_portal.url, plan="standart")
"""


def test_pytest_with_local_variables_shows_no_secret(tmp_path: Path) -> None:
    (tmp_path / "test_shown.py").write_text(SHOWN_BY_PYTEST)
    options = [
        "--showlocals",
        "--full-trace",
        "-o",
        "log_level=DEBUG",
        "-p",
        "b24orm.testing",
        "-p",
        "no:cacheprovider",
    ]
    run = subprocess.run(
        [sys.executable, "-c", TOLD, *options],
        cwd=tmp_path,
        env=PLAIN_PYTEST,
        capture_output=True,
        text=True,
        check=False,
    )
    secrets = (tmp_path / "secrets.txt").read_text().split()
    assert ("2 failed" in run.stdout, len(secrets) >= 2) == (True, True), run.stdout + run.stderr
    assert [secret for secret in secrets if secret in run.stdout] == []


TOLD = """
import sys, pytest
from b24orm.emulator.credentials import Credentials
add = Credentials.add_webhook
def telling(self, *given, **named):
    made = add(self, *given, **named)
    print(made.secret, file=open("secrets.txt", "a"))
    return made
Credentials.add_webhook = telling
sys.exit(pytest.main(sys.argv[1:]))
"""
"""Runs pytest, and tells in a file which secrets there are."""


# -- Secret itself -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "show", [repr, str, "{}".format, "{!r:>20}".format, lambda it: f"{it:>20}", "%s".__mod__]
)
def test_a_secret_shows_itself_to_nobody(show: Callable[[Any], str]) -> None:
    assert "hush" not in show(Secret("hush"))


def test_a_secret_has_no_attributes_to_look_into() -> None:
    assert not hasattr(Secret("hush"), "__dict__")


@pytest.mark.parametrize(("other", "same"), [("hush", True), ("hus", False), ("", False)])
def test_secrets_are_compared(other: str, same: bool) -> None:
    assert (Secret("hush") == Secret(other)) is same


def test_a_secret_is_compared_to_no_text() -> None:
    assert Secret("hush") != "hush"


def test_a_secret_that_is_too_short_leaves_texts_alone() -> None:
    assert Secret("a").redact("a banana") == "a banana"


# -- the local portal ----------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.1", "example.com", ""])
def test_a_local_portal_binds_to_loopback_only(host: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        LocalPortal(host=host)


def test_the_plugin_s_portal_can_not_be_reached_from_elsewhere(b24_portal: LocalPortal) -> None:
    b24_portal.rename()
    if sys.platform != "linux":
        pytest.skip("reads /proc")
    listening = [
        line.split()[1]
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        if line.split()[3] == "0A" and int(line.split()[1].rpartition(":")[2], 16) == b24_portal.port
    ]
    assert listening == [f"{socket.inet_aton('127.0.0.1')[::-1].hex().upper()}:{b24_portal.port:04X}"]
