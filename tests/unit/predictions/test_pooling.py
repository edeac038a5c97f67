"""Partial pooling: groups shrink as far as their data is weak, and not at all where nothing differs."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brain.domain.statistics.pooling import (
    Beta,
    Normal,
    estimate_between_variance,
    estimate_common_mean,
    fit_beta_prior,
    update_normal,
)


def test_equal_groups_have_no_variance_between():
    """Differences that noise explains are none."""
    assert estimate_between_variance([1.0, 1.1, 0.9], [0.1, 0.1, 0.1]) == 0
    assert estimate_between_variance([1.0], [0.1]) == 0


def test_the_variance_between_planted_groups_is_found():
    """Four thousand groups with sd 0.5 between and 0.3 within: both are told apart."""
    rng = np.random.default_rng(3)
    estimates = rng.normal(2, 0.5, 4000) + rng.normal(0, 0.3, 4000)
    assert math.sqrt(estimate_between_variance(estimates.tolist(), [0.09] * 4000)) == pytest.approx(0.5, rel=0.05)


def test_the_variance_between_grows_past_its_first_guess():
    """Groups of very unequal precision need a wider search, and still solve the defining equation."""
    estimates, variances = [0.0, 10.0, -10.0], [1e-6, 1e-6, 1e-6]
    between = estimate_between_variance(estimates, variances)
    weights = [1 / (variance + between) for variance in variances]
    mean = sum(w * e for w, e in zip(weights, estimates, strict=True)) / sum(weights)
    assert sum(w * (e - mean) ** 2 for w, e in zip(weights, estimates, strict=True)) == pytest.approx(2)


def test_what_groups_have_in_common_is_their_weighted_mean():
    """Two equal groups meet in the middle."""
    belief, between = estimate_common_mean([1.0, 3.0], [1e-9, 1e-9])
    assert belief.mean == pytest.approx(2)
    assert between == pytest.approx(2, rel=1e-3)


@given(st.floats(-5, 5), st.floats(0.01, 3), st.floats(-5, 5), st.floats(0.01, 3))
def test_combined_beliefs_lie_between_and_are_surer(prior, sd, estimate, variance):
    """More data never widens a belief."""
    belief = update_normal(Normal(prior, sd), estimate, variance)
    assert min(prior, estimate) - 1e-9 <= belief.mean <= max(prior, estimate) + 1e-9
    assert belief.sd <= sd


def test_certainty_wins():
    """A certain estimate is believed, and so is a certain prior."""
    assert update_normal(Normal(0, 1), 2.0, 0.0) == Normal(2.0, 0.0)
    assert update_normal(Normal(1, 0), 2.0, 1.0) == Normal(1, 0)


def test_an_interval_of_a_normal_belief():
    """80 % reaches 1.2816 standard deviations to either side."""
    assert Normal(1, 2).interval(0.8) == pytest.approx((1 - 2.5631, 1 + 2.5631), abs=1e-3)


def test_a_shared_prior_is_as_strong_as_groups_are_alike():
    """Clients that all see 60 % give a strong prior, clients that see all or nothing a weak one."""
    alike = fit_beta_prior([60, 58, 61, 59], [100, 100, 100, 100])
    apart = fit_beta_prior([100, 0, 100, 0], [100, 100, 100, 100])
    assert alike.mean == pytest.approx(0.595, abs=0.01)
    assert alike.successes + alike.failures == pytest.approx(50)
    assert apart.successes + apart.failures == pytest.approx(1)
    assert fit_beta_prior([3, 0], [4, 0]) == Beta(0.7 * 50, pytest.approx(0.3 * 50))


def test_the_strength_of_a_planted_prior_is_found():
    """Five hundred groups drawn from a beta of strength 20 give back about 20."""
    rng = np.random.default_rng(5)
    rates = rng.beta(12, 8, 500)
    prior = fit_beta_prior(rng.binomial(40, rates).tolist(), [40] * 500)
    assert prior.successes + prior.failures == pytest.approx(20, rel=0.2)
    assert prior.mean == pytest.approx(0.6, abs=0.02)
