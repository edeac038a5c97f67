"""The signals that a store's weather gives, day by day, by the limits of the configuration."""

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
    """The last version of each day known by the end of ``known_by``: (days, variables), NaN where nothing was."""
    values = np.full((len(days), len(VARIABLES)), np.nan)
    if weather is None or not len(days):
        return values
    index = (weather.day - days[0]).astype(np.int64)
    inside = (index >= 0) & (index < len(days))
    if known_by is not None:
        inside &= weather.known_on <= np.datetime64(known_by)
    values[index[inside]] = weather.values[inside]
    return values


def flag_weather_signals(values: Floats, days: Dates, limits: WeatherThresholds) -> dict[str, Booleans]:
    """Signal name -> bool array over ``days``; a day without a reading carries no signal."""
    with np.errstate(invalid="ignore"):
        flags = _of_the_day(values, limits)
        flags |= _of_change(values, limits)
    weekend = (days.astype(np.int64) + 3) % 7 >= 5  # noqa: PLR2004 - Saturday and Sunday, counted from Monday
    flags["rain_on_weekend"] = flags["rain"] & weekend
    flags["rainy_spell"] = _spell(flags["rain"], limits.spell_days)
    flags["heat_wave"] = _spell(flags["heat"], limits.spell_days)
    dry = np.isfinite(values[:, RAIN]) & ~flags["rain"]
    flags["dry_spell"] = _spell(dry, limits.dry_spell_days)
    flags["day_after_snow"] = _yesterday(flags["snow"]) & ~flags["snow"]
    flags["first_warm_day"] = _first_of_the_year(values[:, MEAN] >= limits.warm_c, days, first_month=1)
    flags["first_frost"] = _first_of_the_year(values[:, COLDEST] <= limits.frost_c, days, first_month=8)
    return {name: flags[name] for name in WEATHER_SIGNALS}


def _of_the_day(values: Floats, limits: WeatherThresholds) -> dict[str, Booleans]:
    cloud = _share_of_sky(values[:, CLOUD])
    return {
        "rain": values[:, RAIN] >= limits.rain_mm,
        "heavy_rain": values[:, RAIN] >= limits.heavy_rain_mm,
        "snow": values[:, SNOW] > 0,
        "heat": values[:, WARMEST] >= limits.hot_c,
        "great_heat": values[:, WARMEST] >= limits.very_hot_c,
        "cold": values[:, MEAN] <= limits.cold_c,
        "frost": values[:, COLDEST] <= limits.frost_c,
        "wind": values[:, WIND] >= limits.windy_kmh,
        "storm": values[:, WIND] >= limits.storm_kmh,
        "clear_sky": cloud <= limits.clear_share,
        "overcast": cloud >= limits.overcast_share,
    }


def _of_change(values: Floats, limits: WeatherThresholds) -> dict[str, Booleans]:
    change = np.diff(values[:, MEAN], prepend=np.nan)
    return {
        "warmer_than_yesterday": change >= limits.change_c,
        "colder_than_yesterday": change <= -limits.change_c,
    }


def _share_of_sky(cloud: Floats) -> Floats:
    """Cloud cover as a share: feeds report percent, eighths or a share, told apart by the largest value seen."""
    largest = np.nanmax(cloud, initial=0.0)
    full = 100.0 if largest > 9 else 8.0 if largest > 1 else 1.0  # noqa: PLR2004 - percent, oktas (9: sky not seen), share
    return cloud / full


def _yesterday(flags: Booleans) -> Booleans:
    return np.concatenate([[False], flags[:-1]])


def _spell(flags: Booleans, days: int) -> Booleans:
    """Whether this is at least the ``days``-th flagged day in a row."""
    run = flags.copy()
    for _ in range(days - 1):
        run = flags & _yesterday(run)
    return run


def _first_of_the_year(flags: Booleans, days: Dates, first_month: int) -> Booleans:
    """The first flagged day of each year that begins in ``first_month``."""
    months = days.astype("datetime64[M]").astype(np.int64)
    period = (months - (first_month - 1)) // 12
    first = np.zeros(len(flags), dtype=bool)
    at = np.flatnonzero(flags)
    _, earliest = np.unique(period[at], return_index=True)
    first[at[earliest]] = True
    return first
