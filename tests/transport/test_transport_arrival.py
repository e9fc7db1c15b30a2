"""What is a file, what it is called, and what is said of an answer that is none."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b24orm.errors import AccessDenied, ApiError, ExpiredToken, NotFound, ServerFailure
from b24orm.transport.arrival import Head, is_file, name_of, next_link, refusal

NAMED = 'attachment; filename="{}"'
NGINX = b"<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>"


@pytest.mark.parametrize(
    ("head", "begin", "expected"),
    [
        (Head(200, "application/pdf", disposition=NAMED.format("a.pdf")), b"%PDF", True),
        (Head(200, "image/png"), b"\x89PNG", True),
        (Head(200, "text/plain"), b"hi", True),
        (Head(200, "text/html", disposition=NAMED.format("page.html")), NGINX, True),
        (Head(200, "text/html", disposition=NAMED.format("mail.eml")), b"<html>hello", True),
        (Head(200, "application/json", disposition=NAMED.format("a.json")), b'{"error":1}', True),
        (Head(200, "", disposition=NAMED.format("a")), b"", True),
        (Head(200, "text/html", disposition=NAMED.format("a.pdf")), NGINX, False),
        (Head(200, "text/html"), b"<html>", False),
        (Head(200, "application/json"), b"{}", False),
        (Head(200, ""), b"", False),
        (Head(404, "application/pdf", disposition=NAMED.format("a.pdf")), b"", False),
        (Head(206, "application/pdf", disposition=NAMED.format("a.pdf")), b"", False),
    ],
)
def test_a_file_is_told_from_a_page(head: Head, begin: bytes, expected: bool) -> None:
    assert is_file(head, begin) is expected


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ('attachment; filename="a.txt"', "a.txt"),
        ("attachment; filename=a.txt", "a.txt"),
        ("attachment; filename=\"x\"; filename*=utf-8''%D0%B0.txt", "\u0430.txt"),
        ('attachment; filename="..\\..\\a.txt"', "a.txt"),
        ('attachment; filename="/etc/passwd"', "passwd"),
        ('attachment; filename=".."', ""),
        ("attachment; filename*=utf-8''%2e%2e%2fx", "x"),
        ("attachment; filename*=utf-8''a%00%0Ab", "a__b"),
        ("inline", ""),
        ("", ""),
    ],
)
def test_a_name_is_fit_for_a_file_of_this_machine(told: str, name: str) -> None:
    assert name_of(Head(200, disposition=told)) == name


@given(st.text(max_size=300))
def test_no_name_leads_out_of_its_directory(told: str) -> None:
    name = name_of(Head(200, disposition=f'attachment; filename="{told}"'))
    assert not set(name) & set("/\\\x00")
    assert name not in (".", "..")
    assert len(name) <= 200


HERE = "https://acme.bitrix24.com/rest/download.json?token=x"


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (Head(200, location="/x"), None),
        (Head(302), None),
        (Head(302, location="https://cdn.example/a"), "https://cdn.example/a"),
        (Head(301, location="/upload/a.png"), "https://acme.bitrix24.com/upload/a.png"),
        (Head(302, location="/auth/?backurl=%2F"), AccessDenied),
        (Head(302, location="https://auth2.bitrix24.net/oauth/authorize/?x"), AccessDenied),
        (Head(302, location="http://cdn.example/a"), ServerFailure),
        (Head(302, location="file:///etc/passwd"), ServerFailure),
    ],
)
def test_a_redirect_leads_on_or_to_a_login(head: Head, expected: str | type[ApiError] | None) -> None:
    found = next_link(HERE, head)
    assert found == expected if not isinstance(expected, type) else isinstance(found, expected)


def said(status: int, kind: str, body: bytes) -> ApiError:
    return refusal(Head(status, kind), body, method="download", host="acme", redact=lambda text: text)


@pytest.mark.parametrize(
    ("status", "kind", "body", "expected", "text"),
    [
        (
            401,
            "application/json",
            {"error": "expired_token", "error_description": "x"},
            ExpiredToken,
            "expired",
        ),
        (
            403,
            "application/json",
            {"error": "ACCESS_DENIED", "error_description": "Link"},
            AccessDenied,
            "Link",
        ),
        (200, "application/json", {"result": None}, NotFound, "no file"),
        (
            200,
            "application/json",
            {"status": "error", "errors": [{"message": "Bad permission"}]},
            AccessDenied,
            "Bad",
        ),
        (
            200,
            "application/json",
            {"status": "error", "errors": [{"message": "Could not find"}]},
            NotFound,
            "find",
        ),
        (401, "application/json", {"status": "denied"}, AccessDenied, "denied"),
        (200, "text/html", b'<form><input name="AUTH_FORM">', AccessDenied, "log in"),
        (403, "text/html", b"Forbidden", AccessDenied, "log in"),
        (200, "text/html", b"Access denied.", AccessDenied, "may not read"),
        (200, "text/html", b"File not found", NotFound, "no such file"),
        (404, "text/html", b"", NotFound, "does not find"),
        (200, "text/html", NGINX, NotFound, "does not find"),
        (502, "text/html", NGINX, ServerFailure, "HTTP_502"),
        (200, "text/html", b"<html>maintenance", ServerFailure, "NOT_A_FILE"),
        (200, "", b"", ServerFailure, "no content type"),
    ],
)
def test_a_refusal_says_why(
    status: int, kind: str, body: object, expected: type[ApiError], text: str
) -> None:
    error = said(status, kind, body if isinstance(body, bytes) else json.dumps(body).encode())
    assert type(error) is expected
    assert text in str(error)
    assert (error.method, error.host, error.status) == ("download", "acme", status)


def test_a_refusal_holds_no_secret() -> None:
    body = b'{"status": "error", "errors": [{"message": "no s3cret here", "code": "s3cret"}]}'
    error = refusal(
        Head(200, "application/json"), body, method="m", host="h", redact=lambda t: t.replace("s3cret", "***")
    )
    assert "s3cret" not in f"{error!r}{error}"
