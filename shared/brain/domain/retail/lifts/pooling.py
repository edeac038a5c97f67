"""Partial pooling of lifts: a signal with few occurrences is shrunk to its class, as far as the class agrees.

A hierarchical normal model with the spread between signals integrated out on a grid (Gelman 2006), so that intervals
account for the uncertainty of the spread. The prior of the spread avoids zero, since a few signals cannot prove that
they agree (Chung et al. 2013). A sign is judged by its local false sign rate (Stephens 2017): the posterior probability
of the opposite sign.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from brain.domain.types import Floats

GRID = 40
REACH = 4.0
"""The grid ends this many prior spreads out."""

BISECTIONS = 40


def approximate_normal_cdf(standard: Floats) -> Floats:
    """Approximate the standard normal distribution function to 1e-7 (Abramowitz, Stegun 1964, 26.2.17)."""
    size = np.abs(standard)
    step = 1.0 / (1.0 + 0.2316419 * size)
    series = step * (
        0.319381530 + step * (-0.356563782 + step * (1.781477937 + step * (-1.821255978 + step * 1.330274429)))
    )
    above = np.exp(-0.5 * size**2) / np.sqrt(2.0 * np.pi) * series
    below: Floats = np.where(standard >= 0, 1.0 - above, above)
    return below


@dataclass(frozen=True, slots=True)
class EffectSummary:
    """One effect on the model scale: posterior mean, interval, and the probability of its sign."""

    effect: float
    lower: float
    upper: float
    sign_confidence: float


@dataclass(frozen=True, slots=True, eq=False)
class NormalMixture:
    """Posteriors as mixtures of normals: ``weights`` (grid,), ``means`` and ``variances`` (grid, effects)."""

    weights: Floats
    means: Floats
    variances: Floats

    @property
    def mean(self) -> Floats:
        """The posterior means, (effects,)."""
        means: Floats = self.weights @ self.means
        return means

    def cdf(self, points: Floats) -> Floats:
        """Return the probability that each effect lies below its point, (effects,)."""
        probabilities: Floats = self.weights @ approximate_normal_cdf((points - self.means) / np.sqrt(self.variances))
        return probabilities

    def quantile(self, probability: float) -> Floats:
        """Return the quantile of each effect by bisection, (effects,)."""
        spread = 12.0 * np.sqrt(self.variances.max(axis=0)) + 1e-12
        low, high = self.means.min(axis=0) - spread, self.means.max(axis=0) + spread
        for _ in range(BISECTIONS):
            middle = (low + high) / 2.0
            is_below = self.cdf(middle) < probability
            low, high = np.where(is_below, middle, low), np.where(is_below, high, middle)
        point: Floats = (low + high) / 2.0
        return point

    @property
    def false_sign_rate(self) -> Floats:
        """The probability that the effect does not have the sign of its mean, (effects,)."""
        negative = self.cdf(np.zeros(self.means.shape[1]))
        return np.where(self.mean >= 0, negative, 1.0 - negative)

    def summarize(self, interval: float) -> list[EffectSummary]:
        """Summarize each effect, with bounds that contain it with probability ``interval``."""
        tail = (1.0 - interval) / 2.0
        columns = (self.mean, self.quantile(tail), self.quantile(1.0 - tail), 1.0 - self.false_sign_rate)
        return [EffectSummary(*(float(figure) for figure in row)) for row in zip(*columns, strict=True)]


def pool_effects(
    estimates: Floats, variances: Floats, center: float, center_sd: float, between_sd: float
) -> NormalMixture:
    """Pool ``estimates`` (effects,) with known sampling ``variances`` into posteriors of the effects.

    The prior of the class mean is normal with ``center`` and ``center_sd``, that of the spread of effects around it
    Rayleigh with mode ``between_sd``.
    """
    spread = between_sd * np.linspace(0.0, REACH, GRID + 1)[1:]
    between = spread**2
    total = variances[None, :] + between[:, None]
    precision = 1.0 / total
    center_precision = precision.sum(axis=1) + center_sd**-2
    mean = (precision @ estimates + center * center_sd**-2) / center_precision
    misfit = precision @ estimates**2 + (center / center_sd) ** 2 - mean**2 * center_precision
    log_evidence = (
        np.log(spread)
        - 0.5 * (spread / between_sd) ** 2
        - 0.5 * np.log(total).sum(axis=1)
        - 0.5 * np.log(center_precision)
        - 0.5 * misfit
    )
    weights = np.exp(log_evidence - log_evidence.max())
    own_weight = between[:, None] / total
    return NormalMixture(
        weights / weights.sum(),
        means=own_weight * estimates + (1.0 - own_weight) * mean[:, None],
        variances=own_weight * variances + (1.0 - own_weight) ** 2 / center_precision[:, None],
    )


def pool_store_effects(
    shared: NormalMixture, member: int, estimates: Floats, variances: Floats, between: float
) -> NormalMixture:
    """Shrink the store estimates of effect ``member`` to its posterior over all stores, by their variances.

    ``between`` is the variance of stores around the shared effect; the shared posterior already includes all stores.
    """
    own_weight = between / (between + variances)
    means = (1.0 - own_weight) * shared.means[:, member : member + 1] + own_weight * estimates
    spread = own_weight * variances + (1.0 - own_weight) ** 2 * shared.variances[:, member : member + 1]
    return NormalMixture(shared.weights, means, np.maximum(spread, 1e-12))


def estimate_store_variance(signals: Iterable[tuple[Floats, Floats]]) -> float:
    """Estimate the variance of stores around shared effects by moments over all signals (DerSimonian, Laird 1986).

    Args:
        signals: The estimates and variances of each signal, (stores,); a signal of a single store does not count.
    """
    excess = freedom = 0.0
    for estimates, variances in signals:
        if len(estimates) == 1:
            continue
        weight = 1.0 / variances
        mean = (weight @ estimates) / weight.sum()
        excess += float(weight @ (estimates - mean) ** 2) - (len(estimates) - 1)
        freedom += float(weight.sum() - (weight**2).sum() / weight.sum())
    return max(0.0, excess / freedom) if freedom > 0 else 0.0
