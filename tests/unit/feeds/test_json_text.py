"""Untrusted JSON is parsed strictly and within bounds, and serialized in one form."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brain.domain.json_text import encode_canonical_json, parse_json, parse_json_lines
from brain.errors import InvalidInputError

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
)
JSON_VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXTS, inner, max_size=5), max_leaves=20
)

INVALID = {
    "no number": b'{"likes": NaN}',
    "an infinity": b"[-Infinity]",
    "a number beyond floats": b"1e400",
    "a number of five million digits": b"1" * 5_000_000,
    "a repeated name": b'{"id": 1, "id": 2}',
    "a repeated name inside": b'[{"a": {"id": 1, "id": 1}}]',
    "no UTF-8": b'"\xff\xfe"',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "half a surrogate pair": rb'"\ud800"',
    "half a surrogate pair in a name": rb'{"\udfff": 1}',
    "nothing": b"",
    "only spaces": b"  \n ",
    "an open list": b"[1, 2",
    "text after the value": b"{} {}",
    "single quotes": b"{'a': 1}",
    "a comma too many": b"[1,]",
    "a hundred thousand lists": b"[" * 100_000 + b"]" * 100_000,
    "a hundred thousand open objects": b'{"a":' * 100_000,
    "many closing brackets": b"]" * 1_000,
    "a raw line break in a text": b'"a\nb"',
}


@pytest.mark.parametrize("name", INVALID)
def test_invalid_json_is_refused(name: str) -> None:
    """The only exception is an InvalidInputError, which says what was expected."""
    with pytest.raises(InvalidInputError, match="expected"):
        parse_json(INVALID[name])


def test_a_number_is_parsed_by_its_value() -> None:
    """Another serializer of the sender does not change the payload."""
    assert parse_json(b"[1, 1.0, 1e0, 100e-2, -0.0, 2.5]") == [1, 1, 1, 1, 0, 2.5]
    assert encode_canonical_json(parse_json(b'{"b": 1.0, "a": 1e0}')) == b'{"a":1,"b":1}'


def test_integers_beyond_floats_stay_whole() -> None:
    """Identifiers of 19 digits are not rounded."""
    assert parse_json(b"7132000000000000001") == 7132000000000000001
    assert parse_json(b"1e22") == 1e22


def test_a_byte_order_mark_and_whole_pairs_are_read() -> None:
    """Files saved by office programs and emoji written as escapes are fine."""
    assert parse_json(b'\xef\xbb\xbf{"a": "\\ud83d\\ude80"}') == {"a": "🚀"}


def test_brackets_in_texts_do_not_count_as_depth() -> None:
    """Brackets in a text are not nested."""
    assert parse_json(json.dumps({"a": "[" * 500 + '\\"' + "{" * 500}).encode()) == {"a": "[" * 500 + '\\"' + "{" * 500}


def test_depth_is_limited_and_width_is_not() -> None:
    """A wide payload is parsed; one that is a level too deep is not."""
    wide = b"[" + b",".join([b"[{}]"] * 1000) + b"]"
    assert parse_json(wide) == [[{}]] * 1000
    assert parse_json(b"[" * 64 + b"]" * 64) is not None
    assert parse_json(b"[[]," + b"[" * 63 + b"]" * 63 + b"]") is not None
    with pytest.raises(InvalidInputError, match="64 levels"):
        parse_json(b"[" * 65 + b"]" * 65)


def test_an_invalid_line_does_not_affect_the_others() -> None:
    """Every line of NDJSON that is not empty yields a document or an error with the line's number."""
    first, second, third = parse_json_lines(b'\xef\xbb\xbf{"a": 1}\r\n\n{oops\n[2]')
    assert (first, third) == ({"a": 1}, [2])
    assert isinstance(second, InvalidInputError)
    assert second.message.startswith("line 3: expected JSON")


@given(JSON_VALUES)
def test_canonical_json_round_trips(value: Any) -> None:
    """Parsing canonical JSON gives the same document and the same bytes again."""
    once = encode_canonical_json(parse_json(encode_canonical_json(value)))
    assert encode_canonical_json(parse_json(once)) == once
    assert parse_json(once) == value


@given(st.dictionaries(TEXTS, st.integers(), min_size=2))
def test_the_order_of_names_does_not_matter(value: dict[str, int]) -> None:
    """Two serializations of one object are one canonical form."""
    assert encode_canonical_json(value) == encode_canonical_json(dict(reversed(value.items())))


@given(st.binary(max_size=200))
def test_no_bytes_raise_another_exception(body: bytes) -> None:
    """Any bytes give a document or an InvalidInputError."""
    with contextlib.suppress(InvalidInputError):
        encode_canonical_json(parse_json(body))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, b"bytes", {"a": object()}, "\ud800"])
def test_other_values_have_no_canonical_form(value: Any) -> None:
    """A value that is not a JSON type is refused, not written as its repr."""
    with pytest.raises(InvalidInputError, match="JSON can represent"):
        encode_canonical_json(value)
