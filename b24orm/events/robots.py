"""What a portal posts when a robot or an activity of an application runs, and how it is answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from b24orm.errors import AuthError, InvalidValue
from b24orm.events.incoming import Body, EventAuth, auth_in, moment_in, number_in, read_body
from b24orm.events.names import CRM_KINDS, SMART_INVOICE, Subject, whole
from b24orm.transport.auth.secret import Secret

__all__ = ["RobotCall", "parse_robot"]

_ITEM: Final = "DYNAMIC"


@dataclass(frozen=True, slots=True)
class RobotCall:
    """One run of a robot or an activity.

    Attributes:
        code: which robot, as ``bizproc.robot.add`` named it.
        properties: what was filled in, as the portal sent it: all values are texts.
        auth: the portal it comes from; **not** yet proven, see :meth:`verify`.
        document: module, class and number of the document: ``("crm", "CCrmDocumentDeal", "DEAL_5")``.
        document_type: module, class and kind: ``("crm", "CCrmDocumentDeal", "DEAL")``.
        workflow_id: the workflow that it is a step of.
        waits: whether the workflow waits for :meth:`answer`. If not, the portal takes an answer and drops it.
        timeout: seconds after which the workflow waits no longer; 0 for never.
        moment: when the portal sent it, in UTC.
        event_token: what the portal knows this run by.
    """

    code: str
    properties: Mapping[str, Any] = field(repr=False)
    auth: EventAuth
    document: tuple[str, ...]
    document_type: tuple[str, ...]
    workflow_id: str
    waits: bool
    timeout: int
    moment: datetime | None
    event_token: Secret

    @property
    def subject(self) -> Subject:
        """The row that the workflow runs for; its ``entity`` is None if that is no row of the CRM."""
        kind, _, number = (self.document[-1] if self.document else "").rpartition("_")
        row = whole(number)
        family, _, told = kind.partition("_")
        if family == _ITEM and (type_id := whole(told)) is not None:
            return Subject("Item", "other", row, type_id)
        entity = CRM_KINDS.get(kind)
        return Subject(entity, "other", row, SMART_INVOICE if entity == "SmartInvoice" else None)

    def verify(self, application_token: Secret | str) -> RobotCall:
        """The call itself, if it comes from the portal whose application token this is.

        Raises:
            AuthError: the token differs or is missing: anybody may have sent it.
        """
        proven = self.auth.proves(application_token)
        del application_token  # the frames of a traceback show what they hold
        if not proven:
            text = f"the call of {self.code} does not carry the application token of the portal"
            raise AuthError("WRONG_APPLICATION_TOKEN", text, host=self.auth.domain or None)
        return self

    def answer(self, values: Mapping[str, Any] | None = None, log: str = "") -> dict[str, Any]:
        """The parameters of ``bizproc.event.send`` that let the workflow go on.

        >>> portal.call("bizproc.event.send", call.answer({"rate": 97.5}))     # doctest: +SKIP

        The portal answers True to it in any case. It takes the first answer of a run, and of that the
        properties that are declared as ``RETURN_PROPERTIES``.

        Args:
            values: by the names of those properties.
            log: a line for the workflow's log.
        """
        return {
            "event_token": self.event_token.reveal(),
            "return_values": dict(values or {}),
            "log_message": log,
        }


def parse_robot(body: Body, content_type: str = "application/x-www-form-urlencoded") -> RobotCall:
    """Reads the run of a robot or an activity out of the body of a request to its handler.

    Args:
        body: the raw body; or what a framework made of it, flat or nested.
        content_type: the request's media type.

    Raises:
        InvalidValue: the body tells of no such run.

    >>> call = parse_robot(b"code=greet&event_token=w1|A1|e1.s&document_id[2]=DEAL_5&properties[text]=hi")
    >>> call.code, call.subject.entity, call.subject.id, call.properties
    ('greet', 'Deal', 5, {'text': 'hi'})
    """
    found = _parsed(body, content_type)
    del body  # it holds tokens, and the frames of a traceback show what they hold
    if isinstance(found, InvalidValue):
        raise found
    return found


def _parsed(body: Body, content_type: str) -> RobotCall | InvalidValue:
    """The call; or the error, without the frames that the body is in."""
    try:
        return _call(read_body(body, content_type))
    except InvalidValue as error:
        return InvalidValue(str(error))


def _call(form: Mapping[str, Any]) -> RobotCall:
    code, token, auth = form.get("code"), form.get("event_token"), form.get("auth") or {}
    if not isinstance(code, str) or not isinstance(token, str) or not code or not token:
        raise InvalidValue("the body is no call of a robot: it has no 'code' or no 'event_token'")
    properties = form.get("properties") or {}
    if isinstance(properties, list):
        properties = {str(number): item for number, item in enumerate(properties)}
    if not isinstance(auth, Mapping) or not isinstance(properties, Mapping):
        raise InvalidValue("the body is no call of a robot: its 'properties' or its 'auth' is no map")
    return RobotCall(
        code=code,
        properties=properties,
        auth=auth_in(auth),
        document=_texts(form.get("document_id")),
        document_type=_texts(form.get("document_type")),
        workflow_id=str(form.get("workflow_id") or ""),
        waits=form.get("use_subscription") == "Y",
        timeout=number_in(form.get("timeout_duration")) or 0,
        moment=moment_in(form.get("ts")),
        event_token=Secret(token),
    )


def _texts(value: Any) -> tuple[str, ...]:
    listed = list(value.values()) if isinstance(value, Mapping) else value
    return tuple(str(part) for part in listed) if isinstance(listed, list) else ()
