"""Conformal prediction: intervals whose coverage comes from the errors really made, whatever the model.

Errors are those of predictions for observations that the model had not seen (Vovk, Gammerman, Shafer 2005; by
folds: Barber et al. 2021). Where the world drifts, old errors count less (Barber et al. 2023).
"""

import math
from collections.abc import Sequence

_ROUNDING = 1e-9


def weighted_interval(ordered: Sequence[float], weights: Sequence[float], level: float) -> tuple[float, float]:
    """Return the two bounds that leave half of the misses on each side, where old errors count less.

    ``ordered`` are the errors seen, smallest first, with their ``weights``, at most 1; the new one has weight 1 and
    may lie at infinity (Barber, Candès, Ramdas, Tibshirani 2023). With equal weights these are the usual bounds by
    rank among n + 1; with too few errors for the level a bound is infinite.
    """
    tail = (1 - level) / 2 * (math.fsum(weights) + 1)
    return _reached(ordered, weights, tail, -math.inf), _reached(ordered[::-1], weights[::-1], tail, math.inf)


def _reached(ordered: Sequence[float], weights: Sequence[float], tail: float, nothing: float) -> float:
    """Return the last error from the end beyond which the earlier ones and the new one weigh at most the tail."""
    beyond, last = 1.0, nothing
    for error, weight in zip(ordered, weights, strict=True):
        if beyond > tail + _ROUNDING:
            return last
        last = error
        beyond += weight
    return last
