"""Confidence intervals for a mean that keep their coverage on skewed values such as revenue and importance weights."""

import math
from collections.abc import Sequence
from statistics import NormalDist

Interval = tuple[float, float]


def mean_interval(values: Sequence[float], level: float) -> Interval | None:
    """Return an approximate confidence interval for the mean, in the unit of ``values``; None below two values.

    The hull of the normal interval and of Hall's (1992, "On the removal of skewness by transformation") interval for
    the studentized mean: the first alone covers too rarely on skewed values, the second alone when the skewness itself
    is poorly estimated.

    Args:
        values: Independent observations.
        level: The coverage, between 0 and 1.

    Example:
        The interval of right-skewed values reaches further up than down from their mean of 3.

        >>> lower, upper = mean_interval([1.0, 1.0, 2.0, 2.0, 9.0], level=0.9)
        >>> round(lower, 2), round(upper, 2)
        (0.51, 6.98)
    """
    n = len(values)
    if n < 2:  # noqa: PLR2004 - one value has no spread
        return None
    mean = math.fsum(values) / n
    deviations = [value - mean for value in values]
    deviation = math.sqrt(math.fsum(d * d for d in deviations) / (n - 1))
    if deviation == 0:
        return mean, mean
    standard_error = deviation / math.sqrt(n)
    skewness = math.fsum((d / deviation) ** 3 for d in deviations) / n
    z = NormalDist().inv_cdf((1 + level) / 2)
    skew_term = skewness / (3 * math.sqrt(n))
    upper_t, lower_t = max(z, _invert_hall(z, skew_term)), min(-z, _invert_hall(-z, skew_term))
    return mean - standard_error * upper_t, mean - standard_error * lower_t


def _invert_hall(y: float, b: float) -> float:
    """Return the t with t + b t^2 + b^2 t^3 / 3 + b / 2 = y, the inverse of Hall's transformation."""
    if abs(b) < 1e-9:  # noqa: PLR2004 - below, rounding in the cube root exceeds the correction
        return y
    return (math.cbrt(1 + 3 * b * (y - b / 2)) - 1) / b
