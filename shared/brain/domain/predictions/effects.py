"""The groups whose effects a prediction may add up: categories, bins of numbers at several resolutions, and pairs.

Each effect is a partition of the rows into groups. A row that belongs to no known group (an unknown category, a
missing number) has group -1 and takes no effect there: it falls back on the effects that it does have.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from brain.domain.predictions.columns import Category, Column, Floats, Number, Row
from brain.domain.predictions.config import PredictionConfig

Codes: TypeAlias = NDArray[np.int64]


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

    def codes(self, rows: Sequence[Row]) -> Codes:
        """Return each row's group."""
        return self.column.codes(rows, self.levels)


@dataclass(frozen=True, slots=True)
class Bins:
    """The groups of a number: between edges, the lower edge belonging to its bin."""

    column: Number
    edges: Floats
    resolution: str

    @property
    def size(self) -> int:
        """How many groups."""
        return len(self.edges) + 1

    @property
    def name(self) -> str:
        """What the effect is called."""
        return f"{self.column.name} in {self.resolution}"

    def codes(self, rows: Sequence[Row]) -> Codes:
        """Return each row's group."""
        return _bin(self.column.values(rows), self.edges)


@dataclass(frozen=True, slots=True)
class Pair:
    """The groups of two effects together: one a combination."""

    first: Levels | Bins
    second: Levels | Bins

    @property
    def size(self) -> int:
        """How many groups there could be."""
        return self.first.size * self.second.size

    @property
    def name(self) -> str:
        """What the effect is called."""
        return f"{self.first.name} × {self.second.name}"

    def codes(self, rows: Sequence[Row]) -> Codes:
        """Return each row's group."""
        return _cross(self.first.codes(rows), self.second.codes(rows), self.second.size)


Effect: TypeAlias = Levels | Bins | Pair


@dataclass(frozen=True, slots=True)
class Grouped:
    """An effect with the groups of the history's rows, and the effects that must be taken up before it."""

    effect: Effect
    codes: Codes
    parents: tuple[int, ...] = ()


def candidate_effects(columns: Sequence[Column], rows: Sequence[Row], config: PredictionConfig) -> list[Grouped]:
    """Return all effects that the history can tell apart, parents first.

    A category that is nested in another (a client in its vertical, a vertical on its platform) has that one as a
    parent, and so has a pair of categories its two: what is rare or unknown then falls back step by step.
    """
    singles: list[Grouped] = []
    names: list[int] = []
    crossable: list[tuple[int, str]] = []
    for column in columns:
        found = _of_category(column, rows) if isinstance(column, Category) else _of_number(column, rows, config)
        for grouped, plain in found:
            if isinstance(column, Category):
                names.append(len(singles))
            if plain and grouped.effect.size <= max(config.cross_bins, 0 if isinstance(column, Number) else 10**6):
                crossable.append((len(singles), column.name))
            singles.append(grouped)
    nested = {child: parents for child in names if (parents := _parents(child, names, singles))}
    singles = [Grouped(each.effect, each.codes, tuple(nested.get(index, ()))) for index, each in enumerate(singles)]
    return singles + _pairs(singles, set(names), crossable, nested, len(rows))


def _of_category(column: Category, rows: Sequence[Row]) -> list[tuple[Grouped, bool]]:
    effect = Levels(column, column.levels(rows))
    return [(Grouped(effect, effect.codes(rows)), True)]


def _of_number(column: Number, rows: Sequence[Row], config: PredictionConfig) -> list[tuple[Grouped, bool]]:
    values = column.values(rows)
    ordered = np.sort(values[~np.isnan(values)])
    distinct = np.unique(ordered)
    found: list[tuple[Grouped, bool]] = []
    seen: set[bytes] = set()
    bins = 2
    while bins <= config.finest_bins and bins <= max(2, len(ordered) // 2):
        steps = np.arange(1, bins)
        for share, plain in ((steps / bins, True), ((np.arange(bins) + 0.5) / bins, False)):
            edges = np.unique(ordered[(share * len(ordered)).astype(np.int64)])
            edges = distinct[1:] if len(distinct) <= bins else edges[edges > distinct[0]]
            if len(edges) and edges.tobytes() not in seen and (plain or bins > 2):  # noqa: PLR2004 - halves need no shift
                seen.add(edges.tobytes())
                effect = Bins(column, edges, f"{len(edges) + 1} bins" + ("" if plain else ", shifted"))
                found.append((Grouped(effect, _bin(values, edges)), plain))
        if len(distinct) <= bins:
            break
        bins *= 2
    return found


def _parents(child: int, names: Sequence[int], singles: Sequence[Grouped]) -> list[int]:
    """Return the categories in which each group of the child lies whole, the widest first."""
    codes, size = singles[child].codes, singles[child].effect.size
    found = []
    for other in names:
        if other == child or singles[other].effect.size >= size:
            continue
        both = np.unique(_cross(codes, singles[other].codes, singles[other].effect.size))
        if len(both[both >= 0]) == size:
            found.append(other)
    return sorted(found, key=lambda index: singles[index].effect.size)


def _pairs(
    singles: Sequence[Grouped],
    names: set[int],
    crossable: Sequence[tuple[int, str]],
    nested: Mapping[int, Sequence[int]],
    rows: int,
) -> list[Grouped]:
    pairs = []
    for (first, first_name), (second, second_name) in combinations(crossable, 2):
        one, two = singles[first], singles[second]
        categories = (first in names) + (second in names)
        together = first in nested.get(second, ()) or second in nested.get(first, ())
        if first_name == second_name or together or not categories or one.effect.size * two.effect.size > rows / 2:
            continue
        assert not isinstance(one.effect, Pair)  # noqa: S101 - singles are no pairs
        assert not isinstance(two.effect, Pair)  # noqa: S101 - singles are no pairs
        parents = (first, second) if categories == 2 else ()  # noqa: PLR2004 - both are categories
        pairs.append(Grouped(Pair(one.effect, two.effect), _cross(one.codes, two.codes, two.effect.size), parents))
    return pairs


def _bin(values: Floats, edges: Floats) -> Codes:
    codes = np.searchsorted(edges, values, side="right")
    codes[np.isnan(values)] = -1
    return codes


def _cross(first: Codes, second: Codes, second_size: int) -> Codes:
    together = first * second_size + second
    together[(first < 0) | (second < 0)] = -1
    return together
