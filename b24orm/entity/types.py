"""Field types: what Bitrix24 sends for each of its types, as Python values.

PHP says "nothing" in many ways (``""``, ``"0"``, ``false``, ``[]``, ``null``); each type knows
which of them mean None to it. The rules are core schemas, so that no Python function runs for a
value except where a list or a date has to be cut into shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler
from pydantic.aliases import AliasChoices
from pydantic_core import CoreSchema, core_schema

__all__ = [
    "UNSET",
    "Boolean",
    "Date",
    "DateTime",
    "File",
    "Id",
    "Integer",
    "Integers",
    "Json",
    "Jsons",
    "MultiField",
    "MultiFields",
    "Number",
    "Reference",
    "Status",
    "StringId",
    "Text",
    "Texts",
]

UNSET: Any = Field(default=None)
"""The default of every field: not set, which is something else than None."""


_NONE: Final = core_schema.with_default_schema(core_schema.none_schema(), default=None, on_error="default")


def _nothing(*spellings: str | int | bool) -> CoreSchema:
    """Reads PHP's spellings of nothing as None."""
    return core_schema.chain_schema([core_schema.literal_schema(list(spellings)), _NONE])


def _hollow() -> CoreSchema:
    """Reads PHP's empty array as None: it is a list or a map, as it happens."""
    empty = core_schema.union_schema(
        [core_schema.list_schema(max_length=0), core_schema.dict_schema(max_length=0)]
    )
    return core_schema.chain_schema([empty, _NONE])


class _First:
    """Tries the given readings one after the other; null and PHP's empty array are None.

    The usual case comes first, for a reading that fails costs more than one that fits.
    """

    def __init__(self, *readings: CoreSchema) -> None:
        self._schema = core_schema.nullable_schema(
            core_schema.union_schema([*readings, _hollow()], mode="left_to_right")
        )

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return self._schema


_INT: Final = core_schema.int_schema()
_DIGITS: Final = core_schema.chain_schema([core_schema.str_schema(strict=True), _INT])
_WHOLE: Final = core_schema.chain_schema([core_schema.float_schema(strict=True), _INT])
_TEXT: Final = core_schema.str_schema(coerce_numbers_to_str=True)
_EPOCH: Final = datetime(1970, 1, 2)
"""Earlier moments are PHP's zero."""


class _Cut:
    """Dates arrive as midnight of the server's zone; the date part is what is meant."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(_date_part, handler(source))


def _date_part(value: Any) -> Any:
    return value[:10] if isinstance(value, str) else value


class _Listed:
    """PHP's lists: holes make them maps, and emptiness has many spellings."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(_items, handler(source))


def _items(value: Any) -> Any:
    if value is None or value is False or value == "":
        return ()
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, (list, tuple, set)) else (value,)


class MultiField(BaseModel):
    """One phone, e-mail, site or messenger of a contact, company or lead.

    Attributes:
        id: of the entry itself; None for a new one.
        value: the number or address.
        value_type: ``WORK``, ``HOME``, ``MOBILE`` ...
        type_id: ``PHONE``, ``EMAIL``, ``WEB`` or ``IM``.
    """

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    value: str = Field(validation_alias=AliasChoices("VALUE", "value"))
    value_type: str | None = Field(default=None, validation_alias=AliasChoices("VALUE_TYPE", "valueType"))
    id: int | None = Field(default=None, validation_alias=AliasChoices("ID", "id"))
    type_id: str | None = Field(default=None, validation_alias=AliasChoices("TYPE_ID", "typeId"))

    def __str__(self) -> str:
        return self.value


if TYPE_CHECKING:
    Id = int
    StringId = str
    Integer = int | None
    Reference = int | None
    Number = Decimal | None
    Text = str | None
    Status = str | None
    Boolean = bool | None
    Date = date | None
    DateTime = datetime | None
    MultiFields = Sequence[MultiField]
    Integers = Sequence[int]
    Texts = Sequence[str]
    Jsons = Sequence[Any]
    Json = Any
    File = Any
else:
    Id = int
    StringId = str
    # false is an int to pydantic, but nothing to PHP: so ints are strict and strings are digits
    Integer = Annotated[
        int | None, _First(_DIGITS, core_schema.int_schema(strict=True), _WHOLE, _nothing("", False))
    ]
    Reference = Annotated[int | None, _First(core_schema.int_schema(gt=0), _nothing("", "0", 0, False))]
    Number = Annotated[Decimal | None, _First(core_schema.decimal_schema(), _nothing("", False))]
    Text = Annotated[str | None, _First(_TEXT, _nothing(False))]
    Status = Annotated[
        str | None,
        _First(core_schema.str_schema(coerce_numbers_to_str=True, min_length=1), _nothing("", False)),
    ]
    Boolean = Annotated[bool | None, _First(core_schema.bool_schema(), _nothing(""))]
    Date = Annotated[
        date | None, _First(core_schema.date_schema(gt=_EPOCH.date()), _nothing("", "0", 0, False)), _Cut()
    ]
    DateTime = Annotated[
        datetime | None, _First(core_schema.datetime_schema(gt=_EPOCH), _nothing("", "0", 0, False))
    ]
    MultiFields = Annotated[tuple[MultiField, ...], _Listed()]
    Integers = Annotated[tuple[int, ...], _Listed()]
    Texts = Annotated[tuple[str, ...], _Listed()]
    Jsons = Annotated[tuple[Any, ...], _Listed()]
    Json = Any
    File = Any
