"""Smoothed levels of the regression's residuals, and the naive rules that every forecast must beat."""

import numpy as np

from brain.domain.retail.series import compute_quantile
from brain.domain.types import Floats

WEEK, YEAR = 7, 364
LEVEL_MEMORY_DAYS = 120
RECENT_DAYS = 14
YEAR_SHIFT_DAYS = 28
WARM_UP_DAYS = 7
"""The level is free during a series' first open days; only then are outliers limited."""


def smooth_levels(residual: Floats, limit: Floats, rates: tuple[float, ...], stops: list[int]) -> Floats:
    """Smooth ``residual`` (series, days; NaN where closed) exponentially, and return the levels after ``stops`` days.

    A day counts as at most ``limit`` (series,) away from the level, so that an outlier does not become a new level
    (Gelper, Fried, Croux 2010). The result has shape (stops, rates, series).
    """
    rate = np.array(rates)[:, None]
    level = np.zeros((len(rates), len(residual)))
    open_days = np.zeros(len(residual))
    levels = np.zeros((len(stops), len(rates), len(residual)))
    for day in range(max(stops)):
        day_residual = residual[:, day]
        opened = np.isfinite(day_residual)
        open_days += opened
        step = np.where(opened, np.maximum(rate, 1.0 / np.maximum(open_days, 1.0)), 0.0)
        bound = np.where(open_days > WARM_UP_DAYS, limit, np.inf)
        level = level + step * np.clip(np.where(opened, day_residual, 0.0) - level, -bound, bound)
        for index in (index for index, stop in enumerate(stops) if stop == day + 1):
            levels[index] = level
    return levels


def forecast_seasonal_naive(values: Floats, cutoff: int, horizon: int, period: int) -> Floats:
    """Repeat the last whole period known at ``cutoff``: (series, horizon), NaN where it was closed."""
    steps = np.arange(1, horizon + 1)
    source = cutoff + steps - period * -(-steps // period)
    return np.where(source >= 0, values[:, np.maximum(source, 0)], np.nan)


def forecast_adjusted_last_year(values: Floats, cutoff: int, horizon: int) -> Floats:
    """Repeat the same weekday a year ago, shifted by the median change of the last four weeks; model scale."""
    last_year = forecast_seasonal_naive(values, cutoff, horizon, YEAR)
    start = cutoff + 1 - YEAR_SHIFT_DAYS
    if start < YEAR:
        return np.full_like(last_year, np.nan)
    shift = values[:, start : cutoff + 1] - values[:, start - YEAR : cutoff + 1 - YEAR]
    return last_year + compute_quantile(shift, 0.5)[:, None]
