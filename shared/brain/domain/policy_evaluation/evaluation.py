"""Says what a target policy would have earned and whether that differs from what the logging policy did earn.

IPS and SNIPS weigh each reward by target probability over propensity (Swaminathan, Joachims 2015). DR adds a reward
model (Dudik et al. 2011) with self-normalised weights (Thomas, Brunskill 2016), and carries the interval. A verdict
is given only where the interval of the *difference* leaves out zero, the weights keep enough of the sample, and the
difference also stands against chance alone: a score test of "it does not matter what is shown", whose error does not
hang on which of the heavily weighted decisions happened to be rewarded (as Wilson's 1927 interval does it).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist

from pydantic import Field

from brain.domain.policy_evaluation.logged import LoggedRows
from brain.domain.policy_evaluation.reward_model import predict_rewards
from brain.domain.statistics.intervals import Interval, mean_interval
from brain.domain.types import StrictModel

ROUNDING = 1e-6  # of probabilities written as decimals


class PolicyEvaluationConfig(StrictModel):
    """How sure a verdict must be, and how much data it needs."""

    level: float = Field(gt=0.5, lt=1)
    verdict_level: float = Field(gt=0.5, lt=1)
    minimum_rows: int = Field(ge=2)
    minimum_effective_sample: float = Field(gt=0)
    mean_weight_errors: float = Field(gt=0)


class Worth(StrEnum):
    """How the target policy stands to the logging policy."""

    BETTER = "better"
    WORSE = "worse"
    CANNOT_TELL = "cannot tell"
    NOT_ENOUGH_DATA = "not enough data"


@dataclass(frozen=True, slots=True)
class PolicyValue:
    """Mean reward a decision under the target policy, by three estimators, beside what the logging policy earned.

    ``interval`` is the DR estimate's, ``difference_interval`` that of DR minus ``logged_value``, at the stricter level
    of a verdict; ``snips`` and ``dr`` are None when the target policy would have taken none of the logged actions.
    """

    n: int
    ips: float
    snips: float | None
    dr: float | None
    interval: Interval | None
    effective_sample_size: float
    logged_value: float
    difference_interval: Interval | None
    verdict: Worth
    reason: str


def evaluate_policy(log: LoggedRows, config: PolicyEvaluationConfig) -> PolicyValue:
    """Return the value of the policy whose probabilities ``log`` carries."""
    n, weights = len(log), log.weights
    total = math.fsum(weights)
    earned = math.fsum(w * r for w, r in zip(weights, log.rewards, strict=True))
    effective = total**2 / math.fsum(w * w for w in weights) if total else 0.0
    logged_value = math.fsum(log.rewards) / n
    dr, influence = _doubly_robust(log, weights, total) if total else (None, [])
    interval = mean_interval(influence, config.level)
    differences = [value - reward for value, reward in zip(influence, log.rewards, strict=True)] if total else []
    difference = mean_interval(differences, config.verdict_level)
    beyond_chance = dr is not None and abs(dr - logged_value) > _chance_reach(
        weights, log.rewards, config.verdict_level
    )
    verdict, reason = _verdict(weights, effective, difference, config, beyond_chance=beyond_chance)
    return PolicyValue(
        n=n,
        ips=earned / n,
        snips=earned / total if total else None,
        dr=dr,
        interval=interval,
        effective_sample_size=effective,
        logged_value=logged_value,
        difference_interval=difference,
        verdict=verdict,
        reason=reason,
    )


def _doubly_robust(log: LoggedRows, weights: list[float], total: float) -> tuple[float, list[float]]:
    """Return the estimate and each row's part in it, whose mean is the estimate and whose spread is its error."""
    predicted = predict_rewards(log)
    n, mean_weight = len(log), total / len(log)
    residuals = [reward - taken for reward, taken in zip(log.rewards, predicted.taken, strict=True)]
    correction = math.fsum(w * e for w, e in zip(weights, residuals, strict=True)) / total
    influence = [
        target + correction + w * (e - correction) / mean_weight
        for target, w, e in zip(predicted.target, weights, residuals, strict=True)
    ]
    return math.fsum(predicted.target) / n + correction, influence


def _verdict(
    weights: list[float],
    effective: float,
    difference: Interval | None,
    config: PolicyEvaluationConfig,
    *,
    beyond_chance: bool,
) -> tuple[Worth, str]:
    n = len(weights)
    if n < config.minimum_rows:
        return Worth.NOT_ENOUGH_DATA, f"{n} decisions were logged, at least {config.minimum_rows} are needed"
    if difference is None or effective < config.minimum_effective_sample:
        return Worth.CANNOT_TELL, (
            f"the log is worth {effective:.0f} decisions of the target policy, "
            f"{config.minimum_effective_sample:.0f} are needed"
        )
    mean, error = _mean_and_error(weights)
    if abs(mean - 1) > config.mean_weight_errors * error + ROUNDING:
        return Worth.CANNOT_TELL, (
            f"the weights average {mean:.3f} where 1 is due: the target policy takes actions that were never logged, "
            "or the propensities are not those of the log"
        )
    if difference[0] <= 0 <= difference[1]:
        return Worth.CANNOT_TELL, "the interval of the difference to the logging policy spans zero"
    if not beyond_chance:
        return Worth.CANNOT_TELL, "the difference rests on so few rewards that chance alone may have made it"
    better = difference[0] > 0
    side = "above" if better else "below"
    return (Worth.BETTER if better else Worth.WORSE), f"the interval of the difference lies {side} zero"


def _chance_reach(weights: list[float], rewards: Sequence[float], level: float) -> float:
    """Return how large a difference chance makes with that level when rewards have nothing to do with the weights."""
    _, weight_error = _mean_and_error(weights)
    _, reward_error = _mean_and_error(rewards)
    return NormalDist().inv_cdf((1 + level) / 2) * weight_error * reward_error * math.sqrt(len(weights))


def _mean_and_error(values: Sequence[float]) -> tuple[float, float]:
    mean = math.fsum(values) / len(values)
    return mean, math.sqrt(math.fsum((v - mean) ** 2 for v in values) / max(len(values) - 1, 1) / len(values))
