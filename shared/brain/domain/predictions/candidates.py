"""Build the effects that a model may add: categories, numbers at several resolutions, and pairs of them."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from brain.domain.predictions.columns import CategoryColumn, FeatureColumn, Table
from brain.domain.predictions.config import PredictionConfig
from brain.domain.predictions.effects import (
    BinEffect,
    CategoryEffect,
    CodedEffect,
    ColumnEffect,
    PairEffect,
    assign_bins,
    cross_codes,
)
from brain.domain.types import Floats, Integers

_COARSEST = 4


def build_candidates(columns: Sequence[FeatureColumn], table: Table, config: PredictionConfig) -> list[CodedEffect]:
    """Return all effects that a model may add, single columns before pairs.

    A category nested in another one (a client in its vertical, a vertical on its platform) has that one as a parent,
    and a pair of categories has its two members: rare or unknown groups then fall back step by step. Numbers are cut
    at their quantiles into 4, 16 and 64 bins.

    >>> from brain.domain.predictions.columns import parse_text
    >>> from brain.settings.files import load_config
    >>> config = load_config("brain_predictions", PredictionConfig)
    >>> table = {"client": ["a", "b", "c", "a"], "vertical": ["shop", "shop", "bank", "shop"]}
    >>> candidates = build_candidates([CategoryColumn(name, parse_text) for name in table], table, config)
    >>> [(candidate.effect.column.name, candidate.parents) for candidate in candidates]
    [('client', (1,)), ('vertical', ())]
    """
    effects: list[ColumnEffect] = []
    codes: list[Integers] = []
    for column in columns:
        for effect, groups in _cut_column(column, table[column.name], config.finest_bins):
            effects.append(effect)
            codes.append(groups)
    parents = [_find_parents(child, effects, codes) for child in range(len(effects))]
    singles = [CodedEffect(*parts) for parts in zip(effects, codes, parents, strict=True)]
    return singles + list(_build_pairs(effects, singles, config.cross_bins))


def _cut_column(
    column: FeatureColumn, cells: Sequence[object], finest_bins: int
) -> Iterator[tuple[ColumnEffect, Integers]]:
    """Yield each way to cut a column into groups, coarse to fine, with the groups of the rows."""
    if isinstance(column, CategoryColumn):
        levels = column.find_levels(cells)
        yield CategoryEffect(column, levels), column.encode(cells, levels)
        return
    numbers = column.to_numbers(cells)
    ordered = np.sort(numbers[~np.isnan(numbers)])
    distinct = _drop_repeats(ordered)
    bins = _COARSEST
    while bins <= finest_bins and len(distinct) > bins:
        edges = _drop_repeats(ordered[np.arange(1, bins) * len(ordered) // bins])
        edges = edges[edges > distinct[0]]
        yield BinEffect(column, edges), assign_bins(numbers, edges)
        bins *= _COARSEST
    if bins <= finest_bins:
        yield BinEffect(column, distinct[1:]), assign_bins(numbers, distinct[1:])


def _drop_repeats(ordered: Floats) -> Floats:
    """Return the distinct numbers of an ascending array."""
    return ordered[np.concatenate(([True], ordered[1:] > ordered[:-1]))]


def _find_parents(child: int, effects: Sequence[ColumnEffect], codes: Sequence[Integers]) -> tuple[int, ...]:
    """Return the categories in which the child, a category, is nested, the widest first."""
    size = effects[child].size
    parents = []
    for index, other in enumerate(effects):
        if isinstance(effects[child], CategoryEffect) and isinstance(other, CategoryEffect) and other.size < size:
            combined = np.unique(cross_codes(codes[child], codes[index], other.size))
            if len(combined[combined >= 0]) == size:
                parents.append(index)
    return tuple(sorted(parents, key=lambda index: effects[index].size))


def _build_pairs(
    effects: Sequence[ColumnEffect], singles: Sequence[CodedEffect], cross_bins: int
) -> Iterator[CodedEffect]:
    """Yield the pairs with a category that have at least two rows per group on average."""
    for (first, first_effect), (second, second_effect) in combinations(enumerate(effects), 2):
        too_fine = first_effect.size * second_effect.size > len(singles[first].codes) / 2
        nested = first in singles[second].parents or second in singles[first].parents
        if too_fine or nested or not _can_cross(first_effect, second_effect, cross_bins):
            continue
        codes = cross_codes(singles[first].codes, singles[second].codes, second_effect.size)
        both_categories = isinstance(first_effect, CategoryEffect) and isinstance(second_effect, CategoryEffect)
        parents = (first, second) if both_categories else ()
        yield CodedEffect(PairEffect(first_effect, second_effect), codes, parents)


def _can_cross(first: ColumnEffect, second: ColumnEffect, cross_bins: int) -> bool:
    """Whether one of two effects is a category and neither has finer bins than ``cross_bins``."""
    members = (first, second)
    return any(isinstance(member, CategoryEffect) for member in members) and not any(
        isinstance(member, BinEffect) and member.size > cross_bins for member in members
    )
