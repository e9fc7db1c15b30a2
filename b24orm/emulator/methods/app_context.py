"""What methods ask before anything else: who calls, and what he calls things.

Some are for administrators, some for applications on behalf of one; some take parameters in any case.
"""

from __future__ import annotations

from typing import Any

from b24orm.emulator.answers import Call, Refusal

__all__ = ["admin_only", "application", "upper_params"]


def admin_only(call: Call) -> None:
    """Refuse everybody but administrators.

    Raises:
        Refusal: the user is none.
    """
    if not call.admin:
        raise Refusal("ACCESS_DENIED", "Access denied!", status=403)


def application(call: Call) -> str:
    """The code under which an application's own things are kept.

    Raises:
        Refusal: the call comes from no application, or its user is no administrator.
    """
    if not call.client_id:
        raise Refusal("ACCESS_DENIED", "Access denied! Application context required", status=403)
    admin_only(call)
    return f"rest_app_{call.client_id}"


def upper_params(call: Call) -> dict[str, Any]:
    """The parameters by upper-case names; what is inside them stays as it is."""
    return {str(key).upper(): value for key, value in call.params.items()}
