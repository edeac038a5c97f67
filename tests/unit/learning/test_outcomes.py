"""Outcomes: which are taken, and how their error is told and divided."""

import json
import math
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brain.domain.learning.outcomes import COMPONENTS, log_error, outcome_from_document, split_error
from brain.errors import InvalidInputError
from brain.testing.simulations.outcomes import CONFIG, ONES, TRUTH, simulate_outcomes

RULE = CONFIG.outcomes


def test_an_outcome_survives_its_document():
    """Written as JSON and read again it is the same outcome."""
    outcome = simulate_outcomes(1)[0]
    assert outcome_from_document(json.loads(json.dumps(outcome.to_document(), default=str)), RULE) == outcome


def document(**changes):
    """Return a good outcome's document with changes."""
    return {**simulate_outcomes(1)[0].to_document(), **changes}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"observed": 0.0}, "above 0"),
        ({"predicted": -5.0}, "above 0"),
        ({"observed": math.nan}, "observed"),
        ({"components": {"engagement": 0.0}}, "got engagement"),
        ({"components": {}}, "got none"),
        ({"predicted_at": "2026-01-01T00:00:00"}, "predicted_at"),
        ({"move": "hunch"}, "move"),
        ({"surplus": 1}, "surplus"),
    ],
)
def test_what_is_no_outcome_is_refused_with_the_reason(change, message):
    """Scores must be above 0 (a log exists), all six components there, and times aware."""
    with pytest.raises(InvalidInputError, match=message):
        outcome_from_document(document(**change), RULE)


def test_an_observation_must_come_five_minutes_after_its_prediction():
    """At exactly five minutes it counts; a second sooner it might have been known."""
    predicted_at = simulate_outcomes(1)[0].predicted_at
    assert outcome_from_document(document(observed_at=predicted_at + timedelta(minutes=5)), RULE)
    with pytest.raises(InvalidInputError, match="5 minutes"):
        outcome_from_document(document(observed_at=predicted_at + timedelta(minutes=5) - timedelta(seconds=1)), RULE)


def test_an_observation_cannot_come_from_the_future():
    """What is observed after it was recorded is refused."""
    recorded_at = simulate_outcomes(1)[0].recorded_at
    with pytest.raises(InvalidInputError, match="later than recorded_at"):
        outcome_from_document(document(observed_at=recorded_at + timedelta(seconds=1)), RULE)


def test_the_error_is_the_log_of_predicted_over_observed():
    """With the true weights and no noise there is none; a score twice the observed one errs by log 2."""
    outcome = simulate_outcomes(1, TRUTH, noise=0)[0]
    assert log_error(outcome, TRUTH) == pytest.approx(0, abs=1e-12)
    halved = outcome_from_document({**outcome.to_document(), "observed": outcome.observed / 2}, RULE)
    assert log_error(halved, TRUTH) == pytest.approx(math.log(2))


@settings(deadline=None)
@given(st.integers(0, 1000))
def test_the_parts_of_an_error_add_up(seed):
    """Divided among the components, nothing is lost and none goes against the whole."""
    outcome = simulate_outcomes(1, TRUTH, seed=seed)[0]
    parts = split_error(outcome, ONES)
    error = log_error(outcome, ONES)
    assert math.fsum(parts.values()) == pytest.approx(error)
    assert all(part * error >= 0 for part in parts.values())


def test_an_error_that_no_weight_could_help_is_nobodys():
    """With all logs 0 every part is 0."""
    neutral = outcome_from_document(document(components=dict.fromkeys(COMPONENTS, 0.0)), RULE)
    assert set(split_error(neutral, ONES).values()) == {0.0}
