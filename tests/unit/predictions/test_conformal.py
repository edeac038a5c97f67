"""Conformal intervals: as wide as the errors that were really made."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brain.domain.statistics.conformal import conformal_interval


def central_interval(ordered, level):
    """The interval where every error is as good as the newest."""
    return conformal_interval(ordered, [1.0] * len(ordered), level)


def test_too_few_errors_bound_nothing():
    """Eight errors cannot leave a tenth on each side, nine can."""
    assert central_interval(list(range(8)), 0.8) == (-math.inf, math.inf)
    assert central_interval(list(range(9)), 0.8) == (0, 8)


def test_a_new_error_is_covered_as_often_as_was_said():
    """Twenty thousand sequences of 39 errors and one more: 80 % to half a point."""
    errors = np.random.default_rng(1).standard_normal((20_000, 40))
    covered = 0
    for row in errors:
        lower, upper = central_interval(np.sort(row[:39]).tolist(), 0.8)
        covered += lower <= row[39] <= upper
    assert covered / 20_000 == pytest.approx(0.8, abs=0.01)


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=60), st.sampled_from([0.5, 0.8, 0.9]))
def test_equal_weights_give_the_bounds_by_rank(errors, level):
    """With every error as good as the newest the bounds are the errors of rank (n + 1) × tail from either end."""
    ordered = sorted(errors)
    outside = math.floor(round((len(ordered) + 1) * (1 - level) / 2, 9))
    by_rank = (ordered[outside - 1], ordered[-outside]) if outside else (-math.inf, math.inf)
    assert central_interval(ordered, level) == by_rank


def test_old_errors_count_less():
    """The large errors of long ago, at a hundredth of their weight, no longer widen the interval."""
    ordered = sorted([-10.0, 10.0] * 20 + [-1.0, 1.0] * 20)
    weights = [0.01 if abs(error) == 10 else 1.0 for error in ordered]
    assert conformal_interval(ordered, weights, 0.8) == (-1.0, 1.0)
    assert central_interval(ordered, 0.8) == (-10.0, 10.0)


def test_errors_that_hardly_count_bound_nothing_until_the_level_allows_it():
    """Old errors alone leave the new one anywhere; no errors at all do too."""
    assert conformal_interval([-1.0, 1.0], [0.01, 0.01], 0.8) == (-math.inf, math.inf)
    assert conformal_interval([], [], 0.8) == (-math.inf, math.inf)


def test_a_tail_that_takes_all_errors_ends_at_the_last():
    """At a level of almost nothing every error is beyond the bound."""
    assert conformal_interval([1.0, 2.0, 3.0], [0.1, 0.1, 0.1], 0.0001) == (-math.inf, math.inf)
    assert conformal_interval([1.0] * 9, [1.0] * 9, 0.01) == (1.0, 1.0)
