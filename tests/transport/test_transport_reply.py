"""Answers of every shape: envelopes, batches, errors, and what is no answer at all."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest

from b24orm.errors import (
    AccessDenied,
    ApiError,
    AuthError,
    B24Error,
    ExpiredToken,
    InsufficientScope,
    NotFound,
    NotInstalled,
    OperatingLimited,
    PaymentRequired,
    PortalDeleted,
    RateLimited,
    ServerFailure,
)
from b24orm.plan.calls import Outcome, Reply
from b24orm.transport.base import Response
from b24orm.transport.reply import batch_outcomes, read

SECRET = "abcdef123456"


def redact(text: str) -> str:
    return text.replace(SECRET, "***")


def answered(body: Any, status: int = 200, **options: Any) -> Response:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, options.pop("content_type", "application/json"), raw, **options)


def reply(body: Any, status: int = 200, **options: Any) -> Reply:
    method = options.pop("method", "crm.deal.list")
    response = answered(body, status, **options)
    return read(response, method=method, host="acme.bitrix24.com", redact=redact)


def refused(body: Any, status: int = 400, **options: Any) -> ApiError:
    with pytest.raises(ApiError) as caught:
        reply(body, status, **options)
    return caught.value


# -- success -----------------------------------------------------------------------------------


def test_an_envelope_is_taken_apart() -> None:
    body = {"result": [{"ID": "1"}], "total": 1234, "next": 50, "time": {"operating": 0.5}}

    assert reply(body) == Reply([{"ID": "1"}], 1234, 50, {"operating": 0.5}, body)


@pytest.mark.parametrize("result", [[], {}, None, False, 0, "", True, 7])
def test_any_result_is_a_success(result: Any) -> None:
    assert reply({"result": result}).result == result


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        (5, 5),
        ("5", 5),
        (0, 0),
        (None, None),
        ("many", None),
        ([], None),
        (-1, -1),
        ("²", None),
        ("--5", None),
        ("9" * 5_000, None),
        (True, None),
        (5.0, None),
    ],
)
def test_totals_come_as_numbers_or_texts_or_not_at_all(total: Any, expected: int | None) -> None:
    assert reply({"result": [], "total": total}).total == expected


@pytest.mark.parametrize("time", [None, [], "0.1", 5])
def test_a_time_that_is_no_map_is_no_time(time: Any) -> None:
    assert reply({"result": [], "time": time}).time == {}


# -- errors by their codes -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("QUERY_LIMIT_EXCEEDED", 503, RateLimited),
        ("OPERATION_TIME_LIMIT", 429, OperatingLimited),
        ("OVERLOAD_LIMIT", 503, AuthError),
        ("OVERLOAD_LIMIT", 401, AuthError),
        ("NO_AUTH_FOUND", 401, AuthError),
        ("INVALID_CREDENTIALS", 403, AuthError),
        ("expired_token", 401, ExpiredToken),
        ("invalid_token", 401, AuthError),
        ("insufficient_scope", 403, InsufficientScope),
        ("user_access_error", 401, AuthError),
        ("authorization_error", 401, AuthError),
        ("APPLICATION_NOT_FOUND", 401, NotInstalled),
        ("WRONG_AUTH_TYPE", 403, AuthError),
        ("PAYMENT_REQUIRED", 401, PaymentRequired),
        ("NOT_INSTALLED", 401, NotInstalled),
        ("ERROR_OAUTH", 401, NotInstalled),
        ("INVALID_REQUEST", 401, AuthError),
        ("PORTAL_DELETED", 403, PortalDeleted),
        ("METHOD_CONFIRM_WAITING", 401, AccessDenied),
        ("METHOD_CONFIRM_DENIED", 403, AccessDenied),
        ("allowed_only_intranet_user", 403, AccessDenied),
        ("WRONG_LICENSE", 403, AccessDenied),
        ("ACCESS_DENIED", 403, AccessDenied),
        ("ACCESS_DENIED", 401, AuthError),
        ("ACCESS_DENIED", 400, AccessDenied),
        ("ERROR_METHOD_NOT_FOUND", 404, NotFound),
        ("NOT_FOUND", 400, NotFound),
        ("ERROR_NOT_FOUND", 400, NotFound),
        ("INTERNAL_SERVER_ERROR", 500, ServerFailure),
        ("INTERNAL_SERVER_ERROR", 200, ServerFailure),
        ("ERROR_UNEXPECTED_ANSWER", 500, ServerFailure),
        ("CONNECTION_ERROR", 401, ServerFailure),
        ("ERROR_CORE", 500, ServerFailure),
        ("INTERNAL_WRONG_TRANSPORT", 500, ServerFailure),
        ("ERROR_CORE", 400, ApiError),
        ("ERROR_ARGUMENT", 400, ApiError),
        ("INVALID_ARG_VALUE", 400, ApiError),
        ("100", 400, ApiError),
        ("WRONG_ENCODING", 200, ApiError),
    ],
)
def test_the_code_decides_on_the_error(code: str, status: int, kind: type[ApiError]) -> None:
    assert type(refused({"error": code, "error_description": "?"}, status)) is kind


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("ACCESSDENIEDEXCEPTION", 403, AccessDenied),
        ("ACCESSDENIEDEXCEPTION", 401, AuthError),
        ("INSUFFICIENTSCOPEEXCEPTION", 403, InsufficientScope),
        ("METHODNOTFOUNDEXCEPTION", 404, NotFound),
        ("ENTITYNOTFOUNDEXCEPTION", 400, NotFound),
        ("RATELIMITEXCEPTION", 429, OperatingLimited),
        ("LICENSEEXCEPTION", 403, AccessDenied),
        ("INTERNAL_INTERNALEXCEPTION", 500, ServerFailure),
        ("INVALIDFILTEREXCEPTION", 400, ApiError),
    ],
)
def test_so_does_the_code_inside_rest_3_s_object(code: str, status: int, kind: type[ApiError]) -> None:
    error = {"code": f"BITRIX_REST_V3_EXCEPTION_{code}", "message": "?"}

    assert type(refused({"error": error}, status)) is kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Not found", NotFound),
        ("Not found.", NotFound),
        ("Access denied", AccessDenied),
        ("Access denied.", AccessDenied),
        ("productPropertyEnum does not exist.", NotFound),
        ("Lead is not found", NotFound),
        ("Product section is not found.", NotFound),
        ("The Requisite with ID '5' is not found", NotFound),
        ("VAT rate not found.", NotFound),
        ("The folder does not exist.", ApiError),
        ("ID is not defined or invalid.", ApiError),
        ("", ApiError),
    ],
)
def test_an_error_without_a_code_is_told_by_its_text(text: str, kind: type[ApiError]) -> None:
    assert type(refused({"error": "", "error_description": text})) is kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Flow not found", NotFound),
        ("Payment not found or access denied", NotFound),
        ("Delivery has not been found", NotFound),
        ("Image with the specified identifier not found", NotFound),
        ("Access denied", ApiError),
        ("Invalid sorting key (internal error)", ApiError),
    ],
)
def test_so_is_one_whose_code_is_0(text: str, kind: type[ApiError]) -> None:
    assert type(refused({"error": 0, "error_description": text})) is kind


@pytest.mark.parametrize(
    ("code", "text", "kind"),
    [
        ("BLOCK_NOT_FOUND", "Block not found", NotFound),
        ("ERROR_ENTITY_NOT_FOUND", "Entity not found", NotFound),
        ("USER_NOT_EXISTS", "User is not exists", NotFound),
        ("APPLICATION_NOT_FOUND", "Application not found", NotInstalled),
        (
            "ERROR_CORE",
            "TASKS_ERROR_EXCEPTION_#512; No; 512/TE/ITEM_NOT_FOUND_OR_NOT_ACCESSIBLE<br>",
            NotFound,
        ),
        ("ERROR_CORE", "TASKS_ERROR_EXCEPTION_#8; Action failed; 8/TE/ACTION_FAILED<br>", ApiError),
    ],
)
def test_a_code_may_name_what_is_not_there(code: str, text: str, kind: type[ApiError]) -> None:
    assert type(refused({"error": code, "error_description": text})) is kind


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (200540400001, NotFound),
        ("201240400001", NotFound),
        (200700300030, NotFound),
        (201100000000, NotFound),
        (200040300010, AccessDenied),
        (200850000008, ApiError),
    ],
)
def test_shop_and_catalog_number_what_is_not_there(code: Any, kind: type[ApiError]) -> None:
    assert type(refused({"error": code, "error_description": "no"})) is kind


@pytest.mark.parametrize(
    ("code", "expected"),
    [("", ""), (0, "0"), ("0", "0"), (200040300010, "200040300010"), (None, ""), (False, "")],
)
def test_the_key_makes_the_error_whatever_its_value(code: Any, expected: str) -> None:
    assert refused({"error": code, "error_description": "no"}).code == expected


def test_an_error_with_http_200_is_an_error() -> None:
    assert refused({"error": "SIGN_ERROR", "error_description": "no"}, 200).status == 200


def test_an_error_inside_a_result_is_an_error() -> None:
    inside = {"error": "ACCESS_DENIED", "error_description": "Access denied."}

    assert isinstance(refused({"result": {"error": inside}}, 200), AccessDenied)


@pytest.mark.parametrize(
    "result",
    [
        {"error": "text"},
        {"error": {"error": "X"}},
        {"error": {"error": "X", "error_description": ""}, "id": 1},
    ],
)
def test_a_result_that_merely_has_an_error_among_its_values_is_a_success(result: Any) -> None:
    assert reply({"result": result}).result == result


def test_an_error_beside_a_result_is_an_error() -> None:
    assert refused({"result": [], "error": "X", "error_description": "no"}, 200).code == "X"


@pytest.mark.parametrize("text", [None, [], 5])
def test_a_description_may_be_anything(text: Any) -> None:
    assert isinstance(refused({"error": "X", "error_description": text}).description, str)


def test_an_error_knows_where_it_comes_from() -> None:
    error = refused({"error": "X", "error_description": "no"}, 400)

    assert str(error) == "crm.deal.list on acme.bitrix24.com [HTTP 400]: X: no"


@pytest.mark.parametrize(
    ("method", "code", "text", "hint"),
    [
        ("crm.deal.lst", "ERROR_METHOD_NOT_FOUND", "Method not found!", "; did you mean 'crm.deal.list'?"),
        ("cmr.deal.list", "ERROR_METHOD_NOT_FOUND", "Method not found!", "; did you mean 'crm.deal.list'?"),
        ("crm.deal.list", "ERROR_METHOD_NOT_FOUND", "Method not found!", "; the portal does not have it"),
        ("telephony.externalCall.register", "ERROR_METHOD_NOT_FOUND", "", "; the portal does not have it"),
        (
            "telephony.externalcall.registr",
            "ERROR_METHOD_NOT_FOUND",
            "",
            "'telephony.externalCall.register'?",
        ),
        ("my.own", "ERROR_METHOD_NOT_FOUND", "Method not found!", "; the documentation does not know it"),
        ("crm.deal.list", "INVALID_CREDENTIALS", "Invalid request credentials", "copy its address again"),
        ("tasks.task.list", "insufficient_scope", "", "; tick the permission for tasks in the webhook"),
        ("crm.deal.list", "ACCESS_DENIED", "REST is available only on commercial plans.", "has ended"),
        ("crm.deal.list", "ACCESS_DENIED", "REST is available only by subscription.", "has ended"),
        (
            "placement.bind",
            "WRONG_AUTH_TYPE",
            "Current authorization type is denied",
            "OAuth tokens, not with",
        ),
        (
            "app.option.get",
            "ACCESS_DENIED",
            "Access denied! Application context required",
            "OAuth tokens, not",
        ),
        ("profile", "APPLICATION_NOT_FOUND", "Application not found", "have it installed again"),
        ("profile", "PORTAL_DELETED", "Portal was deleted", "forget its credentials"),
        ("crm.deal.list", "", "Access denied.", "lacks the right in Bitrix24 itself"),
        ("crm.deal.list", "expired_token", "The access token provided has expired", "token_func"),
    ],
)
def test_an_error_says_what_to_do(method: str, code: str, text: str, hint: str) -> None:
    error = refused({"error": code, "error_description": text}, 401, method=method)

    assert hint in str(error)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_secrets_leave_the_server_s_texts() -> None:
    error = refused({"error": f"X{SECRET}", "error_description": f"/rest/1/{SECRET}/"})

    assert SECRET not in repr((error, error.args, vars(error)))


# -- no answer at all ----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 403, 500, 502, 504])
@pytest.mark.parametrize("body", [b"<html>502</html>", b"", b"[]", b'"ok"', b"null", b"\xff", b'{"result":'])
def test_what_is_no_json_object_is_a_failure_of_the_server(body: bytes, status: int) -> None:
    error = refused(body, status)

    assert (type(error), error.code.startswith(f"HTTP_{status}")) == (ServerFailure, True)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    error = refused(b"", status, location=f"https://new.bitrix24.com/rest/1/{SECRET}/crm.deal.list")

    assert (type(error), error.code, SECRET in str(error)) == (ServerFailure, "REDIRECTED", False)


@pytest.mark.parametrize(
    ("status", "kind", "hint"),
    [
        (200, "text/html", "be it the sign-in of a network: open the portal in a browser"),
        (511, "text/html", "be it the sign-in of a network: open the portal in a browser"),
        (404, "text/html", "compare it with the one that the portal shows"),
        (413, "text/html", "the server in front takes no request of this size"),
        (200, "application/json", "the answer was damaged on its way"),
        (502, "text/html", ""),
    ],
)
def test_what_is_no_answer_says_what_to_do(status: int, kind: str, hint: str) -> None:
    error = refused(b"<p>", status, content_type=kind)

    assert (hint in error.hint, bool(error.hint)) == (True, bool(hint))


def test_an_answer_with_neither_result_nor_error_is_a_failure() -> None:
    assert refused({"time": {}}, 200).code == "NO_RESULT"


# -- batches -----------------------------------------------------------------------------------------


def outcomes(result: Any, *labels: str, halt: bool = False) -> list[Outcome]:
    methods = ["crm.deal.get"] * len(labels)
    return batch_outcomes(Reply(result), labels, methods, halt=halt, host="acme.bitrix24.com", redact=redact)


def shown(result: Any, *labels: str) -> list[Any]:
    """The results, or the codes of the errors."""
    return [o.result if isinstance(o, Reply) else getattr(o, "code", "?") for o in outcomes(result, *labels)]


ERROR = {"error": "X", "error_description": "no"}
EMPTY: dict[str, Any] = {
    "result": [],
    "result_error": [],
    "result_total": [],
    "result_next": [],
    "result_time": [],
}


@pytest.mark.parametrize(
    ("result", "labels", "expected"),
    [
        ({"result": {"a": 1, "b": 2}, "result_error": []}, ("a", "b"), [1, 2]),
        ({"result": [1, 2], "result_error": []}, ("0", "1"), [1, 2]),
        ({"result": {"0": 1, "2": 3}, "result_error": {"1": ERROR}}, ("0", "1", "2"), [1, "X", 3]),
        ({"result": {"1": 2}, "result_error": [ERROR]}, ("0", "1"), ["X", 2]),
        ({"result": [], "result_error": {"a": ERROR, "b": ERROR}}, ("a", "b"), ["X", "X"]),
        ({"result": [], "result_error": [ERROR, ERROR]}, ("0", "1"), ["X", "X"]),
        ({"result": {"a": None, "b": []}, "result_error": []}, ("a", "b"), [None, []]),
        ({"result": {"a": {"error": ERROR}, "b": 2}, "result_error": []}, ("a", "b"), ["X", 2]),
        ({"result": {"a": 1}, "result_error": {"b": ERROR}}, ("a", "b", "c"), [1, "X", "UNANSWERED"]),
        (EMPTY, ("a",), ["UNANSWERED"]),
        ([], ("a",), ["UNANSWERED"]),
        (None, ("a",), ["UNANSWERED"]),
    ],
)
def test_each_command_gets_its_outcome(result: Any, labels: tuple[str, ...], expected: list[Any]) -> None:
    assert shown(result, *labels) == expected


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({"result": {"a": 1}, "result_error": {"b": ERROR}}, ["", "X", "NOT_RUN", "NOT_RUN"]),
        ({"result": {"a": 1}, "result_error": []}, ["", "UNANSWERED", "UNANSWERED", "UNANSWERED"]),
        ({"result": {"a": 1}, "result_error": {"c": ERROR}}, ["", "UNANSWERED", "X", "NOT_RUN"]),
    ],
)
def test_only_an_error_before_it_says_that_a_command_did_not_run(result: Any, expected: list[str]) -> None:
    assert [getattr(o, "code", "") for o in outcomes(result, *"abcd", halt=True)] == expected


def test_totals_and_times_belong_to_their_commands() -> None:
    body = {
        "result": {"a": [1], "b": [2]},
        "result_error": [],
        "result_total": {"b": 9},
        "result_next": {"b": 50},
        "result_time": {"a": {"operating": 1.5}},
    }

    assert outcomes(body, "a", "b") == [Reply([1], None, None, {"operating": 1.5}), Reply([2], 9, 50, {})]


def test_a_total_in_a_list_belongs_to_its_number() -> None:
    assert outcomes({"result": [[], []], "result_total": [3, 4]}, "0", "1") == [Reply([], 3), Reply([], 4)]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"error": "OPERATION_TIME_LIMIT", "error_description": "blocked"}, OperatingLimited),
        ({"error": "insufficient_scope"}, InsufficientScope),
        ({"error": "", "error_description": "Not found"}, NotFound),
        ({"error": "ERROR_BATCH_LENGTH_EXCEEDED", "error_description": "Max batch length"}, ApiError),
        ("a text", ApiError),
        ([], ApiError),
    ],
    ids=str,
)
def test_a_command_s_error_has_its_class(error: Any, kind: type[B24Error]) -> None:
    assert [type(o) for o in outcomes({"result": [], "result_error": {"a": error}}, "a")] == [kind]


def test_a_command_s_error_knows_its_label_and_method() -> None:
    (error,) = outcomes({"result": [], "result_error": {"a": ERROR}}, "a")

    assert str(error) == "crm.deal.get (command a) on acme.bitrix24.com [HTTP 200]: X: no"


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf", b"\n \t"], ids=["byte order mark", "blanks"])
def test_what_a_script_of_the_portal_may_have_put_before_an_answer_does_no_harm(before: bytes) -> None:
    assert reply(before + b'{"result": 5}').result == 5


@pytest.mark.parametrize(
    "body",
    [
        b'{"result": NaN}',
        b'{"result": Infinity}',
        b'{"result": "\xff"}',
        b'{"result": "\\ud800"}',
        b'{"result": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"result": ' + b"9" * 20_000 + b"}",
        b'{"result": 1}{"result": 1}',
        b"<b>Warning</b>: Undefined variable" + b'{"result": 1}',
    ],
    ids=["nan", "infinity", "bytes", "half a pair", "nested", "digits", "two", "a warning of PHP"],
)
def test_what_no_portal_writes_is_no_answer(body: bytes) -> None:
    with pytest.raises(ServerFailure, match="instead of a JSON answer; the answer was damaged on its way"):
        reply(body)
