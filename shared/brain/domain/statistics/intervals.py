"""Confidence intervals for a mean that keep their promise when the values are skewed, as revenue and weights are."""

import math
from collections.abc import Sequence
from statistics import NormalDist

Interval = tuple[float, float]


def mean_interval(values: Sequence[float], level: float) -> Interval | None:
    """Return an interval that holds the mean of what ``values`` are drawn from with chance ``level``, about.

    The hull of the normal interval and of Hall's (1992) transformation of the studentised mean, which removes the
    skewness: the first alone covers too seldom on skewed values, the second alone when the skewness itself is badly
    known. None for fewer than two values.
    """
    n = len(values)
    if n < 2:  # noqa: PLR2004 - one value has no spread
        return None
    mean = math.fsum(values) / n
    deviations = [value - mean for value in values]
    deviation = math.sqrt(math.fsum(d * d for d in deviations) / (n - 1))
    if deviation == 0:
        return mean, mean
    error = deviation / math.sqrt(n)
    skewness = math.fsum((d / deviation) ** 3 for d in deviations) / n
    z = NormalDist().inv_cdf((1 + level) / 2)
    bend = skewness / (3 * math.sqrt(n))
    return mean - error * max(z, _untransformed(z, bend)), mean - error * min(-z, _untransformed(-z, bend))


def _untransformed(y: float, bend: float) -> float:
    """Return the t with t + b t^2 + b^2 t^3 / 3 + b / 2 = y, the inverse of Hall's transformation."""
    if abs(bend) < 1e-9:  # noqa: PLR2004 - below, the cube root loses more digits than the bend is worth
        return y
    return (math.cbrt(1 + 3 * bend * (y - bend / 2)) - 1) / bend
