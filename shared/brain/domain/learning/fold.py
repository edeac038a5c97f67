"""Folds outcomes into the learned weights: a gradient step each on the squared log error, exact since log V' is linear.

Steps go against the gradient ``error * component`` of half the squared log error (least mean squares; Widrow, Hoff
1960). The order within a batch does not matter: outcomes are sorted by the time they were recorded and their id.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from brain.domain.learning.config import LearningConfig
from brain.domain.learning.outcomes import COMPONENTS, Outcome, log_error
from brain.domain.learning.state import LearningState
from brain.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class Folded:
    """The state after a batch, with the ids learned from and those passed over because they were before."""

    state: LearningState
    learned: tuple[str, ...]
    passed_over: tuple[str, ...]


def fold(state: LearningState, outcomes: Iterable[Outcome], config: LearningConfig) -> Folded:
    """Return the state after learning once from each outcome that its client's cursor has not passed.

    A batch must hold all outcomes of a client up to its latest: an older one that comes later is passed over.

    Raises:
        InvalidInputError: one id came with two different contents.
    """
    learned: list[Outcome] = []
    passed_over: list[str] = []
    for outcome in _once_each(outcomes):
        cursor = state.cursors.get(outcome.client_id)
        if cursor and (outcome.recorded_at, outcome.outcome_id) <= cursor:
            passed_over.append(outcome.outcome_id)
        else:
            learned.append(outcome)
    if not learned:
        return Folded(state, (), tuple(passed_over))
    for outcome in learned:
        state = learn_one(state, outcome, config)
    cursors = {**state.cursors, **{o.client_id: (o.recorded_at, o.outcome_id) for o in learned}}
    state = replace(state, cursors=dict(sorted(cursors.items())), version=state.version + 1)
    return Folded(state, tuple(o.outcome_id for o in learned), tuple(passed_over))


def learn_one(state: LearningState, outcome: Outcome, config: LearningConfig) -> LearningState:
    """Return the state after one step; cursors and version are the batch's affair."""
    error = log_error(outcome, state.weights)
    share = config.move_weights[outcome.move]
    alpha = config.drift.error_alpha * share
    state = replace(
        state,
        error_sum=(1 - alpha) * state.error_sum + alpha * abs(error),
        error_mass=(1 - alpha) * state.error_mass + alpha,
    )
    pace = learning_rate(state, config) * share * error
    limits = config.weights
    weights = {
        name: _within(
            state.weights[name] - _within(pace * outcome.components[name], -config.step.limit, config.step.limit),
            limits.minimum,
            limits.maximum,
        )
        for name in COMPONENTS
    }
    return replace(state, weights=weights, outcomes=state.outcomes + 1)


def learning_rate(state: LearningState, config: LearningConfig) -> float:
    """Return the rate of the next step: it falls with experience, and rises while errors say that the world changed."""
    step, drift = config.step, config.drift
    rate = max(step.rate / (1 + step.decay * state.outcomes), step.rate_floor)
    if state.average_error / drift.error_target > drift.alarm_ratio:
        return min(rate * drift.rate_factor, drift.rate_maximum)
    return rate


def _once_each(outcomes: Iterable[Outcome]) -> list[Outcome]:
    found: dict[tuple[str, str], Outcome] = {}
    for outcome in outcomes:
        key = (outcome.client_id, outcome.outcome_id)
        if found.setdefault(key, outcome) != outcome:
            raise InvalidInputError(
                f"expected one content for outcome {outcome.outcome_id}, got two; outcomes are recorded once"
            )
    return sorted(found.values(), key=lambda o: (o.recorded_at, o.client_id, o.outcome_id))


def _within(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
