"""When in the day a store sells: the share of each hour by weekday, and whether rain moves it to other hours."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from math import sqrt

import numpy as np
from scipy.special import ndtr, ndtri

from brain.domain.statistics.false_discovery import benjamini_yekutieli
from brain.domain.types import Floats

HOURS = 24
LEAST_DAYS = 28
LEAST_OF_A_KIND = 8
INTERVAL = 0.90
FALSE_DISCOVERY_RATE = 0.10
BUSY_SHARE_OF_TOP = 0.75


@dataclass(frozen=True, slots=True)
class HourProfile:
    """The share of a day's sales in one hour of one weekday (0 is Monday), with a 90 % interval for its mean.

    ``tickets`` is the mean number of lines rung up in that hour; ``busy`` marks the hours with at least three
    quarters of the tickets of the weekday's busiest hour: where staff is needed. ``days`` of that weekday were seen.
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
    """How much larger an hour's share is on wet days than on dry ones of the same weekday, with a 90 % interval."""

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
    """Gather rows of (day, hour, revenue, tickets); a day whose sales are not above 0 has no shares and is left out."""
    money: dict[date, Floats] = {}
    lines: dict[date, Floats] = {}
    for day, hour, revenue, tickets in rows:
        money.setdefault(day, np.zeros(HOURS))[hour] += revenue
        lines.setdefault(day, np.zeros(HOURS))[hour] += tickets
    days = tuple(day for day in sorted(money) if money[day].sum() > 0)
    shares = np.array([money[day] / money[day].sum() for day in days]).reshape(-1, HOURS)
    tickets_of = np.array([lines[day] for day in days]).reshape(-1, HOURS)
    return StoreHours(store_id, days, np.array([day.weekday() for day in days], dtype=float), shares, tickets_of)


def profile_hours(hours: StoreHours) -> list[HourProfile]:
    """The hours of each weekday, from 28 days on; how far an hour scatters is learnt from all weekdays together."""
    if len(hours.days) < LEAST_DAYS:
        return []
    noise = _within(hours)
    return [
        _row(hours, weekday, int(hour), float(noise[hour]))
        for weekday in sorted({int(at) for at in hours.weekday})
        for hour in np.flatnonzero(hours.tickets.sum(axis=0) > 0)
    ]


def measure_rain_shifts(hours: StoreHours, wet: Mapping[date, bool]) -> list[RainShift]:
    """Each hour's difference between wet and dry days, from 8 of each kind on; days without weather are left out."""
    known = np.array([day in wet for day in hours.days], dtype=bool)
    rainy = np.array([wet.get(day, False) for day in hours.days], dtype=bool)[known]
    dry = ~rainy
    if min(rainy.sum(), dry.sum()) < LEAST_OF_A_KIND:
        return []
    weekday = np.eye(7)[hours.weekday[known].astype(int)]
    open_hours = np.flatnonzero(hours.tickets.sum(axis=0) > 0)
    shares = _without(weekday, hours.shares[known][:, open_hours])
    rain = _without(weekday, rainy.astype(float)[:, None])[:, 0]
    energy = float(rain @ rain)
    slope = rain @ shares / energy
    # White (1980): wet days may scatter more than dry ones.
    spread = np.sqrt(((shares - np.outer(rain, slope)) ** 2).T @ rain**2) / energy
    p_values = 2 * ndtr(-np.abs(slope) / np.where(spread > 0, spread, np.inf))
    claimed = benjamini_yekutieli(p_values, FALSE_DISCOVERY_RATE)
    margin = float(ndtri((1 + INTERVAL) / 2)) * spread
    return [
        RainShift(
            hours.store_id,
            int(hour),
            float(slope[at]),
            float(slope[at] - margin[at]),
            float(slope[at] + margin[at]),
            float(p_values[at]),
            bool(claimed[at]),
            int(rainy.sum()),
            int(dry.sum()),
        )
        for at, hour in enumerate(open_hours)
    ]


def _within(hours: StoreHours) -> Floats:
    """Variance of an hour's share between days of one weekday, (24,)."""
    residual = _without(np.eye(7)[hours.weekday.astype(int)], hours.shares)
    return np.asarray((residual**2).sum(axis=0) / max(len(hours.days) - 7, 1))


def _without(groups: Floats, values: Floats) -> Floats:
    """Values less the mean of their group."""
    counts = np.maximum(groups.sum(axis=0), 1.0)
    return np.asarray(values - groups @ ((groups.T @ values) / counts[:, None]))


def _row(hours: StoreHours, weekday: int, hour: int, noise: float) -> HourProfile:
    mine = hours.weekday == weekday
    days = int(mine.sum())
    share = float(hours.shares[mine, hour].mean())
    margin = float(ndtri((1 + INTERVAL) / 2)) * sqrt(noise / days)
    tickets = hours.tickets[mine].mean(axis=0)
    busy = bool(tickets[hour] > 0 and tickets[hour] >= BUSY_SHARE_OF_TOP * tickets.max())
    lower = max(share - margin, 0.0)
    return HourProfile(hours.store_id, weekday, hour, share, lower, share + margin, float(tickets[hour]), busy, days)
