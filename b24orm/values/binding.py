"""A row of the CRM as a ``crm`` field holds it: ``D_12`` is the deal 12."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from b24orm.errors import InvalidValue, nearest

__all__ = ["Binding"]

_LETTERS: Final = {
    "Lead": "L",
    "Deal": "D",
    "Contact": "C",
    "Company": "CO",
    "Quote": "Q",
    "Order": "O",
    "SmartInvoice": "SI",
    "Invoice": "I",
}
_NAMES: Final = {letters: name for name, letters in _LETTERS.items()}
_ITEMS: Final = {1: "L", 2: "D", 3: "C", 4: "CO", 7: "Q", 31: "SI"}
"""Letters by entityTypeId, for rows of crm.item.*; other numbers are smart processes."""
_NUMBERS: Final = {letters: number for number, letters in _ITEMS.items()}
_WIRE: Final = re.compile(r"(?:([A-Z]{1,3}|T[0-9a-fA-F]{2,4})_)?([1-9]\d*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Binding:
    """A row of the CRM, by its entity and id.

    Rule: the server writes ``letters_id``: ``L`` lead, ``D`` deal, ``C`` contact, ``CO`` company,
    ``Q`` quote, ``SI`` invoice, ``O`` order, ``T`` and the hexadecimal entityTypeId for a smart process.
    A field that can only point to one kind of row holds the id alone.

    >>> Binding.to("Deal", 12).wire(), Binding.parse("T40e_5").entity_type_id, Binding.parse("7").entity
    ('D_12', 1038, None)

    Attributes:
        letters: the server's letters; empty where the field points to one kind of row only.
        id: the row's id.

    Raises:
        InvalidValue: there are no such letters, or the id is no positive int.
    """

    letters: str
    id: int

    def __post_init__(self) -> None:
        if not isinstance(self.id, int) or isinstance(self.id, bool) or self.id <= 0:
            raise InvalidValue(f"a binding takes the id of a saved row, not {self.id!r}")
        if self.letters and self.letters not in _NAMES and not _is_process(self.letters):
            raise InvalidValue(
                f"{self.letters!r} are no letters of a CRM entity: {', '.join(_NAMES)}, "
                f"or T and a number in hexadecimal{nearest(self.letters, _NAMES)}"
            )

    @classmethod
    def to(cls, entity: str | int, id: int) -> Binding:
        """The binding to a row.

        Args:
            entity: the name of its model (``"Deal"``), or its entityTypeId.
            id: its id.
        """
        if isinstance(entity, int):
            return cls(_ITEMS.get(entity) or f"T{entity:x}", id)
        if entity not in _LETTERS:
            raise InvalidValue(f"no field can point to a {entity}{nearest(entity, _LETTERS)}")
        return cls(_LETTERS[entity], id)

    @classmethod
    def of(cls, row: Any) -> Binding:
        """The binding to an object of a model.

        Raises:
            InvalidValue: no ``crm`` field can point to it, or it was never saved.
        """
        schema = row.__schema__
        number = schema.fixed_params.get("entityTypeId")
        if number is None:
            number = vars(row).get("entity_type_id") if schema.name not in _LETTERS else None
        return cls.to(number if isinstance(number, int) else schema.name, row.pk)

    @classmethod
    def parse(cls, text: str) -> Binding:
        """The value of the server's spelling.

        Raises:
            InvalidValue: the text is not so spelled.
        """
        found = _WIRE.fullmatch(text)
        if found is None:
            raise InvalidValue(f"{text[:40]!r} is no binding: it is written 'D_12', or '12'")
        return cls(found[1] or "", int(found[2]))

    @classmethod
    def read(cls, value: Any) -> Binding:
        """The binding that a value stands for: itself, an object, the server's spelling, or an id.

        Raises:
            InvalidValue: it stands for none.
        """
        if isinstance(value, cls):
            return value
        if hasattr(value, "__schema__"):
            return cls.of(value)
        if isinstance(value, str):
            return cls.parse(value)
        return cls("", value)

    @property
    def entity(self) -> str | None:
        """The name of the row's model; None for a smart process, or where the field says it."""
        return _NAMES.get(self.letters)

    @property
    def entity_type_id(self) -> int | None:
        """The entityTypeId of the row; None where only the field says it."""
        if _is_process(self.letters):
            return int(self.letters[1:], 16)
        return _NUMBERS.get(self.letters)

    def wire(self) -> str:
        """The server's spelling."""
        return f"{self.letters}_{self.id}" if self.letters else str(self.id)

    def __str__(self) -> str:
        return self.wire()


def _is_process(letters: str) -> bool:
    return bool(re.fullmatch(r"T[0-9a-f]{2,4}", letters, re.ASCII))
