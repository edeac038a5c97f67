"""A champion and a challenger on the same outcomes: what is decided, when, and on which numbers."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brain.domain.learning.config import LearningConfig
from brain.domain.learning.promotion import ModelComparison, PromotionDecision, PromotionPolicy
from brain.errors import InvalidInputError
from brain.settings.files import load_config

CONFIG = load_config("brain_learning", LearningConfig)
POLICY = CONFIG.promotion


def pairs(n, gain=0.0, sigma=0.5, seed=1):
    """Return pairs of log-normal errors; the challenger's are lower by ``gain``."""
    chance = np.random.default_rng(seed)
    return np.column_stack([chance.lognormal(0, sigma, n), (1 - gain) * chance.lognormal(0, sigma, n)]).tolist()


def compare_all(observations, policy=POLICY, gold_failures=()):
    """Return the comparison after all observations."""
    comparison = ModelComparison(policy, gold_failures)
    for champion, challenger in observations:
        comparison.observe(champion, challenger)
    return comparison


def test_the_policy_is_the_one_that_was_specified():
    """At least 500 pairs, at least 3 % better, at most 5 % false promotions."""
    assert (POLICY.minimum_observations, POLICY.minimum_improvement, POLICY.alpha) == (500, 0.03, 0.05)


def test_nothing_is_decided_before_500_pairs():
    """Even a challenger twice as good waits for the 500th pair, and is promoted on it."""
    observations = pairs(500, gain=0.5)
    early = compare_all(observations[:-1]).verdict()
    assert (early.decision, early.decided_at) == (PromotionDecision.CONTINUE, None)
    assert early.reason == "1 more pair is needed"
    late = compare_all(observations).verdict()
    assert (late.decision, late.decided_at) == (PromotionDecision.PROMOTE, 500)


def test_a_better_challenger_is_promoted_with_an_interval_around_the_truth():
    """A 10 % gain is found; the interval leaves out zero and holds the truth."""
    verdict = compare_all(pairs(3000, gain=0.1)).verdict()
    low, high = verdict.interval
    assert verdict.decision is PromotionDecision.PROMOTE
    assert 0 < low < 0.1 < high
    assert low < verdict.improvement < high


def test_a_gain_below_three_percent_is_not_enough():
    """A difference of 2 % beyond all doubt is kept out: it is no improvement of 3 %."""
    verdict = compare_all((error, 0.98 * error) for error, _ in pairs(600)).verdict()
    assert verdict.decision is PromotionDecision.KEEP
    assert verdict.interval[0] > 0
    assert "ruled out" in verdict.reason


def test_a_worse_challenger_is_dropped_soon():
    """A challenger 20 % worse frees its place long before the longest wait."""
    verdict = compare_all(pairs(5000, gain=-0.2)).verdict()
    assert verdict.decision is PromotionDecision.KEEP
    assert verdict.decided_at < 1500


def test_an_identical_challenger_is_dropped_at_once():
    """A model that errs exactly as the champion is no challenger."""
    assert compare_all((a, a) for a, _ in pairs(500)).verdict().decided_at == 500


def test_the_longest_wait_ends_a_comparison_without_a_result():
    """A challenger that is never proven either way must not block the next one for ever."""
    policy = POLICY.model_copy(update={"maximum_observations": 700})
    verdict = compare_all(pairs(900, gain=0.03, sigma=1.0), policy).verdict()
    assert (verdict.decision, verdict.decided_at) == (PromotionDecision.KEEP, 700)
    assert "could be shown in 700" in verdict.reason


def test_a_decision_stands():
    """After a promotion, errors that speak against it change the figures only; a rollback is another comparison."""
    comparison = compare_all(pairs(600, gain=0.5))
    for champion, challenger in pairs(2000, gain=-3):
        assert comparison.observe(champion, challenger) is PromotionDecision.PROMOTE
    assert comparison.verdict().improvement < 0


def test_a_challenger_that_fails_gold_standards_is_not_promoted_and_the_case_is_named():
    """No evidence outweighs a failed gold standard."""
    verdict = compare_all(pairs(600, gain=0.5), gold_failures=("bots-half",)).verdict()
    assert verdict.decision is PromotionDecision.KEEP
    assert "bots-half" in verdict.reason


def test_the_old_champion_takes_its_place_back_when_the_new_one_regresses():
    """With the roles swapped, a regression of 10 % is proven and rolled back."""
    new_and_old = [(1.1 * new, old) for new, old in pairs(3000)]
    assert compare_all(new_and_old, CONFIG.rollback).decision is PromotionDecision.PROMOTE


def test_a_new_champion_that_stays_better_is_left_in_place():
    """With the roles swapped, a proven gain ends the watch without a rollback."""
    assert compare_all(pairs(3000, gain=-0.1), CONFIG.rollback).decision is PromotionDecision.KEEP


@pytest.mark.parametrize("scale", [1e-300, 1e-9, 0.37, 1e9, 1e290])
def test_the_unit_of_the_errors_does_not_matter(scale):
    """Errors in another unit, however tiny or huge, give the same decision at the same pair and the same figures."""
    plain = compare_all(pairs(900, gain=0.1)).verdict()
    scaled = compare_all((scale * a, scale * b) for a, b in pairs(900, gain=0.1)).verdict()
    assert (scaled.decision, scaled.decided_at) == (plain.decision, plain.decided_at)
    assert scaled.improvement == pytest.approx(plain.improvement, rel=1e-9)
    assert scaled.interval == pytest.approx(plain.interval, rel=1e-9)


def test_errors_that_grow_by_many_orders_lose_no_precision():
    """Tiny errors first and large ones later give the moments of all of them."""
    observations = [(a * 1e-200, b * 1e-200) for a, b in pairs(500)] + pairs(500, gain=0.1)
    verdict = compare_all(observations).verdict()
    expected = 1 - sum(b for _, b in observations) / sum(a for a, _ in observations)
    assert verdict.improvement == pytest.approx(expected, rel=1e-9)


def test_no_errors_at_all_are_no_improvement():
    """Two models that never err cannot be told apart, and no ratio is made up."""
    verdict = compare_all([(0.0, 0.0)] * 600).verdict()
    assert (verdict.decision, verdict.improvement, verdict.interval) == (PromotionDecision.CONTINUE, None, None)


def test_a_champion_without_errors_is_kept():
    """Against a champion that never errs, a challenger that does has nothing to gain."""
    verdict = compare_all([(0.0, 0.1)] * 600).verdict()
    assert (verdict.decision, verdict.improvement) == (PromotionDecision.KEEP, None)


def test_blocks_without_errors_before_a_tiny_one_do_no_harm():
    """The first error after many zeros, however tiny, is taken."""
    assert compare_all([(0.0, 0.0)] * 520 + [(1e-300, 2e-300)]).verdict().decision is PromotionDecision.CONTINUE


def test_a_ratio_that_no_number_holds_is_left_out():
    """A challenger worse by 600 orders of magnitude is dropped without a figure."""
    verdict = compare_all([(1e-300, 1e300)] * 600).verdict()
    assert (verdict.decision, verdict.improvement, verdict.interval) == (PromotionDecision.KEEP, None, None)


def test_one_huge_error_of_the_champion_promotes_nobody():
    """A single outlier makes a large mean difference and a larger standard error."""
    assert compare_all([*pairs(499), (1e6, 1.0), *pairs(500, seed=2)]).decision is PromotionDecision.CONTINUE


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -0.1, 1e301, True, "0.1", None])
@pytest.mark.parametrize("role", ["champion", "challenger"])
def test_what_is_no_error_is_refused_and_leaves_no_trace(wrong, role):
    """NaN, infinities, negative numbers and other types are refused by name, and the state stays as it was."""
    comparison = compare_all(pairs(30))
    before = comparison.to_document()
    errors = (wrong, 0.5) if role == "champion" else (0.5, wrong)
    with pytest.raises(InvalidInputError, match=role):
        comparison.observe(*errors)
    assert comparison.to_document() == before


@settings(deadline=None, max_examples=50)
@given(cut=st.integers(0, 120), seed=st.integers(0, 5))
def test_a_comparison_goes_on_from_its_saved_state(cut, seed):
    """Saved as JSON at any pair and read again, it comes to the same state, to the last bit."""
    policy = POLICY.model_copy(update={"minimum_observations": 50})
    observations = pairs(120, gain=0.3, seed=seed)
    resumed = ModelComparison.from_document(
        json.loads(json.dumps(compare_all(observations[:cut], policy).to_document()))
    )
    for champion, challenger in observations[cut:]:
        resumed.observe(champion, challenger)
    assert resumed.to_document() == compare_all(observations, policy).to_document()


@pytest.mark.parametrize(
    "change", [{"state_version": 2}, {"surplus": 1}, {"decision": "maybe"}, {"pairs": {"n": "many"}}, {"pairs": None}]
)
def test_a_state_that_cannot_be_read_is_an_error_and_no_new_start(change):
    """A document of another version or shape is refused with what is wrong in it."""
    with pytest.raises(InvalidInputError, match="restore the document"):
        ModelComparison.from_document({**compare_all(pairs(10)).to_document(), **change})


@settings(deadline=None, max_examples=20)
@given(
    st.lists(st.tuples(st.floats(0, 1e300), st.floats(0, 1e300)), min_size=50, max_size=120),
)
def test_any_errors_give_finite_figures(observations):
    """Whatever the errors, the figures are finite or absent, and the interval holds the improvement."""
    policy = PromotionPolicy(**{**POLICY.model_dump(), "minimum_observations": 50})
    verdict = compare_all(observations, policy).verdict()
    json.dumps([verdict.improvement, verdict.interval], allow_nan=False)
    if verdict.interval:
        low, high = verdict.interval
        assert low - 1e-6 * max(1, abs(low)) <= verdict.improvement <= high + 1e-6 * max(1, abs(high))
