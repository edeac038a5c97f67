"""Takes a series' memory out, so that an effect stands out against what is new each day and not against its inertia."""

import numpy as np
from scipy.linalg import solve_toeplitz

from brain.domain.types import Floats


def autoregression(residual: Floats, seen: Floats, order: int) -> Floats:
    """Coefficients of an autoregression by Yule and Walker, shape (order,); unseen days (0 in both) are left out.

    Zeros when fewer than ten times ``order`` days are seen or nothing varies.
    """
    pairs = [float(seen[lag:] @ seen[: len(seen) - lag]) for lag in range(order + 1)]
    if pairs[0] < SEEN_PER_COEFFICIENT * order or not residual.any():
        return np.zeros(order)
    covariance = np.array(
        [residual[lag:] @ residual[: len(residual) - lag] / max(pairs[lag], 1.0) for lag in range(order + 1)]
    )
    # A touch of white noise keeps the system solvable for a series that repeats itself exactly.
    covariance[0] *= 1 + RIDGE
    coefficients: Floats = solve_toeplitz(covariance[:-1], covariance[1:])
    return coefficients


SEEN_PER_COEFFICIENT = 10
RIDGE = 1e-6


def whiten(series: Floats, coefficients: Floats) -> Floats:
    """What each day adds to what the days before foretold; along the last axis, the first days as they are."""
    whitened = series.copy()
    for lag, coefficient in enumerate(coefficients, start=1):
        whitened[..., lag:] -= coefficient * series[..., :-lag]
    return whitened


def winsorise(residual: Floats, seen: Floats, limit_sd: float) -> Floats:
    """Pull values beyond ``limit_sd`` robust standard deviations (1.4826 × median absolute deviation) to that limit."""
    known = residual[seen > 0]
    spread = GAUSSIAN_MAD * float(np.median(np.abs(known))) if len(known) else 0.0
    return np.clip(residual, -limit_sd * spread, limit_sd * spread) if spread > 0 else residual


GAUSSIAN_MAD = 1.4826
