"""Estimate what a target policy would have earned, and whether that differs from what the logging policy earned.

IPS and SNIPS weight each reward by target probability over propensity (Swaminathan, Joachims 2015). DR adds a reward
model (Dudik et al. 2011) with self-normalised weights (Thomas, Brunskill 2016); its interval is the one reported. A
policy is called better or worse only if the interval of the *difference* excludes zero, the weights keep enough of the
sample, and the difference is also significant in a score test of "it does not matter what is shown", whose standard
error does not depend on which of the heavily weighted decisions happened to be rewarded (like Wilson's 1927 interval).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist

from pydantic import Field

from brain.domain.policy_evaluation.policy_log import PolicyLog
from brain.domain.policy_evaluation.reward_model import predict_rewards
from brain.domain.statistics.intervals import Interval, mean_interval
from brain.domain.types import StrictModel

PROBABILITY_ROUNDING = 1e-6  # of probabilities written as decimals


class PolicyEvaluationConfig(StrictModel):
    """The levels of the intervals, and how much data a verdict needs."""

    level: float = Field(gt=0.5, lt=1)
    verdict_level: float = Field(gt=0.5, lt=1)
    minimum_rows: int = Field(ge=2)
    minimum_effective_sample: float = Field(gt=0)
    mean_weight_errors: float = Field(gt=0)


class PolicyVerdict(StrEnum):
    """How the target policy compares with the logging policy."""

    BETTER = "better"
    WORSE = "worse"
    CANNOT_TELL = "cannot tell"
    NOT_ENOUGH_DATA = "not enough data"


@dataclass(frozen=True, slots=True)
class PolicyValue:
    """The mean reward per decision of the target policy by three estimators, and that of the logging policy.

    ``interval`` is that of the DR estimate, ``difference_interval`` that of DR minus ``logged_value`` at the stricter
    level of a verdict. ``snips`` and ``dr`` are None if the target policy would have taken none of the logged actions.
    """

    n: int
    ips: float
    snips: float | None
    dr: float | None
    interval: Interval | None
    effective_sample_size: float
    logged_value: float
    difference_interval: Interval | None
    verdict: PolicyVerdict
    reason: str


def evaluate_policy(log: PolicyLog, config: PolicyEvaluationConfig) -> PolicyValue:
    """Return the value of the policy whose probabilities ``log`` holds, in the unit of the rewards per decision.

    >>> from brain.domain.policy_evaluation.policy_log import build_policy_log
    >>> config = PolicyEvaluationConfig(
    ...     level=0.95, verdict_level=0.99, minimum_rows=100, minimum_effective_sample=100, mean_weight_errors=5
    ... )
    >>> log = build_policy_log(["a", "b"] * 500, [1.0, 0.0] * 500, [0.5, 0.5] * 500, [0.9, 0.1] * 500)
    >>> value = evaluate_policy(log, config)
    >>> value.ips, value.logged_value, value.verdict.value
    (0.9, 0.5, 'better')
    """
    n, weights = len(log), log.weights
    total = math.fsum(weights)
    weighted_rewards = math.fsum(w * r for w, r in zip(weights, log.rewards, strict=True))
    effective = total**2 / math.fsum(w * w for w in weights) if total else 0.0
    logged_value = math.fsum(log.rewards) / n
    dr, influence = _estimate_doubly_robust(log, weights, total) if total else (None, [])
    interval = mean_interval(influence, config.level)
    differences = [estimate - reward for estimate, reward in zip(influence, log.rewards, strict=True)] if total else []
    difference = mean_interval(differences, config.verdict_level)
    chance_bound = _bound_chance_difference(weights, log.rewards, config.verdict_level)
    beyond_chance = dr is not None and abs(dr - logged_value) > chance_bound
    verdict, reason = _judge(weights, effective, difference, config, beyond_chance=beyond_chance)
    return PolicyValue(
        n=n,
        ips=weighted_rewards / n,
        snips=weighted_rewards / total if total else None,
        dr=dr,
        interval=interval,
        effective_sample_size=effective,
        logged_value=logged_value,
        difference_interval=difference,
        verdict=verdict,
        reason=reason,
    )


def _estimate_doubly_robust(log: PolicyLog, weights: list[float], total: float) -> tuple[float, list[float]]:
    """Return the estimate and the influence of each row, whose mean is the estimate and whose spread its error."""
    predicted = predict_rewards(log)
    n, mean_weight = len(log), total / len(log)
    residuals = [reward - expected for reward, expected in zip(log.rewards, predicted.logged, strict=True)]
    correction = math.fsum(w * e for w, e in zip(weights, residuals, strict=True)) / total
    influence = [
        target + correction + w * (e - correction) / mean_weight
        for target, w, e in zip(predicted.target, weights, residuals, strict=True)
    ]
    return math.fsum(predicted.target) / n + correction, influence


def _judge(
    weights: list[float],
    effective: float,
    difference: Interval | None,
    config: PolicyEvaluationConfig,
    *,
    beyond_chance: bool,
) -> tuple[PolicyVerdict, str]:
    n = len(weights)
    if n < config.minimum_rows:
        return PolicyVerdict.NOT_ENOUGH_DATA, f"{n} decisions were logged, at least {config.minimum_rows} are needed"
    if difference is None or effective < config.minimum_effective_sample:
        return PolicyVerdict.CANNOT_TELL, (
            f"the log is worth {effective:.0f} decisions of the target policy, "
            f"{config.minimum_effective_sample:.0f} are needed"
        )
    mean, error = _mean_and_error(weights)
    if abs(mean - 1) > config.mean_weight_errors * error + PROBABILITY_ROUNDING:
        return PolicyVerdict.CANNOT_TELL, (
            f"the weights average {mean:.3f} where 1 is due: the target policy takes actions that were never logged, "
            "or the propensities are not those of the log"
        )
    if difference[0] <= 0 <= difference[1]:
        return PolicyVerdict.CANNOT_TELL, "the interval of the difference to the logging policy spans zero"
    if not beyond_chance:
        return PolicyVerdict.CANNOT_TELL, "the difference rests on so few rewards that chance alone may have made it"
    better = difference[0] > 0
    side = "above" if better else "below"
    return (PolicyVerdict.BETTER if better else PolicyVerdict.WORSE), f"the interval of the difference lies {side} zero"


def _bound_chance_difference(weights: list[float], rewards: Sequence[float], level: float) -> float:
    """Return the bound of the difference at that level if rewards are independent of the weights."""
    _, weight_error = _mean_and_error(weights)
    _, reward_error = _mean_and_error(rewards)
    return NormalDist().inv_cdf((1 + level) / 2) * weight_error * reward_error * math.sqrt(len(weights))


def _mean_and_error(sample: Sequence[float]) -> tuple[float, float]:
    """Return the mean and its standard error."""
    n = len(sample)
    mean = math.fsum(sample) / n
    return mean, math.sqrt(math.fsum((x - mean) ** 2 for x in sample) / max(n - 1, 1) / n)
