"""Circular-shift test of whether two autocorrelated series move together.

Neighbouring days resemble each other, so a plain correlation test reports far more false positives than its level
promises. Rotating a signal around the calendar preserves its runs and the memory of the outcome and breaks only the
link between them, so the scores at all other shifts are what chance alone produces. The mean and standard deviation of
those scores studentize the observed one, because a permutation p-value over n shifts cannot fall below 1/n
(toroidal shift test: Lotwick and Silverman, 1982; Fortin and Dale, 2005, section 5.3).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from brain.domain.types import Floats

MIN_DAYS = 3
"""Fewer days leave less than two other shifts to compare with."""

MIN_ENERGY_SHARE = 1e-9
"""A signal below this share of its largest energy counts as absent: the rest is rounding error of the transform."""


@dataclass(frozen=True, slots=True, eq=False)
class ShiftTests:
    """One test per signal, as arrays of shape (signals,).

    ``z`` is the studentized score and ``p_value`` its two-sided p-value. ``slope`` and its standard error ``slope_sd``
    are in units of the outcome per unit of the signal. Where the signal never varies on observed days, all are NaN and
    the p-value is 1.
    """

    z: Floats
    p_value: Floats
    slope: Floats
    slope_sd: Floats


def run_shift_tests(outcome: Floats, observed: Floats, signals: Floats) -> ShiftTests:
    """Test each signal against the outcome, all shifts at once in O(days log days) per signal.

    Args:
        outcome: Residuals around 0, shape (days,); 0 on days that were not observed.
        observed: 1.0 on days with a known outcome, else 0.0, shape (days,).
        signals: Residuals around 0, shape (signals, days); 0 where a signal is unknown.

    Example:
        >>> rng = np.random.default_rng(1)
        >>> signals = rng.standard_normal((2, 200))
        >>> outcome = 0.5 * signals[0] + 0.3 * rng.standard_normal(200)
        >>> tests = run_shift_tests(outcome, np.ones(200), signals)
        >>> (tests.p_value < 0.001).tolist()
        [True, False]
        >>> round(float(tests.slope[0]), 1)
        0.5
    """
    scores = correlate_shifts(outcome, observed, signals)
    z, spread = studentize_scores(scores)
    # The energy of a signal on observed days at shift 0 converts a score into a slope.
    energy = (signals**2) @ observed
    with np.errstate(invalid="ignore", divide="ignore"):
        slope_sd = spread / np.sqrt(energy)
    p_value = np.where(np.isfinite(z), 2 * ndtr(-np.abs(z)), 1.0)
    return ShiftTests(z, p_value, z * slope_sd, np.where(np.isfinite(z), slope_sd, np.nan))


def studentize_scores(scores: Floats) -> tuple[Floats, Floats]:
    """Studentize the score of the real calendar by the scores at all other shifts.

    Args:
        scores: Shape (signals, days); column 0 is the real calendar, as :func:`correlate_shifts` returns it.

    Returns:
        The z-scores and the standard deviations over the other shifts, each of shape (signals,) and NaN where the
        scores do not vary.

    Example:
        >>> z, spread = studentize_scores(np.array([[4.0, 1.0, -1.0, 1.0, -1.0]]))
        >>> z.round(2).tolist(), spread.round(2).tolist()
        ([3.46], [1.15])
    """
    if scores.shape[1] < MIN_DAYS:
        return np.full(len(scores), np.nan), np.full(len(scores), np.nan)
    shifted_scores = scores[:, 1:]
    spread = shifted_scores.std(axis=1, ddof=1)
    varies = spread > 0
    z = (scores[:, 0] - shifted_scores.mean(axis=1)) / np.where(varies, spread, 1.0)
    return np.where(varies, z, np.nan), np.where(varies, spread, np.nan)


def correlate_shifts(outcome: Floats, observed: Floats, signals: Floats) -> Floats:
    """Return the score of each signal at each circular shift, shape (signals, days); column 0 is the real calendar.

    A score is Σ outcome·signal over the square root of the signal's energy on observed days, so that a gap in the
    outcome does not change the spread of the scores. Arguments are those of :func:`run_shift_tests`; several outcomes
    of shape (outcomes, days) against one signal of shape (1, days) give one row per outcome.

    Example:
        >>> outcome = np.array([1.0, -1.0, 0.0, 0.0])
        >>> correlate_shifts(outcome, np.ones(4), outcome[None]).round(2).tolist()
        [[1.41, -0.71, 0.0, -0.71]]
    """
    days = len(outcome)
    product = _cross_correlate(outcome, signals, days)
    energy = np.maximum(_cross_correlate(observed, signals**2, days), 0.0)
    floor = MIN_ENERGY_SHARE * np.maximum(energy.max(axis=1, keepdims=True), np.finfo(float).tiny)
    is_present = energy > floor
    return np.where(is_present, product / np.sqrt(np.where(is_present, energy, 1.0)), 0.0)


def _cross_correlate(fixed: Floats, rotated: Floats, days: int) -> Floats:
    """Return Σ_t fixed[t] · rotated[k, t - s] for every row k and circular shift s."""
    return np.fft.irfft(np.fft.rfft(fixed) * np.conj(np.fft.rfft(rotated, axis=1)), days, axis=1)
