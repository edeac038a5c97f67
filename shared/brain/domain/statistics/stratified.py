"""A difference of two kinds of values within strata, so that what differs between strata cannot pose as an effect."""

import math
from collections.abc import Sequence

from brain.domain.statistics.welch import Difference, Sample, t_quantile


def stratified_difference(strata: Sequence[tuple[Sample, Sample]], *, alpha: float) -> Difference | None:
    """Return mean(a) - mean(b) within strata with its 1 - ``alpha`` interval, or None when nothing can be compared.

    The least-squares estimate with an effect for each stratum: differences are weighed by n_a n_b / (n_a + n_b), and
    the variance is pooled within all cells, which costs a degree of freedom each (Fisher 1932).
    """
    both = [(a, b) for a, b in strata if a.count and b.count]
    freedom = sum(a.count + b.count - 2 for a, b in both)
    if freedom < 2:  # noqa: PLR2004 - a variance needs two values besides the means
        return None
    weights = [a.count * b.count / (a.count + b.count) for a, b in both]
    estimate = math.fsum(w * (a.mean - b.mean) for w, (a, b) in zip(weights, both, strict=True)) / math.fsum(weights)
    variance = math.fsum(_scatter(sample) for pair in both for sample in pair) / freedom
    half = t_quantile(1 - alpha / 2, freedom) * math.sqrt(variance / math.fsum(weights))
    return Difference(estimate, estimate - half, estimate + half)


def _scatter(sample: Sample) -> float:
    """Return the sum of squares around the sample's mean."""
    return max(sample.total_squared - sample.total * sample.total / sample.count, 0.0)
