"""The daily weather of a store in all versions that were known: forecasts first, the observation last.

A backtest must not read the observed weather where only a forecast was known, so each value carries the day at whose
end it was known. An observation without ``known_at`` is known after its own hour or day.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from brain.domain.retail.series import find_known_day, to_local_day
from brain.domain.types import Dates, Floats

VARIABLES = (
    "temperature_c",
    "temperature_max_c",
    "temperature_min_c",
    "precipitation_mm",
    "wind_kmh",
    "cloud_cover",
    "snow",
)
"""Columns of ``values``: mean, highest and lowest temperature, total rain, strongest wind, mean cloud, snow (0/1)."""

SNOW_CODES = frozenset({*range(70, 80), 85, 86, *range(36, 40)})
"""WMO present-weather codes that mean falling or blowing snow."""


@dataclass(frozen=True, slots=True)
class WeatherRow:
    """One reading or forecast for the hour ``observed_at`` (a plain date: for the whole day).

    None means not reported, never 0. With ``known_at`` None it is known when its hour (or day) has ended.
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
    """All versions of one store's daily weather, sorted by (day, known_on).

    ``day``, ``known_on``: datetime64[D] arrays of shape (versions,); a version is known at the end of ``known_on``.
    ``values``: float array (versions, len(VARIABLES)), NaN where not reported.
    """

    store_id: str
    day: Dates
    known_on: Dates
    values: Floats


def build_weather_days(store_id: str, rows: Iterable[WeatherRow], store_zone: ZoneInfo) -> WeatherDays:
    """Build the daily versions of one store: version k of a day joins, hour by hour, the newest row known at k."""
    by_day: dict[date, dict[datetime | date, list[tuple[date, datetime, WeatherRow]]]] = {}
    for row in rows:
        known_at = _find_known_at(row, store_zone)
        version = (find_known_day(known_at, store_zone), known_at, row)
        hours = by_day.setdefault(to_local_day(row.observed_at, store_zone), {})
        hours.setdefault(row.observed_at, []).append(version)
    versions = [(day, *version) for day, hours in sorted(by_day.items()) for version in _build_versions(hours)]
    return WeatherDays(
        store_id,
        np.array([day for day, _, _ in versions], dtype="datetime64[D]"),
        np.array([known_on for _, known_on, _ in versions], dtype="datetime64[D]"),
        np.array([values for _, _, values in versions]).reshape(-1, len(VARIABLES)),
    )


def _find_known_at(row: WeatherRow, store_zone: ZoneInfo) -> datetime:
    if row.known_at is not None:
        return row.known_at if row.known_at.tzinfo else row.known_at.replace(tzinfo=store_zone)
    if isinstance(row.observed_at, datetime):
        aware = row.observed_at if row.observed_at.tzinfo else row.observed_at.replace(tzinfo=store_zone)
        return aware + timedelta(hours=1)
    following = row.observed_at + timedelta(days=1)
    return datetime(following.year, following.month, following.day, tzinfo=store_zone)


def _build_versions(
    hours: dict[datetime | date, list[tuple[date, datetime, WeatherRow]]],
) -> list[tuple[date, tuple[float, ...]]]:
    """Return every (known_on, values) of one day, the oldest first."""
    for hour_versions in hours.values():
        hour_versions.sort(key=lambda version: version[1])
    known_days = sorted({known_on for hour_versions in hours.values() for known_on, _, _ in hour_versions})
    versions = []
    for as_of in known_days:
        rows_by_hour = [
            [row for known_on, _, row in hour_versions if known_on <= as_of] for hour_versions in hours.values()
        ]
        versions.append((as_of, _summarize_day([rows[-1] for rows in rows_by_hour if rows])))
    return versions


def _summarize_day(rows: list[WeatherRow]) -> tuple[float, ...]:
    temperature = _drop_missing([row.temperature_c for row in rows])
    rain = _drop_missing([row.precipitation_mm for row in rows])
    cloud = _drop_missing([row.cloud_cover for row in rows])
    return (
        _mean(temperature),
        max(temperature, default=np.nan),
        min(temperature, default=np.nan),
        sum(rain) if rain else np.nan,
        max(_drop_missing([row.wind_kmh for row in rows]), default=np.nan),
        _mean(cloud),
        float(any(_is_snow(row) for row in rows)),
    )


def _drop_missing(readings: list[float | None]) -> list[float]:
    return [reading for reading in readings if reading is not None and np.isfinite(reading)]


def _mean(readings: list[float]) -> float:
    return float(np.mean(readings)) if readings else np.nan


def _is_snow(row: WeatherRow) -> bool:
    condition = (row.condition or "").strip().lower()
    if condition.isdigit():
        return int(condition) in SNOW_CODES
    return "snow" in condition
