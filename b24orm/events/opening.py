"""Where in the portal a user has opened an application, and on which row."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from b24orm.errors import InvalidValue
from b24orm.events.form import parse_form
from b24orm.events.incoming import Body, read_body
from b24orm.events.names import CRM_KINDS, SMART_INVOICE, Subject, whole

__all__ = ["Opening", "parse_opening"]

_FORM: Final = "application/x-www-form-urlencoded"
_KINDS: Final[Mapping[str, str]] = {**CRM_KINDS, "ACTIVITY": "Activity"}
_PLACE: Final = re.compile(
    r"(?:CRM_)?(?:DYNAMIC_(?P<type>[0-9]{1,18})|(?P<kind>[A-Z_]+?))(?:_(?:DETAIL|LIST)_.+)?"
)


@dataclass(frozen=True, slots=True)
class Opening:
    """An application that a user has opened.

    Nothing of it is proven: ``App.opened`` proves who has opened it, and the portal's own answers say what
    that user may read.

    Attributes:
        place: the placement's code, ``CRM_DEAL_DETAIL_TAB``; ``DEFAULT`` for the application's own page.
        options: what the place says: ``{"ID": "8061"}``.
        language: of the portal's pages, ``en``.
        domain: the portal's host.
        subject: the row that the page is about, where the place says so.
    """

    place: str
    options: Mapping[str, Any] = field(repr=False)
    language: str = ""
    domain: str = ""
    subject: Subject = field(default=Subject(None, "other", None))


def parse_opening(body: Body, query: Body = "") -> Opening:
    """Reads where an application was opened.

    Args:
        body: the form that the portal posts into the frame; raw, or what a framework made of it.
        query: the query of the frame's address, where the portal's host and language are.

    Raises:
        InvalidValue: this is no such form.

    >>> opening = parse_opening({"PLACEMENT": "CRM_DEAL_DETAIL_TAB", "PLACEMENT_OPTIONS": '{"ID": "8061"}'})
    >>> opening.place, opening.subject.entity, opening.subject.id
    ('CRM_DEAL_DETAIL_TAB', 'Deal', 8061)
    """
    found = _parsed(body, query)
    del body, query  # they hold tokens, and the frames of a traceback show what they hold
    if isinstance(found, InvalidValue):
        raise found
    return found


def _parsed(body: Body, query: Body) -> Opening | InvalidValue:
    """What was opened; or the error, without the frames that the form is in."""
    try:
        told = parse_form(query.lstrip("?")) if isinstance(query, str) else read_body(query, _FORM)
        return _opening({**told, **read_body(body, _FORM)})
    except InvalidValue as error:
        return InvalidValue(str(error))


def _opening(form: Mapping[str, Any]) -> Opening:
    place = form.get("PLACEMENT")
    if not isinstance(place, str) or not place:
        raise InvalidValue("this is no form that opens an application: it has no PLACEMENT")
    options = _options(form.get("PLACEMENT_OPTIONS"))
    return Opening(
        place.upper(),
        options,
        str(form.get("LANG") or ""),
        str(form.get("DOMAIN") or ""),
        _subject(place.upper(), options),
    )


def _options(text: Any) -> Mapping[str, Any]:
    """A JSON text; where there is nothing to say it is an empty list, ``null``, or nothing."""
    if not isinstance(text, str):
        return {}
    try:
        value = json.loads(text or "{}")
    except (ValueError, RecursionError):
        raise InvalidValue("the PLACEMENT_OPTIONS of this form are no JSON") from None
    return value if isinstance(value, dict) else {}


def _subject(place: str, options: Mapping[str, Any]) -> Subject:
    """The row, by the place and its options; a field's type names its entity in the options."""
    kind, number = place, options.get("ID", options.get("ENTITY_ID"))
    if place == "USERFIELD_TYPE":
        kind, number = str(options.get("ENTITY_ID", "")), options.get("ENTITY_VALUE_ID")
    elif place.startswith("TASK_"):
        return Subject("Task", "other", _row(options.get("taskId", options.get("ID"))))
    elif not place.startswith("CRM_"):
        return Subject(None, "other", None)
    found = _PLACE.fullmatch(kind)
    if found is None:
        return Subject(None, "other", None)
    if found["type"]:
        return Subject("Item", "other", _row(number), int(found["type"]))
    entity = _KINDS.get(found["kind"])
    told = SMART_INVOICE if entity == "SmartInvoice" else None
    return Subject(entity, "other", _row(number) if entity else None, told)


def _row(value: Any) -> int | None:
    return whole(str(value)) or None
