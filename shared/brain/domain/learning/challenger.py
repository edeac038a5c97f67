"""Fit a challenger to the recorded outcomes if the champion's error stays high."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import AwareDatetime, ConfigDict

from brain.domain.learning.config import LearningConfig
from brain.domain.learning.gram import EMPTY, Gram, fit_bounded, sum_outcomes
from brain.domain.learning.outcomes import COMPONENTS, ScoreOutcome, log_error, recording_order, split_error
from brain.domain.learning.state import LearningState


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenger:
    """Weights fitted to the outcomes up to ``fitted_through``; only later outcomes may judge them.

    ``penalty`` is the pull towards the champion that cross-validation selected, in outcomes. The errors are mean
    absolute log errors on the fitted outcomes, in total and by component.
    """

    __pydantic_config__ = ConfigDict(extra="ignore", allow_inf_nan=False)  # older documents have one more key

    version: str
    weights: Mapping[str, float]
    fitted_through: AwareDatetime
    outcomes: int
    penalty: float
    champion_error: float
    challenger_error: float
    champion_error_by_component: Mapping[str, float]
    challenger_error_by_component: Mapping[str, float]


def is_challenger_due(before: LearningState, after: LearningState, config: LearningConfig) -> bool:
    """Return whether a batch passed a multiple of 50 outcomes and left the running error above its target."""
    interval = config.challenger.every_outcomes
    passed_multiple = after.outcomes // interval > before.outcomes // interval
    return passed_multiple and after.average_error > config.drift.error_target


def fit_challenger(
    outcomes: Iterable[ScoreOutcome], champion: LearningState, config: LearningConfig
) -> Challenger | None:
    """Return weights that explain the outcomes better than the champion's, or None if there are none.

    Ridge regression of the observed log score, shrunk towards the champion and within the bounds of the weights. The
    penalty comes from cross-validation over every fifth outcome, which also shows whether the gain is real.
    """
    ordered = sorted(outcomes, key=recording_order)
    rule, limits = config.challenger, config.weights
    if len(ordered) < 2 * rule.folds:
        return None
    folds = [sum_outcomes(ordered[k :: rule.folds], config.move_weights) for k in range(rule.folds)]
    total = sum(folds, EMPTY)
    centre = [champion.weights[name] for name in COMPONENTS]
    champion_squared_error = total.squared_error(centre)
    errors = {p: _cross_validate(folds, centre, p, config) for p in rule.penalties}
    penalty = min(errors, key=lambda p: (errors[p], -p))
    if champion_squared_error <= 0 or errors[penalty] > (1 - rule.smallest_gain) * champion_squared_error:
        return None
    weights = dict(zip(COMPONENTS, fit_bounded(total, centre, penalty, limits.minimum, limits.maximum), strict=True))
    return Challenger(
        version=f"challenger-{champion.version}-{champion.outcomes}",
        weights=weights,
        fitted_through=ordered[-1].recorded_at,
        outcomes=len(ordered),
        penalty=penalty,
        champion_error=mean_error(ordered, champion.weights),
        challenger_error=mean_error(ordered, weights),
        champion_error_by_component=_mean_error_by_component(ordered, champion.weights),
        challenger_error_by_component=_mean_error_by_component(ordered, weights),
    )


def promote_weights(champion: LearningState, weights: Mapping[str, float]) -> LearningState:
    """Return the state that continues from a challenger's weights, or in a rollback from the old champion's.

    The running error restarts, because it was that of another model; count and cursors continue.
    """
    return replace(champion, weights=dict(weights), error_sum=0.0, error_mass=0.0, version=champion.version + 1)


def mean_error(outcomes: Sequence[ScoreOutcome], weights: Mapping[str, float]) -> float:
    """Return the mean absolute log error of at least one outcome."""
    return math.fsum(abs(log_error(o, weights)) for o in outcomes) / len(outcomes)


def _cross_validate(folds: Sequence[Gram], centre: Sequence[float], penalty: float, config: LearningConfig) -> float:
    """Return the sum of squared log errors on each fold under weights fitted to the other folds."""
    limits = config.weights
    error = 0.0
    for k, held_out in enumerate(folds):
        training = sum((fold for j, fold in enumerate(folds) if j != k), EMPTY)
        error += held_out.squared_error(fit_bounded(training, centre, penalty, limits.minimum, limits.maximum))
    return error


def _mean_error_by_component(outcomes: Sequence[ScoreOutcome], weights: Mapping[str, float]) -> dict[str, float]:
    errors = [split_error(o, weights) for o in outcomes]
    return {name: math.fsum(abs(error[name]) for error in errors) / len(errors) for name in COMPONENTS}
