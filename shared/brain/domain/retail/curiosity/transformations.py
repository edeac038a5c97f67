"""Turns a signal's readings into what a template asks about: yes or no, or the reading, on the days of its window."""

import numpy as np

from brain.domain.retail.curiosity.config import Template, Transformation
from brain.domain.statistics.harmonics import yearly_harmonics
from brain.domain.types import Dates, Floats

SEASON_WAVES = 2
CLIPPED_SHARE = 0.01


def explanatory(template: Template, signal: Floats, days: Dates) -> Floats:
    """What may move the sales of each day, float array (days,), NaN where unknown.

    Yes (1) or no (0), or the reading in standard deviations where the template sets no limit, brought from the
    signal's days to the days of the template's window.
    """
    readings = _narrowed(_limited(signal, template.transformation, days), template.transformation, days)
    first, last = template.window
    moved = np.stack([_moved(readings, offset) for offset in range(first, last + 1)])
    if template.transformation.limits or _says_yes_or_no(signal):
        return np.where(np.isnan(moved).any(axis=0), np.nan, moved.max(axis=0))
    return np.asarray(moved.mean(axis=0))


def spells(flags: Floats) -> int:
    """How many separate runs of days say yes."""
    yes = np.nan_to_num(flags) > 0
    return int(np.sum(yes[1:] & ~yes[:-1]) + yes[:1].sum())


def _limited(signal: Floats, transformation: Transformation, days: Dates) -> Floats:
    limits = transformation.limits
    if not limits:
        return signal if _says_yes_or_no(signal) else _standardised(signal)
    ((kind, limit),) = limits.items()
    measured = _measured(kind, signal, days)
    with np.errstate(invalid="ignore"):
        yes = (measured < limit if kind == "below" else measured >= limit).astype(float)
    return np.where(np.isfinite(measured), yes, np.nan)


def _measured(kind: str, signal: Floats, days: Dates) -> Floats:
    """What a limit of this kind is held against: the larger, the more likely yes (but for ``below``)."""
    if kind in {"rise", "fall"}:
        return _change(signal) if kind == "rise" else -_change(signal)
    if kind in {"unusually_high", "unusually_low"}:
        return _unusual(signal, days) if kind == "unusually_high" else -_unusual(signal, days)
    return signal


def _says_yes_or_no(signal: Floats) -> bool:
    return bool(np.isin(signal[np.isfinite(signal)], (0.0, 1.0)).all())


def _narrowed(readings: Floats, transformation: Transformation, days: Dates) -> Floats:
    narrowed = readings
    if transformation.spell is not None:
        earlier = np.stack([_moved(readings, back) for back in range(transformation.spell)])
        narrowed = np.where(np.isnan(earlier).any(axis=0), np.nan, earlier.min(axis=0))
    if transformation.first_after is not None:
        earlier = np.stack([_moved(readings, back) for back in range(1, transformation.first_after + 1)])
        first = (readings > 0) & (earlier.max(axis=0) <= 0)
        narrowed = np.where(np.isnan(earlier).any(axis=0) | np.isnan(readings), np.nan, first.astype(float))
    if transformation.days is not None:
        weekend = (days.astype(np.int64) + 3) % 7 >= SATURDAY  # 1 January 1970 was a Thursday
        wanted = weekend if transformation.days == "weekend" else ~weekend
        narrowed = np.where(wanted, narrowed, np.where(np.isnan(narrowed), np.nan, 0.0))
    return narrowed


SATURDAY = 5


def _moved(readings: Floats, days_later: int) -> Floats:
    """The readings brought ``days_later`` days later (negative: earlier); unknown where they came from outside."""
    moved = np.full(len(readings), np.nan)
    if abs(days_later) >= len(readings):
        return moved
    if days_later >= 0:
        moved[days_later:] = readings[: len(readings) - days_later]
    else:
        moved[:days_later] = readings[-days_later:]
    return moved


def _change(signal: Floats) -> Floats:
    return signal - _moved(signal, 1)


def _standardised(signal: Floats) -> Floats:
    known = signal[np.isfinite(signal)]
    clipped = np.clip(signal, *np.quantile(known, (CLIPPED_SHARE, 1 - CLIPPED_SHARE)))
    spread = float(np.nanstd(clipped))
    return (clipped - np.nanmean(clipped)) / spread if spread > 0 else np.zeros(len(signal))


def _unusual(signal: Floats, days: Dates) -> Floats:
    """Distance from the season's usual in standard deviations of that distance."""
    known = np.isfinite(signal)
    basis = np.column_stack([np.ones(len(days)), yearly_harmonics(days, SEASON_WAVES)])
    if known.sum() <= 2 * basis.shape[1]:
        return np.full(len(signal), np.nan)
    usual = basis @ np.linalg.lstsq(basis[known], signal[known], rcond=None)[0]
    spread = float(np.std((signal - usual)[known]))
    return (signal - usual) / spread if spread > 0 else np.where(known, 0.0, np.nan)
