"""Which effects a history can tell apart: its categories, its numbers at several resolutions, and pairs of them."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from brain.domain.predictions.columns import Category, Column, Table
from brain.domain.predictions.config import PredictionConfig
from brain.domain.predictions.effects import Bins, Grouped, Levels, Pair, Single, bin_codes, crossed
from brain.domain.types import Floats, Integers

_COARSEST = 4


def candidate_effects(columns: Sequence[Column], table: Table, config: PredictionConfig) -> list[Grouped]:
    """Return all effects that a model may take up, parents before children.

    A category that is nested in another (a client in its vertical, a vertical on its platform) has that one as a
    parent, and a pair of categories has its two: what is rare or unknown then falls back step by step. Numbers
    are cut at their quantiles into 4, 16 and 64 bins.
    """
    effects: list[Single] = []
    codes: list[Integers] = []
    for column in columns:
        for effect, groups in _cuts(column, table[column.name], config.finest_bins):
            effects.append(effect)
            codes.append(groups)
    nested = [_nested_in(child, effects, codes) for child in range(len(effects))]
    singles = [Grouped(*each) for each in zip(effects, codes, nested, strict=True)]
    return singles + list(_pairs(effects, singles, config.cross_bins))


def _cuts(column: Column, values: Sequence[object], finest: int) -> Iterator[tuple[Single, Integers]]:
    """Yield each way to cut a column into groups, coarse to fine, with the rows' groups."""
    if isinstance(column, Category):
        levels = column.levels(values)
        yield Levels(column, levels), column.codes(values, levels)
        return
    numbers = column.values(values)
    ordered = np.sort(numbers[~np.isnan(numbers)])
    different = _different(ordered)
    wanted = _COARSEST
    while wanted <= finest and len(different) > wanted:
        edges = _different(ordered[np.arange(1, wanted) * len(ordered) // wanted])
        edges = edges[edges > different[0]]
        yield Bins(column, edges), bin_codes(numbers, edges)
        wanted *= _COARSEST
    if wanted <= finest:
        yield Bins(column, different[1:]), bin_codes(numbers, different[1:])


def _different(ordered: Floats) -> Floats:
    """Return the different values of ordered ones."""
    return ordered[np.concatenate(([True], ordered[1:] > ordered[:-1]))]


def _nested_in(child: int, effects: Sequence[Single], codes: Sequence[Integers]) -> tuple[int, ...]:
    """Return the categories in which each group of the child, a category, lies whole, the widest first."""
    size = effects[child].size
    found = []
    for index, other in enumerate(effects):
        if isinstance(effects[child], Levels) and isinstance(other, Levels) and other.size < size:
            both = np.unique(crossed(codes[child], codes[index], other.size))
            if len(both[both >= 0]) == size:
                found.append(index)
    return tuple(sorted(found, key=lambda index: effects[index].size))


def _pairs(effects: Sequence[Single], singles: Sequence[Grouped], cross_bins: int) -> Iterator[Grouped]:
    """Yield the combinations with a category in them that have two rows a group or more on average."""
    for (first, one), (second, two) in combinations(enumerate(effects), 2):
        categories = isinstance(one, Levels) + isinstance(two, Levels)
        too_fine = one.size * two.size > len(singles[first].codes) / 2
        if not categories or too_fine or any(isinstance(e, Bins) and e.size > cross_bins for e in (one, two)):
            continue
        if first not in singles[second].parents and second not in singles[first].parents:
            codes = crossed(singles[first].codes, singles[second].codes, two.size)
            yield Grouped(Pair(one, two), codes, (first, second) if categories == 2 else ())  # noqa: PLR2004 - both are
