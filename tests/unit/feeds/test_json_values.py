"""Numbers are parsed in every spelling, and unknown stays unknown."""

from typing import Any

import pytest

from brain.domain.feeds.json_values import (
    first_text,
    lowercase_names,
    normalize_names,
    parse_count,
    parse_number,
    to_list,
    to_object,
    to_text,
    to_texts,
)
from brain.errors import InvalidInputError


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("49", 49),
        ("144.", 144),
        ("0.22", 0.22),
        (".5", 0.5),
        ("1e3", 1000),
        ("-3", -3),
        ("+4", 4),
        (3.0, 3),
        (2.5, 2.5),
        (7, 7),
        ("9007199254740993", 9007199254740993),
        (" 12 ", 12),
        ("1e20", 1e20),
    ],
)
def test_a_number_is_parsed_in_every_spelling(written: Any, expected: float) -> None:
    """Texts, int64 texts, trailing points and exponents."""
    assert parse_number(written) == expected


@pytest.mark.parametrize("written", [None, "", "-", "--", "N/A", "null", "NaN", "(not set)", " - "])
def test_an_unknown_number_is_none(written: Any) -> None:
    """None of the ways to write it becomes 0."""
    assert parse_number(written) is None


@pytest.mark.parametrize(
    "written", [True, "1,234", "1.234,5", "12%", "twelve", [], {}, float("nan"), float("inf"), "٣", "9" * 40, "1e999"]
)
def test_anything_else_is_refused(written: Any) -> None:
    """Booleans, ambiguous separators and digits of other scripts are not numbers."""
    with pytest.raises(InvalidInputError, match="expected a number"):
        parse_number(written)


@pytest.mark.parametrize("written", ["12.5", 12.5])
def test_a_count_has_no_fraction(written: Any) -> None:
    """A fraction of a count means that the wrong column was read."""
    with pytest.raises(InvalidInputError, match="whole number"):
        parse_count(written)


def test_absent_parts_are_empty() -> None:
    """An absent list has no elements, and an absent object no fields."""
    assert (to_list(None), to_list("a"), to_object([1]), to_object(None)) == ([], [], {}, {})


def test_identifiers_may_be_numbers_and_empty_texts_are_absent() -> None:
    """Booleans and lists are not identifiers."""
    assert (to_text(5), to_text("  "), to_text(True), to_text([])) == ("5", None, None, None)
    assert to_texts(["a", "", None, 5, []]) == ["a", "5"]
    assert first_text({"a": " ", "b": 0, "c": "x"}, ("a", "b", "c")) == "0"
    assert first_text({}, ("a",)) is None


def test_names_are_compared_in_one_spelling() -> None:
    """Warehouses disagree on case, APIs on separators."""
    assert lowercase_names({"A_b": 1}) == {"a_b": 1}
    assert normalize_names({"costMicros": 1}) == normalize_names({"cost_micros": 1})
