"""Partial pooling: many small groups borrow strength from each other, each as far as its own data is weak.

Estimates of groups (clients, formats, events of a class) are shrunk towards what they have in common. How far is not a
setting: the variance between groups is estimated from the groups themselves (empirical Bayes).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

_ITERATIONS = 60


@dataclass(frozen=True, slots=True)
class Normal:
    """A normal belief about a number: its mean and standard deviation, in the unit of the number.

    Example:
        >>> lower, upper = Normal(mean=10.0, sd=2.0).interval(0.95)
        >>> round(lower, 2), round(upper, 2)
        (6.08, 13.92)
    """

    mean: float
    sd: float

    def interval(self, level: float) -> tuple[float, float]:
        """Return the bounds of the central interval that holds the number with probability ``level``."""
        half_width = self.sd * NormalDist().inv_cdf((1 + level) / 2)
        return self.mean - half_width, self.mean + half_width


@dataclass(frozen=True, slots=True)
class Beta:
    """A beta belief about a probability, as pseudo-counts of successes and failures (fractions allowed)."""

    successes: float
    failures: float

    @property
    def mean(self) -> float:
        """The expected probability."""
        return self.successes / (self.successes + self.failures)


def estimate_between_variance(estimates: Sequence[float], variances: Sequence[float]) -> float:
    """Estimate the variance between groups, net of the noise of each estimate, in the squared unit of ``estimates``.

    Paule and Mandel (1982, "Consensus values and weighting factors"): the variance at which the weighted sum of
    squares equals its expectation, located by bisection because the sum falls with the variance. It is 0 when the
    groups differ no more than their noise explains.

    Args:
        estimates: One per group.
        variances: The squared standard error of each estimate, above 0.

    Example:
        >>> estimate_between_variance([1.0, 1.1, 0.9], [0.04, 0.04, 0.04])
        0.0
        >>> round(estimate_between_variance([0.0, 2.0, 4.0], [1.0, 1.0, 1.0]), 6)
        3.0
    """
    if len(estimates) < 2:  # noqa: PLR2004 - one group says nothing about the differences between groups
        return 0.0
    degrees_of_freedom = len(estimates) - 1
    low, high = 0.0, _population_variance(estimates) + max(variances)
    if _generalised_q(estimates, variances, 0.0) <= degrees_of_freedom:
        return 0.0
    while _generalised_q(estimates, variances, high) > degrees_of_freedom:
        high *= 2
    for _ in range(_ITERATIONS):
        middle = (low + high) / 2
        if _generalised_q(estimates, variances, middle) > degrees_of_freedom:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def estimate_common_mean(estimates: Sequence[float], variances: Sequence[float]) -> tuple[Normal, float]:
    """Estimate what the groups have in common (random-effects meta-analysis; DerSimonian and Laird, 1986).

    Args:
        estimates: One per group, at least one.
        variances: The squared standard error of each estimate, above 0.

    Returns:
        The belief about the mean of the groups, and the variance between groups. A new group is expected at that mean
        with the variance between groups added to the square of ``sd``.

    Example:
        >>> common, between = estimate_common_mean([0.0, 2.0, 4.0], [1.0, 1.0, 1.0])
        >>> round(common.mean, 6), round(common.sd, 3), round(between, 6)
        (2.0, 1.155, 3.0)
    """
    between = estimate_between_variance(estimates, variances)
    weights = [1 / (variance + between) for variance in variances]
    mean = math.fsum(w * e for w, e in zip(weights, estimates, strict=True)) / math.fsum(weights)
    return Normal(mean, math.sqrt(1 / math.fsum(weights))), between


def update_normal(prior: Normal, estimate: float, variance: float) -> Normal:
    """Return the posterior after one more estimate (conjugate normal; Gelman et al., 2013, section 2.5).

    Args:
        prior: The belief before.
        estimate: What was measured, in the unit of ``prior``.
        variance: The squared standard error of ``estimate``.

    Example:
        >>> update_normal(Normal(mean=0.0, sd=1.0), estimate=2.0, variance=1.0)
        Normal(mean=1.0, sd=0.7071067811865476)
    """
    if variance <= 0:
        return Normal(estimate, 0.0)
    if prior.sd <= 0:
        return prior
    precision = 1 / prior.sd**2 + 1 / variance
    return Normal((prior.mean / prior.sd**2 + estimate / variance) / precision, math.sqrt(1 / precision))


def fit_beta_prior(successes: Sequence[float], trials: Sequence[float], *, max_strength: float = 50.0) -> Beta:
    """Fit the prior that groups share, by the moments of the beta-binomial (Kleinman, 1973).

    Args:
        successes: The successes of each group.
        trials: The trials of each group; at least one group has a trial.
        max_strength: The strength, in trials, of the prior of groups that differ no more than chance explains. A prior
            is never weaker than one trial.

    Example:
        >>> fit_beta_prior([10, 30], [100, 100]).mean
        0.20149253731343283
        >>> fit_beta_prior([10, 10], [100, 100]).successes + fit_beta_prior([10, 10], [100, 100]).failures
        50.0
    """
    groups = [(s, n) for s, n in zip(successes, trials, strict=True) if n > 0]
    total = math.fsum(n for _, n in groups)
    mean = (math.fsum(s for s, _ in groups) + 0.5) / (total + 1)
    strength = max_strength
    if len(groups) > 1:
        spread = math.fsum(n * (s / n - mean) ** 2 for s, n in groups)
        scale = total - math.fsum(n * n for _, n in groups) / total
        noise = mean * (1 - mean)
        excess = (spread - noise * (len(groups) - 1)) / scale if scale > 0 else 0.0
        correlation = excess / noise
        strength = min(max_strength, max(1.0, 1 / correlation - 1)) if correlation > 0 else max_strength
    return Beta(mean * strength, (1 - mean) * strength)


def _generalised_q(estimates: Sequence[float], variances: Sequence[float], between: float) -> float:
    """Return the weighted sum of squares around the weighted mean, which falls as ``between`` grows."""
    weights = [1 / (variance + between) for variance in variances]
    mean = math.fsum(w * e for w, e in zip(weights, estimates, strict=True)) / math.fsum(weights)
    return math.fsum(w * (e - mean) ** 2 for w, e in zip(weights, estimates, strict=True))


def _population_variance(estimates: Sequence[float]) -> float:
    mean = math.fsum(estimates) / len(estimates)
    return math.fsum((e - mean) ** 2 for e in estimates) / len(estimates)
