"""Detect what a column of a table holds: numbers, categories, long texts, or identifiers with a prefix.

Nobody declares the type: the cells of the history decide, and planned cells are parsed in the same way.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeAlias, TypeVar

import numpy as np

from brain.domain.types import Floats, Integers

TableRow: TypeAlias = Mapping[str, object]
"""The cells of a row by column name."""
Table: TypeAlias = Mapping[str, Sequence[object]]
"""The cells of each column by its name."""
MISSING = frozenset({"", "-", "na", "n/a", "nan", "null", "none", "inf", "-inf", "infinity", "-infinity"})
NAN = float("nan")
_MOSTLY = 0.5
_LONG_TEXT = 20
_SEPARATORS = ("_", ":", "/", "-")
_Parsed = TypeVar("_Parsed")


class LabelParser(Protocol):
    """Parses a cell as the label of a category."""

    def __call__(self, cell: object, /) -> str | None:
        """Return the label, or None if it is missing."""
        ...


class NumberParser(Protocol):
    """Parses a cell as a number."""

    def __call__(self, cell: object, /) -> float:
        """Return the number, or NaN if it is missing."""
        ...


@dataclass(frozen=True, slots=True)
class CategoryColumn:
    """A column of labels.

    >>> column = CategoryColumn("type", parse_text)
    >>> levels = column.find_levels(["video", "photo", "video", ""])
    >>> levels
    {'photo': 0, 'video': 1}
    >>> column.encode(["video", "reel", None], levels).tolist()
    [1, -1, -1]
    """

    name: str
    parse: LabelParser

    def find_levels(self, cells: Sequence[object]) -> dict[str, int]:
        """Return the distinct labels in alphabetical order with their codes, from 0."""
        labels = {self.parse(cell) for cell in distinct_cells(cells)}
        return {label: code for code, label in enumerate(sorted(label for label in labels if label is not None))}

    def encode(self, cells: Sequence[object], levels: Mapping[str, int]) -> Integers:
        """Return the code of each cell (cells,), -1 if the label is missing or not among the levels."""
        return np.array(_map_cells(cells, lambda cell: levels.get(self.parse(cell) or "", -1)), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class NumberColumn:
    """A column of numbers.

    >>> NumberColumn("length", parse_number).to_numbers(["12", "3,5", ""]).tolist()
    [12.0, 3.5, nan]
    """

    name: str
    parse: NumberParser

    def to_numbers(self, cells: Sequence[object]) -> Floats:
        """Return the number in each cell (cells,), NaN if it is missing."""
        return np.array(_map_cells(cells, self.parse), dtype=np.float64)


FeatureColumn: TypeAlias = CategoryColumn | NumberColumn


def build_table(rows: Sequence[TableRow], names: Iterable[str]) -> Table:
    """Return rows as columns; a missing cell is None.

    >>> build_table([{"type": "photo"}, {"length": 3}], ["type", "length"])
    {'type': ['photo', None], 'length': [None, 3]}
    """
    return {name: [row.get(name) for row in rows] for name in names}


def detect_column(name: str, cells: Sequence[object], *, category_up_to: int) -> FeatureColumn | None:
    """Return how to parse a column, or None if it is useless: constant, empty, or a unique label per row.

    Numbers with at most ``category_up_to`` distinct values are categories. If most labels are unique, a long text
    counts by its length and an identifier such as ``page_post`` by the part before the separator.

    >>> detect_column("paid", ["0", "1", "1.0", "0"], category_up_to=6).find_levels(["0", "1"])
    {'0.0': 0, '1.0': 1}
    >>> detect_column("currency", ["EUR", "EUR", ""], category_up_to=6) is None
    True
    """
    labels = {label for cell in distinct_cells(cells) if (label := parse_text(cell)) is not None}
    if len(labels) < 2:  # noqa: PLR2004 - a constant distinguishes nothing
        return None
    numbers = {parse_number(label) for label in labels}
    if not any(number != number for number in numbers):  # noqa: PLR0124 - NaN differs from itself
        if len(numbers) <= category_up_to:
            return CategoryColumn(name, _parse_number_label)
        return NumberColumn(name, parse_number)
    if len(labels) <= _MOSTLY * len(cells):
        return CategoryColumn(name, parse_text)
    return _detect_unique_labels(name, sorted(labels))


def distinct_cells(cells: Sequence[object]) -> Iterable[object]:
    """Return the distinct cells; all cells if they are not hashable.

    >>> sorted(distinct_cells(["a", "b", "a"]))
    ['a', 'b']
    """
    try:
        return set(cells)
    except TypeError:
        return cells


def parse_text(cell: object) -> str | None:
    """Return the trimmed text of a cell, None if it is missing.

    >>> parse_text(" photo "), parse_text("N/A")
    ('photo', None)
    """
    if cell is None:
        return None
    trimmed = str(cell).strip()
    return None if trimmed.lower() in MISSING else trimmed


def parse_number(cell: object) -> float:
    """Return the number in a cell, NaN if it is missing, infinite or not a number; a decimal comma is accepted.

    Python parses ``12_34`` as 1234; here it is an identifier and not a number.

    >>> parse_number("3,5"), parse_number("12_34")
    (3.5, nan)
    """
    if isinstance(cell, bool | int | float):
        number = float(cell)
    else:
        trimmed = str(cell).strip()
        try:
            number = NAN if "_" in trimmed else float(trimmed)
        except ValueError:
            number = _parse_decimal_comma(trimmed)
    return number if math.isfinite(number) else NAN


def _parse_decimal_comma(trimmed: str) -> float:
    try:
        return float(trimmed.replace(",", ".")) if trimmed.count(",") == 1 else NAN
    except ValueError:
        return NAN


def _map_cells(cells: Sequence[object], parse: Callable[[object], _Parsed]) -> list[_Parsed]:
    """Return each cell parsed, each distinct cell only once."""
    distinct = distinct_cells(cells)
    if distinct is cells:
        return [parse(cell) for cell in cells]
    parsed = {cell: parse(cell) for cell in distinct}
    return [parsed[cell] for cell in cells]


def _parse_number_label(cell: object) -> str | None:
    number = parse_number(cell)
    return None if number != number else repr(number)  # noqa: PLR0124 - NaN differs from itself


def _detect_unique_labels(name: str, labels: Sequence[str]) -> FeatureColumn | None:
    with_space = sum(" " in label for label in labels)
    if sum(len(label) for label in labels) / len(labels) > _LONG_TEXT and with_space > len(labels) / 2:
        return NumberColumn(name, _measure_length)
    for separator in _SEPARATORS:
        if not all(separator in label for label in labels):
            continue
        prefixes = {label.partition(separator)[0] for label in labels}
        if 1 < len(prefixes) <= _MOSTLY * len(labels):
            return CategoryColumn(name, partial(_parse_prefix, separator=separator))
    return None


def _parse_prefix(cell: object, /, separator: str) -> str | None:
    text = parse_text(cell)
    return text.partition(separator)[0] if text else None


def _measure_length(cell: object) -> float:
    text = parse_text(cell)
    return float(len(text)) if text else NAN
