"""The signals of a store's daily weather, by the thresholds of the configuration."""

from datetime import date
from typing import Final

import numpy as np

from brain.domain.retail.config import WeatherThresholds
from brain.domain.retail.weather_days import VARIABLES, WeatherDays
from brain.domain.types import Booleans, Dates, Floats

MEAN, WARMEST, COLDEST, RAIN, WIND, CLOUD, SNOW = range(len(VARIABLES))

WEATHER_SIGNALS: Final[tuple[str, ...]] = (
    "rain",
    "heavy_rain",
    "rain_on_weekend",
    "rainy_spell",
    "dry_spell",
    "snow",
    "day_after_snow",
    "heat",
    "great_heat",
    "heat_wave",
    "first_warm_day",
    "cold",
    "frost",
    "first_frost",
    "warmer_than_yesterday",
    "colder_than_yesterday",
    "wind",
    "storm",
    "clear_sky",
    "overcast",
)


def select_known_values(weather: WeatherDays | None, days: Dates, known_by: date | None = None) -> Floats:
    """Return the last version of each day known at the end of ``known_by``: (days, variables), NaN where unknown."""
    values = np.full((len(days), len(VARIABLES)), np.nan)
    if weather is None or not len(days):
        return values
    index = (weather.day - days[0]).astype(np.int64)
    inside = (index >= 0) & (index < len(days))
    if known_by is not None:
        inside &= weather.known_on <= np.datetime64(known_by)
    values[index[inside]] = weather.values[inside]
    return values


def flag_weather_signals(values: Floats, days: Dates, thresholds: WeatherThresholds) -> dict[str, Booleans]:
    """Flag the days of each signal, by signal name; a day without a reading has no signal."""
    with np.errstate(invalid="ignore"):
        flags = _flag_same_day(values, thresholds)
        flags |= _flag_changes(values, thresholds)
    weekend = (days.astype(np.int64) + 3) % 7 >= 5  # noqa: PLR2004 - Saturday and Sunday, counted from Monday
    flags["rain_on_weekend"] = flags["rain"] & weekend
    flags["rainy_spell"] = _flag_spells(flags["rain"], thresholds.spell_days)
    flags["heat_wave"] = _flag_spells(flags["heat"], thresholds.spell_days)
    dry = np.isfinite(values[:, RAIN]) & ~flags["rain"]
    flags["dry_spell"] = _flag_spells(dry, thresholds.dry_spell_days)
    flags["day_after_snow"] = _delay_one_day(flags["snow"]) & ~flags["snow"]
    flags["first_warm_day"] = _flag_first_of_year(values[:, MEAN] >= thresholds.warm_c, days, first_month=1)
    flags["first_frost"] = _flag_first_of_year(values[:, COLDEST] <= thresholds.frost_c, days, first_month=8)
    return {name: flags[name] for name in WEATHER_SIGNALS}


def _flag_same_day(values: Floats, thresholds: WeatherThresholds) -> dict[str, Booleans]:
    cloud = _to_sky_share(values[:, CLOUD])
    return {
        "rain": values[:, RAIN] >= thresholds.rain_mm,
        "heavy_rain": values[:, RAIN] >= thresholds.heavy_rain_mm,
        "snow": values[:, SNOW] > 0,
        "heat": values[:, WARMEST] >= thresholds.hot_c,
        "great_heat": values[:, WARMEST] >= thresholds.very_hot_c,
        "cold": values[:, MEAN] <= thresholds.cold_c,
        "frost": values[:, COLDEST] <= thresholds.frost_c,
        "wind": values[:, WIND] >= thresholds.windy_kmh,
        "storm": values[:, WIND] >= thresholds.storm_kmh,
        "clear_sky": cloud <= thresholds.clear_share,
        "overcast": cloud >= thresholds.overcast_share,
    }


def _flag_changes(values: Floats, thresholds: WeatherThresholds) -> dict[str, Booleans]:
    change = np.diff(values[:, MEAN], prepend=np.nan)
    return {
        "warmer_than_yesterday": change >= thresholds.change_c,
        "colder_than_yesterday": change <= -thresholds.change_c,
    }


def _to_sky_share(cloud: Floats) -> Floats:
    """Convert cloud cover to a share: feeds report percent, eighths or a share, recognised by the largest value."""
    largest = np.nanmax(cloud, initial=0.0)
    full = 100.0 if largest > 9 else 8.0 if largest > 1 else 1.0  # noqa: PLR2004 - percent, oktas (9: sky hidden), share
    return cloud / full


def _delay_one_day(flags: Booleans) -> Booleans:
    return np.concatenate([[False], flags[:-1]])


def _flag_spells(flags: Booleans, days: int) -> Booleans:
    """Flag days that are at least the ``days``-th flagged day in a row."""
    run = flags.copy()
    for _ in range(days - 1):
        run = flags & _delay_one_day(run)
    return run


def _flag_first_of_year(flags: Booleans, days: Dates, first_month: int) -> Booleans:
    """Flag the first flagged day of each year that begins in ``first_month``."""
    months = days.astype("datetime64[M]").astype(np.int64)
    period = (months - (first_month - 1)) // 12
    first = np.zeros(len(flags), dtype=bool)
    flagged_days = np.flatnonzero(flags)
    _, earliest = np.unique(period[flagged_days], return_index=True)
    first[flagged_days[earliest]] = True
    return first
