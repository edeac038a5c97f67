"""Tails and limits: rarer is further out, few peaks give wide limits, and a budget is a share of blocks."""

import math
import random
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brain.domain.anomaly.tail import Tail, normal_excess

NORMAL = NormalDist()


def fitted(peaks, power=1, prior_peaks=8.0):
    """A tail fitted to the peaks, each of its own block."""
    tail = Tail(power)
    for peak in peaks:
        tail.block_peak = peak
        tail.close_block(1.0)
    tail.fit(0.05, len(peaks), (prior_peaks, 0.12), (Tail(power), 0.0))
    return tail


@pytest.mark.parametrize("power", [0.5, 1, 2])
@given(peaks=st.lists(st.floats(1e-9, 1e9), min_size=5, max_size=60), surprise=st.floats(0, 20))
def test_deviation_and_surprise_are_inverse(peaks, surprise, power):
    """The deviation of a surprise surprises by as much."""
    tail = fitted(peaks, power)
    assert tail.surprise(tail.deviation(surprise)) == pytest.approx(surprise, abs=1e-6)
    assert tail.surprise(tail.base) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(("power", "share"), [(0.5, 0.01), (1, 0.1), (1.5, 0.05), (2, 0.1)])
def test_the_normals_excess_is_what_sampling_finds(power, share):
    """The prior's mean excess over the edge is that of the normal beyond its upper share."""
    rng = random.Random(1)  # noqa: S311 - a seeded world, not a secret
    edge = -NORMAL.inv_cdf(share)
    beyond = [(x / edge) ** power - 1 for x in (rng.gauss(0, 1) for _ in range(400_000)) if x > edge]
    assert normal_excess(share, power) == pytest.approx(sum(beyond) / len(beyond), rel=0.04)


def test_an_exponential_tail_is_extrapolated_to_rarer_blocks():
    """From 2 000 blocks of exponential peaks, the limit of one block in 2 000 is near the true one."""
    rng = random.Random(2)  # noqa: S311 - a seeded world, not a secret
    tail = fitted([rng.expovariate(1) for _ in range(2000)])
    assert tail.base == pytest.approx(-math.log(0.05), rel=0.1)
    assert tail.deviation(math.log(0.05 * 2000)) == pytest.approx(math.log(2000), rel=0.15)


def test_few_peaks_give_wider_limits_than_many():
    """The same peaks seen once and ten times: less evidence, further limits."""
    peaks = [1 + 0.02 * k for k in range(20)]
    few, many = fitted(peaks, prior_peaks=1.0), fitted(peaks * 10, prior_peaks=1.0)
    assert few.deviation(5) / few.base > many.deviation(5) / many.base


def test_a_side_that_never_deviated_borrows_from_the_other():
    """And is infinitely surprised when neither ever did."""
    never, other = Tail(1), fitted([1.0, 2.0, 3.0, 4.0, 5.0] * 4)
    never.close_block(1.0)
    never.fit(0.05, 1, (8.0, 0.12), (other, 0.0))
    assert never.base == 0
    assert never.surprise(1e-9) > 20
    never.borrow_shape(other)
    assert (never.base, never.deviation(3)) == (other.base, other.deviation(3))


def test_peaks_can_grow_with_their_series():
    """Doubling all peaks doubles the limits."""
    tail = fitted([1.0, 2.0, 3.0, 4.0, 5.0] * 4)
    before = tail.deviation(2)
    tail.scale_peaks(2.0)
    tail.fit(0.05, 20, (8.0, 0.12), (Tail(1), 0.0))
    assert tail.deviation(2) == pytest.approx(2 * before)


def test_a_tail_of_few_deviations_among_many_quiet_blocks_is_fitted_to_them():
    """When less than the top share of blocks deviated at all, the base is the least of those that did."""
    tail = Tail(1)
    for peak in [0.0] * 97 + [4.0, 5.0, 6.0]:
        tail.block_peak = peak
        tail.close_block(1.0)
    tail.fit(0.05, 100, (8.0, 0.12), (Tail(1), 0.0))
    assert 2.0 < tail.base < 4.5
    assert tail.surprise(8.0) > tail.surprise(6.0) > 0


def test_the_other_sides_peaks_can_count_in_part():
    """A side with small peaks is wider for the other's large ones, and less so for a smaller share."""
    large, bases = fitted([5.0, 6.0, 7.0, 8.0] * 5), []
    for share in (0.0, 0.2, 1.0):
        small = fitted([1.0, 1.5, 2.0, 2.5] * 5)
        small.fit(0.05, 20, (8.0, 0.12), (large, share))
        bases.append(small.deviation(3))
    assert bases == sorted(bases)
    assert bases[0] < bases[2]


def test_a_young_calm_series_has_its_base_at_the_edge():
    """The fit says nothing below the edge, so asking for less surprise than the edge has is no error and no less."""
    tail = fitted([0.0] * 97 + [4.0, 5.0, 6.0], power=2)
    assert tail.deviation(0.0) == tail.deviation(-400.0) == tail.edge
    assert tail.surprise(tail.edge * 1.01) > 0
