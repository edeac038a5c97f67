"""Transform a signal into the explanatory variable of a template: a flag or a reading on the days of its window."""

import numpy as np

from brain.domain.retail.curiosity.config import QuestionTemplate, SignalTransformation
from brain.domain.statistics.harmonics import yearly_harmonics
from brain.domain.types import Dates, Floats

SEASON_HARMONICS = 2
CLIPPED_SHARE = 0.01
SATURDAY = 5


def transform_signal(template: QuestionTemplate, signal: Floats, days: Dates) -> Floats:
    """Return the explanatory variable of each day, (days,), NaN where unknown.

    It is a flag (0 or 1), or the reading in standard deviations when the template has no threshold, moved from the
    days of the signal to the days of the template's window.
    """
    transformation = template.transformation
    readings = _narrow(_apply_threshold(signal, transformation, days), transformation, days)
    first, last = template.window
    shifted = np.stack([_shift(readings, offset) for offset in range(first, last + 1)])
    if transformation.thresholds or _is_flag(signal):
        return np.where(np.isnan(shifted).any(axis=0), np.nan, shifted.max(axis=0))
    return np.asarray(shifted.mean(axis=0))


def count_spells(flags: Floats) -> int:
    """Return the number of separate runs of days with the flag set.

    >>> count_spells(np.array([1.0, 1.0, 0.0, np.nan, 1.0]))
    2
    """
    is_set = np.nan_to_num(flags) > 0
    return int(np.sum(is_set[1:] & ~is_set[:-1]) + is_set[:1].sum())


def _apply_threshold(signal: Floats, transformation: SignalTransformation, days: Dates) -> Floats:
    """Return the signal as a flag, or standardized when there is no threshold."""
    if not transformation.thresholds:
        return signal if _is_flag(signal) else _standardize(signal)
    ((name, threshold),) = transformation.thresholds.items()
    measure = _measure(name, signal, days)
    with np.errstate(invalid="ignore"):
        flags = (measure < threshold if name == "below" else measure >= threshold).astype(float)
    return np.where(np.isfinite(measure), flags, np.nan)


def _measure(threshold_name: str, signal: Floats, days: Dates) -> Floats:
    """Return what a threshold of this name is compared with."""
    if threshold_name in {"rise", "fall"}:
        return _daily_change(signal) if threshold_name == "rise" else -_daily_change(signal)
    if threshold_name in {"unusually_high", "unusually_low"}:
        anomaly = _seasonal_anomaly(signal, days)
        return anomaly if threshold_name == "unusually_high" else -anomaly
    return signal


def _is_flag(signal: Floats) -> bool:
    return bool(np.isin(signal[np.isfinite(signal)], (0.0, 1.0)).all())


def _narrow(readings: Floats, transformation: SignalTransformation, days: Dates) -> Floats:
    """Narrow a flag down to spells, first days and weekdays, as far as the transformation asks for it."""
    narrowed = readings
    if transformation.spell is not None:
        recent = np.stack([_shift(readings, back) for back in range(transformation.spell)])
        narrowed = np.where(np.isnan(recent).any(axis=0), np.nan, recent.min(axis=0))
    if transformation.first_after is not None:
        earlier = np.stack([_shift(readings, back) for back in range(1, transformation.first_after + 1)])
        is_first = (readings > 0) & (earlier.max(axis=0) <= 0)
        narrowed = np.where(np.isnan(earlier).any(axis=0) | np.isnan(readings), np.nan, is_first.astype(float))
    if transformation.days is not None:
        is_weekend = (days.astype(np.int64) + 3) % 7 >= SATURDAY  # 1 January 1970 was a Thursday
        counts = is_weekend if transformation.days == "weekend" else ~is_weekend
        narrowed = np.where(counts, narrowed, np.where(np.isnan(narrowed), np.nan, 0.0))
    return narrowed


def _shift(readings: Floats, days_later: int) -> Floats:
    """Return the readings moved ``days_later`` days later (negative: earlier), NaN where none is moved to."""
    shifted = np.full(len(readings), np.nan)
    if abs(days_later) >= len(readings):
        return shifted
    if days_later >= 0:
        shifted[days_later:] = readings[: len(readings) - days_later]
    else:
        shifted[:days_later] = readings[-days_later:]
    return shifted


def _daily_change(signal: Floats) -> Floats:
    return signal - _shift(signal, 1)


def _standardize(signal: Floats) -> Floats:
    """Return the signal in its own standard deviations, with the most extreme readings clipped."""
    known_readings = signal[np.isfinite(signal)]
    clipped = np.clip(signal, *np.quantile(known_readings, (CLIPPED_SHARE, 1 - CLIPPED_SHARE)))
    spread = float(np.nanstd(clipped))
    return (clipped - np.nanmean(clipped)) / spread if spread > 0 else np.zeros(len(signal))


def _seasonal_anomaly(signal: Floats, days: Dates) -> Floats:
    """Return the distance from the usual of the season, in standard deviations of that distance."""
    is_known = np.isfinite(signal)
    basis = np.column_stack([np.ones(len(days)), yearly_harmonics(days, SEASON_HARMONICS)])
    if is_known.sum() <= 2 * basis.shape[1]:
        return np.full(len(signal), np.nan)
    usual = basis @ np.linalg.lstsq(basis[is_known], signal[is_known], rcond=None)[0]
    spread = float(np.std((signal - usual)[is_known]))
    return (signal - usual) / spread if spread > 0 else np.where(is_known, 0.0, np.nan)
