"""What a column is: told by its own values, and read alike in plans."""

import math

import pytest

from brain.domain.predictions.columns import CategoryColumn, NumberColumn, detect_column, parse_number, parse_text


def _read(values, **more):
    return detect_column("column", values, category_up_to=more.get("category_up_to", 6))


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("3", 3.0), (" 3.5 ", 3.5), ("3,5", 3.5), ("1e3", 1000.0), (4, 4.0), (2.5, 2.5), (True, 1.0),
        ("", None), ("NA", None), ("nan", None), ("inf", None), ("1e999", None), (None, None), (math.nan, None),
        ("12_34", None), ("a,b", None), ("1,2,3", None), ("x", None), ([1], None),
    ],
)  # fmt: skip
def test_numbers_as_people_write_them(value, read):
    """A decimal comma is a point; an identifier, a list or an infinity is no number."""
    assert parse_number(value) == read if read is not None else math.isnan(parse_number(value))


@pytest.mark.parametrize(("value", "read"), [(" a ", "a"), ("N/A", None), ("-", None), (0, "0"), (None, None)])
def test_missing_texts(value, read):
    """What exports write for nothing is nothing; 0 is something."""
    assert parse_text(value) == read


@pytest.mark.parametrize("values", [[], ["", None], ["a", "a"], ["a", ""], [3, 3.0, "3"], [f"n{k}" for k in range(30)]])
def test_a_column_that_says_nothing_is_left_out(values):
    """Empty, constant, and a name a row distinguish nothing that will come again."""
    assert _read(values) is None


def test_few_numbers_are_categories_and_many_are_numbers():
    """Paid 0 and 1 is a category, written either way; two hundred lengths are numbers."""
    paid = _read(["0", "1", "1.0", 0] * 5)
    assert isinstance(paid, CategoryColumn)
    assert paid.find_levels(["0", 1]) == {"0.0": 0, "1.0": 1}
    assert paid.encode(["1", "0.0", "", "7", None], {"0.0": 0, "1.0": 1}).tolist() == [1, 0, -1, -1, -1]
    lengths = _read([str(k) for k in range(200)])
    assert isinstance(lengths, NumberColumn)
    assert lengths.to_numbers(["5", "", None])[0] == 5


def test_identifiers_count_by_what_they_begin_with():
    """A post's id starts with its page's; a page that is not known is unknown."""
    ids = [f"{page}_{post}" for page in ("17", "23") for post in range(20)]
    column = _read(ids)
    assert isinstance(column, CategoryColumn)
    assert column.find_levels(ids) == {"17": 0, "23": 1}
    assert column.encode(["17_99", "99_1", None], {"17": 0, "23": 1}).tolist() == [0, -1, -1]
    assert _read([f"{post}_x" for post in range(30)]) is None


def test_long_texts_count_by_their_length():
    """A caption is not a category; how long it is may matter."""
    captions = [f"this is caption number {k} " + "word " * k for k in range(12)]
    column = _read(captions)
    assert isinstance(column, NumberColumn)
    assert column.to_numbers(["four", ""])[0] == 4
    assert math.isnan(column.to_numbers(["four", ""])[1])


def test_values_that_cannot_be_compared_are_read_one_by_one():
    """A list in a cell is read as its text."""
    column = _read([["a"], ["b"], ["a"], ["b"]])
    assert isinstance(column, CategoryColumn)
    assert column.encode([["a"], ["c"]], column.find_levels([["a"], ["b"]])).tolist() == [0, -1]
