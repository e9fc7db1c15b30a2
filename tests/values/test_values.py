"""Sums, addresses, bindings, bookings and files: the server's spellings, and what can't be one."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b24orm import Address, Binding, Booking, Money, NewFile, StoredFile
from b24orm.errors import InvalidValue
from b24orm.models import Company, Deal, Item, Task
from b24orm.plan.calls import Call
from b24orm.transport.encoding import command, encode, fits_batch

HOUR = timedelta(hours=1)
DOTTED = "%d.%m.%Y %H:%M:%S"


@pytest.mark.parametrize(
    ("value", "wire"),
    [
        (Money(1500), "1500"),
        (Money("1500.50", "USD"), "1500.5|USD"),
        (Money(Decimal("1E+3"), "USD"), "1000|USD"),
        (Money(0.1, "EUR"), "0.1|EUR"),
        (Money("-0.00", "EUR"), "0|EUR"),
        (Money(100, "RUB"), "100|RUB"),
        (Address("1 Main St"), "1 Main St"),
        (Address("1 Main St", 51.5, -0.12, id=7), "1 Main St|51.5;-0.12"),
        (Binding("D", 12), "D_12"),
        (Binding("", 12), "12"),
        (Binding.to("Company", 3), "CO_3"),
        (Binding.to(2, 3), "D_3"),
        (Binding.to(1038, 3), "T40e_3"),
        (Binding.of(Deal(id=4)), "D_4"),
        (Binding.of(Item(id=4, entity_type_id=177)), "Tb1_4"),
        (Booking("user", 1, datetime(2026, 3, 1, 9), HOUR, DOTTED), "user|1|01.03.2026 09:00:00|3600|"),
        (Booking("resource", 5, date(2026, 3, 1), HOUR, "%m/%d/%Y", "Cut"), "resource|5|03/01/2026|3600|Cut"),
        (StoredFile(7, "/u"), {"id": 7}),
    ],
    ids=repr,
)
def test_each_value_goes_out_as_the_server_spells_it(value: Any, wire: Any) -> None:
    assert encode(value) == wire


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: Money("many"), "'many' is no sum of money"),
        (lambda: Money(float("nan")), "not finite"),
        (lambda: Money(True), "not True"),
        (lambda: Money(5, "usd"), "'usd' is no currency"),
        (lambda: Money(5, "US|"), "no currency"),
        (lambda: Money(5, 840), "840 is no currency"),  # type: ignore[arg-type]
        (lambda: Money([5]), "a Decimal, an int, a float or a str"),  # type: ignore[arg-type]
        (lambda: Money.parse("1 500|USD"), "it is written '1500.5|USD'"),
        (lambda: Money.parse("5|USD|7"), "no currency"),
        (lambda: Address("a|b"), "without '|'"),
        (lambda: Address(7), "without '|'"),  # type: ignore[arg-type]
        (lambda: Address("a", 51.5), "a latitude and a longitude"),
        (lambda: Address("a", True, 0), "from -90 to 90, not True"),
        (lambda: Address("a", "51", 0), "from -90 to 90, not '51'"),  # type: ignore[arg-type]
        (lambda: Address("a", 91, 0), "from -90 to 90"),
        (lambda: Address("a", 0, float("nan")), "from -180 to 180"),
        (lambda: Binding("DD", 5), "did you mean 'D'"),
        (lambda: Binding("D", 0), "the id of a saved row"),
        (lambda: Binding("D", True), "not True"),
        (lambda: Binding.parse("D-12"), "it is written 'D_12'"),
        (lambda: Binding.parse("D_012"), "it is written 'D_12'"),
        (lambda: Binding.to("Task", 5), "no field can point to a Task"),
        (lambda: Binding.of(Task(id=5)), "no field can point to a Task"),
        (lambda: Binding.of(Company()), "the id of a saved row"),
        (lambda: Booking("room", 5, date(2026, 3, 1), HOUR, DOTTED), "'user' or a 'resource'"),  # type: ignore[arg-type]
        (lambda: Booking("user", 0, date(2026, 3, 1), HOUR, DOTTED), "the id of a user"),
        (lambda: Booking("user", True, date(2026, 3, 1), HOUR, DOTTED), "the id of a user"),
        (lambda: Booking("user", "1", date(2026, 3, 1), HOUR, DOTTED), "the id of a user"),  # type: ignore[arg-type]
        (lambda: Booking("user", 1, "2026-03-01", HOUR, DOTTED), "starts at a datetime or a date"),  # type: ignore[arg-type]
        (lambda: Booking("user", 1, date(2026, 3, 1), 3600, DOTTED), "a second or more"),  # type: ignore[arg-type]
        (lambda: Booking("user", 1, date(2026, 3, 1), HOUR, None), "names %d, %m, %Y"),  # type: ignore[arg-type]
        (lambda: Booking("user", 1, date(2026, 3, 1), HOUR, DOTTED, 7), "without '|'"),  # type: ignore[arg-type]
        (lambda: Booking("user", 1, date(2026, 3, 1), timedelta(0), DOTTED), "a second or more"),
        (lambda: Booking("user", 1, date(2026, 3, 1), HOUR, "%H"), "names %d, %m, %Y"),
        (lambda: Booking("user", 1, date(2026, 3, 1), HOUR, DOTTED, "a|b"), "without '|'"),
        (lambda: StoredFile.parse({"name": "a"}), "no file of the portal"),
        (lambda: StoredFile(url="/u").wire(), "can't be written back"),
    ],
)
def test_what_can_t_be_one_is_refused(make: Callable[[], object], why: str) -> None:
    with pytest.raises(InvalidValue, match=why.replace("|", r"\|")):
        make()


def test_a_binding_tells_what_it_points_to() -> None:
    found = [Binding.parse(text) for text in ("D_12", "T40e_5", "SI_3", "9")]

    assert [(b.entity, b.entity_type_id, b.id) for b in found] == [
        ("Deal", 2, 12),
        (None, 1038, 5),
        ("SmartInvoice", 31, 3),
        (None, None, 9),
    ]


@pytest.mark.parametrize(
    ("name", "letters", "number"),
    [
        ("Lead", "L", 1),
        ("Deal", "D", 2),
        ("Contact", "C", 3),
        ("Company", "CO", 4),
        ("Quote", "Q", 7),
        ("SmartInvoice", "SI", 31),
        ("Order", "O", None),
        ("Invoice", "I", None),
    ],
)
def test_each_entity_has_the_letters_of_the_server(name: str, letters: str, number: int | None) -> None:
    found = Binding.parse(f"{letters}_5")

    assert (str(Binding.to(name, 5)), found.entity, found.entity_type_id) == (f"{letters}_5", name, number)


@pytest.mark.parametrize(("number", "wire"), [(1, "L_5"), (4, "CO_5"), (31, "SI_5"), (177, "Tb1_5")])
def test_an_entity_may_be_said_by_its_number(number: int, wire: str) -> None:
    assert (Binding.to(number, 5).wire(), Binding.parse(wire).entity_type_id) == (wire, number)


@pytest.mark.parametrize("given", [Binding("D", 4), Deal(id=4), "D_4"], ids=["binding", "object", "text"])
def test_a_binding_is_read_from_whatever_stands_for_one(given: Any) -> None:
    assert Binding.read(given) == Binding("D", 4)


def test_a_bare_id_is_a_binding_whose_field_says_to_what() -> None:
    assert Binding.read(4) == Binding("", 4)


def test_a_row_of_a_smart_process_is_bound_by_its_type() -> None:
    assert Binding.of(Item(id=4, entity_type_id=177)).wire() == "Tb1_4"


@pytest.mark.parametrize("place", ["51.5;x", "x;51.5", "51.5", ""])
def test_an_address_whose_place_is_not_two_numbers_is_one_in_words(place: str) -> None:
    found = Address.parse(f"1 Main St|{place}|7")

    assert (found.text, found.latitude, found.longitude, found.id) == ("1 Main St", None, None, 7)


def test_only_digits_of_ascii_are_the_id_of_an_address() -> None:
    assert Address.parse("a|1;2|\N{SUPERSCRIPT THREE}").id is None


def test_the_edges_of_the_globe_lie_on_it() -> None:
    assert [Address("a", 90, 180).wire(), Address("a", -90, -180).wire()] == ["a|90;180", "a|-90;-180"]


def test_a_booking_may_last_a_second() -> None:
    booking = Booking("user", 1, date(2026, 3, 1), timedelta(seconds=1), "%d.%m.%Y")

    assert booking.wire() == "user|1|01.03.2026|1|"


def test_sums_and_addresses_read_well() -> None:
    assert [str(Money("1500.50", "USD")), str(Address("1 Main St", 51.5, 0))] == ["1500.5 USD", "1 Main St"]


def test_a_value_in_a_batch_is_the_server_s_spelling() -> None:
    call = Call("crm.deal.add", {"fields": {"UF_SUM": Money("1.50", "USD"), "UF_TIES": [Binding("D", 1)]}})

    assert command(call) == "crm.deal.add?fields[UF_SUM]=1.5%7CUSD&fields[UF_TIES][0]=D_1"


def test_an_address_that_the_server_would_take_for_a_macro_travels_alone() -> None:
    assert not fits_batch(Call("crm.deal.add", {"fields": {"UF_PLACE": Address("$result[x]")}}))


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12))
def test_a_sum_survives_the_way_there_and_back(amount: Decimal) -> None:
    assert Money.parse(Money(amount, "USD").wire()) == Money(amount, "USD")


@given(st.text(max_size=20).filter(lambda text: "|" not in text), st.floats(-90, 90), st.floats(-180, 180))
def test_an_address_survives_the_way_there_and_back(text: str, latitude: float, longitude: float) -> None:
    sent = Address(text, round(latitude, 6), round(longitude, 6))

    assert Address.parse(sent.wire()).text == text
    assert Address.parse(sent.wire()).latitude == pytest.approx(sent.latitude)


@given(st.text(max_size=12) | st.from_regex(r"((D|CO|SI|X|T[0-9a-fA-F]{2,4})_)?[0-9]{1,4}", fullmatch=True))
def test_any_text_is_a_binding_or_refused(text: str) -> None:
    try:
        found = Binding.parse(text)
    except InvalidValue:
        return
    assert Binding.parse(found.wire()) == found


@pytest.mark.parametrize(
    ("answer", "file"),
    [
        ({"id": "7", "url": "/u", "urlMachine": "/m"}, StoredFile(7, "/u", "/m")),
        ({"id": 7, "showUrl": "/s", "downloadUrl": "/d"}, StoredFile(7, "/s", "/d")),
        ({"ID": "7"}, StoredFile(7)),
        ({"src": "/a.png"}, StoredFile(url="/a.png")),
        ({"urlMachine": "/m"}, StoredFile(machine_url="/m")),
        ({"downloadUrl": "/d"}, StoredFile(machine_url="/d")),
        ("https://x/a.png", StoredFile(url="https://x/a.png")),
        ("7", StoredFile(7)),
        (7, StoredFile(7)),
    ],
)
def test_a_file_is_read_from_whatever_a_method_answers(answer: Any, file: StoredFile) -> None:
    found = StoredFile.parse(answer)
    assert (found.id, found.url, found.machine_url) == (file.id, file.url, file.machine_url)


@pytest.mark.parametrize("answer", [True, {}, {"id": "\N{SUPERSCRIPT THREE}"}, None])
def test_what_tells_of_no_file_is_refused(answer: Any) -> None:
    with pytest.raises(InvalidValue, match="no file of the portal"):
        StoredFile.parse(answer)


def test_a_file_says_where_what_is_in_it_comes_from() -> None:
    file: Any = StoredFile(7, machine_url="https://acme.bitrix24.com/file")
    with pytest.raises(AttributeError, match="save_to"):
        file.download()


def test_a_new_file_is_made_of_a_path_or_of_an_open_file(tmp_path: Path) -> None:
    place = tmp_path / "a.txt"
    place.write_bytes(b"hello")
    with place.open("rb") as file:
        file.seek(2)
        opened = NewFile.of(file, replaces=7)
    assert (NewFile.of(place), NewFile.of(str(place), name="b.txt").name) == (
        NewFile("a.txt", b"hello"),
        "b.txt",
    )
    assert opened == NewFile("a.txt", b"llo", replaces=7)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (io.BytesIO(b"hi"), "no name of its own"),
        (io.StringIO("hi"), "no name of its own"),
        (5, "takes a path or an open file"),
        (b"hi", "takes a path or an open file"),
    ],
)
def test_a_new_file_is_made_of_nothing_else(source: Any, why: str) -> None:
    with pytest.raises(InvalidValue, match=why):
        NewFile.of(source)


async def test_a_new_file_is_read_as_one_of_the_portal_is(tmp_path: Path) -> None:
    file = NewFile("a.txt", b"hello")
    assert (file.read(), await file.aread(), [*file.chunks()], file.size) == (
        b"hello",
        b"hello",
        [b"hello"],
        5,
    )
    assert [piece async for piece in file.achunks()] == [b"hello"]
    assert file.save_to(tmp_path) == tmp_path / "a.txt"
    assert (await file.asave_to(tmp_path / "b.txt")).read_bytes() == b"hello"


def test_a_file_is_made_of_bytes() -> None:
    text: Any = "text"
    with pytest.raises(InvalidValue, match=r"encode\(\) the text"):
        NewFile("a.txt", text)
