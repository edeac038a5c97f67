"""Intervals of a mean: their limits, their symmetry, and their coverage where the normal one fails."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brain.domain.statistics.intervals import mean_interval


def test_one_value_has_no_interval_and_equal_values_have_no_width():
    """A spread needs two values; without one the mean is all there is."""
    assert mean_interval([3.0], 0.95) is None
    assert mean_interval([3.0, 3.0, 3.0], 0.95) == (3.0, 3.0)


def test_symmetric_values_have_the_normal_interval():
    """Without skewness the interval is the mean and 1.96 standard errors."""
    values = [-1.0, 1.0] * 50
    error = (100 / 99 / 100) ** 0.5
    assert mean_interval(values, 0.95) == pytest.approx((-1.959964 * error, 1.959964 * error))


@settings(deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=50))
def test_the_interval_holds_the_mean_and_turns_with_the_sign(values):
    """The mean lies within, and values of the other sign have the mirrored interval."""
    low, high = mean_interval(values, 0.9)
    mean = sum(values) / len(values)
    slack = 1e-9 * max(map(abs, values), default=0) + 1e-300
    assert low - slack <= mean <= high + slack
    mirrored = mean_interval([-value for value in values], 0.9)
    assert mirrored == pytest.approx((-high, -low), rel=1e-6, abs=1e-6)


def test_skewed_means_are_covered():
    """Of 200 samples of 300 log-normal revenues at least 180 intervals hold the mean; the normal one holds fewer."""
    chance = np.random.default_rng(1)
    truth = float(np.exp(0.5))
    held = normal = 0
    for values in chance.lognormal(0, 1, (200, 300)):
        low, high = mean_interval(values.tolist(), 0.95)
        held += low <= truth <= high
        normal += abs(values.mean() - truth) <= 1.96 * values.std(ddof=1) / 300**0.5
    assert held >= 180
    assert held > normal
