"""Promotion on simulated worlds, looked at after every pair: null worlds promote rarely, planted gains are found."""

import math

import numpy as np
import pytest

from brain.domain.learning.config import LearningConfig
from brain.domain.learning.promotion import ModelComparison, PromotionDecision
from brain.settings.files import load_config

POLICY = load_config("brain_learning", LearningConfig).promotion
LENGTH = 5000
RUNS = 60


def normal_pairs(correlation, runs, seed):
    """Return two arrays of normal numbers (runs x LENGTH) with a correlation."""
    chance = np.random.default_rng(seed)
    common, first, second = (chance.standard_normal((runs, LENGTH)) for _ in range(3))
    shared, own = math.sqrt(correlation), math.sqrt(1 - correlation)
    return shared * common + own * first, shared * common + own * second


def chained(noise):
    """Return the numbers with a correlation of 0.5 to the one before."""
    chain = noise.copy()
    for i in range(1, noise.shape[1]):
        chain[:, i] = 0.5 * chain[:, i - 1] + math.sqrt(0.75) * noise[:, i]
    return chain


def share_promoted(champion, challenger):
    """Return in which share of the runs a look after each pair promoted the challenger."""
    promoted = 0
    for errors in zip(champion, challenger, strict=True):
        comparison = ModelComparison(POLICY)
        for pair in zip(*(one.tolist() for one in errors), strict=True):
            if comparison.observe(*pair) is not PromotionDecision.CONTINUE:
                break
        promoted += comparison.decision is PromotionDecision.PROMOTE
    return promoted / len(champion)


@pytest.mark.slow
@pytest.mark.parametrize(("correlation", "sigma"), [(0.0, 0.5), (0.5, 0.5), (0.9, 0.5), (0.0, 1.0)])
def test_an_equal_model_is_hardly_ever_promoted(correlation, sigma):
    """A/A: at most 5 % false promotions over 5 000 looks, light tails and heavy ones."""
    x, y = normal_pairs(correlation, RUNS, seed=11)
    assert share_promoted(np.exp(sigma * x), np.exp(sigma * y)) <= 0.05


@pytest.mark.slow
def test_neighbouring_errors_that_go_together_do_not_promote():
    """Errors correlated with the ones before them fool a plain standard error in one run of six, not the blocks'."""
    x, y = normal_pairs(0.0, RUNS, seed=12)
    assert share_promoted(np.exp(0.5 * chained(x)), np.exp(0.5 * chained(y))) <= 0.05


def test_errors_that_drift_together_do_not_promote():
    """Errors of both that grow fourfold over the run are no difference between the two."""
    x, y = normal_pairs(0.5, RUNS, seed=13)
    growth = np.exp(np.linspace(0, math.log(4), LENGTH))
    assert share_promoted(growth * np.exp(0.5 * x), growth * np.exp(0.5 * y)) <= 0.05


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
def test_a_ten_percent_gain_is_found(correlation):
    """Within 5 000 pairs, in at least 99 % of the runs."""
    x, y = normal_pairs(correlation, 100, seed=14)
    assert share_promoted(np.exp(0.5 * x), 0.9 * np.exp(0.5 * y)) >= 0.99


@pytest.mark.parametrize("correlation", [0.0, 0.9])
def test_a_five_percent_loss_is_not_promoted(correlation):
    """In at most 0.5 % of the runs, which is none of 100."""
    x, y = normal_pairs(correlation, 100, seed=15)
    assert share_promoted(np.exp(0.5 * x), 1.05 * np.exp(0.5 * y)) == 0
