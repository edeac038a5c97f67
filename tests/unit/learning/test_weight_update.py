"""Folding outcomes into weights: bounded, once each, in any order, and towards the truth where there is one."""

import json
import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brain.domain.learning.outcome_rule import MoveType
from brain.domain.learning.outcomes import COMPONENTS
from brain.domain.learning.state import initial_state, state_from_document
from brain.domain.learning.weight_update import apply_outcome, compute_learning_rate, fold_outcomes
from brain.domain.scoring import DEFAULT_WEIGHTS, Weights
from brain.errors import InvalidInputError, MisconfiguredError
from brain.testing.simulations.outcomes import CONFIG, ONES, TRUTH, measure_distance, simulate_outcomes

FIRST = initial_state(CONFIG)


def mean_error(batch, weights):
    """Return the mean absolute log error of a batch."""
    return sum(abs(sum(weights[k] * o.components[k] for k in COMPONENTS) - o.target) for o in batch) / len(batch)


def test_learning_starts_from_the_score_as_it_was_specified():
    """Before the first outcome every weight is 1."""
    assert FIRST.to_weights() == DEFAULT_WEIGHTS
    assert FIRST.average_error == 0


def test_in_a_planted_world_the_error_falls_and_the_weights_move_to_the_truth():
    """After 5 000 outcomes most of the way is gone, and later outcomes are met better."""
    learned = fold_outcomes(FIRST, simulate_outcomes(5000, TRUTH), CONFIG)
    later = simulate_outcomes(500, TRUTH, seed=2, first=5000)
    assert measure_distance(learned.weights) < 0.3 * measure_distance(ONES)
    assert mean_error(later, learned.weights) < 0.5 * mean_error(later, ONES)


def test_in_a_null_world_the_weights_stay():
    """Where the weights are right already, noise of 20 % moves none by more than 0.1."""
    learned = fold_outcomes(FIRST, simulate_outcomes(5000, noise=0.2), CONFIG)
    assert max(abs(weight - 1) for weight in learned.weights.values()) < 0.1


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.tuples(st.floats(1e-300, 1e300), st.lists(st.floats(-1e6, 1e6), min_size=6, max_size=6)), max_size=30)
)
def test_weights_stay_within_bounds_and_steps_within_their_limit(wild):
    """Whatever the outcomes, no weight leaves 0.1 to 10 nor moves by more than 0.1 at once."""
    state = FIRST
    for template, (observed, logs) in zip(simulate_outcomes(len(wild)), wild, strict=True):
        components = dict(zip(COMPONENTS, logs, strict=True))
        after = apply_outcome(state, replace(template, observed=observed, components=components), CONFIG)
        for name in COMPONENTS:
            assert 0.1 <= after.weights[name] <= 10
            assert abs(after.weights[name] - state.weights[name]) <= 0.1 + 1e-12
        state = after


@settings(deadline=None, max_examples=20)
@given(st.randoms(use_true_random=False), st.integers(0, 3))
def test_the_order_and_repetition_within_a_batch_do_not_matter(chance: random.Random, repeated):
    """A batch in any order, with outcomes twice or more, gives the same state to the last byte."""
    batch = simulate_outcomes(40, TRUTH) + simulate_outcomes(20, TRUTH, seed=2, client="other")
    shuffled = batch + batch[:repeated] * 2
    chance.shuffle(shuffled)
    assert json.dumps(fold_outcomes(FIRST, shuffled, CONFIG).to_document()) == json.dumps(
        fold_outcomes(FIRST, batch, CONFIG).to_document()
    )


def test_outcomes_outcome_count_before_change_nothing():
    """A batch that comes again is skipped and leaves the same state."""
    batch = simulate_outcomes(50, TRUTH)
    state = fold_outcomes(FIRST, batch, CONFIG)
    assert state.outcomes == 50
    assert fold_outcomes(state, batch, CONFIG) == state


def test_batches_may_be_cut_anywhere():
    """Learning in one batch or in three gives the same weights."""
    batch = simulate_outcomes(60, TRUTH)
    state = FIRST
    for part in (batch[:10], batch[5:30], batch[30:]):
        state = fold_outcomes(state, part, CONFIG)
    at_once = fold_outcomes(FIRST, batch, CONFIG)
    assert replace(state, version=1) == at_once
    assert state.version == 3


def test_learning_goes_on_from_its_document_to_the_same_bytes():
    """Saved as JSON in the middle and read again, the end is the same to the last byte."""
    batch = simulate_outcomes(60, TRUTH)
    half = fold_outcomes(FIRST, batch[:30], CONFIG)
    resumed = replace(state_from_document(json.loads(json.dumps(half.to_document())), CONFIG), cursors=half.cursors)
    assert resumed == half
    assert json.dumps(fold_outcomes(resumed, batch[30:], CONFIG).to_document()) == json.dumps(
        fold_outcomes(half, batch[30:], CONFIG).to_document()
    )


def test_one_id_with_two_contents_is_refused():
    """An outcome is recorded once; a second version of it is a fault, not a choice."""
    outcome = simulate_outcomes(1)[0]
    with pytest.raises(InvalidInputError, match="two"):
        fold_outcomes(FIRST, [outcome, replace(outcome, observed=1.0)], CONFIG)


def test_the_running_error_is_unbiased_from_the_first_outcome():
    """A constant error of 0.3 is known as 0.3 after one outcome, not after 69."""
    outcome = replace(simulate_outcomes(1)[0], components=dict.fromkeys(COMPONENTS, 0.0), constant=0.3, observed=1.0)
    state = apply_outcome(FIRST, outcome, CONFIG)
    assert state.average_error == pytest.approx(0.3)
    assert apply_outcome(state, outcome, CONFIG).average_error == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("outcome_count", "error", "rate"),
    [(0, 0.0, 0.01), (1000, 0.0, 0.005), (9000, 0.0, 0.001), (10**6, 0.0, 0.001), (0, 0.225, 0.01), (0, 0.226, 0.03),
     (1000, 0.3, 0.015)],
)  # fmt: skip
def test_the_rate_falls_with_experience_and_triples_when_the_world_has_changed(outcome_count, error, rate):
    """0.01 / (1 + 0.001 n), at least 0.001; three times that while the running error exceeds 1.5 x 0.15."""
    state = replace(FIRST, outcomes=outcome_count, error_sum=error, error_mass=1.0)
    assert compute_learning_rate(state, CONFIG) == pytest.approx(rate)


def test_the_rate_has_a_ceiling():
    """No configuration of the boost takes it over 0.03."""
    wild = CONFIG.model_copy(update={"drift": CONFIG.drift.model_copy(update={"rate_factor": 100.0})})
    assert compute_learning_rate(replace(FIRST, error_sum=0.5, error_mass=1.0), wild) == 0.03


def test_exploration_teaches_less():
    """The same outcome of a self-generated move moves the weights half as far."""
    usual = simulate_outcomes(1, TRUTH)[0]
    explored = replace(usual, move=MoveType.SELF_GENERATED)
    for name in COMPONENTS:
        moved = apply_outcome(FIRST, usual, CONFIG).weights[name] - 1
        assert apply_outcome(FIRST, explored, CONFIG).weights[name] - 1 == pytest.approx(moved / 2)


def test_learned_weights_are_what_the_score_reads():
    """The state hands its weights and its version to the score."""
    state = fold_outcomes(FIRST, simulate_outcomes(10, TRUTH), CONFIG)
    weights = state.to_weights()
    assert isinstance(weights, Weights)
    assert weights.exponents == state.weights
    assert weights.version == "learned-1"


@pytest.mark.parametrize(
    "change",
    [
        {"schema_version": 2},
        {"weights": {**ONES, "growth": 11.0}},
        {"weights": {**ONES, "growth": float("nan")}},
        {"weights": {"growth": 1.0}},
        {"outcomes": "many"},
        {"surplus": 1},
    ],
)
def test_a_state_that_cannot_be_read_is_an_error_and_no_new_start(change):
    """A document of another shape or with a weight out of bounds stops learning and says what to do."""
    with pytest.raises(MisconfiguredError, match="restore the model's document"):
        state_from_document({**FIRST.to_document(), **change}, CONFIG)


def test_an_older_outcome_that_comes_late_is_skipped():
    """An outcome recorded before its client's cursor changes nothing; that of another client is learned."""
    state = fold_outcomes(FIRST, simulate_outcomes(5), CONFIG)
    late = replace(
        simulate_outcomes(1)[0], outcome_id="late", recorded_at=simulate_outcomes(1)[0].recorded_at - timedelta(hours=1)
    )
    assert fold_outcomes(state, [late], CONFIG) == state
    assert fold_outcomes(state, [late, replace(late, client_id="other")], CONFIG).outcomes == 6
