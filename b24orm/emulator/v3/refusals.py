"""What REST 3.0 answers instead of a result: an object with a code, a message and sometimes the fields."""

from __future__ import annotations

from typing import Any, Final

__all__ = [
    "V3Refusal",
    "access_denied",
    "entity_not_found",
    "field_required",
    "invalid",
    "lacks_attribute",
    "unknown_field",
    "wrong_type",
]

_PREFIX: Final = "BITRIX_REST_V3_EXCEPTION_"
_REQUEST: Final = "VALIDATION_REQUESTVALIDATIONEXCEPTION"
_RECOGNISED: Final = {
    "FILTER": "filter expression",
    "SELECT": "select expression",
    "ORDER": "sorting parameter",
    "PAGINATION": "pagination parameter",
}


class V3Refusal(Exception):
    """The server refused: becomes ``{"error": {"code", "message", "validation"?}}``.

    Args:
        name: the exception behind it, upper case, without the prefix.
        message: what it says.
        status: the HTTP status.
        validation: ``(field, message)`` of each field that is wrong.
    """

    def __init__(
        self, name: str, message: str, *, status: int = 400, validation: tuple[tuple[str, str], ...] = ()
    ) -> None:
        super().__init__(f"{name}: {message}")
        self.code: str = _PREFIX + name
        self.message = message
        self.status = status
        self.validation = validation

    def body(self) -> dict[str, Any]:
        """The whole body: no ``result`` and no ``time``."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.validation:
            error["validation"] = [{"message": text, "field": field} for field, text in self.validation]
        return {"error": error}


def access_denied(status: int = 403) -> V3Refusal:
    """No rights; with 401 the credentials themselves are bad."""
    return V3Refusal("ACCESSDENIEDEXCEPTION", "Access denied", status=status)


def entity_not_found(number: int) -> V3Refusal:
    """There is no such row."""
    return V3Refusal("ENTITYNOTFOUNDEXCEPTION", f"Record with ID = `{number}` not found")


def unknown_field(dto: str, field: str) -> V3Refusal:
    """The object has no such field."""
    return V3Refusal("UNKNOWNDTOPROPERTYEXCEPTION", f"Unknown field `{field}` for entity `{dto}`")


def invalid(part: str, given: object) -> V3Refusal:
    """``filter``, ``select``, ``order`` or ``pagination`` that can't be read."""
    name = part.upper()
    text = f"Unable to recognize {_RECOGNISED[name]} `{given}`"
    return V3Refusal(f"INVALID{name}EXCEPTION", text)


def _validation(field: str, text: str) -> V3Refusal:
    return V3Refusal(_REQUEST, "Error validating request object", validation=((field, text),))


def field_required(field: str) -> V3Refusal:
    """Something that the method can't do without is missing."""
    return _validation(field, f"Required field `{field}` is not specified")


def wrong_type(field: str, kind: str) -> V3Refusal:
    """A value of another type than the field's."""
    return _validation(field, f"Field `{field}` requires data type `{kind}` for this request")


def lacks_attribute(dto: str, field: str, attribute: str) -> V3Refusal:
    """The field may not be filtered, sorted or written."""
    return _validation(
        field, f"In DTO `{dto}` the field `{field}` requires the `{attribute}` attribute for such a request"
    )
