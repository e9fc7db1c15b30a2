"""Refusals that are final, and whom they keep back: who stood in line already, and would be refused as well."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from b24orm.errors import (
    ApiError,
    AuthError,
    B24Error,
    ConnectFailed,
    Disconnected,
    InsufficientScope,
    RateLimited,
    ServerFailure,
    TokenServerFailed,
    TokenStoreFailed,
    UntrustedCertificate,
)
from b24orm.executor.refusals import Barrier, is_final, untouched
from b24orm.executor.trip import Trip
from b24orm.transport.auth.base import Access

OLD = Access("https://acme.bitrix24.com/rest", "acme.bitrix24.com", token="old")
NEW = Access("https://acme.bitrix24.com/rest", "acme.bitrix24.com", token="new")
DENIED = AuthError("INVALID_CREDENTIALS")
MISSING = ApiError("ERROR_METHOD_NOT_FOUND", command="c1")


def shown(part: object) -> str:
    return (
        f"{type(part).__name__} {getattr(part, 'code', part)}" if isinstance(part, Exception) else str(part)
    )


@pytest.mark.parametrize(
    ("error", "final"),
    [
        (AuthError("INVALID_CREDENTIALS"), True),
        (InsufficientScope("insufficient_scope"), True),
        (UntrustedCertificate("self-signed"), True),
        (ServerFailure("REDIRECTED"), True),
        (ServerFailure("HTTP_502"), False),
        (ApiError("ERROR_METHOD_NOT_FOUND"), True),
        (ApiError("error_method_not_found"), True),
        (ApiError("METHOD_CONFIRM_WAITING"), True),
        (ApiError("METHOD_CONFIRM_DENIED"), True),
        (ApiError("WRONG_AUTH_TYPE"), True),
        (ApiError("BITRIX_REST_V3_EXCEPTION_METHODNOTFOUNDEXCEPTION"), True),
        (ApiError("ALLOWED_ONLY_INTRANET_USER"), True),
        (ApiError("WRONG_LICENSE"), True),
        (ApiError("BITRIX_REST_V3_EXCEPTION_LICENSEEXCEPTION"), True),
        (ApiError("ACCESS_DENIED", method="batch"), True),
        (ApiError("ACCESS_DENIED", method="batch", command="c1"), False),
        (ApiError("ACCESS_DENIED", method="crm.deal.update"), False),
        (ApiError("OTHER", method="batch"), False),
        (RateLimited("QUERY_LIMIT_EXCEEDED"), False),
        (Disconnected("cut"), False),
        (B24Error("?"), False),
    ],
    ids=shown,
)
def test_each_error_says_whether_the_others_would_be_refused_too(error: B24Error, final: bool) -> None:
    assert is_final(error) is final


@pytest.mark.parametrize(
    ("error", "sure"),
    [
        (RateLimited("X"), True),
        (ConnectFailed("refused"), True),
        (DENIED, True),
        (Disconnected("cut"), False),
    ],
    ids=shown,
)
def test_what_was_refused_before_any_work_was_not_executed(error: B24Error, sure: bool) -> None:
    assert untouched(error) is sure


# -- the barrier -----------------------------------------------------------------------------------


def in_line(*methods: str, since: float | None = 5.0) -> Trip:
    """A trip of one method, or a batch of several, that is ready to leave since then."""
    trip = Trip(methods[0], write=False) if len(methods) == 1 else Trip("batch", methods, write=False)
    trip.ready = since
    return trip


def passes(barrier: Barrier, trip: Trip, access: Access = OLD) -> bool:
    try:
        barrier.check(trip, access)
    except ApiError:
        return False
    return True


def refused(error: ApiError, *methods: str, access: Access | None = OLD, at: float = 7.0) -> Barrier:
    """A barrier that was told of one refusal."""
    barrier = Barrier()
    barrier.refused(error, methods, access, at)
    return barrier


def test_nobody_is_kept_back_where_nothing_was_refused() -> None:
    assert passes(Barrier(), in_line("crm.deal.list"))


def test_who_is_denied_is_denied_whatever_he_asks_for() -> None:
    barrier = refused(DENIED, "crm.deal.list")

    assert not passes(barrier, in_line("crm.lead.list"))
    assert not passes(barrier, in_line("crm.lead.list", "user.get"))


def test_with_another_access_he_is_let_through() -> None:
    assert passes(refused(DENIED, "crm.deal.list"), in_line("crm.deal.list"), NEW)


@pytest.mark.parametrize("error", [DENIED, MISSING], ids=shown)
@pytest.mark.parametrize(("since", "kept"), [(6.9, True), (7.0, False), (8.0, False), (None, False)])
def test_only_who_was_in_line_already_is_kept_back(error: ApiError, since: float | None, kept: bool) -> None:
    barrier = refused(error, "crm.deal.list")

    assert passes(barrier, in_line("crm.deal.list", since=since)) is not kept


def test_a_method_that_is_refused_is_refused_to_everybody() -> None:
    assert not passes(refused(MISSING, "crm.deal.lst"), in_line("crm.deal.lst"), NEW)


def test_other_methods_go_on() -> None:
    assert passes(refused(MISSING, "crm.deal.lst"), in_line("crm.deal.list"))


def test_so_do_the_methods_beyond_the_scope_of_an_application() -> None:
    barrier = refused(InsufficientScope("insufficient_scope"), "user.get")

    assert [passes(barrier, in_line(name), NEW) for name in ("user.get", "crm.deal.list")] == [False, True]


@pytest.mark.parametrize(
    ("methods", "kept"),
    [
        (("crm.deal.lst", "crm.lead.lst"), True),
        (("crm.deal.lst", "user.get"), False),
        (("user.get", "crm.deal.lst"), False),
    ],
)
def test_a_batch_is_kept_back_if_each_of_its_methods_is_refused(methods: Sequence[str], kept: bool) -> None:
    barrier = refused(MISSING, "crm.deal.lst", "crm.lead.lst")

    assert passes(barrier, in_line(*methods)) is not kept


def test_a_method_that_is_refused_later_keeps_back_who_came_in_between() -> None:
    barrier = refused(MISSING, "crm.deal.lst")
    barrier.refused(MISSING, ["crm.deal.lst"], OLD, 9.0)

    assert not passes(barrier, in_line("crm.deal.lst", since=8.0))


@pytest.mark.parametrize(
    "error",
    [
        ApiError("WRONG_LICENSE"),  # others may ask for other rows
        ApiError("ACCESS_DENIED"),
        TokenServerFailed("TIMEOUT"),
        TokenStoreFailed("LOCKED"),
    ],
    ids=shown,
)
def test_what_says_nothing_of_the_others_keeps_nobody_back(error: ApiError) -> None:
    assert passes(refused(error, "crm.deal.list"), in_line("crm.deal.list"))


def test_a_denial_without_an_access_keeps_nobody_back() -> None:
    assert passes(refused(DENIED, "crm.deal.list", access=None), in_line("crm.deal.list"))


@pytest.mark.parametrize("error", [DENIED, MISSING], ids=shown)
def test_who_is_kept_back_is_told_why_in_an_error_of_his_own(error: ApiError) -> None:
    barrier = refused(error, "crm.deal.lst")

    with pytest.raises(type(error)) as caught:
        barrier.check(in_line("crm.deal.lst"), OLD)

    assert caught.value is not error
    assert (caught.value.code, caught.value.command) == (error.code, None)
