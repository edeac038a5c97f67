"""Smoothed levels of what the regression leaves over, and the naive rules that every forecast must beat."""

import numpy as np

from brain.domain.retail.series import Flags, Floats, nothing_in

WEEK, YEAR = 7, 364
LEVEL_MEMORY_DAYS = 200
RECENT_DAYS = 28


def smoothed_levels(
    residual: Floats, spread: Floats, clip: Floats, rates: tuple[float, ...], stops: list[int]
) -> Floats:
    """Exponentially smoothed levels of ``residual`` (series, days; NaN where closed) after each of ``stops`` days.

    A day moves the level by at most ``clip`` (series,) times ``spread`` (series,), so that one odd day is no new
    level (Gelper, Fried, Croux 2010). Returns (stops, rates, series).
    """
    rate = np.array(rates)[:, None]
    level = np.zeros((len(rates), len(residual)))
    seen = np.zeros(len(residual))
    limit = clip * spread
    answer = np.zeros((len(stops), len(rates), len(residual)))
    for day in range(max(stops)):
        moved = residual[:, day]
        opened = np.isfinite(moved)
        seen += opened
        step = np.where(opened, np.maximum(rate, 1.0 / np.maximum(seen, 1.0)), 0.0)
        level = level + step * np.clip(np.where(opened, moved, 0.0) - level, -limit, limit)
        for at in (at for at, stop in enumerate(stops) if stop == day + 1):
            answer[at] = level
    return answer


def seasonal_naive(values: Floats, cutoff: int, horizon: int, period: int) -> Floats:
    """The same day of the last whole period known at ``cutoff``: (series, horizon), NaN where it was closed."""
    ahead = np.arange(1, horizon + 1)
    source = cutoff + ahead - period * -(-ahead // period)
    return np.where(source >= 0, values[:, np.maximum(source, 0)], np.nan)


def last_year_at_this_level(values: Floats, cutoff: int, horizon: int) -> Floats:
    """The same weekday a year ago, moved by how the last four weeks stand to theirs a year ago; model scale."""
    then = seasonal_naive(values, cutoff, horizon, YEAR)
    if cutoff + 1 < YEAR + RECENT_DAYS:
        return np.full_like(then, np.nan)
    now = values[:, cutoff + 1 - RECENT_DAYS : cutoff + 1]
    before = values[:, cutoff + 1 - YEAR - RECENT_DAYS : cutoff + 1 - YEAR]
    shift = np.where(np.isfinite(now) & np.isfinite(before), now - before, np.nan)
    return then + median_of(shift)[:, None]


def median_of(values: Floats) -> Floats:
    """The median over the last axis of what is there, NaN where nothing is."""
    missing = nothing_in(values)
    middle: Floats = np.nanmedian(np.where(missing[..., None], 0.0, values), axis=-1)
    return np.where(missing, np.nan, middle)


def recent(values: Floats, cutoff: int, days: int) -> Floats:
    """The last ``days`` days up to ``cutoff``, (series, ≤ days)."""
    return values[:, max(0, cutoff + 1 - days) : cutoff + 1]


def weekday_medians(values: Floats, opened: Flags, cutoff: int, horizon: int, weeks: int) -> Floats:
    """The median of the same weekday over the last ``weeks`` weeks, (series, horizon)."""
    stack = [
        seasonal_naive(values[:, : cutoff + 1 - WEEK * back], cutoff - WEEK * back, WEEK, WEEK)
        for back in range(weeks)
        if cutoff - WEEK * back >= 0
    ]
    del opened
    middle = median_of(np.stack(stack, axis=-1))
    return middle[:, np.arange(horizon) % WEEK]
