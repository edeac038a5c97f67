"""Differences within strata and slopes of counts, against least squares done at length."""

import math
import random

import numpy as np
import pytest
from scipy import stats

from brain.domain.statistics.stratified import stratified_difference
from brain.domain.statistics.weighted_slope import weighted_slope
from brain.domain.statistics.welch import Sample


def sample(values):
    """The moments of values."""
    return Sample(len(values), sum(values), sum(v * v for v in values))


def world(seed, effect=0.0, strata=3):
    """Values of two kinds in strata of different level and size."""
    rng = random.Random(seed)  # noqa: S311 - a test's world
    cells = []
    for stratum in range(strata):
        own = [effect + stratum + rng.gauss(0, 0.5) for _ in range(rng.randrange(2, 9))]
        rest = [stratum + rng.gauss(0, 0.5) for _ in range(rng.randrange(2, 30))]
        cells.append((own, rest))
    return cells


@pytest.mark.parametrize("seed", range(5))
def test_the_estimate_is_that_of_least_squares_with_an_effect_a_stratum(seed):
    """The difference within strata, weighed by what each can tell."""
    cells = world(seed, 0.3)
    rows = [(k, kind, v) for k, pair in enumerate(cells) for kind in (0, 1) for v in pair[kind]]
    design = np.array([[1.0 - kind, *(float(k == s) for s in range(3))] for k, kind, _ in rows])
    truth = np.linalg.lstsq(design, np.array([v for *_, v in rows]), rcond=None)[0][0]
    estimate = stratified_difference([(sample(own), sample(rest)) for own, rest in cells], alpha=0.05)
    assert estimate.estimate == pytest.approx(truth)


def test_strata_that_differ_cannot_pose_as_an_effect():
    """Photos at noon, videos at night: the hours do not differ, though a plain comparison says so."""
    rng = random.Random(3)  # noqa: S311 - a test's world
    night = ([rng.gauss(1, 0.2) for _ in range(40)], [rng.gauss(1, 0.2) for _ in range(4)])
    noon = ([rng.gauss(0, 0.2) for _ in range(4)], [rng.gauss(0, 0.2) for _ in range(40)])
    estimate = stratified_difference([tuple(map(sample, night)), tuple(map(sample, noon))], alpha=0.05)
    assert not estimate.is_significant
    plain = stratified_difference([(sample(night[0] + noon[0]), sample(night[1] + noon[1]))], alpha=0.05)
    assert plain.is_significant


def test_intervals_within_strata_cover_as_they_say():
    """95 of 100, by 2000 worlds."""
    covered = 0
    for seed in range(2000):
        estimate = stratified_difference([tuple(map(sample, pair)) for pair in world(seed, 0.3)], alpha=0.05)
        covered += estimate.lower <= 0.3 <= estimate.upper
    assert stats.binom.interval(0.999, 2000, 0.95)[0] <= covered <= stats.binom.interval(0.999, 2000, 0.96)[1]


@pytest.mark.parametrize("strata", [[], [(Sample(0, 0, 0), Sample(5, 1, 1))], [(Sample(1, 1, 1), Sample(1, 2, 4))]])
def test_too_little_is_no_difference(strata):
    """One of each tells no scatter."""
    assert stratified_difference(strata, alpha=0.05) is None


def test_a_slope_with_equal_weights_is_the_usual_one():
    """Against scipy's regression."""
    rng = random.Random(1)  # noqa: S311 - a test's world
    points = [(float(x), 0.3 * x + rng.gauss(0, 1), 1.0) for x in range(20)]
    usual = stats.linregress([x for x, *_ in points], [y for _, y, _ in points])
    estimate = weighted_slope(points, alpha=0.05)
    half = stats.t.ppf(0.975, 18) * usual.stderr
    assert estimate.estimate == pytest.approx(usual.slope)
    assert estimate.upper == pytest.approx(usual.slope + half, rel=2e-3)


def test_slopes_of_counts_cover_as_they_say_and_weights_help():
    """Poisson counts over four weeks, 2 % less a day: the interval of 95 % holds the truth."""
    rng = np.random.default_rng(5)
    covered = 0
    for _ in range(1500):
        counts = rng.poisson(60 * 0.98 ** np.arange(28))
        points = [(float(x), math.log(c + 0.5), c + 0.5) for x, c in enumerate(counts)]
        estimate = weighted_slope(points, alpha=0.05, min_dispersion=1.0)
        covered += estimate.lower <= math.log(0.98) <= estimate.upper
    assert covered >= stats.binom.interval(0.999, 1500, 0.95)[0]


@pytest.mark.parametrize(
    "points", [[], [(1.0, 2.0, 1.0)] * 3, [(1.0, 2.0, 1.0)] * 9, [(float(x), 1.0, 0.0) for x in range(9)]]
)
def test_no_line_through_too_few_points_one_place_or_no_weight(points):
    """There is no slope to speak of."""
    assert weighted_slope(points, alpha=0.05) is None
