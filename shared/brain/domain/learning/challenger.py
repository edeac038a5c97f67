"""Fits a challenger to the recorded outcomes when the champion's error stays high, and scores both side by side."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import AwareDatetime, ConfigDict, TypeAdapter, ValidationError

from brain.domain.learning.config import LearningConfig
from brain.domain.learning.gram import NOTHING, Gram, bounded_fit, gram
from brain.domain.learning.outcomes import COMPONENTS, Outcome, error_by_component, log_error
from brain.domain.learning.state import LearningState
from brain.errors import MisconfiguredError


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenger:
    """Weights fitted to outcomes up to ``fitted_through``; later outcomes alone may judge them.

    ``penalty`` is the pull to the champion that cross-validation chose, in outcomes; the errors are mean absolute log
    errors on the outcomes fitted to, in all and divided by component.
    """

    __pydantic_config__ = ConfigDict(extra="forbid", allow_inf_nan=False)

    version: str
    weights: Mapping[str, float]
    fitted_through: AwareDatetime
    outcomes: int
    penalty: float
    cross_validated_gain: float
    champion_error: float
    challenger_error: float
    champion_error_by_component: Mapping[str, float]
    challenger_error_by_component: Mapping[str, float]

    def to_document(self) -> dict[str, Any]:
        """Return the challenger as plain values for a document."""
        document: dict[str, Any] = _CHALLENGER.dump_python(self, mode="json")
        return document


_CHALLENGER = TypeAdapter(Challenger)


def read_challenger(document: Mapping[str, Any]) -> Challenger:
    """Return the challenger that ``to_document`` wrote; raises ``MisconfiguredError`` for anything else."""
    try:
        return _CHALLENGER.validate_python(document)
    except ValidationError as exc:
        first = exc.errors()[0]
        place = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise MisconfiguredError(f"the challenger's document cannot be read ({place}); delete it to fit anew") from exc


def challenger_due(before: LearningState, after: LearningState, config: LearningConfig) -> bool:
    """Return whether a batch passed a multiple of 50 outcomes and left the running error above its target."""
    every = config.challenger.every_outcomes
    passed = after.outcomes // every > before.outcomes // every
    return passed and after.average_error > config.drift.error_target


def fit_challenger(outcomes: Iterable[Outcome], champion: LearningState, config: LearningConfig) -> Challenger | None:
    """Return weights that explain the outcomes better than the champion's, or None when none are found.

    Ridge regression of the observed log score, held to the champion and within the weights' bounds. The strength of
    the pull comes from cross-validation over every fifth outcome, which also tells whether the gain is real.
    """
    chosen = sorted(outcomes, key=lambda o: (o.recorded_at, o.client_id, o.outcome_id))
    rule, limits = config.challenger, config.weights
    if len(chosen) < 2 * rule.folds:
        return None
    folds = [gram(chosen[k :: rule.folds], config.move_weights) for k in range(rule.folds)]
    total = sum(folds, NOTHING)
    centre = [champion.weights[name] for name in COMPONENTS]
    before = total.squared_error(centre)
    errors = {p: _held_out_error(folds, centre, p, config) for p in rule.penalties}
    penalty = min(errors, key=lambda p: (errors[p], -p))
    if before <= 0 or errors[penalty] > (1 - rule.smallest_gain) * before:
        return None
    fitted = bounded_fit(total, centre, penalty, limits.minimum, limits.maximum)
    weights = dict(zip(COMPONENTS, fitted, strict=True))
    return Challenger(
        version=f"challenger-{champion.version}-{champion.outcomes}",
        weights=weights,
        fitted_through=chosen[-1].recorded_at,
        outcomes=len(chosen),
        penalty=penalty,
        cross_validated_gain=1 - errors[penalty] / before,
        champion_error=mean_error(chosen, champion.weights),
        challenger_error=mean_error(chosen, weights),
        champion_error_by_component=_mean_by_component(chosen, champion.weights),
        challenger_error_by_component=_mean_by_component(chosen, weights),
    )


def shadow_errors(
    outcomes: Iterable[Outcome], champion: Mapping[str, float], challenger: Challenger
) -> list[tuple[float, float]]:
    """Return the absolute log errors of both on each outcome recorded after the challenger was fitted, in order.

    Take the champion's weights as they were before it learned from these outcomes.
    """
    later = [o for o in outcomes if o.recorded_at > challenger.fitted_through]
    later.sort(key=lambda o: (o.recorded_at, o.client_id, o.outcome_id))
    return [(abs(log_error(o, champion)), abs(log_error(o, challenger.weights))) for o in later]


def promoted(champion: LearningState, weights: Mapping[str, float]) -> LearningState:
    """Return the state that goes on from a challenger's weights (or, in a rollback, from the old champion's).

    The running error starts anew, as it was another model's; count and cursors go on.
    """
    return replace(champion, weights=dict(weights), error_sum=0.0, error_mass=0.0, version=champion.version + 1)


def mean_error(outcomes: Sequence[Outcome], weights: Mapping[str, float]) -> float:
    """Return the mean absolute log error; needs at least one outcome."""
    return math.fsum(abs(log_error(o, weights)) for o in outcomes) / len(outcomes)


def _held_out_error(folds: Sequence[Gram], centre: Sequence[float], penalty: float, config: LearningConfig) -> float:
    limits = config.weights
    error = 0.0
    for left_out, held in enumerate(folds):
        rest = sum((part for k, part in enumerate(folds) if k != left_out), NOTHING)
        error += held.squared_error(bounded_fit(rest, centre, penalty, limits.minimum, limits.maximum))
    return error


def _mean_by_component(outcomes: Sequence[Outcome], weights: Mapping[str, float]) -> dict[str, float]:
    parts = [error_by_component(o, weights) for o in outcomes]
    return {name: math.fsum(abs(part[name]) for part in parts) / len(parts) for name in COMPONENTS}
