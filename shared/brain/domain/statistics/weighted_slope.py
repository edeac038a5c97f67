"""The slope of a line through points of known relative precision, with its interval."""

import math
from collections.abc import Sequence

from brain.domain.statistics.welch import Difference, t_quantile


def weighted_slope(
    points: Sequence[tuple[float, float, float]], *, alpha: float, min_dispersion: float = 0.0
) -> Difference | None:
    """Fit a line by weighted least squares and return its slope with the 1 - ``alpha`` interval.

    Args:
        points: Tuples (x, y, weight).
        alpha: The chance that the interval misses the true slope.
        min_dispersion: The scatter around the line scales the interval, at least by this much: 1 for weights that are
            inverse variances of counts (quasi-likelihood; Wedderburn, 1974), 0 for relative weights.

    Returns:
        The slope in units of y per unit of x, or None for fewer than four points or all of them at one x.

    Example:
        >>> slope = weighted_slope([(0, 1.0, 1), (1, 3.1, 1), (2, 4.9, 1), (3, 7.0, 1)], alpha=0.05)
        >>> round(slope.estimate, 2), slope.is_significant
        (1.98, True)
    """
    degrees_of_freedom = len(points) - 2
    total_weight = math.fsum(w for _, _, w in points)
    if degrees_of_freedom < 2 or total_weight <= 0:  # noqa: PLR2004 - a scatter needs two values besides the line
        return None
    mean_x = math.fsum(w * x for x, _, w in points) / total_weight
    mean_y = math.fsum(w * y for _, y, w in points) / total_weight
    sum_xx = math.fsum(w * (x - mean_x) ** 2 for x, _, w in points)
    if sum_xx <= 0:
        return None
    slope = math.fsum(w * (x - mean_x) * (y - mean_y) for x, y, w in points) / sum_xx
    residual_squares = math.fsum(w * (y - mean_y - slope * (x - mean_x)) ** 2 for x, y, w in points)
    dispersion = max(residual_squares / degrees_of_freedom, min_dispersion)
    half_width = t_quantile(1 - alpha / 2, degrees_of_freedom) * math.sqrt(dispersion / sum_xx)
    return Difference(slope, slope - half_width, slope + half_width)
