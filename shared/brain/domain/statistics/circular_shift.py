"""Tests whether two autocorrelated series move together, against every way of sliding one along the other.

Neighbouring days resemble each other, so a plain correlation test finds something false in far more worlds than it
says. Sliding a signal around the calendar keeps its spells and the outcome's memory and breaks only their
link; the correlations at all other shifts are therefore what chance alone gives. Their mean and spread studentise
the real one (a permutation p over n shifts could not go below 1/n).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from brain.domain.types import Floats


@dataclass(frozen=True, slots=True, eq=False)
class ShiftTests:
    """One test a signal, arrays of shape (signals,).

    ``z``: the studentised association; ``p_value``: two-sided; ``slope`` and ``slope_sd``: outcome a unit of signal.
    All NaN (p 1) where the signal never varies while the outcome is seen.
    """

    z: Floats
    p_value: Floats
    slope: Floats
    slope_sd: Floats


def shift_tests(outcome: Floats, seen: Floats, signals: Floats) -> ShiftTests:
    """Test each row of ``signals`` (signals, days) against ``outcome`` (days,).

    Both are residuals around 0: what is unknown is 0 and carries no weight. ``seen`` is 1 on days whose outcome is
    known and 0 otherwise. All shifts at once by the Fourier transform, O(days log days) a signal.
    """
    score = correlations(outcome, seen, signals)
    z, spread = studentised(score)
    # The known part of a signal's energy at shift 0, which turns a score into a slope.
    energy = (signals**2) @ seen
    with np.errstate(invalid="ignore", divide="ignore"):
        slope_sd = spread / np.sqrt(energy)
    p_value = np.where(np.isfinite(z), 2 * ndtr(-np.abs(z)), 1.0)
    return ShiftTests(z, p_value, z * slope_sd, np.where(np.isfinite(z), slope_sd, np.nan))


def studentised(score: Floats) -> tuple[Floats, Floats]:
    """The real calendar's score against all other shifts', and their spread; NaN where they do not vary."""
    if score.shape[1] < LEAST_DAYS:
        return np.full(len(score), np.nan), np.full(len(score), np.nan)
    shifts = score[:, 1:]
    spread = shifts.std(axis=1, ddof=1)
    varies = spread > 0
    z = (score[:, 0] - shifts.mean(axis=1)) / np.where(varies, spread, 1.0)
    return np.where(varies, z, np.nan), np.where(varies, spread, np.nan)


LEAST_DAYS = 3
"""With fewer there are not two other shifts to compare with."""


def correlations(outcome: Floats, seen: Floats, signals: Floats) -> Floats:
    """The score of each signal at each shift, shape (signals, days); column 0 is the real calendar.

    Several outcomes (outcomes, days) against one signal (1, days) give one row an outcome.

    A score is Σ outcome·signal over the root of the signal's energy on days whose outcome is seen, so that a gap in
    the outcome does not change its spread.
    """
    days = len(outcome)
    product = _slid(outcome, signals, days)
    energy = np.maximum(_slid(seen, signals**2, days), 0.0)
    enough = energy > LEAST_ENERGY * np.maximum(energy.max(axis=1, keepdims=True), np.finfo(float).tiny)
    return np.where(enough, product / np.sqrt(np.where(enough, energy, 1.0)), 0.0)


LEAST_ENERGY = 1e-9
"""Below this share of its largest energy a signal is taken as absent: the rest is the transform's rounding."""


def _slid(fixed: Floats, slid: Floats, days: int) -> Floats:
    """Σ_t fixed[t] · slid[k, t - s] for every row k and circular shift s."""
    return np.fft.irfft(np.fft.rfft(fixed) * np.conj(np.fft.rfft(slid, axis=1)), days, axis=1)
