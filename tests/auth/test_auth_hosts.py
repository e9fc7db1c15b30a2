"""Where credentials may go."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b24orm import Portal
from b24orm.errors import InvalidValue, PortalMoved
from b24orm.transport.auth.hosts import allows, check_moved, endpoint_of, named_hosts, redirected
from b24orm.transport.base import Request, Response

ACME = "https://acme.bitrix24.com/rest"
BOX = "https://crm.acme.com/rest"
HERE = "http://127.0.0.1:8000/rest"


@pytest.mark.parametrize(
    ("known", "new"),
    [
        (ACME, "https://new.bitrix24.com/rest"),
        (ACME, ACME),
        ("https://acme.bitrix24.com.br/rest", "https://new.bitrix24.com.br/rest"),
        ("https://acme.bitrix24.ru/rest", "https://b24-x1y2.bitrix24.ru/rest"),
        ("http://acme.local/rest", "https://acme.local/rest"),
        (HERE, "http://127.0.0.1:9000/rest"),
        (HERE, "http://localhost:9000/rest"),
        ("https://127.0.0.1/rest", "https://127.0.0.1:9000/rest"),
        (BOX, "https://crm.acme.com:443/rest"),
    ],
)
def test_they_may_go(known: str, new: str) -> None:
    assert allows(known, new)


@pytest.mark.parametrize(
    ("known", "new"),
    [
        (ACME, "http://new.bitrix24.com/rest"),
        (ACME, "https://new.bitrix24.ru/rest"),
        (ACME, "https://new.bitrix24.com.evil.example/rest"),
        (ACME, "https://evilbitrix24.com/rest"),
        (ACME, "https://bitrix24.com/rest"),
        (ACME, "https://a.b.bitrix24.com/rest"),
        (ACME, "https://new.bitrix24.com:8443/rest"),
        (ACME, "https://new.bitrix24.com@evil.example/rest"),
        (ACME, "https://crm.acme.com/rest"),
        (ACME, "https://new.bitrix24.com./rest"),
        (ACME, "https://evil%2eexample%2f.bitrix24.com/rest"),
        (ACME, "https://evil\\.bitrix24.com/rest"),
        (ACME, "http://127.0.0.1/rest"),
        (BOX, "https://other.acme.com/rest"),
        (BOX, "https://acme.com/rest"),
        (BOX, "https://new.bitrix24.com/rest"),
        (BOX, "http://crm.acme.com/rest"),
        (BOX, "https://crm.acme.com:8443/rest"),
        (HERE, "http://acme.local/rest"),
        (HERE, "https://acme.bitrix24.com/rest"),
        ("https://127.0.0.1/rest", "http://127.0.0.1/rest"),
        ("https://localhost/rest", "https://localhost.evil.example/rest"),
    ],
)
def test_they_may_not(known: str, new: str) -> None:
    assert not allows(known, new)


@pytest.mark.parametrize(
    ("new", "may"),
    [
        ("https://crm.acme.com/rest", True),
        ("https://CRM.acme.com/rest", True),
        ("https://crm.acme.com:8443/rest", False),
        ("http://crm.acme.com/rest", False),
        ("https://x.crm.acme.com/rest", False),
    ],
)
def test_a_host_that_was_named_is_trusted_itself_and_over_tls_only(new: str, may: bool) -> None:
    assert allows(ACME, new, ("crm.acme.com",)) is may


@pytest.mark.parametrize(
    "hosts",
    [
        "crm.acme.com",
        ["https://crm.acme.com"],
        ["crm.acme.com/"],
        ["*.acme.com"],
        [""],
        [".acme.com"],
        ["a b"],
    ],
)
def test_only_hosts_can_be_named(hosts: Any) -> None:
    with pytest.raises(InvalidValue, match="trusted_hosts"):
        Portal("https://acme.bitrix24.com/rest/1/c0de/", trusted_hosts=hosts)


@pytest.mark.parametrize(
    "host", ["CRM.acme.com", "crm.acme.com:443", "xn--e1aybc.xn--p1ai", "10.0.0.5:8443", "[::1]:8443"]
)
def test_hosts_are_named_as_people_write_them(host: str) -> None:
    assert named_hosts([host]) == {host.lower().removesuffix(":443")}


def test_a_port_may_be_named_with_it() -> None:
    assert allows(ACME, "https://crm.acme.com:8443/rest", ("crm.acme.com:8443",))


@given(st.text("abc.-:@/24bitrxcom", max_size=40))
def test_nothing_that_is_no_portal_of_the_zone_ever_passes(text: str) -> None:
    base = endpoint_of(f"https://{text}/rest/")
    allowed = base is not None and allows(ACME, base)
    host = (base or "").removeprefix("https://").removesuffix("/rest")
    label, _, zone = host.partition(".")
    assert not allowed or (zone == "bitrix24.com" and bool(label))


@given(st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}", fullmatch=True))
def test_every_portal_of_the_zone_does(label: str) -> None:
    base = endpoint_of(f"https://{label}.bitrix24.com/rest/")
    assert base is not None
    assert allows(ACME, base)


# -- redirects -------------------------------------------------------------------------------------

ASKED = "https://acme.bitrix24.com/rest/1/c0de/profile"


@pytest.mark.parametrize("path", ["/rest/1/c0de/profile", "/rest/1/c0de/profile/"])
def test_the_same_path_elsewhere_is_a_new_address(path: str) -> None:
    assert redirected(ASKED, f"https://new.bitrix24.com{path}") == "https://new.bitrix24.com/rest"


@pytest.mark.parametrize(
    "location",
    [
        "https://new.bitrix24.com/",
        "https://www.bitrix24.com/deleted",
        "https://new.bitrix24.com/rest/1/other/profile",
        "https://acme.bitrix24.com/rest/1/c0de/profile",
        "https://acme.bitrix24.com/auth/?login=yes",
        "https://user@new.bitrix24.com/rest/1/c0de/profile",
        "/rest/1/c0de/profile",
        "",
        "https://[/rest/1/c0de/profile",
    ],
)
def test_anything_else_is_not(location: str) -> None:
    assert redirected(ASKED, location) is None


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_portal_that_moved_is_told_without_its_secret(status: int) -> None:
    response = Response(status, "text/html", b"", "https://new.bitrix24.com/rest/1/c0de/profile")
    with pytest.raises(PortalMoved, match=r"moved to new\.bitrix24\.com") as caught:
        check_moved(response, Request(ASKED, b"{}", 1.0, "profile", "acme.bitrix24.com"))
    assert "c0de" not in str(caught.value)


@pytest.mark.parametrize("status", [200, 303, 400, 503])
def test_another_status_moves_nothing(status: int) -> None:
    response = Response(status, "text/html", b"", "https://new.bitrix24.com/rest/1/c0de/profile")
    check_moved(response, Request(ASKED, b"{}", 1.0, "profile", "acme.bitrix24.com"))
