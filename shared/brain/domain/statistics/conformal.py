"""Conformal prediction: intervals whose coverage follows from observed errors, whatever the model.

The errors are those of predictions for observations that the model had not seen (Vovk, Gammerman and Shafer, 2005; by
folds: Barber, Candès, Ramdas and Tibshirani, 2021). Under drift, old errors weigh less (the same authors, 2023).
"""

import math
from collections.abc import Sequence

_ROUNDING = 1e-9


def conformal_interval(errors: Sequence[float], weights: Sequence[float], level: float) -> tuple[float, float]:
    """Return the lower and upper bound for the error of the next prediction, in the unit of ``errors``.

    Half of the misses fall on each side. The next error has weight 1 and may lie at infinity (Barber, Candès, Ramdas
    and Tibshirani, 2023, "Conformal prediction beyond exchangeability"). With equal weights the bounds are the usual
    ones by rank among n + 1; where there are too few errors for the level, a bound is infinite.

    Args:
        errors: Errors of past predictions, in ascending order.
        weights: The weight of each error, at most 1; smaller for older errors.
        level: The coverage, between 0 and 1.

    Example:
        >>> errors = [-4.0, -2.0, -1.0, 0.0, 0.5, 1.0, 2.0, 3.0, 6.0]
        >>> conformal_interval(errors, [1.0] * 9, level=0.8)
        (-4.0, 6.0)
        >>> conformal_interval(errors, [1.0] * 9, level=0.95)
        (-inf, inf)
    """
    tail = (1 - level) / 2 * (math.fsum(weights) + 1)
    return _find_bound(errors, weights, tail, -math.inf), _find_bound(errors[::-1], weights[::-1], tail, math.inf)


def _find_bound(errors: Sequence[float], weights: Sequence[float], tail: float, infinity: float) -> float:
    """Return the last error, outermost first, beyond which the outer errors and the next one weigh at most ``tail``.

    Returns ``infinity`` when even the next error alone weighs more.
    """
    outer_weight, bound = 1.0, infinity
    for error, weight in zip(errors, weights, strict=True):
        if outer_weight > tail + _ROUNDING:
            return bound
        bound = error
        outer_weight += weight
    return bound
