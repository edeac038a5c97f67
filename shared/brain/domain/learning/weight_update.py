"""Fold outcomes into the learned weights, one gradient step per outcome.

Each step goes against the gradient ``error * component`` of half the squared log error (least mean squares; Widrow,
Hoff 1960), which is exact because log V' is linear in the weights. The order within a batch does not matter: outcomes
are sorted by recording time, client and id.
"""

from collections.abc import Iterable
from dataclasses import replace

from brain.domain.learning.config import LearningConfig
from brain.domain.learning.outcomes import COMPONENTS, ScoreOutcome, log_error, recording_order
from brain.domain.learning.state import LearningState
from brain.errors import InvalidInputError


def fold_outcomes(state: LearningState, outcomes: Iterable[ScoreOutcome], config: LearningConfig) -> LearningState:
    """Return the state after learning once from each outcome that is newer than its client's cursor.

    A batch must hold all outcomes of a client up to its latest: an older outcome in a later batch is skipped.

    Raises:
        InvalidInputError: two outcomes with the same id differ.
    """
    new = [outcome for outcome in _deduplicate(outcomes) if _is_new(outcome, state)]
    if not new:
        return state
    for outcome in new:
        state = apply_outcome(state, outcome, config)
    cursors = {**state.cursors, **{o.client_id: (o.recorded_at, o.outcome_id) for o in new}}
    return replace(state, cursors=dict(sorted(cursors.items())), version=state.version + 1)


def apply_outcome(state: LearningState, outcome: ScoreOutcome, config: LearningConfig) -> LearningState:
    """Return the state after one gradient step; ``fold_outcomes`` advances cursors and version."""
    error = log_error(outcome, state.weights)
    move_weight = config.move_weights[outcome.move]
    alpha = config.drift.error_alpha * move_weight
    state = replace(
        state,
        error_sum=(1 - alpha) * state.error_sum + alpha * abs(error),
        error_mass=(1 - alpha) * state.error_mass + alpha,
    )
    step = compute_learning_rate(state, config) * move_weight * error
    limits = config.weights
    weights = {
        name: _clamp(
            state.weights[name] - _clamp(step * outcome.components[name], -config.step.limit, config.step.limit),
            limits.minimum,
            limits.maximum,
        )
        for name in COMPONENTS
    }
    return replace(state, weights=weights, outcomes=state.outcomes + 1)


def compute_learning_rate(state: LearningState, config: LearningConfig) -> float:
    """Return the learning rate of the next step: it decays with the number of outcomes and rises under drift."""
    step, drift = config.step, config.drift
    rate = max(step.rate / (1 + step.decay * state.outcomes), step.rate_floor)
    if state.average_error / drift.error_target > drift.alarm_ratio:
        return min(rate * drift.rate_factor, drift.rate_maximum)
    return rate


def _is_new(outcome: ScoreOutcome, state: LearningState) -> bool:
    cursor = state.cursors.get(outcome.client_id)
    return cursor is None or (outcome.recorded_at, outcome.outcome_id) > cursor


def _deduplicate(outcomes: Iterable[ScoreOutcome]) -> list[ScoreOutcome]:
    unique: dict[tuple[str, str], ScoreOutcome] = {}
    for outcome in outcomes:
        key = (outcome.client_id, outcome.outcome_id)
        if unique.setdefault(key, outcome) != outcome:
            raise InvalidInputError(
                f"outcome {outcome.outcome_id} must have one content, got two that differ; record each outcome once"
            )
    return sorted(unique.values(), key=recording_order)


def _clamp(number: float, low: float, high: float) -> float:
    return min(max(number, low), high)
