"""The group effects that a prediction adds up: categories, bins of numbers at several resolutions, and pairs.

Each effect is a partition of the rows into groups. A row of no known group (an unknown category, a missing number)
has code -1: the effect does not apply to it, and its prediction falls back on its other effects.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from brain.domain.predictions.columns import CategoryColumn, NumberColumn, Table
from brain.domain.types import Floats, Integers


@dataclass(frozen=True, slots=True)
class CategoryEffect:
    """The groups of a category: one per label."""

    column: CategoryColumn
    levels: Mapping[str, int]

    @property
    def size(self) -> int:
        """The number of groups."""
        return len(self.levels)

    @property
    def column_effects(self) -> "tuple[ColumnEffect, ...]":
        """The effects of single columns that it consists of."""
        return (self,)

    def encode(self, table: Table) -> Integers:
        """Return the group of each row (rows,)."""
        return self.column.encode(table[self.column.name], self.levels)


@dataclass(frozen=True, slots=True)
class BinEffect:
    """The groups of a number: bins between edges; a lower edge belongs to its bin."""

    column: NumberColumn
    edges: Floats

    @property
    def size(self) -> int:
        """The number of groups."""
        return len(self.edges) + 1

    @property
    def column_effects(self) -> "tuple[ColumnEffect, ...]":
        """The effects of single columns that it consists of."""
        return (self,)

    def encode(self, table: Table) -> Integers:
        """Return the group of each row (rows,)."""
        return assign_bins(self.column.to_numbers(table[self.column.name]), self.edges)


ColumnEffect: TypeAlias = CategoryEffect | BinEffect


@dataclass(frozen=True, slots=True)
class PairEffect:
    """The groups of two effects together: one per combination."""

    first: ColumnEffect
    second: ColumnEffect

    @property
    def size(self) -> int:
        """The number of possible groups."""
        return self.first.size * self.second.size

    @property
    def column_effects(self) -> tuple[ColumnEffect, ...]:
        """The effects of single columns that it consists of."""
        return (self.first, self.second)

    def encode(self, table: Table) -> Integers:
        """Return the group of each row (rows,)."""
        return cross_codes(self.first.encode(table), self.second.encode(table), self.second.size)


GroupEffect: TypeAlias = CategoryEffect | BinEffect | PairEffect


@dataclass(frozen=True, slots=True)
class CodedEffect:
    """An effect with the groups of the history's rows (rows,), and the effects that must be added before it."""

    effect: GroupEffect
    codes: Integers
    parents: tuple[int, ...] = ()


def assign_bins(numbers: Floats, edges: Floats) -> Integers:
    """Return the bin of each number, -1 for NaN.

    >>> assign_bins(np.array([1.0, 5.0, np.nan]), edges=np.array([2.0, 5.0])).tolist()
    [0, 2, -1]
    """
    codes = np.searchsorted(edges, numbers, side="right")
    codes[np.isnan(numbers)] = -1
    return codes


def cross_codes(first: Integers, second: Integers, second_size: int) -> Integers:
    """Return a code for each combination of two codes, -1 if either is -1.

    >>> cross_codes(np.array([0, 1, -1]), np.array([2, 0, 1]), second_size=3).tolist()
    [2, 3, -1]
    """
    crossed = first * second_size + second
    crossed[(first < 0) | (second < 0)] = -1
    return crossed
