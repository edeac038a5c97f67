"""What a column of a plain table is: numbers, categories, a text of some length, or an identifier with a prefix.

Nobody declares it: the history's own values decide, and planned rows are read in the same way.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Row: TypeAlias = Mapping[str, object]
Floats: TypeAlias = NDArray[np.float64]
MISSING = frozenset({"", "-", "na", "n/a", "nan", "null", "none", "inf", "-inf", "infinity", "-infinity"})
_MOSTLY = 0.5
_LONG_TEXT = 20
_SEPARATORS = ("_", ":", "/", "-")


@dataclass(frozen=True, slots=True)
class Category:
    """A column of names; ``read`` gives the name that counts, or None where it is missing."""

    name: str
    read: Callable[[object], str | None]

    def codes(self, rows: Sequence[Row], levels: Mapping[str, int]) -> NDArray[np.int64]:
        """Return each row's level, -1 where the name is missing or was never seen."""
        read, name = self.read, self.name
        return np.array([levels.get(read(row.get(name)) or "", -1) for row in rows], dtype=np.int64)

    def levels(self, rows: Sequence[Row]) -> dict[str, int]:
        """Return the names seen, in alphabetical order, with their numbers."""
        seen = {self.read(row.get(self.name)) for row in rows}
        return {name: index for index, name in enumerate(sorted(name for name in seen if name))}


@dataclass(frozen=True, slots=True)
class Number:
    """A column of numbers; ``read`` gives the number that counts, or NaN where it is missing."""

    name: str
    read: Callable[[object], float]

    def values(self, rows: Sequence[Row]) -> Floats:
        """Return each row's number, NaN where it is missing."""
        read, name = self.read, self.name
        return np.array([read(row.get(name)) for row in rows], dtype=np.float64)


Column: TypeAlias = Category | Number


def recognise(name: str, rows: Sequence[Row], *, category_up_to: int) -> Column | None:
    """Return how to read a column, or None where it says nothing (constant, empty, or a name a row).

    Numbers with at most ``category_up_to`` different values are categories. Where most names are unique, a long
    text counts by its length and an identifier such as ``page_post`` by what stands before the separator.
    """
    values = [row.get(name) for row in rows]
    present = [value for value in values if text(value) is not None]
    distinct = {text(value) for value in present}
    if len(distinct) < 2:  # noqa: PLR2004 - a constant distinguishes nothing
        return None
    if all(number(value) == number(value) for value in present):
        return Category(name, _number_name) if len(distinct) <= category_up_to else Number(name, number)
    if len(distinct) <= _MOSTLY * len(present):
        return Category(name, text)
    return _from_unique_names(name, [text(value) or "" for value in present])


def text(value: object) -> str | None:
    """Return a value's trimmed text, None where it is missing."""
    if value is None:
        return None
    trimmed = str(value).strip()
    return None if trimmed.lower() in MISSING else trimmed


def number(value: object) -> float:
    """Return a value as a number (a decimal comma is read as a point), NaN where it is missing or none."""
    if isinstance(value, int | float):
        return float(value)
    trimmed = text(value)
    if trimmed is None:
        return float("nan")
    try:
        return float(trimmed)
    except ValueError:
        try:
            return float(trimmed.replace(",", ".")) if trimmed.count(",") == 1 else float("nan")
        except ValueError:
            return float("nan")


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
    return float(len(whole)) if whole else float("nan")
