"""The weather of a store by day, in the versions in which it was known: forecasts first, the observation last.

A backtest that reads the weather that happened, where only a forecast was known, fools its reader; so each value
carries the day at whose end it was known. An observation without ``known_at`` is known after its own hour or day.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from brain.domain.retail.series import find_known_day, to_local_day
from brain.domain.types import Floats

VARIABLES = (
    "temperature_c",
    "temperature_max_c",
    "temperature_min_c",
    "precipitation_mm",
    "wind_kmh",
    "cloud_cover",
    "snow",
)
"""Columns of ``values``: mean, warmest and coldest hour, rain in all, strongest wind, mean cloud, snow (0 or 1)."""

SNOW_CODES = frozenset({*range(70, 80), 85, 86, *range(36, 40)})
"""WMO present-weather codes that mean falling or blowing snow."""


@dataclass(frozen=True, slots=True)
class WeatherRow:
    """One reading or forecast: ``observed_at`` is the hour it speaks of (a plain date: the whole day).

    None means not reported, never 0. ``known_at`` None means known when its hour (or day) had ended.
    """

    store_id: str
    observed_at: datetime | date
    temperature_c: float | None = None
    precipitation_mm: float | None = None
    wind_kmh: float | None = None
    cloud_cover: float | None = None
    condition: str | None = None
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True, eq=False)
class WeatherDays:
    """Versions of one store's daily weather, sorted by (day, known_on).

    ``day``, ``known_on``: datetime64[D] arrays of shape (versions,); a version is known at the end of ``known_on``.
    ``values``: float array (versions, len(VARIABLES)), NaN where not reported.
    """

    store_id: str
    day: NDArray[np.datetime64]
    known_on: NDArray[np.datetime64]
    values: Floats


def build_weather_days(store_id: str, rows: Iterable[WeatherRow], store_zone: ZoneInfo) -> WeatherDays:
    """The daily versions of one store's rows: version k of a day joins, hour by hour, the newest row known by k."""
    by_day: dict[date, dict[datetime | date, list[tuple[date, datetime, WeatherRow]]]] = {}
    for row in rows:
        known = _known_at(row, store_zone)
        entry = (find_known_day(known, store_zone), known, row)
        hours = by_day.setdefault(to_local_day(row.observed_at, store_zone), {})
        hours.setdefault(row.observed_at, []).append(entry)
    versions = [(day, *version) for day, hours in sorted(by_day.items()) for version in _versions(hours)]
    return WeatherDays(
        store_id,
        np.array([day for day, _, _ in versions], dtype="datetime64[D]"),
        np.array([known for _, known, _ in versions], dtype="datetime64[D]"),
        np.array([values for _, _, values in versions]).reshape(-1, len(VARIABLES)),
    )


def _known_at(row: WeatherRow, store_zone: ZoneInfo) -> datetime:
    if row.known_at is not None:
        return row.known_at if row.known_at.tzinfo else row.known_at.replace(tzinfo=store_zone)
    if isinstance(row.observed_at, datetime):
        aware = row.observed_at if row.observed_at.tzinfo else row.observed_at.replace(tzinfo=store_zone)
        return aware + timedelta(hours=1)
    following = row.observed_at + timedelta(days=1)
    return datetime(following.year, following.month, following.day, tzinfo=store_zone)


def _versions(
    hours: dict[datetime | date, list[tuple[date, datetime, WeatherRow]]],
) -> list[tuple[date, tuple[float, ...]]]:
    """Every (known_on, values) of one day, oldest knowledge first."""
    for entries in hours.values():
        entries.sort(key=lambda entry: entry[1])
    moments = sorted({known_on for entries in hours.values() for known_on, _, _ in entries})
    versions = []
    for moment in moments:
        known = [[row for known_on, _, row in entries if known_on <= moment] for entries in hours.values()]
        versions.append((moment, _summary([rows[-1] for rows in known if rows])))
    return versions


def _summary(rows: list[WeatherRow]) -> tuple[float, ...]:
    temperature = _reported([row.temperature_c for row in rows])
    rain = _reported([row.precipitation_mm for row in rows])
    cloud = _reported([row.cloud_cover for row in rows])
    return (
        _mean(temperature),
        max(temperature, default=np.nan),
        min(temperature, default=np.nan),
        sum(rain) if rain else np.nan,
        max(_reported([row.wind_kmh for row in rows]), default=np.nan),
        _mean(cloud),
        float(any(_is_snow(row) for row in rows)),
    )


def _reported(readings: list[float | None]) -> list[float]:
    return [reading for reading in readings if reading is not None and np.isfinite(reading)]


def _mean(readings: list[float]) -> float:
    return float(np.mean(readings)) if readings else np.nan


def _is_snow(row: WeatherRow) -> bool:
    condition = (row.condition or "").strip().lower()
    if condition.isdigit():
        return int(condition) in SNOW_CODES
    return "snow" in condition
