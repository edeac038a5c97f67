"""Conformal prediction: intervals whose coverage comes from the errors really made, whatever the model.

Errors are those of predictions for observations that the model had not seen (Vovk, Gammerman, Shafer 2005; by
folds: Barber et al. 2021). Where the world drifts, old errors count less (Barber et al. 2023).
"""

import math
from collections.abc import Sequence


def central_interval(ordered: Sequence[float], level: float) -> tuple[float, float]:
    """Return the two bounds that leave half of the misses on each side.

    ``ordered`` are the errors seen, smallest first, exchangeable with the new one, which is any of n + 1 in rank.
    With too few errors for the level a bound is infinite.
    """
    tail = (1 - level) / 2
    outside = math.floor(round((len(ordered) + 1) * tail, 9))
    if outside < 1:
        return -math.inf, math.inf
    return ordered[outside - 1], ordered[-outside]


def probability_between(ordered: Sequence[float], lower: float, upper: float) -> float:
    """Return the probability that a new error lies between the bounds, by rank among those seen.

    Half a miss is added on each side of the doubt, so that few errors never promise certainty.
    """
    inside = sum(lower <= error <= upper for error in ordered)
    return (inside + 0.5) / (len(ordered) + 1)


def weighted_interval(ordered: Sequence[float], weights: Sequence[float], level: float) -> tuple[float, float]:
    """Return ``central_interval`` where some errors count less than the newest, whose weight is 1.

    Barber, Candès, Ramdas, Tibshirani (2023): the quantiles of the weighted errors with one more of weight 1 at
    infinity; with equal weights they are those of ``central_interval``.
    """
    tail = (1 - level) / 2 * (math.fsum(weights) + 1)
    return _reached(ordered, weights, tail, -math.inf), _reached(ordered[::-1], weights[::-1], tail, math.inf)


def _reached(ordered: Sequence[float], weights: Sequence[float], tail: float, nothing: float) -> float:
    """Return the last error from the end at which the weights seen are within the tail."""
    total, last = 0.0, nothing
    for error, weight in zip(ordered, weights, strict=True):
        total += weight
        if total > tail + 1e-9:
            break
        last = error
    return last
