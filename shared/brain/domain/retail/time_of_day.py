"""When in the day a store sells: the share of each hour by weekday, and whether rain shifts it to other hours."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from math import sqrt

import numpy as np
from scipy.special import ndtr, ndtri

from brain.domain.statistics.false_discovery import benjamini_yekutieli
from brain.domain.types import Floats

HOURS = 24
WEEKDAYS = 7
MIN_DAYS = 28
MIN_DAYS_PER_WEATHER = 8
INTERVAL = 0.90
FALSE_DISCOVERY_RATE = 0.10
BUSY_SHARE_OF_TOP = 0.75


@dataclass(frozen=True, slots=True)
class HourProfile:
    """The mean share of a day's sales in one hour of one weekday (0 is Monday), with a 90 % interval.

    ``tickets`` is the mean number of receipt lines in that hour. ``busy`` marks hours with at least three quarters of
    the tickets of the weekday's busiest hour: where staff is needed. ``days`` counts the days of that weekday.
    """

    store_id: str
    weekday: int
    hour: int
    share: float
    lower: float
    upper: float
    tickets: float
    busy: bool
    days: int


@dataclass(frozen=True, slots=True)
class RainShift:
    """The difference of an hour's share between wet and dry days of the same weekday, with a 90 % interval."""

    store_id: str
    hour: int
    difference: float
    lower: float
    upper: float
    p_value: float
    claimed: bool
    wet_days: int
    dry_days: int


@dataclass(frozen=True, slots=True, eq=False)
class StoreHours:
    """One store's days with positive sales: ``shares`` and ``tickets`` (days, 24), ``weekday`` (days,)."""

    store_id: str
    days: tuple[date, ...]
    weekday: Floats
    shares: Floats
    tickets: Floats


def build_store_hours(store_id: str, rows: Iterable[tuple[date, int, float, int]]) -> StoreHours:
    """Collect rows of (day, hour, revenue, tickets); days without positive sales have no shares and are left out."""
    revenue_by_day: dict[date, Floats] = {}
    tickets_by_day: dict[date, Floats] = {}
    for day, hour, revenue, tickets in rows:
        revenue_by_day.setdefault(day, np.zeros(HOURS))[hour] += revenue
        tickets_by_day.setdefault(day, np.zeros(HOURS))[hour] += tickets
    days = tuple(day for day in sorted(revenue_by_day) if revenue_by_day[day].sum() > 0)
    return StoreHours(
        store_id=store_id,
        days=days,
        weekday=np.array([day.weekday() for day in days], dtype=float),
        shares=np.array([revenue_by_day[day] / revenue_by_day[day].sum() for day in days]).reshape(-1, HOURS),
        tickets=np.array([tickets_by_day[day] for day in days]).reshape(-1, HOURS),
    )


def profile_hours(hours: StoreHours) -> list[HourProfile]:
    """Return the profile of every hour of each weekday; none with fewer than 28 days.

    The variance of an hour is estimated from all weekdays together.
    """
    if len(hours.days) < MIN_DAYS:
        return []
    variance = _estimate_hour_variance(hours)
    return [
        _profile_hour(hours, weekday, int(hour), float(variance[hour]))
        for weekday in sorted({int(number) for number in hours.weekday})
        for hour in _find_open_hours(hours)
    ]


def measure_rain_shifts(hours: StoreHours, wet: Mapping[date, bool]) -> list[RainShift]:
    """Measure each hour's difference between wet and dry days; days without weather are left out.

    Returns:
        One entry per open hour; none with fewer than 8 wet or 8 dry days.
    """
    has_weather = np.array([day in wet for day in hours.days], dtype=bool)
    rainy = np.array([wet.get(day, False) for day in hours.days], dtype=bool)[has_weather]
    wet_days, dry_days = int(rainy.sum()), int((~rainy).sum())
    if min(wet_days, dry_days) < MIN_DAYS_PER_WEATHER:
        return []
    weekday = np.eye(WEEKDAYS)[hours.weekday[has_weather].astype(int)]
    open_hours = _find_open_hours(hours)
    shares = _subtract_group_means(weekday, hours.shares[has_weather][:, open_hours])
    rain = _subtract_group_means(weekday, rainy.astype(float)[:, None])[:, 0]
    energy = float(rain @ rain)
    slope = rain @ shares / energy
    # Heteroscedasticity-consistent errors (White 1980): wet days may scatter more than dry ones.
    standard_error = np.sqrt(((shares - np.outer(rain, slope)) ** 2).T @ rain**2) / energy
    p_values = 2 * ndtr(-np.abs(slope) / np.where(standard_error > 0, standard_error, np.inf))
    claims = benjamini_yekutieli(p_values, FALSE_DISCOVERY_RATE)
    margin = _interval_half_width(1.0) * standard_error
    return [
        RainShift(
            store_id=hours.store_id,
            hour=int(hour),
            difference=float(slope[index]),
            lower=float(slope[index] - margin[index]),
            upper=float(slope[index] + margin[index]),
            p_value=float(p_values[index]),
            claimed=bool(claims[index]),
            wet_days=wet_days,
            dry_days=dry_days,
        )
        for index, hour in enumerate(open_hours)
    ]


def _find_open_hours(hours: StoreHours) -> list[int]:
    return [int(hour) for hour in np.flatnonzero(hours.tickets.sum(axis=0) > 0)]


def _estimate_hour_variance(hours: StoreHours) -> Floats:
    """Return the variance of each hour's share between days of one weekday, shape (24,)."""
    residual = _subtract_group_means(np.eye(WEEKDAYS)[hours.weekday.astype(int)], hours.shares)
    return np.asarray((residual**2).sum(axis=0) / max(len(hours.days) - WEEKDAYS, 1))


def _subtract_group_means(groups: Floats, values: Floats) -> Floats:
    """Subtract from values (rows, columns) the mean of their group; ``groups`` is one-hot, (rows, groups)."""
    counts = np.maximum(groups.sum(axis=0), 1.0)
    return np.asarray(values - groups @ ((groups.T @ values) / counts[:, None]))


def _profile_hour(hours: StoreHours, weekday: int, hour: int, variance: float) -> HourProfile:
    on_weekday = hours.weekday == weekday
    days = int(on_weekday.sum())
    share = float(hours.shares[on_weekday, hour].mean())
    margin = _interval_half_width(sqrt(variance / days))
    tickets = hours.tickets[on_weekday].mean(axis=0)
    return HourProfile(
        store_id=hours.store_id,
        weekday=weekday,
        hour=hour,
        share=share,
        lower=max(share - margin, 0.0),
        upper=share + margin,
        tickets=float(tickets[hour]),
        busy=bool(tickets[hour] > 0 and tickets[hour] >= BUSY_SHARE_OF_TOP * tickets.max()),
        days=days,
    )


def _interval_half_width(standard_error: float) -> float:
    return float(ndtri((1 + INTERVAL) / 2)) * standard_error
