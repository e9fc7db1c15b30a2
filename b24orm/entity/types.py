"""Field types: what Bitrix24 sends for each of its types, as Python values.

PHP says "nothing" in many ways (``""``, ``"0"``, ``false``, ``[]``, ``null``); each type knows
which of them mean None to it. The rules are core schemas, so that no Python function runs for a
value except where a list or a date has to be cut into shape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler
from pydantic.aliases import AliasChoices
from pydantic_core import CoreSchema, PydanticCustomError, SchemaValidator, core_schema

from b24orm import values
from b24orm.entity.files import NewFile
from b24orm.entity.moments import portal_moment

__all__ = [
    "FROM_PORTAL",
    "UNSET",
    "Address",
    "Addresses",
    "Binding",
    "Bindings",
    "Bookings",
    "Boolean",
    "Date",
    "DateTime",
    "DateTimes",
    "Dates",
    "File",
    "Files",
    "Id",
    "Integer",
    "Integers",
    "Json",
    "Jsons",
    "Money",
    "MultiField",
    "MultiFields",
    "Number",
    "Numbers",
    "ReadMany",
    "Reference",
    "Status",
    "StringId",
    "Sums",
    "Text",
    "Texts",
    "usual_readings",
]

UNSET: Any = None
"""The default of every field: not set, which is something else than None.

It is no ``Field``: before 2.11.7 pydantic gave a shared one the rules of all its fields.
"""


_NONE: Final = core_schema.with_default_schema(core_schema.none_schema(), default=None, on_error="default")


def _hollow() -> CoreSchema:
    """Reads PHP's empty array as None: it is a list or a map, as it happens."""
    empty = core_schema.union_schema(
        [core_schema.list_schema(max_length=0), core_schema.dict_schema(max_length=0)]
    )
    return core_schema.chain_schema([empty, _NONE])


class _First:
    """Tries the given readings one after the other; null and PHP's empty array are None.

    The usual case comes first, for a reading that fails costs more than one that fits.

    Args:
        usual: how most values are read.
        others: how the rest may be.
        nothing: PHP's spellings of nothing, which are None.
    """

    def __init__(self, usual: CoreSchema, *others: CoreSchema, nothing: Sequence[str | int | bool]) -> None:
        self.usual = core_schema.nullable_schema(usual)
        self.hollow_texts = dict.fromkeys(text for text in nothing if isinstance(text, str))
        none = core_schema.chain_schema([core_schema.literal_schema(list(nothing)), _NONE])
        self._schema = core_schema.nullable_schema(
            core_schema.union_schema([usual, *others, none, _hollow()], mode="left_to_right")
        )

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return self._schema


ReadMany = Callable[[Sequence[Any]], Sequence[Any]]
"""Reads values of one type."""


def usual_readings(rules: Sequence[Any]) -> tuple[ReadMany, ...]:
    """Quick ways to read a list of a type's values, the quickest first; each raises what it can't read.

    The first takes usual values and nulls, the second texts that mean nothing as well.

    Args:
        rules: what the type is annotated with.
    """
    first, *others = rules or (None,)
    if not isinstance(first, _First) or not all(isinstance(rule, _Cut) for rule in others):
        return ()
    read = SchemaValidator(core_schema.list_schema(first.usual)).validate_python
    usual: ReadMany = _cutting(read) if others else read
    without = first.hollow_texts.get
    return usual, lambda found: usual(list(map(without, found, found)))


def _cutting(read: ReadMany) -> ReadMany:
    return lambda found: read([text and text[:10] for text in found])


_INT: Final = core_schema.int_schema()
_DIGITS: Final = core_schema.chain_schema([core_schema.str_schema(strict=True), _INT])
_WHOLE: Final = core_schema.chain_schema([core_schema.float_schema(strict=True), _INT])
_TEXT: Final = core_schema.str_schema(coerce_numbers_to_str=True)
_EPOCH: Final = datetime(1970, 1, 2)
"""A number that comes to an earlier moment is PHP's zero."""
_ISO: Final = core_schema.str_schema(strict=True, pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}")
"""Dates before that are taken as texts or as objects only, for they are birthdays."""
_OLD_DATES: Final = (
    core_schema.chain_schema([_ISO, core_schema.date_schema()]),
    core_schema.date_schema(strict=True),
)
_OLD_MOMENTS: Final = (
    core_schema.chain_schema([_ISO, core_schema.datetime_schema()]),
    core_schema.datetime_schema(strict=True),
    core_schema.chain_schema([core_schema.date_schema(strict=True), core_schema.datetime_schema()]),
)


class _Cut:
    """Dates arrive as midnight of the server's zone; the date part is what is meant."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(_date_part, handler(source))


FROM_PORTAL: Final[dict[str, bool]] = {"portal": True}
"""The context of values that a portal answered, not a user gave."""


def _portal_moment(text: str, info: core_schema.ValidationInfo[Any]) -> datetime:
    if not info.context:
        raise ValueError("it is no ISO 8601 date")
    return portal_moment(text)


def _shown(*, date: bool = False) -> CoreSchema:
    """Reads a date as the portal shows it to people; from users it is not taken."""
    text = core_schema.str_schema(strict=True)
    read = core_schema.with_info_after_validator_function(_portal_moment, text)
    return core_schema.chain_schema([read, core_schema.date_schema()]) if date else read


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


class _Read:
    """A value of :mod:`b24orm.values`: itself, or what the server writes for it.

    Args:
        kind: its class.
        parse: makes one of the server's spelling.
        wanted: what may be given, in words.
    """

    def __init__(
        self, kind: type[Any] | tuple[type[Any], ...], parse: Callable[[Any], Any], wanted: str
    ) -> None:
        self._kind, self._parse, self._wanted = kind, parse, wanted

    def __call__(self, value: Any) -> Any:
        if isinstance(value, self._kind):
            return value
        try:
            return self._parse(value)
        except (ValueError, TypeError, AttributeError):
            raise PydanticCustomError("value", "it takes {wanted}", {"wanted": self._wanted}) from None

    def schema(self) -> CoreSchema:
        """The rule for one value."""
        return core_schema.no_info_plain_validator_function(self)


class _One:
    """One value of a kind, or nothing."""

    def __init__(self, read: _Read) -> None:
        self._read = read
        self._schema = core_schema.nullable_schema(core_schema.no_info_plain_validator_function(self._one))

    def _one(self, value: Any) -> Any:
        return None if value is False or value in ("", [], {}) else self._read(value)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return self._schema


class _Each:
    """Values of a kind."""

    def __init__(self, schema: CoreSchema) -> None:
        self._schema = core_schema.no_info_before_validator_function(
            _items, core_schema.tuple_variable_schema(schema)
        )

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return self._schema


def _money(value: Any) -> values.Money | None:
    """A sum; a currency alone (``|USD``) is none."""
    if isinstance(value, str):
        return values.Money.parse(value) if not value.startswith("|") else None
    return values.Money(value)


def _address(value: Any) -> values.Address:
    return values.Address.parse(value)


def _file(value: Any) -> Any:
    if isinstance(value, (list, tuple)) and len(value) == 2:  # a name and base64, as some methods take it
        return value
    return values.StoredFile.parse(value)


_MONEY: Final = _Read(values.Money, _money, "a Money, or '1500.5|USD'")
_ADDRESS: Final = _Read(values.Address, _address, "an Address, or its text")
_BINDING: Final = _Read(
    values.Binding, values.Binding.read, "a Binding, an object of a CRM model, 'D_12', or an id"
)
_FILE: Final = _Read((NewFile, values.StoredFile), _file, "a NewFile, or what the portal told of a file")
_BOOKING: Final = _Read(values.Booking, int, "a Booking, or the id of one")


class MultiField(BaseModel):
    """One phone, e-mail, site or messenger of a contact, company or lead.

    >>> MultiField(value="+7 900 1", value_type="HOME").value_type
    'HOME'

    Attributes:
        id: of the entry itself; None for a new one.
        value: the number or address.
        value_type: ``WORK``, ``HOME``, ``MOBILE`` ...
        type_id: ``PHONE``, ``EMAIL``, ``WEB`` or ``IM``.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, populate_by_name=True, defer_build=True)

    value: str = Field(validation_alias=AliasChoices("VALUE", "value"))
    value_type: str | None = Field(default=None, validation_alias=AliasChoices("VALUE_TYPE", "valueType"))
    id: int | None = Field(default=None, validation_alias=AliasChoices("ID", "id"))
    type_id: str | None = Field(default=None, validation_alias=AliasChoices("TYPE_ID", "typeId"))

    def __str__(self) -> str:
        return self.value


if TYPE_CHECKING:
    # an attribute reads as one type, and takes what the constructor takes

    class Number:
        """A ``Decimal``; an int or a float may be assigned too."""

        def __get__(self, row: object, owner: Any) -> Decimal | None: ...
        def __set__(self, row: object, value: Decimal | int | float | None) -> None: ...

    class DateTime:
        """A ``datetime``; a date, which is its midnight, may be assigned too."""

        def __get__(self, row: object, owner: Any) -> datetime | None: ...
        def __set__(self, row: object, value: datetime | date | None) -> None: ...

    class MultiFields:
        """Entries; their texts, or one alone, may be assigned too."""

        def __get__(self, row: object, owner: Any) -> Sequence[MultiField]: ...
        def __set__(self, row: object, value: Iterable[str | MultiField] | MultiField | None) -> None: ...

    Id = int
    StringId = str
    Integer = int | None
    Reference = int | None
    Text = str | None
    Status = str | None
    Boolean = bool | None
    Date = date | None
    Integers = Sequence[int]
    Numbers = Sequence[Decimal]
    Texts = Sequence[str]
    Dates = Sequence[date]
    DateTimes = Sequence[datetime]
    Money = values.Money | None
    Sums = Sequence[values.Money]
    Address = values.Address | None
    Addresses = Sequence[values.Address]
    Binding = values.Binding | None
    Bindings = Sequence[values.Binding]
    Bookings = Sequence[int | values.Booking]
    Jsons = Sequence[Any]
    Json = Any
    File = values.StoredFile | NewFile | None
    Files = Sequence[values.StoredFile | NewFile]
else:
    Id = int
    StringId = str
    # false is an int to pydantic, but nothing to PHP: so ints are strict and strings are digits
    Integer = Annotated[
        int | None, _First(_DIGITS, core_schema.int_schema(strict=True), _WHOLE, nothing=("", False))
    ]
    Reference = Annotated[int | None, _First(core_schema.int_schema(gt=0), nothing=("", "0", 0, False))]
    Number = Annotated[Decimal | None, _First(core_schema.decimal_schema(), nothing=("", False))]
    Text = Annotated[str | None, _First(_TEXT, nothing=(False,))]
    Status = Annotated[
        str | None,
        _First(core_schema.str_schema(coerce_numbers_to_str=True, min_length=1), nothing=("", False)),
    ]
    Boolean = Annotated[bool | None, _First(core_schema.bool_schema(), nothing=("",))]
    Date = Annotated[
        date | None,
        _First(
            core_schema.date_schema(gt=_EPOCH.date()),
            *_OLD_DATES,
            _shown(date=True),
            nothing=("", "0", 0, False),
        ),
        _Cut(),
    ]
    DateTime = Annotated[
        datetime | None,
        _First(core_schema.datetime_schema(gt=_EPOCH), *_OLD_MOMENTS, _shown(), nothing=("", "0", 0, False)),
    ]
    MultiFields = Annotated[tuple[MultiField, ...], _Listed()]
    Integers = Annotated[tuple[int, ...], _Listed()]
    Texts = Annotated[tuple[Annotated[str, Field(coerce_numbers_to_str=True)], ...], _Listed()]
    Numbers = Annotated[tuple[Decimal, ...], _Listed()]
    Dates = Annotated[tuple[Annotated[date, _Cut()], ...], _Listed()]
    DateTimes = Annotated[tuple[datetime, ...], _Listed()]
    Money = Annotated[values.Money | None, _One(_MONEY)]
    Sums = Annotated[tuple[values.Money, ...], _Each(_MONEY.schema())]
    Address = Annotated[values.Address | None, _One(_ADDRESS)]
    Addresses = Annotated[tuple[values.Address, ...], _Each(_ADDRESS.schema())]
    Binding = Annotated[values.Binding | None, _One(_BINDING)]
    Bindings = Annotated[tuple[values.Binding, ...], _Each(_BINDING.schema())]
    Bookings = Annotated[tuple[int | values.Booking, ...], _Each(_BOOKING.schema())]
    Jsons = Annotated[tuple[Any, ...], _Listed()]
    Json = Any
    File = Annotated[values.StoredFile | NewFile | None, _One(_FILE)]
    Files = Annotated[tuple[values.StoredFile | NewFile, ...], _Each(_FILE.schema())]
