"""The challenger: fitted when the error stays high, from outcomes alone, and judged on later ones."""

from dataclasses import replace

import pytest

from brain.domain.learning.challenger import (
    fit_challenger,
    is_challenger_due,
    mean_error,
    promote_weights,
)
from brain.domain.learning.gram import fit_bounded, sum_outcomes
from brain.domain.learning.outcomes import COMPONENTS
from brain.domain.learning.promotion import ModelComparison, PromotionDecision
from brain.domain.learning.state import initial_state
from brain.domain.learning.trial import Trial, observe_outcomes
from brain.testing.simulations.outcomes import CONFIG, ONES, TRUTH, measure_distance, simulate_outcomes

FIRST = initial_state(CONFIG)


def state(outcome_count, error):
    """Return a state after so many outcomes with this running error."""
    return replace(FIRST, outcomes=outcome_count, error_sum=error, error_mass=1.0)


@pytest.mark.parametrize(
    ("before", "after", "error", "due"),
    [(0, 49, 0.5, False), (49, 50, 0.5, True), (30, 220, 0.5, True), (50, 99, 0.5, False), (49, 50, 0.15, False)],
)
def test_a_challenger_is_due_every_fifty_outcomes_with_a_high_error(before, after, error, due):
    """A batch that passes a multiple of 50 asks for one when the running error exceeds 0.15."""
    assert is_challenger_due(state(before, error), state(after, error), CONFIG) is due


def test_in_a_planted_world_the_challenger_is_near_the_truth():
    """From 400 outcomes with 20 % noise it comes closer than a tenth, and halves the error on later outcomes."""
    challenger = fit_challenger(simulate_outcomes(400, TRUTH, noise=0.2), FIRST, CONFIG)
    later = simulate_outcomes(400, TRUTH, noise=0.2, seed=2, first=400)
    assert measure_distance(challenger.weights) < 0.1
    assert mean_error(later, challenger.weights) < 0.6 * mean_error(later, ONES)
    assert challenger.challenger_error < challenger.champion_error
    assert sum(challenger.champion_error_by_component.values()) == pytest.approx(challenger.champion_error)
    assert sum(challenger.challenger_error_by_component.values()) == pytest.approx(challenger.challenger_error)


@pytest.mark.parametrize("seed", range(8))
def test_in_a_null_world_there_is_no_challenger(seed):
    """Where the champion is right, noise does not make a challenger that would block the next one."""
    assert fit_challenger(simulate_outcomes(200, noise=0.3, seed=seed), FIRST, CONFIG) is None


def test_a_champion_without_error_has_no_challenger():
    """Nothing can be won against outcomes that were met exactly."""
    exact = [
        replace(o, components=dict.fromkeys(COMPONENTS, 0.0), constant=0.0, observed=1.0) for o in simulate_outcomes(20)
    ]
    assert fit_challenger(exact, FIRST, CONFIG) is None


def test_too_few_outcomes_fit_nothing():
    """Nine outcomes cannot be held out five ways."""
    assert fit_challenger(simulate_outcomes(9, TRUTH), FIRST, CONFIG) is None


def test_a_component_that_never_varied_keeps_the_champions_weight():
    """What the outcomes say nothing about stays."""
    constant_growth = [
        replace(o, components={**o.components, "growth": 0.0}) for o in simulate_outcomes(200, {**TRUTH, "growth": 0.0})
    ]
    assert fit_challenger(constant_growth, FIRST, CONFIG).weights["growth"] == 1.0


def test_fitted_weights_stay_within_bounds():
    """A world whose truth lies outside is met at the bound."""
    challenger = fit_challenger(simulate_outcomes(400, {**ONES, "engagement": 15.0, "quality": -3.0}), FIRST, CONFIG)
    assert challenger.weights["engagement"] == 10
    assert challenger.weights["quality"] == 0.1


def test_the_order_of_the_outcomes_does_not_matter():
    """The same outcomes the other way round give the same bytes."""
    batch = simulate_outcomes(200, TRUTH)
    assert repr(fit_challenger(batch, FIRST, CONFIG)) == repr(fit_challenger(batch[::-1], FIRST, CONFIG))


def test_only_outcomes_after_the_fit_judge_the_challenger():
    """Outcomes it was fitted to would flatter it and are left out."""
    batch = simulate_outcomes(300, TRUTH)
    challenger = fit_challenger(batch[:200], FIRST, CONFIG)
    assert challenger.fitted_through == batch[199].recorded_at
    _, pairs = observe_outcomes(trial_of(challenger), batch[::-1], ONES, ())
    assert len(pairs) == 100


def trial_of(challenger):
    """Return the trial of a challenger against the champion it was fitted against."""
    return Trial(
        kind="promotion",
        decision_id="promotion-00000001",
        champion="default",
        challenger=challenger.version,
        weights=challenger.weights,
        since=challenger.fitted_through,
        comparison=ModelComparison(CONFIG.promotion),
    )


def test_a_planted_world_ends_in_a_promotion():
    """Due, fitted, shadowed on later outcomes, promoted: the champion goes on from the challenger's weights."""
    batch = simulate_outcomes(900, TRUTH, noise=0.2)
    challenger = fit_challenger(batch[:200], FIRST, CONFIG)
    trial, _ = observe_outcomes(trial_of(challenger), batch, ONES, ())
    assert trial.comparison.decision is PromotionDecision.PROMOTE
    champion = promote_weights(state(900, 0.4), challenger.weights)
    assert champion.weights == challenger.weights
    assert (champion.outcomes, champion.version, champion.average_error) == (900, 1, 0.0)


def test_a_fit_cut_short_is_within_bounds():
    """After one sweep the weights may not be the best, but they are allowed."""
    sums = sum_outcomes(simulate_outcomes(100, {**ONES, "engagement": 15.0}), CONFIG.move_weights)
    assert all(0.1 <= weight <= 10 for weight in fit_bounded(sums, [1.0] * 6, 1.0, 0.1, 10.0, sweeps=1))
