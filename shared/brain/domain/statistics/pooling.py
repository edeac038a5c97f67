"""Partial pooling: many small groups borrow strength from each other, each as far as its own data is weak.

Estimates of groups (clients, formats, events of a class) are shrunk towards what they have in common. How far is
not a setting: the variance between groups is estimated from the groups themselves.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

_ITERATIONS = 60


@dataclass(frozen=True, slots=True)
class Normal:
    """A belief about a number: its mean and its standard deviation, in the number's own unit."""

    mean: float
    sd: float

    def interval(self, level: float) -> tuple[float, float]:
        """Return the two ends of the central interval of the level (0 to 1)."""
        half = self.sd * NormalDist().inv_cdf((1 + level) / 2)
        return self.mean - half, self.mean + half


@dataclass(frozen=True, slots=True)
class Beta:
    """A belief about a probability, as so many successes and failures seen (fractions allowed)."""

    successes: float
    failures: float

    @property
    def mean(self) -> float:
        """The expected probability."""
        return self.successes / (self.successes + self.failures)


def between_variance(estimates: Sequence[float], variances: Sequence[float]) -> float:
    """Return the variance between groups, net of the noise of each estimate.

    Paule and Mandel (1982): the value at which the weighted sum of squares equals its expectation, found by
    bisection because the sum falls with the variance; 0 when the groups differ no more than noise explains.
    ``variances`` are the squared standard errors, above 0.
    """
    if len(estimates) < 2:  # noqa: PLR2004 - one group says nothing about the differences between groups
        return 0.0
    freedom = len(estimates) - 1
    low, high = 0.0, _spread(estimates) + max(variances)
    if _generalised_q(estimates, variances, 0.0) <= freedom:
        return 0.0
    while _generalised_q(estimates, variances, high) > freedom:
        high *= 2
    for _ in range(_ITERATIONS):
        middle = (low + high) / 2
        if _generalised_q(estimates, variances, middle) > freedom:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def common(estimates: Sequence[float], variances: Sequence[float]) -> tuple[Normal, float]:
    """Return what the groups have in common and the variance between them.

    The belief is about the mean of the groups; a new group is expected at that mean with the variance between
    added to the square of ``sd``. Needs at least one estimate.
    """
    between = between_variance(estimates, variances)
    weights = [1 / (variance + between) for variance in variances]
    mean = math.fsum(w * e for w, e in zip(weights, estimates, strict=True)) / math.fsum(weights)
    return Normal(mean, math.sqrt(1 / math.fsum(weights))), between


def combine(prior: Normal, estimate: float, variance: float) -> Normal:
    """Return the belief after one more estimate with that variance (conjugate normal)."""
    if variance <= 0:
        return Normal(estimate, 0.0)
    if prior.sd <= 0:
        return prior
    precision = 1 / prior.sd**2 + 1 / variance
    return Normal((prior.mean / prior.sd**2 + estimate / variance) / precision, math.sqrt(1 / precision))


def beta_prior(successes: Sequence[float], trials: Sequence[float], *, strongest: float = 50.0) -> Beta:
    """Return the prior that groups of successes in trials share, by the moments of the beta-binomial.

    Kleinman (1973). Groups that differ no more than chance explains give a prior as strong as ``strongest``
    trials; a prior is never weaker than one trial. Needs at least one group with a trial.
    """
    groups = [(s, n) for s, n in zip(successes, trials, strict=True) if n > 0]
    total = math.fsum(n for _, n in groups)
    mean = (math.fsum(s for s, _ in groups) + 0.5) / (total + 1)
    strength = strongest
    if len(groups) > 1:
        spread = math.fsum(n * (s / n - mean) ** 2 for s, n in groups)
        scale = total - math.fsum(n * n for _, n in groups) / total
        noise = mean * (1 - mean)
        excess = (spread - noise * (len(groups) - 1)) / scale if scale > 0 else 0.0
        correlation = excess / noise
        strength = min(strongest, max(1.0, 1 / correlation - 1)) if correlation > 0 else strongest
    return Beta(mean * strength, (1 - mean) * strength)


def _generalised_q(estimates: Sequence[float], variances: Sequence[float], between: float) -> float:
    weights = [1 / (variance + between) for variance in variances]
    mean = math.fsum(w * e for w, e in zip(weights, estimates, strict=True)) / math.fsum(weights)
    return math.fsum(w * (e - mean) ** 2 for w, e in zip(weights, estimates, strict=True))


def _spread(estimates: Sequence[float]) -> float:
    mean = math.fsum(estimates) / len(estimates)
    return math.fsum((e - mean) ** 2 for e in estimates) / len(estimates)
