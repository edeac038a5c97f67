"""The groups whose effects a prediction may add up: categories, bins of numbers at several resolutions, and pairs.

Each effect is a partition of the rows into groups. A row that belongs to no known group (an unknown category, a
missing number) has group -1 and takes no effect there: it falls back on the effects that it does have.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from brain.domain.predictions.columns import Category, Number, Table
from brain.domain.types import Floats, Integers


@dataclass(frozen=True, slots=True)
class Levels:
    """The groups of a category: one a name."""

    column: Category
    levels: Mapping[str, int]

    @property
    def size(self) -> int:
        """How many groups."""
        return len(self.levels)

    @property
    def name(self) -> str:
        """What the effect is called."""
        return self.column.name

    @property
    def singles(self) -> "tuple[Single, ...]":
        """The effects of one column that it is made of."""
        return (self,)

    def codes(self, table: Table) -> Integers:
        """Return each row's group."""
        return self.column.codes(table[self.column.name], self.levels)


@dataclass(frozen=True, slots=True)
class Bins:
    """The groups of a number: between edges, the lower edge belonging to its bin."""

    column: Number
    edges: Floats

    @property
    def size(self) -> int:
        """How many groups."""
        return len(self.edges) + 1

    @property
    def name(self) -> str:
        """What the effect is called."""
        return f"{self.column.name} in {self.size} bins"

    @property
    def singles(self) -> "tuple[Single, ...]":
        """The effects of one column that it is made of."""
        return (self,)

    def codes(self, table: Table) -> Integers:
        """Return each row's group."""
        return bin_codes(self.column.values(table[self.column.name]), self.edges)


Single: TypeAlias = Levels | Bins


@dataclass(frozen=True, slots=True)
class Pair:
    """The groups of two effects together: one a combination."""

    first: Single
    second: Single

    @property
    def size(self) -> int:
        """How many groups there could be."""
        return self.first.size * self.second.size

    @property
    def name(self) -> str:
        """What the effect is called."""
        return f"{self.first.name} × {self.second.name}"

    @property
    def singles(self) -> tuple[Single, ...]:
        """The effects of one column that it is made of."""
        return (self.first, self.second)

    def codes(self, table: Table) -> Integers:
        """Return each row's group."""
        return crossed(self.first.codes(table), self.second.codes(table), self.second.size)


Effect: TypeAlias = Levels | Bins | Pair


@dataclass(frozen=True, slots=True)
class Grouped:
    """An effect with the groups of the history's rows, and the effects that must be taken up before it."""

    effect: Effect
    codes: Integers
    parents: tuple[int, ...] = ()


def bin_codes(values: Floats, edges: Floats) -> Integers:
    """Return the bin of each value, -1 for NaN."""
    codes = np.searchsorted(edges, values, side="right")
    codes[np.isnan(values)] = -1
    return codes


def crossed(first: Integers, second: Integers, second_size: int) -> Integers:
    """Return one group for each combination of two, -1 where either is."""
    together = first * second_size + second
    together[(first < 0) | (second < 0)] = -1
    return together
