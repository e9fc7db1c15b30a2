"""``mail.mailbox.*`` and ``mail.message.*`` of REST 3.0: small pages, conditions with names of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from b24orm.emulator.answers import Cost
from b24orm.emulator.conditions import Where, every
from b24orm.emulator.store import Store
from b24orm.emulator.text_search import contains
from b24orm.emulator.v3.dto import CODECS, DtoField, table_dto
from b24orm.emulator.v3.orm import Resource
from b24orm.emulator.v3.registry import V3Answer, V3Call, V3Method, V3Registry
from b24orm.emulator.v3.structures import Page, read_page

__all__ = ["mail_methods"]

_DEFAULT: Final = 25
"""Rows of a page that asks for no number."""


@dataclass(frozen=True, slots=True)
class _Param:
    """A condition of a list.

    Attributes:
        type: PHP's type of its value.
        where: the condition that a value means.
    """

    type: str
    where: Callable[[Any], Where]


@dataclass(frozen=True, slots=True)
class _List:
    """A list: its conditions, the rows of its largest page, its order."""

    params: Mapping[str, _Param]
    most: int
    order: tuple[tuple[str, str], ...]


def _part(column: str) -> _Param:
    return _Param("string", lambda value: contains(f'"{column}"', value))


def _same(column: str, type: str) -> _Param:
    return _Param(type, lambda value: Where(f'"{column}" = ?', (_flag(value),)))


def _moment(operator: str) -> _Param:
    return _Param("DateTime", lambda value: Where(f'"DATE" {operator} ?', (CODECS["moment"].write(value),)))


def _flag(value: Any) -> Any:
    return ("Y" if value else "N") if isinstance(value, bool) else value


def _anywhere(value: str) -> Where:
    columns = ("SUBJECT", "FROM", "TO", "CC", "BODY")
    parts = [contains(f'"{column}"', value) for column in columns]
    return Where(" OR ".join(part.sql for part in parts), tuple(p for part in parts for p in part.params))


_MAILBOX: Final[Mapping[str, _Param]] = {"name": _part("NAME"), "email": _part("EMAIL")}
_MESSAGE: Final[Mapping[str, _Param]] = {
    "mailboxId": _same("MAILBOX_ID", "int"),
    "searchQuery": _Param("string", _anywhere),
    "dateFrom": _moment(">="),
    "dateTo": _moment("<="),
    "isSeen": _same("IS_SEEN", "bool"),
    "hasAttachments": _same("HAS_ATTACHMENTS", "bool"),
    "folder": _same("FOLDER", "string"),
}


_NEWEST: Final = (("DATE", "DESC"), ("ID", "DESC"))


def mail_methods(store: Store) -> V3Registry:
    """The methods of mailboxes and messages; scope ``mail``."""
    return {
        **_methods(store, "mailbox", "Mailbox", _List(_MAILBOX, 100, (("ID", "ASC"),))),
        **_methods(store, "mail_message", "MailMessage", _List(_MESSAGE, 200, _NEWEST)),
    }


def _methods(store: Store, table: str, entity: str, listing: _List) -> V3Registry:
    prefix = f"mail.{table.removeprefix('mail_')}"
    dto = table_dto(table, f"{entity}Dto")
    resource = Resource(store, table, dto)

    def listed(call: V3Call) -> V3Answer:
        """A page of 25 rows, or of as many as asked for, up to the method's own limit."""
        given = call.params.get("pagination") or {}
        sized = {"limit": _DEFAULT, **given} if isinstance(given, Mapping) else {"limit": _DEFAULT}
        asked = read_page(sized)
        limit = min(asked.limit, listing.most)
        begin = asked.offset // asked.limit * limit if sized.get("page") is not None else asked.offset
        found = every(_conditions(call, listing.params))
        rows = resource.rows(tuple(dto.fields), found, listing.order, Page(limit, begin))
        return V3Answer({"items": rows}, Cost("page", 0, begin, len(rows)))

    takes = (*listing.params, "pagination")
    method = V3Method(listed, "mail", dto=dto, returns="items", takes=takes)
    return {**resource.methods(prefix, "mail", ("get",)), f"{prefix}.list": method}


def _conditions(call: V3Call, params: Mapping[str, _Param]) -> list[Where]:
    """The conditions of the parameters that are there.

    Raises:
        V3Refusal: a value of another type.
    """
    return [
        param.where(DtoField(name, param.type).checked(call.params[name]))
        for name, param in params.items()
        if call.params.get(name) is not None
    ]
