"""What a column of a plain table is: numbers, categories, a text of some length, or an identifier with a prefix.

Nobody declares it: the history's own values decide, and planned values are read in the same way.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np

from brain.domain.types import Floats, Integers

Row: TypeAlias = Mapping[str, object]
Table: TypeAlias = Mapping[str, Sequence[object]]
MISSING = frozenset({"", "-", "na", "n/a", "nan", "null", "none", "inf", "-inf", "infinity", "-infinity"})
NAN = float("nan")
_MOSTLY = 0.5
_LONG_TEXT = 20
_SEPARATORS = ("_", ":", "/", "-")


@dataclass(frozen=True, slots=True)
class Category:
    """A column of names; ``read`` gives the name that counts, or None where it is missing."""

    name: str
    read: Callable[[object], str | None]

    def levels(self, values: Sequence[object]) -> dict[str, int]:
        """Return the names seen, in alphabetical order, with their numbers."""
        seen = {self.read(value) for value in distinct(values)}
        return {name: index for index, name in enumerate(sorted(name for name in seen if name is not None))}

    def codes(self, values: Sequence[object], levels: Mapping[str, int]) -> Integers:
        """Return each value's level, -1 where the name is missing or was never seen."""
        return np.array(_each(values, lambda value: levels.get(self.read(value) or "", -1)), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Number:
    """A column of numbers; ``read`` gives the number that counts, or NaN where it is missing."""

    name: str
    read: Callable[[object], float]

    def values(self, values: Sequence[object]) -> Floats:
        """Return each value's number, NaN where it is missing."""
        return np.array(_each(values, self.read), dtype=np.float64)


Column: TypeAlias = Category | Number


def as_table(rows: Sequence[Row], names: Iterable[str]) -> Table:
    """Return rows as columns; what a row does not say is None."""
    return {name: [row.get(name) for row in rows] for name in names}


def recognise(name: str, values: Sequence[object], *, category_up_to: int) -> Column | None:
    """Return how to read a column, or None where it says nothing (constant, empty, or a name a row).

    Numbers with at most ``category_up_to`` different values are categories. Where most names are unique, a long
    text counts by its length and an identifier such as ``page_post`` by what stands before the separator.
    """
    names = {read for value in distinct(values) if (read := text(value)) is not None}
    if len(names) < 2:  # noqa: PLR2004 - a constant distinguishes nothing
        return None
    numbers = {number(each) for each in names}
    if not any(each != each for each in numbers):  # noqa: PLR0124 - NaN differs from itself
        return Category(name, _number_name) if len(numbers) <= category_up_to else Number(name, number)
    if len(names) <= _MOSTLY * len(values):
        return Category(name, text)
    return _from_unique_names(name, sorted(names))


def distinct(values: Sequence[object]) -> Iterable[object]:
    """Return the different values; all of them where they cannot be compared."""
    try:
        return set(values)
    except TypeError:
        return values


def text(value: object) -> str | None:
    """Return a value's trimmed text, None where it is missing."""
    if value is None:
        return None
    trimmed = str(value).strip()
    return None if trimmed.lower() in MISSING else trimmed


def number(value: object) -> float:
    """Return a value as a number (a decimal comma is read as a point), NaN where it is missing, infinite or none.

    Python reads ``12_34`` as 1234; here it is an identifier and no number.
    """
    if isinstance(value, bool | int | float):
        read = float(value)
    else:
        trimmed = str(value).strip()
        try:
            read = NAN if "_" in trimmed else float(trimmed)
        except ValueError:
            read = _with_decimal_comma(trimmed)
    return read if math.isfinite(read) else NAN


def _with_decimal_comma(trimmed: str) -> float:
    try:
        return float(trimmed.replace(",", ".")) if trimmed.count(",") == 1 else NAN
    except ValueError:
        return NAN


def _each(values: Sequence[object], read: Callable[[object], object]) -> list[object]:
    """Return what ``read`` makes of each value, asking once a different value."""
    seen = distinct(values)
    if seen is values:
        return [read(value) for value in values]
    known = {value: read(value) for value in seen}
    return [known[value] for value in values]


def _number_name(value: object) -> str | None:
    read = number(value)
    return None if read != read else repr(read)  # noqa: PLR0124 - NaN differs from itself


def _from_unique_names(name: str, names: Sequence[str]) -> Column | None:
    if sum(len(each) for each in names) / len(names) > _LONG_TEXT and sum(" " in n for n in names) > len(names) / 2:
        return Number(name, _length)
    for separator in _SEPARATORS:
        if not all(separator in each for each in names):
            continue
        prefixes = {each.partition(separator)[0] for each in names}
        if 1 < len(prefixes) <= _MOSTLY * len(names):
            return Category(name, partial(_prefix, separator=separator))
    return None


def _prefix(value: object, separator: str) -> str | None:
    whole = text(value)
    return whole.partition(separator)[0] if whole else None


def _length(value: object) -> float:
    whole = text(value)
    return float(len(whole)) if whole else NAN
