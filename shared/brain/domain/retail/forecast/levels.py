"""Smoothed levels of what the regression leaves over, and the naive rules that every forecast must beat."""

import numpy as np

from brain.domain.retail.series import compute_quantile
from brain.domain.types import Floats

WEEK, YEAR = 7, 364
LEVEL_MEMORY_DAYS = 120
RECENT_DAYS = 14
YEAR_SHIFT_DAYS = 28
FREE_DAYS = 7
"""A series finds its level in its first open days; only then is a day odd."""


def smooth_levels(residual: Floats, limit: Floats, rates: tuple[float, ...], stops: list[int]) -> Floats:
    """Exponentially smoothed levels of ``residual`` (series, days; NaN where closed) after each of ``stops`` days.

    A day counts as at most ``limit`` (series,) away from the level, so that one odd day is no new level (Gelper,
    Fried, Croux 2010). Returns (stops, rates, series).
    """
    rate = np.array(rates)[:, None]
    level = np.zeros((len(rates), len(residual)))
    seen = np.zeros(len(residual))
    answer = np.zeros((len(stops), len(rates), len(residual)))
    for day in range(max(stops)):
        moved = residual[:, day]
        opened = np.isfinite(moved)
        seen += opened
        step = np.where(opened, np.maximum(rate, 1.0 / np.maximum(seen, 1.0)), 0.0)
        bound = np.where(seen > FREE_DAYS, limit, np.inf)
        level = level + step * np.clip(np.where(opened, moved, 0.0) - level, -bound, bound)
        for at in (at for at, stop in enumerate(stops) if stop == day + 1):
            answer[at] = level
    return answer


def forecast_seasonal_naive(values: Floats, cutoff: int, horizon: int, period: int) -> Floats:
    """The same day of the last whole period known at ``cutoff``: (series, horizon), NaN where it was closed."""
    ahead = np.arange(1, horizon + 1)
    source = cutoff + ahead - period * -(-ahead // period)
    return np.where(source >= 0, values[:, np.maximum(source, 0)], np.nan)


def forecast_adjusted_last_year(values: Floats, cutoff: int, horizon: int) -> Floats:
    """The same weekday a year ago, moved by how the last four weeks stand to theirs a year ago; model scale."""
    then = forecast_seasonal_naive(values, cutoff, horizon, YEAR)
    start = cutoff + 1 - YEAR_SHIFT_DAYS
    if start < YEAR:
        return np.full_like(then, np.nan)
    shift = values[:, start : cutoff + 1] - values[:, start - YEAR : cutoff + 1 - YEAR]
    return then + compute_quantile(shift, 0.5)[:, None]
