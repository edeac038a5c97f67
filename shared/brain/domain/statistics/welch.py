"""The difference of two means with an interval, from counts, sums and sums of squares (Welch, 1947)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Self


@dataclass(frozen=True, slots=True)
class Sample:
    """The moments of a sample: the number of values, their sum and the sum of their squares.

    Example:
        >>> sample = Sample.of([1.0, 2.0, 3.0])
        >>> sample.mean, sample.variance
        (2.0, 1.0)
    """

    count: int
    total: float
    total_squared: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """Return the moments of ``values``."""
        return cls(len(values), math.fsum(values), math.fsum(value * value for value in values))

    @property
    def mean(self) -> float:
        """The sample mean; the sample must not be empty."""
        return self.total / self.count

    @property
    def variance(self) -> float:
        """The unbiased variance; the sample needs two values."""
        return max(self.total_squared - self.total * self.total / self.count, 0.0) / (self.count - 1)


@dataclass(frozen=True, slots=True)
class Difference:
    """The estimate of a difference or slope with the bounds of its confidence interval."""

    estimate: float
    lower: float
    upper: float

    @property
    def is_significant(self) -> bool:
        """Whether the interval excludes 0, so that the sign is established at its level."""
        return self.lower > 0 or self.upper < 0


def welch_difference(a: Sample, b: Sample, *, alpha: float) -> Difference | None:
    """Return mean(a) − mean(b) with its 1 − ``alpha`` interval, or None when a sample has fewer than two values.

    The variances may differ (Welch, 1947, with Satterthwaite's degrees of freedom).

    Example:
        >>> difference = welch_difference(Sample.of([5.0, 6.0, 7.0]), Sample.of([1.0, 2.0, 3.0]), alpha=0.05)
        >>> difference.estimate, round(difference.lower, 2), round(difference.upper, 2)
        (4.0, 1.73, 6.27)
    """
    if min(a.count, b.count) < 2:  # noqa: PLR2004 - a variance needs two values
        return None
    variance_a, variance_b = a.variance / a.count, b.variance / b.count
    variance = variance_a + variance_b
    estimate = a.mean - b.mean
    if variance == 0:
        return Difference(estimate, estimate, estimate)
    share = variance_a / variance
    degrees_of_freedom = 1 / (share**2 / (a.count - 1) + (1 - share) ** 2 / (b.count - 1))
    half_width = t_quantile(1 - alpha / 2, degrees_of_freedom) * math.sqrt(variance)
    return Difference(estimate, estimate - half_width, estimate + half_width)


def t_quantile(probability: float, degrees_of_freedom: float) -> float:
    """Return the quantile of Student's t distribution, within 0.1 % from 2 degrees of freedom.

    Hill's expansion (1970, CACM algorithm 396), without scipy's import time.

    Example:
        >>> round(t_quantile(0.975, 10), 3)
        2.228
    """
    if probability < 0.5:  # noqa: PLR2004 - the median
        return -t_quantile(1 - probability, degrees_of_freedom)
    two_sided = 2 * (1 - probability)
    n = degrees_of_freedom
    if n < 2:  # noqa: PLR2004 - between 1 and 2 the wider, exact quantile of 1 is conservative
        return 1 / math.tan(two_sided * math.pi / 2)
    a = 1 / (n - 0.5)
    b = 48 / a**2
    c = ((20700 * a / b - 98) * a - 16) * a + 96.36
    d = ((94.5 / (b + c) - 3) / b + 1) * math.sqrt(a * math.pi / 2) * n
    y = (d * two_sided) ** (2 / n)
    if y > 0.05 + a:
        return _expand_around_normal(two_sided, n, a, b, c)
    tail = ((n + 6) / (n * y) - 0.089 * d - 0.822) * (n + 2) * 3
    y = ((1 / tail + 0.5 / (n + 4)) * y - 1) * (n + 1) / (n + 2) + 1 / y
    return math.sqrt(n * y)


def _expand_around_normal(two_sided: float, n: float, a: float, b: float, c: float) -> float:
    """Return Hill's expansion around the normal quantile, for the centre of the distribution."""
    x = NormalDist().inv_cdf(two_sided / 2)
    y = x * x
    if n < 5:  # noqa: PLR2004 - Hill's own switch
        c += 0.3 * (n - 4.5) * (x + 0.6)
    d = ((94.5 / (b + c) - 3) / b + 1) * math.sqrt(a * math.pi / 2) * n
    c = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + c
    y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x
    return math.sqrt(n * math.expm1(a * y * y))
