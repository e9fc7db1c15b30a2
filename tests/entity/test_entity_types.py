"""What PHP sends for each type, as Python values."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError, create_model

from b24orm.entity import types
from b24orm.entity.columns import _ways
from b24orm.entity.types import MultiField
from b24orm.values import Address, Binding, Money, StoredFile

MSK = timezone(timedelta(hours=3))


def read(name: str, value: Any) -> Any:
    """The value as the type reads it."""
    return TypeAdapter(getattr(types, name)).validate_python(value)


SCALARS = [
    *("Integer", "Reference", "Number", "Text", "Status", "Boolean", "Date", "DateTime"),
    *("Money", "Address", "Binding", "File"),
]
LISTS = [
    *("MultiFields", "Integers", "Texts", "Jsons", "Numbers", "Dates", "DateTimes"),
    *("Sums", "Addresses", "Bindings", "Bookings", "Files"),
]


@pytest.mark.parametrize("name", SCALARS)
@pytest.mark.parametrize("value", [None, [], {}], ids=repr)
def test_null_and_php_s_empty_array_are_none(name: str, value: Any) -> None:
    assert read(name, value) is None


@pytest.mark.parametrize("name", [name for name in SCALARS if name != "Text"])
def test_an_empty_text_is_none(name: str) -> None:
    assert read(name, "") is None


@pytest.mark.parametrize("name", [name for name in SCALARS if name != "Boolean"])
def test_false_is_none(name: str) -> None:
    assert read(name, False) is None


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("value", [None, [], {}, "", False], ids=repr)
def test_every_emptiness_is_an_empty_tuple(name: str, value: Any) -> None:
    assert read(name, value) == ()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("Id", "123", 123),
        ("Id", 123, 123),
        ("StringId", "RUB", "RUB"),
        ("Integer", "0", 0),
        ("Integer", 0, 0),
        ("Integer", "-5", -5),
        ("Integer", 5, 5),
        ("Integer", 5.0, 5),
        ("Integer", "2147483648", 2**31),
        ("Reference", "7", 7),
        ("Reference", 7, 7),
        ("Reference", "0", None),
        ("Reference", 0, None),
        ("Number", "10.50", Decimal("10.50")),
        ("Number", "1000000.00", Decimal("1000000.00")),
        ("Number", 999.9, Decimal("999.9")),
        ("Number", 5, Decimal(5)),
        ("Number", "0", Decimal(0)),
        ("Number", 0, Decimal(0)),
        ("Number", "-0.01", Decimal("-0.01")),
        ("Text", "", ""),
        ("Text", "0", "0"),
        ("Text", 0, "0"),
        ("Text", 12.5, "12.5"),
        ("Text", " a ", " a "),
        ("Status", "WON", "WON"),
        ("Status", "0", "0"),
        ("Status", 5, "5"),
        ("Boolean", "Y", True),
        ("Boolean", "N", False),
        ("Boolean", "1", True),
        ("Boolean", "0", False),
        ("Boolean", 1, True),
        ("Boolean", 0, False),
        ("Boolean", True, True),
        ("Boolean", False, False),
        ("Boolean", "true", True),
        ("Boolean", "false", False),
        ("Date", "2024-08-30T02:00:00+02:00", date(2024, 8, 30)),
        ("Date", "2024-08-30T03:00:00+03:00", date(2024, 8, 30)),
        ("Date", "2024-08-30T00:00:00+00:00", date(2024, 8, 30)),
        ("Date", "2024-08-30", date(2024, 8, 30)),
        ("Date", "1960-05-05T03:00:00+03:00", date(1960, 5, 5)),  # a birthday
        ("Date", "1970-01-01", date(1970, 1, 1)),
        ("Date", date(1960, 5, 5), date(1960, 5, 5)),
        ("Date", date(2024, 8, 30), date(2024, 8, 30)),
        ("Date", "0", None),
        ("Date", 0, None),
        ("DateTime", "2024-08-30T14:29:00+03:00", datetime(2024, 8, 30, 14, 29, tzinfo=MSK)),
        ("DateTime", "2024-08-30T14:29:00Z", datetime(2024, 8, 30, 14, 29, tzinfo=timezone.utc)),
        ("DateTime", "1960-05-05T03:00:00+03:00", datetime(1960, 5, 5, 3, tzinfo=MSK)),
        ("DateTime", "1970-01-01T00:00:00+00:00", datetime(1970, 1, 1, tzinfo=timezone.utc)),
        ("DateTime", datetime(1960, 5, 5, 3, tzinfo=MSK), datetime(1960, 5, 5, 3, tzinfo=MSK)),
        ("DateTime", date(1960, 5, 5), datetime(1960, 5, 5)),
        ("DateTime", "0", None),
        ("DateTime", 0, None),
        ("Integers", ["1", 2], (1, 2)),
        ("Integers", {"0": 1, "2": "3"}, (1, 3)),
        ("Integers", "5", (5,)),
        ("Integers", 5, (5,)),
        ("Texts", ["a", "b"], ("a", "b")),
        ("Texts", {"1": "b", "0": "a"}, ("b", "a")),
        ("Texts", "a", ("a",)),
        ("Texts", [5, "a", 1.5], ("5", "a", "1.5")),  # as a single text
        ("Texts", 0, ("0",)),
        ("Jsons", [{"id": 1}], ({"id": 1},)),
        ("Json", {"a": [1, None]}, {"a": [1, None]}),
        ("File", {"id": 1, "url": "/u", "urlMachine": "/m"}, StoredFile(1, "/u", "/m")),
        ("File", {"id": "1", "showUrl": "/s", "downloadUrl": "/d"}, StoredFile(1, "/s", "/d")),
        ("File", "https://x/a.png", StoredFile(url="https://x/a.png")),
        ("File", "17", StoredFile(17)),
        ("Money", "1500.5|USD", Money("1500.50", "USD")),
        ("Money", "-3|RUB", Money(-3, "RUB")),
        ("Money", "100", Money(100)),
        ("Address", "1 Main St|51.5;-0.12|7", Address("1 Main St", 51.5, -0.12, 7)),
        ("Address", "1 Main St|;|7", Address("1 Main St", id=7)),
        ("Address", "1 Main St", Address("1 Main St")),
        ("Binding", "D_12", Binding.to("Deal", 12)),
        ("Binding", "T40e_5", Binding.to(1038, 5)),
        ("Binding", "12", Binding("", 12)),
        ("Sums", ["1|USD", "2.5|EUR"], (Money(1, "USD"), Money("2.5", "EUR"))),
        ("Bindings", ["D_12", "CO_5", "7"], (Binding("D", 12), Binding("CO", 5), Binding("", 7))),
        ("Bindings", {"0": "L_1", "3": "C_2"}, (Binding("L", 1), Binding("C", 2))),
        ("Bookings", ["15", 16], (15, 16)),
        ("Files", [{"id": 1, "url": "/u"}], (StoredFile(1, "/u"),)),
        ("Dates", ["2024-08-30T03:00:00+03:00"], (date(2024, 8, 30),)),
        ("Dates", ["1960-05-05T03:00:00+03:00"], (date(1960, 5, 5),)),
        ("DateTimes", ["2024-08-30T14:29:00+03:00"], (datetime(2024, 8, 30, 14, 29, tzinfo=MSK),)),
        ("Numbers", ["1.5", 2], (Decimal("1.5"), Decimal(2))),
    ],
)
def test_each_type_reads_php_s_spellings(name: str, value: Any, expected: Any) -> None:
    found = read(name, value)

    assert (found, type(found)) == (expected, type(expected))


ZONES = st.timedeltas(timedelta(hours=-12), timedelta(hours=14)).map(
    lambda offset: timezone(timedelta(minutes=offset // timedelta(minutes=1)))
)
SENT: dict[str, st.SearchStrategy[tuple[Any, Any]]] = {
    "Integer": st.integers(-(2**63), 2**63).flatmap(lambda n: st.sampled_from([(n, n), (str(n), n)])),
    "Reference": st.integers(1, 2**63).flatmap(lambda n: st.sampled_from([(n, n), (str(n), n)])),
    "Number": st.decimals(-(10**15), 10**15, places=4).map(lambda n: (format(n, "f"), n)),
    "Text": st.text().map(lambda text: (text, text)),
    "Date": st.tuples(st.dates(), st.sampled_from(["", "T00:00:00+00:00", "T03:00:00+03:00"])).map(
        lambda pair: (f"{pair[0].isoformat()}{pair[1]}", pair[0])
    ),
    "DateTime": st.datetimes(
        min_value=datetime(1000, 1, 1), max_value=datetime(9000, 1, 1), timezones=ZONES
    ).map(lambda moment: (moment.isoformat(timespec="seconds"), moment.replace(microsecond=0))),
}
"""What the server writes for any value of a type, and that value."""


@pytest.mark.parametrize("name", SENT)
@given(data=st.data())
def test_every_value_is_read_as_it_was_written(name: str, data: st.DataObject) -> None:
    sent, value = data.draw(SENT[name])

    assert read(name, sent) == value


@pytest.mark.parametrize("name", SENT)
@given(data=st.data())
def test_so_is_a_column_of_them_with_nothing_in_between(name: str, data: st.DataObject) -> None:
    written = data.draw(st.lists(SENT[name] | st.just((None, None)), min_size=1, max_size=5))
    hint = getattr(types, name)
    field = create_model("Row", value=(hint, None)).model_fields["value"]
    quick, thorough = _ways(field)

    for way in (*quick, thorough):
        with suppress(ValidationError, TypeError):  # then the next way is taken
            assert list(way([sent for sent, _ in written])) == [value for _, value in written]
    assert list(thorough([sent for sent, _ in written])) == [value for _, value in written]


def test_a_moment_keeps_the_server_s_offset() -> None:
    assert read("DateTime", "2024-08-30T14:29:00+03:00").utcoffset() == timedelta(hours=3)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Id", None),
        ("Id", ""),
        ("Id", "abc"),
        ("Integer", "abc"),
        ("Integer", "1.5"),
        ("Integer", 1.5),
        ("Integer", True),
        ("Integer", [5]),
        ("Reference", "x"),
        ("Number", "ten"),
        ("Number", "NaN"),
        ("Number", True),
        ("Number", "1,5"),
        ("Text", True),
        ("Text", ["a"]),
        ("Status", {"a": 1}),
        ("Boolean", "maybe"),
        ("Boolean", 2),
        ("Date", "30.08.2024"),
        ("Date", -5),
        ("Date", "-5"),
        ("DateTime", -5),
        ("DateTime", 5),
        ("DateTime", "86400"),
        ("Bookings", [None]),
        ("File", ["a", "b", "c"]),
        ("Date", "soon"),
        ("DateTime", "soon"),
        ("Integers", ["a"]),
        ("Money", "five"),
        ("Money", "5|dollars"),
        ("Money", True),
        ("Address", 5),
        ("Binding", "X_12"),
        ("Binding", "D_"),
        ("Binding", 0),
        ("Binding", ["D_12"]),
        ("Bindings", ["D_12", "nobody"]),
        ("Sums", ["1|USD", "x"]),
        ("Bookings", ["user|1"]),
        ("File", True),
        ("File", {"name": "a"}),
        ("MultiFields", ["a"]),
        ("MultiFields", [{"ID": 1}]),
    ],
)
def test_what_does_not_fit_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ValidationError):
        read(name, value)


# -- phones, e-mails and the like --------------------------------------------------------------------

PHONE = {"ID": "7", "VALUE_TYPE": "WORK", "VALUE": "+7 900", "TYPE_ID": "PHONE"}


@pytest.mark.parametrize(
    "value", [[PHONE], {"0": PHONE}, {"7": PHONE}], ids=["list", "map", "map with holes"]
)
def test_phones_come_as_lists_or_maps(value: Any) -> None:
    assert read("MultiFields", value) == (
        MultiField(id=7, value="+7 900", value_type="WORK", type_id="PHONE"),
    )


def test_smart_processes_spell_phones_in_camel_case() -> None:
    value = [{"id": 7, "valueType": "WORK", "value": "+7 900", "typeId": "PHONE"}]

    assert read("MultiFields", value) == (
        MultiField(id=7, value="+7 900", value_type="WORK", type_id="PHONE"),
    )


def test_a_phone_reads_as_its_number() -> None:
    assert str(MultiField(value="+7 900")) == "+7 900"


def test_a_phone_can_t_be_changed_in_place() -> None:
    phone = MultiField(value="+7 900")

    with pytest.raises(ValidationError):
        phone.value = "+7 901"  # type: ignore[misc]
