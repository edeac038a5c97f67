"""The slope of a line through points of known relative precision, with its interval."""

import math
from collections.abc import Sequence

from brain.domain.statistics.welch import Difference, t_quantile


def weighted_slope(
    points: Sequence[tuple[float, float, float]], *, alpha: float, least_dispersion: float = 0.0
) -> Difference | None:
    """Return the slope of y over x for ``points`` (x, y, weight) with its 1 - ``alpha`` interval.

    Weighted least squares. The scatter around the line scales the interval, at least by ``least_dispersion``: 1 for
    weights that are inverse variances of counts (quasi-likelihood; Wedderburn 1974), 0 for relative weights. None with
    fewer than four points or all of them at one x.
    """
    freedom = len(points) - 2
    mass = math.fsum(w for _, _, w in points)
    if freedom < 2 or mass <= 0:  # noqa: PLR2004 - a scatter needs two values besides the line
        return None
    middle_x = math.fsum(w * x for x, _, w in points) / mass
    middle_y = math.fsum(w * y for _, y, w in points) / mass
    spread = math.fsum(w * (x - middle_x) ** 2 for x, _, w in points)
    if spread <= 0:
        return None
    slope = math.fsum(w * (x - middle_x) * (y - middle_y) for x, y, w in points) / spread
    left = math.fsum(w * (y - middle_y - slope * (x - middle_x)) ** 2 for x, y, w in points)
    dispersion = max(left / freedom, least_dispersion)
    half = t_quantile(1 - alpha / 2, freedom) * math.sqrt(dispersion / spread)
    return Difference(slope, slope - half, slope + half)
