"""PHP's habits: query strings, casts, addresses of batch commands, JSON."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b24orm.emulator.php import array_key, array_shape, float_text, intval, parse_str, split_url, truthy
from b24orm.emulator.phpjson import NotEncodable, NotJson, decode, encode

# -- parse_str ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("a=1&b=2", {"a": "1", "b": "2"}),
        ("a=1&a=2", {"a": "2"}),
        ("a", {"a": ""}),
        ("&&a=1&", {"a": "1"}),
        ("=1", {}),
        ("a=1=2", {"a": "1=2"}),
        ("a=x+y%20z", {"a": "x y z"}),
        ("a.b c=1", {"a_b_c": "1"}),
        ("%20a=1", {"a": "1"}),
        ("a[]=1&a[]=2", {"a": ["1", "2"]}),
        ("a[5]=x&a[]=y", {"a": {"5": "x", "6": "y"}}),
        ("a[0]=x&a[1]=y", {"a": ["x", "y"]}),
        ("a[1]=x&a[0]=y", {"a": {"1": "x", "0": "y"}}),
        ("a[b][c]=1&a[b][d]=2", {"a": {"b": {"c": "1", "d": "2"}}}),
        ("a[b]=1&a[b][c]=2", {"a": {"b": {"c": "2"}}}),
        ("a[b][c]=2&a[b]=1", {"a": {"b": "1"}}),
        ("a[b]x[c]=1", {"a": {"b": "1"}}),
        ("a[b=1", {"a_b": "1"}),
        ("a[b][c=1", {"a": {"b": "1"}}),
        ("a[ ]=1", {"a": ["1"]}),
        ("a[b.c d]=1", {"a": {"b.c d": "1"}}),
        ("a[>ID]=1", {"a": {">ID": "1"}}),
        ("a[!%25TITLE]=x", {"a": {"!%TITLE": "x"}}),
        ("a%5Bb%5D=1", {"a": {"b": "1"}}),
        ("a=%FF", {"a": "\ufffd"}),
        ("[a]=1", {}),
    ],
)
def test_parse_str_reads_as_php_does(query: str, expected: dict[str, Any]) -> None:
    assert parse_str(query) == expected


def test_variables_beyond_the_limit_are_dropped() -> None:
    assert parse_str("a=1&b=2&c=3", limit=2) == {"a": "1", "b": "2"}


def test_a_name_nested_too_deeply_is_dropped() -> None:
    assert parse_str("a" + "[x]" * 65 + "=1&b=2") == {"b": "2"}


def _encode(value: Any, name: str = "") -> list[str]:
    """An encoder written apart from the decoder: one ``name[key]=value`` a leaf."""
    if isinstance(value, str):
        return [f"{name}={quote(value, safe='')}"]
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    below = [(f"{name}[{quote(str(key), safe='')}]" if name else str(key), item) for key, item in pairs]
    return [text for inner, item in below for text in _encode(item, inner)]


_names = st.text(
    st.characters(exclude_characters="[]\0 ", exclude_categories=["Cs"]), min_size=1, max_size=5
).filter(
    lambda name: name not in "\t\n\r\v\f"  # one white space in brackets appends
)
_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_arrays = st.recursive(
    _texts,
    lambda below: (
        st.lists(below, min_size=1, max_size=3) | st.dictionaries(_names, below, min_size=1, max_size=3)
    ),
    max_leaves=8,
)


def _php(value: Any) -> Any:
    """The value as PHP holds it: keys 0..n-1 make a list."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return [_php(item) for item in value]
    return array_shape({key: _php(item) for key, item in value.items()})


@given(st.dictionaries(st.from_regex(r"\A[A-Za-z_][A-Za-z0-9_]{0,6}\Z"), _arrays, max_size=3))
def test_what_an_encoder_wrote_parse_str_reads_back(params: dict[str, Any]) -> None:
    assert parse_str("&".join(_encode(params))) == {name: _php(value) for name, value in params.items()}


# -- casts ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("50", 50),
        ("-1", -1),
        ("12abc", 12),
        ("abc", 0),
        ("", 0),
        (" 7", 7),
        ("1e3", 1000),
        ("1.9", 1),
        ("-.5e1", -5),
        ("1e400", 0),
        ("\u00a05", 0),
        ("9" * 30, 2**63 - 1),
        (True, 1),
        (None, 0),
        (2.9, 2),
        ([], 0),
        (["x"], 1),
        ({"ID": "5"}, 1),
    ],
)
def test_intval(value: object, number: int) -> None:
    assert intval(value) == number


@pytest.mark.parametrize("value", ["false", "N", "0.0", " ", 1, -1, 0.5, [0], {"a": 0}, True])
def test_what_php_takes_for_true(value: object) -> None:
    assert truthy(value) is True


@pytest.mark.parametrize("value", ["", "0", 0, 0.0, None, False, [], {}])
def test_what_php_takes_for_false(value: object) -> None:
    assert truthy(value) is False


@given(st.integers(-(2**63), 2**63 - 1))
def test_every_decimal_integer_becomes_an_integer_key(number: int) -> None:
    assert array_key(str(number)) == number


@pytest.mark.parametrize("text", ["", "07", "-0", "+1", "1.0", " 1", "1 ", "9223372036854775808", "1\n"])
def test_other_texts_stay_string_keys(text: str) -> None:
    assert array_key(text) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1.0, "1"),
        (1.5, "1.5"),
        (-0.25, "-0.25"),
        (1e15, "1.0E+15"),
        (1.25e-7, "1.25E-7"),
        (1 / 3, "0.33333333333333"),
    ],
)
def test_a_float_as_text_has_fourteen_digits(number: float, text: str) -> None:
    assert float_text(number) == text


# -- batch command addresses ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "path", "query"),
    [
        ("crm.deal.list", "crm.deal.list", ""),
        ("crm.deal.list?", "crm.deal.list", ""),
        ("crm.deal.list?a=1?b=2", "crm.deal.list", "a=1?b=2"),
        ("crm.deal.add?fields[TITLE]=No#1&x=2", "crm.deal.add", "fields[TITLE]=No"),
        ("crm.deal.list#x?a=1", "crm.deal.list", ""),
        ("x?t=10:30", "x", "t=10:30"),
        ("x?t=a\tb", "x", "t=a_b"),
        ("//crm.deal.list?a=1", "", "a=1"),
        ("//host/x?a=1", "/x", "a=1"),
        ("crm:x?a=1", "x", "a=1"),
        ("http://host/x?a=1", "/x", "a=1"),
        ("a_b:x?a=1", "a_b:x", "a=1"),
        ("a_b:80/x?a=1", "/x", "a=1"),
        ("crm.deal.list:80", "", ""),
        ("/x?a=1", "/x", "a=1"),
        ("", "", ""),
    ],
)
def test_a_command_is_split_like_a_url(url: str, path: str, query: str) -> None:
    assert split_url(url) == (path, query)


# -- JSON -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("</a> & 'b' \"c\"", r'"\u003C\/a\u003E \u0026 \u0027b\u0027 \u0022c\u0022"'),
        ('\\"', r'"\\\u0022"'),
        ("\\", r'"\\"'),
        ("ёж", '"ёж"'),
        ("a\nb\x1f", r'"a\nb\u001f"'),
        ("\u2028", r'"\u2028"'),
        ({}, "[]"),
        ([], "[]"),
        ({"a": {}, "b": "{}"}, '{"a":[],"b":"{}"}'),
        ({"0": "a", "1": "b"}, '["a","b"]'),
        ({0: "a", 1: "b"}, '["a","b"]'),
        ({"1": "a", "0": "b"}, '{"1":"a","0":"b"}'),
        ({"0": "a", "2": "b"}, '{"0":"a","2":"b"}'),
        ([1.0, 2.5, -0.25], "[1,2.5,-0.25]"),
        ({"a": 10.0}, '{"a":10}'),
        ("10.0, and {}", '"10.0, and {}"'),
        ([True, None], "[true,null]"),
    ],
)
def test_json_is_written_as_php_writes_it(value: Any, text: str) -> None:
    assert encode(value).decode() == text


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_can_not_be_written(value: float) -> None:
    with pytest.raises(NotEncodable):
        encode([value])


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _texts,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(_texts, below, max_size=4),
    max_leaves=12,
)


def _php_json(value: Any) -> Any:
    if isinstance(value, dict):
        return array_shape({key: _php_json(item) for key, item in value.items()})
    return [_php_json(item) for item in value] if isinstance(value, list) else value


@given(_json)
def test_what_is_written_decodes_to_the_same_values(value: Any) -> None:
    assert json.loads(encode(value)) == _php_json(value)


@given(_json)
def test_no_character_that_html_could_trip_over_is_raw(value: Any) -> None:
    assert not set(encode(value).decode()) & set("<>&'")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"{'a': 1}", b"NaN", b"[Infinity]", b"\xef\xbb\xbf{}", b'"\xff"', b'"\\ud800"', b"[1,]"],
)
def test_json_that_php_refuses(body: bytes) -> None:
    with pytest.raises(NotJson):
        decode(body)


def test_json_nested_deeper_than_512_is_refused() -> None:
    with pytest.raises(NotJson):
        decode(b"[" * 513 + b"]" * 513)


def test_json_nested_512_deep_is_read() -> None:
    assert decode(b"[" * 512 + b"]" * 512) != []


def test_an_integer_beyond_64_bits_becomes_a_float() -> None:
    assert decode(b"[9223372036854775807,9223372036854775808]") == [2**63 - 1, float(2**63)]
