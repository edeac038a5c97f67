"""The difference of two means within strata, so that differences between strata do not pose as an effect."""

import math
import operator
from collections.abc import Sequence
from itertools import chain

from brain.domain.statistics.welch import Difference, Sample, t_quantile


def stratified_difference(strata: Sequence[tuple[Sample, Sample]], *, alpha: float) -> Difference | None:
    """Return mean(a) - mean(b) within strata with its 1 - ``alpha`` interval.

    The least-squares estimate with a fixed effect per stratum: differences are weighted by n_a n_b / (n_a + n_b), and
    the variance is pooled within all cells, which costs one degree of freedom per cell (Fisher, 1932).

    Args:
        strata: A pair of samples (a, b) per stratum.
        alpha: The chance that the interval misses the true difference.

    Returns:
        The difference in the unit of the samples, or None when too few strata hold both kinds of values.

    Example:
        Within each stratum a exceeds b by 1, although b has the larger mean over all.

        >>> small = Sample.of([1.0, 2.0, 3.0]), Sample.of([1.0])
        >>> large = Sample.of([10.0]), Sample.of([8.0, 9.0, 10.0])
        >>> stratified_difference([small, large], alpha=0.1).estimate
        1.0
    """
    complete = [(a, b) for a, b in strata if a.count and b.count]
    degrees_of_freedom = sum(a.count + b.count - 2 for a, b in complete)
    if degrees_of_freedom < 2:  # noqa: PLR2004 - a variance needs two values besides the means
        return None
    weights = [a.count * b.count / (a.count + b.count) for a, b in complete]
    differences = [a.mean - b.mean for a, b in complete]
    estimate = math.fsum(map(operator.mul, weights, differences)) / math.fsum(weights)
    variance = math.fsum(map(_sum_of_squares, chain.from_iterable(complete))) / degrees_of_freedom
    half_width = t_quantile(1 - alpha / 2, degrees_of_freedom) * math.sqrt(variance / math.fsum(weights))
    return Difference(estimate, estimate - half_width, estimate + half_width)


def _sum_of_squares(sample: Sample) -> float:
    """Return the sum of squared deviations from the mean of the sample."""
    return max(sample.total_squared - sample.total * sample.total / sample.count, 0.0)
