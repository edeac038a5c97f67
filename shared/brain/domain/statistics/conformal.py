"""Conformal prediction: intervals whose coverage comes from the errors really made, whatever the model.

Errors are those of predictions for observations that the model had not seen (Vovk, Gammerman, Shafer 2005; by
folds: Barber et al. 2021). Where the world drifts, the level is steered by the misses (Gibbs, Candès 2021).
"""

import math
from collections.abc import Iterable, Sequence


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


def adapted_miss_rate(missed: Iterable[float], miss_rate: float, *, start: float, gain: float) -> float:
    """Return the miss rate to aim at next, after the shares missed in successive stretches of time.

    Each stretch moves it by ``gain`` × (``miss_rate`` - share missed), so that in the long run the share of
    misses is the one wanted even when errors drift (Gibbs, Candès 2021, eq. 2, for stretches in place of steps).
    """
    aimed = start
    for share in missed:
        aimed += gain * (miss_rate - share)
    return aimed
