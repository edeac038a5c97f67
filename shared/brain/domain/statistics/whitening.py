"""Prewhitening: remove the autocorrelation of a series, so that an effect stands out against what is new each day."""

import numpy as np
from scipy.linalg import solve_toeplitz

from brain.domain.types import Floats

MIN_DAYS_PER_COEFFICIENT = 10
RIDGE = 1e-6
GAUSSIAN_MAD = 1.4826
"""Ratio of the standard deviation to the median absolute deviation of a normal distribution."""


def fit_autoregression(residual: Floats, observed: Floats, order: int) -> Floats:
    """Fit the coefficients of an autoregression by the Yule-Walker equations (Yule, 1927; Walker, 1931).

    Args:
        residual: Values around 0, shape (days,); 0 on days that were not observed.
        observed: 1.0 on observed days, else 0.0, shape (days,); other days are left out.
        order: The number of coefficients.

    Returns:
        Coefficients by ascending lag, shape (order,); zeros when fewer than ten times ``order`` days were observed or
        nothing varies.

    Example:
        >>> rng = np.random.default_rng(3)
        >>> series = np.zeros(2000)
        >>> for day in range(1, 2000):
        ...     series[day] = 0.6 * series[day - 1] + rng.standard_normal()
        >>> round(float(fit_autoregression(series, np.ones(2000), order=1)[0]), 1)
        0.6
    """
    pairs = [float(observed[lag:] @ observed[: len(observed) - lag]) for lag in range(order + 1)]
    if pairs[0] < MIN_DAYS_PER_COEFFICIENT * order or not residual.any():
        return np.zeros(order)
    covariance = np.array(
        [residual[lag:] @ residual[: len(residual) - lag] / max(pairs[lag], 1.0) for lag in range(order + 1)]
    )
    # A little white noise keeps the system solvable for a series that repeats itself exactly.
    covariance[0] *= 1 + RIDGE
    coefficients: Floats = solve_toeplitz(covariance[:-1], covariance[1:])
    return coefficients


def whiten(series: Floats, coefficients: Floats) -> Floats:
    """Subtract the prediction from the days before, along the last axis; the first days lack some of their lags.

    Args:
        series: Shape (..., days).
        coefficients: Autoregression by ascending lag, shape (order,).

    Example:
        >>> whiten(np.array([4.0, 2.0, 3.0]), np.array([0.5])).tolist()
        [4.0, 0.0, 2.0]
    """
    whitened = series.copy()
    for lag, coefficient in enumerate(coefficients, start=1):
        whitened[..., lag:] -= coefficient * series[..., :-lag]
    return whitened


def winsorize(residual: Floats, observed: Floats, limit_sd: float) -> Floats:
    """Pull values beyond ``limit_sd`` robust standard deviations back to that limit.

    The robust standard deviation is 1.4826 times the median absolute deviation of observed days (Hampel, 1974).

    Args:
        residual: Values around 0, shape (days,).
        observed: 1.0 on observed days, else 0.0, shape (days,).
        limit_sd: The limit in robust standard deviations.

    Example:
        >>> winsorize(np.array([1.0, -1.0, 50.0]), np.ones(3), limit_sd=3).round(2).tolist()
        [1.0, -1.0, 4.45]
    """
    observed_residuals = residual[observed > 0]
    spread = GAUSSIAN_MAD * float(np.median(np.abs(observed_residuals))) if len(observed_residuals) else 0.0
    return np.clip(residual, -limit_sd * spread, limit_sd * spread) if spread > 0 else residual
