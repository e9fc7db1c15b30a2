"""Reads responses: JSON envelopes, batch envelopes, and every shape of error there is.

Dispatch is on the server's code, not on the HTTP status: documented statuses and real ones
differ, some errors come with HTTP 200, and ``error`` may be an empty string.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from b24orm.collector import collector_paused
from b24orm.errors import (
    AccessDenied,
    ApiError,
    AuthError,
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
from b24orm.plan.calls import Outcome, Reply, not_run
from b24orm.transport.base import Response

__all__ = ["batch_outcomes", "read"]

_CODES: Final[Mapping[str, type[ApiError]]] = {
    "QUERY_LIMIT_EXCEEDED": RateLimited,
    "OPERATION_TIME_LIMIT": OperatingLimited,
    "EXPIRED_TOKEN": ExpiredToken,
    "NO_AUTH_FOUND": AuthError,
    "INVALID_CREDENTIALS": AuthError,
    "INVALID_TOKEN": AuthError,
    "INSUFFICIENT_SCOPE": InsufficientScope,
    "USER_ACCESS_ERROR": AuthError,
    "AUTHORIZATION_ERROR": AuthError,
    "APPLICATION_NOT_FOUND": NotInstalled,
    "WRONG_AUTH_TYPE": AuthError,
    "PAYMENT_REQUIRED": PaymentRequired,
    "NOT_INSTALLED": NotInstalled,
    "ERROR_OAUTH": NotInstalled,
    "INVALID_REQUEST": AuthError,
    "PORTAL_DELETED": PortalDeleted,
    "OVERLOAD_LIMIT": AuthError,
    "ERROR_METHOD_NOT_FOUND": NotFound,
    "NOT_FOUND": NotFound,
    "ERROR_NOT_FOUND": NotFound,
    "ACCESS_DENIED": AccessDenied,
    "ALLOWED_ONLY_INTRANET_USER": AccessDenied,
    "WRONG_LICENSE": AccessDenied,
    "METHOD_CONFIRM_WAITING": AccessDenied,
    "METHOD_CONFIRM_DENIED": AccessDenied,
    "INTERNAL_SERVER_ERROR": ServerFailure,
    "ERROR_UNEXPECTED_ANSWER": ServerFailure,
    "CONNECTION_ERROR": ServerFailure,
}

_BOM: Final = b"\xef\xbb\xbf"
_NUMBER: Final = re.compile(r"-?[0-9]{1,18}")

_V3: Final = "BITRIX_REST_V3_EXCEPTION_"
_V3_CODES: Final[Mapping[str, type[ApiError]]] = {
    "ACCESSDENIEDEXCEPTION": AccessDenied,
    "INSUFFICIENTSCOPEEXCEPTION": InsufficientScope,
    "LICENSEEXCEPTION": AccessDenied,
    "METHODNOTFOUNDEXCEPTION": NotFound,
    "ENTITYNOTFOUNDEXCEPTION": NotFound,
    "RATELIMITEXCEPTION": OperatingLimited,
}
"""REST 3.0 names its exceptions; what is behind the prefix tells them apart."""

_NO_REST: Final = "REST is available only"
"""How a portal says that its plan has no REST; by its code it is a user who may not do something."""

_TEXTS: Final[Mapping[str, type[ApiError]]] = {
    "not found": NotFound,
    "access denied": AccessDenied,
}
"""Classic crm methods answer ``error: ""`` and say what happened in the text."""

_ABSENT: Final = re.compile(
    r"\w+ does not exist|(?:\w+ ){1,3}(?:with ID '[0-9]*' |with the specified identifier )?"
    r"(?:is not|was not|has not been|not) found(?: or access denied)?"
)
"""``product does not exist.``, ``Flow not found``, ``The Preset with ID '5' is not found``."""

_ABSENT_CODE: Final = re.compile(r"[A-Z][A-Z_]*_NOT_(?:FOUND|EXISTS)")
"""``BLOCK_NOT_FOUND``, ``USER_NOT_EXISTS``: what is missing is named in the code."""

_ABSENT_ITEM: Final = "_NOT_FOUND_OR_NOT_ACCESSIBLE"
"""What the old methods of tasks say of a task or an item that is not there, behind a code for everything."""

_NUMBERED: Final = re.compile(
    r"20[0-9]{2}404[0-9]{5}|200600000020|200700300030|200[89]00000000|20(?:10|11|12|20)00000000"
)
"""The numbers under which shop and catalog say that a row is not there."""

_FORBIDDEN: Final = re.compile(r"20[0-9]{2}403000[0-9]{2}")
"""The numbers under which they say that a user may not do that."""


def read(response: Response, *, method: str, host: str, redact: Callable[[str], str]) -> Reply:
    """The reply inside a response.

    Args:
        response: what came back.
        method: the REST method, for errors.
        host: the portal's host, for errors.
        redact: takes secrets out of server texts.

    Raises:
        ApiError: the server answered with an error, or with something that is no REST answer.
    """
    found = _judged(response, method=method, host=host, redact=redact)
    if isinstance(found, ApiError):
        raise found  # from here, where no local variable holds what the server said
    return found


def _judged(response: Response, *, method: str, host: str, redact: Callable[[str], str]) -> Reply | ApiError:
    body = _decoded(response)
    if body is None:
        return _no_answer(response, method=method, host=host)
    if "error" in body:
        return _error(body, method=method, status=response.status, host=host, redact=redact)
    if "openapi" in body and "result" not in body:  # the one method whose answer is the whole body
        return Reply(body, body=body)
    if "result" not in body:
        return ServerFailure(
            "NO_RESULT",
            "the answer has neither result nor error",
            method=method,
            status=response.status,
            host=host,
        )
    refused = _refused_inside(body["result"])
    if refused is not None:
        return _error(refused, method=method, status=response.status, host=host, redact=redact)
    return _reply(body)


def _refused_inside(result: Any) -> Mapping[str, Any] | None:
    """The error that some methods put inside a successful answer: ``{"error": {"error": ...}}``."""
    if not isinstance(result, dict) or result.keys() != {"error"}:
        return None
    body = result["error"]
    return body if isinstance(body, dict) and {"error", "error_description"} <= body.keys() else None


def _decoded(response: Response) -> dict[str, Any] | None:
    """The JSON object in the body, or None if there is none."""
    from pydantic_core import from_json

    if response.status in (301, 302, 303, 307, 308):
        return None
    text = response.body.removeprefix(_BOM)  # a script of the portal that was saved with it
    try:
        with collector_paused():
            body = from_json(text, cache_strings="keys", allow_inf_nan=False)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _no_answer(response: Response, *, method: str, host: str) -> ServerFailure:
    from b24orm.transport.advice import unread

    status, kind = response.status, response.content_type
    code = "REDIRECTED"
    if response.location is None:
        size = len(response.body)
        code = f"HTTP_{status}: {size} bytes of {kind or 'no content type'} instead of a JSON answer"
    hint = unread(status, kind, redirected=response.location is not None)
    return ServerFailure(code, method=method, status=status, host=host, hint=hint)


def _reply(body: Mapping[str, Any]) -> Reply:
    time = body.get("time")
    return Reply(
        body["result"],
        _int(body.get("total")),
        _int(body.get("next")),
        time if isinstance(time, dict) else {},
        body,
    )


def _int(value: Any) -> int | None:
    """A number of rows, which may come as a text."""
    if isinstance(value, str):
        return int(value) if _NUMBER.fullmatch(value) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _error(
    body: Mapping[str, Any],
    *,
    method: str,
    status: int | None,
    host: str,
    redact: Callable[[str], str],
    command: str | None = None,
) -> ApiError:
    code, text = body["error"], body.get("error_description", "")
    v3 = isinstance(code, Mapping)  # REST 3.0
    if isinstance(code, Mapping):
        code, text = code.get("code", ""), code.get("message", "")
    code = "" if code is None or code is False else redact(str(code))
    text = redact(str(text or ""))
    from b24orm.transport.advice import advice  # which nobody needs who meets no error

    hint = advice(code, text, method, v3=v3)
    return _kind(code, text, status)(
        code, text, method=method, status=status, command=command, host=host, hint=hint
    )


def _kind(code: str, text: str, status: int | None) -> type[ApiError]:
    """The class of an error: by its code, then by its text, then by the HTTP status."""
    if code.startswith(_V3):
        found = _V3_CODES.get(code.removeprefix(_V3))
        if found is AccessDenied and status == 401:  # that is how it says "bad credentials"
            return AuthError
    else:
        found = _CODES.get(code.upper()) or _said(code, text.strip(" ."))
        if code == "ACCESS_DENIED" and status == 401:  # of a method it comes with 403
            return PaymentRequired if text.startswith(_NO_REST) else AuthError
        if found is None and _NUMBERED.fullmatch(code):
            return NotFound
        if found is None and _FORBIDDEN.fullmatch(code):
            return AccessDenied
    if found is not None:
        return found
    return ServerFailure if status is not None and status >= 500 else ApiError


def _said(code: str, text: str) -> type[ApiError] | None:
    """The class of an error whose code is a name, or says nothing so that the text has to."""
    if _ABSENT_CODE.fullmatch(code) or (code == "ERROR_CORE" and _ABSENT_ITEM in text):
        return NotFound
    if code == "":
        return NotFound if _ABSENT.fullmatch(text) else _TEXTS.get(text.lower())
    return NotFound if code == "0" and _ABSENT.fullmatch(text) else None


def batch_outcomes(
    reply: Reply,
    labels: Sequence[str],
    methods: Sequence[str],
    *,
    halt: bool,
    host: str,
    redact: Callable[[str], str],
) -> list[Outcome]:
    """What each command of a batch came to, in the order of the labels.

    The containers are lists when PHP finds their keys to be 0..n-1 or has nothing to put into
    them. A command after a halt has no entry anywhere and becomes a ``NOT_RUN`` error. One that
    is missing without that reason becomes ``UNANSWERED``: it may have been executed.
    """
    batch, outcomes, halted = _Batch.of(reply.result), list[Outcome](), False
    for label, method in zip(labels, methods, strict=True):
        where: dict[str, Any] = {"status": 200, "command": label, "host": host}
        if (body := batch.refusal(label)) is not None:
            outcomes.append(_error(body, method=method, redact=redact, **where))
            halted = halted or (halt and label in batch.errors)
        elif label in batch.results:
            outcomes.append(batch.reply(label))
        elif halted:
            outcomes.append(not_run(method, "the batch stopped before this command", **where))
        else:
            text = "the batch was answered, but not this command of it"
            outcomes.append(ServerFailure("UNANSWERED", text, method=method, **where))
    return outcomes


@dataclass(frozen=True, slots=True)
class _Batch:
    """The containers of a batch's answer, each by the labels of the commands."""

    results: Mapping[str, Any]
    errors: Mapping[str, Any]
    totals: Mapping[str, Any]
    nexts: Mapping[str, Any]
    times: Mapping[str, Any]

    @classmethod
    def of(cls, result: Any) -> _Batch:
        """The containers; one that is missing is empty."""
        found = result if isinstance(result, Mapping) else {}
        names = ("result", "result_error", "result_total", "result_next", "result_time")
        return cls(*(_by_label(found.get(name)) for name in names))

    def refusal(self, label: str) -> Mapping[str, Any] | None:
        """The error of a command, among the errors or inside its result."""
        if label not in self.errors:
            return _refused_inside(self.results.get(label))
        body = self.errors[label]
        return body if isinstance(body, Mapping) and "error" in body else {"error": str(body)}

    def reply(self, label: str) -> Reply:
        """The answer to a command."""
        total, after, time = (part.get(label) for part in (self.totals, self.nexts, self.times))
        return Reply(self.results[label], _int(total), _int(after), time if isinstance(time, dict) else {})


def _by_label(container: Any) -> Mapping[str, Any]:
    if isinstance(container, list):
        return {str(number): item for number, item in enumerate(container)}
    return container if isinstance(container, Mapping) else {}
