"""The envelopes: success, error, ``time``, as JSON or XML.

Keys of a success come in the order ``result``, ``next``, ``total``, ``time``. ``time.start`` and
``time.processing`` are whole numbers on today's cloud, which inflates ``duration`` by up to a second.
An error has no ``time`` and no ``result``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone, tzinfo
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape

from b24orm.emulator.answers import NO_TOTAL, Answer, Refusal
from b24orm.emulator.php import array_key, float_text, is_list, is_map, truthy
from b24orm.emulator.phpjson import NotEncodable, encode

__all__ = ["Timing", "error_body", "json_bytes", "success_body", "time_block", "xml_bytes"]

_WRONG_ENCODING = b'{"error":"WRONG_ENCODING","error_description":"Wrong request encoding"}'


@dataclass(frozen=True, slots=True)
class Timing:
    """When a call ran, in unix seconds, and what its operating counter says.

    Attributes:
        start: the server took the call.
        work_start, work_finish: the method itself began and ended.
        finish: the envelope was built.
        operating: seconds used by the method and credential in the current window.
        reset_at: when the oldest part of that window expires.
    """

    start: float
    work_start: float
    work_finish: float
    finish: float
    operating: float
    reset_at: int
    zone: tzinfo = timezone.utc


def time_block(timing: Timing) -> dict[str, Any]:
    """The ``time`` object."""
    start = int(timing.start)
    return {
        "start": start,
        "finish": timing.finish,
        "duration": timing.finish - start,
        "processing": int(timing.work_finish) - int(timing.work_start),
        "date_start": _iso(start, timing.zone),
        "date_finish": _iso(int(timing.finish), timing.zone),
        "operating_reset_at": timing.reset_at,
        # A whole number spares the encoder its walk over everything.
        "operating": int(timing.operating) if timing.operating == int(timing.operating) else timing.operating,
    }


@lru_cache(maxsize=256)
def _iso(second: int, zone: tzinfo) -> str:
    return datetime.fromtimestamp(second, zone).isoformat()


def success_body(answer: Answer, timing: Timing) -> dict[str, Any]:
    """The envelope of an answer.

    A result that itself holds a non-empty ``error`` and ``error_description`` is answered bare;
    ``next`` and ``total`` inside a result move up into the envelope.
    """
    result = answer.result
    if is_map(result):
        if truthy(result.get("error")) and truthy(result.get("error_description")):
            return result
        if "next" in result or "total" in result:
            result, answer = _lift_paging(result, answer)
    body: dict[str, Any] = {"result": result}
    if answer.next is not None:
        body["next"] = answer.next
    if answer.total != NO_TOTAL:
        body["total"] = answer.total
    body["time"] = time_block(timing)
    return body


def _lift_paging(result: dict[str, Any], answer: Answer) -> tuple[dict[str, Any], Answer]:
    rest = {key: value for key, value in result.items() if key not in ("next", "total")}
    total = int(result["total"] or 0) if "total" in result else answer.total
    following = answer.next if result.get("next") is None else int(result["next"])
    return rest, Answer(rest, total, following, answer.cost, answer.status)


def error_body(refusal: Refusal) -> dict[str, Any]:
    """The flat error body; extra keys of the refusal follow the two standard ones."""
    return {"error": refusal.code, "error_description": refusal.description, **refusal.extra}


def json_bytes(body: Any) -> bytes:
    """The body as the server's JSON; what can't be encoded becomes WRONG_ENCODING with status 200."""
    try:
        return encode(body)
    except NotEncodable:
        return _WRONG_ENCODING


def xml_bytes(body: Mapping[str, Any]) -> bytes:
    """The body as XML: root ``response``, keys are elements, integer keys become ``item``; no prologue."""
    return f"<response>{_xml(body)}</response>".encode("utf-8", "replace")


def _xml(value: Any) -> str:
    if is_map(value):
        return "".join(f"<{_tag(key)}>{_xml(below)}</{_tag(key)}>" for key, below in value.items())
    if is_list(value):
        return "".join(f"<item>{_xml(below)}</item>" for below in value)
    return escape(_scalar(value), {'"': "&quot;", "'": "&apos;"})


def _tag(key: str | int) -> str:
    return "item" if isinstance(array_key(str(key)), int) else str(key)


def _scalar(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return "1" if value else ""
    return float_text(value) if isinstance(value, float) else str(value)
