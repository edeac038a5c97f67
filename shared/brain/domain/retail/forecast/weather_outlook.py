"""What was known of the weather ahead: a forecast where one was published, else what today's weather makes likely.

Weather enters as its departure from the season's norm. Without a published forecast the departure of the last known
day fades at the rate at which departures have faded so far (their autocorrelation), so that nothing is borrowed
from a day that had not come.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from brain.domain.retail.signals.weather_signals import CLOUD, MEAN, RAIN, SNOW, WARMEST, WIND
from brain.domain.retail.weather_days import WeatherDays
from brain.domain.types import Dates, Floats, Integers

FEATURES = ("temperature", "heat", "cold", "rain", "wet_day", "wind", "clouds", "snow")
WEATHER_SD = 0.1
HOT_C, COLD_C, WET_MM = 20.0, 3.0, 1.0
NORM_WAVES = 2
NORM_RIDGE = 1.0
LEAST_DAYS = 30
YEAR_DAYS = 365.25


@dataclass(frozen=True, slots=True, eq=False)
class WeatherOutlook:
    """Weather features per place, and what was published of them ahead.

    ``observed`` (places, days, features) with the column at whose end each was known (``known``, a column beyond all
    days where never); the published forecasts are flat arrays sorted by knowledge.
    """

    observed: Floats
    known: Integers
    forecast_place: Integers
    forecast_day: Integers
    forecast_known: Integers
    forecast_values: Floats
    season: Floats


@dataclass(frozen=True, slots=True, eq=False)
class WeatherNorm:
    """The seasonal norm and fading of departures, as fitted at one cutoff.

    ``norm`` (places, days, features); ``fading`` (places, lags, features) for lags 1, 2, …
    """

    norm: Floats
    fading: Floats


def build_weather_outlook(weather: Sequence[WeatherDays | None], days: Dates) -> WeatherOutlook:
    """The outlook over consecutive ``days`` for one weather (or none) per place."""
    never = len(days)
    observed = np.full((len(weather), len(days), len(FEATURES)), np.nan)
    known = np.full((len(weather), len(days)), never)
    ahead: list[tuple[Integers, Integers, Integers, Floats]] = []
    for place, one in enumerate(weather):
        if one is None:
            continue
        day = (one.day - days[0]).astype(np.int64)
        known_on = (one.known_on - days[0]).astype(np.int64)
        values = compute_weather_features(one.values)
        inside = (day >= 0) & (day < len(days))
        seen = inside & (known_on >= day)
        observed[place, day[seen]] = values[seen]
        known[place, day[seen]] = known_on[seen]
        before = inside & (known_on < day)
        ahead.append((np.full(before.sum(), place), day[before], known_on[before], values[before]))
    place_of, day_of, known_of, values_of = _joined(ahead)
    order = np.argsort(known_of, kind="stable")
    return WeatherOutlook(
        observed, known, place_of[order], day_of[order], known_of[order], values_of[order], _season(days)
    )


def compute_weather_features(values: Floats) -> Floats:
    """Daily weather values (…, variables) -> regressors of a size near one (…, features); NaN stays."""
    mean, warmest = values[..., MEAN], values[..., WARMEST]
    with np.errstate(invalid="ignore"):
        wet = np.where(np.isfinite(values[..., RAIN]), (values[..., RAIN] >= WET_MM).astype(float), np.nan)
        rain = np.log1p(np.maximum(values[..., RAIN], 0.0))
    return np.stack(
        [
            mean / 10.0,
            np.maximum(warmest - HOT_C, 0.0) / 5.0,
            np.maximum(COLD_C - mean, 0.0) / 5.0,
            rain,
            wet,
            values[..., WIND] / 20.0,
            np.log1p(np.maximum(values[..., CLOUD], 0.0)),
            values[..., SNOW],
        ],
        axis=-1,
    )


def fit_weather_norm(outlook: WeatherOutlook, cutoff: int, lags: int) -> WeatherNorm:
    """The norm by two yearly waves and the fading of departures, from what was known at the end of ``cutoff``."""
    departures, norm = _departures(outlook, cutoff)
    missing = np.isnan(departures)
    filled = np.where(missing, 0.0, departures)
    places, _, width = filled.shape
    fading = np.zeros((places, lags, width))
    days = (~missing).sum(axis=1)
    variance = (filled**2).sum(axis=1) / np.maximum(days, 1)
    for lag in range(1, lags + 1):
        if filled.shape[1] <= lag:
            break
        pairs = (~missing[:, lag:] & ~missing[:, :-lag]).sum(axis=1)
        covariance = (filled[:, lag:] * filled[:, :-lag]).sum(axis=1) / np.maximum(pairs, LEAST_DAYS)
        fading[:, lag - 1] = np.clip(covariance / np.maximum(variance, 1e-9), 0.0, 1.0)
    return WeatherNorm(norm, fading)


def compute_known_departures(outlook: WeatherOutlook, norm: WeatherNorm, first: int, cutoff: int) -> Floats:
    """Departures of days ``first`` to ``cutoff`` known at its end, else 0: (places, days, features)."""
    seen = outlook.known[:, first : cutoff + 1] <= cutoff
    departure = outlook.observed[:, first : cutoff + 1] - norm.norm[:, first : cutoff + 1]
    return np.where(seen[:, :, None] & np.isfinite(departure), departure, 0.0)


def forecast_departures(outlook: WeatherOutlook, norm: WeatherNorm, cutoff: int, stop: int) -> Floats:
    """Departures expected at the end of ``cutoff`` for the days after it up to ``stop`` (excluded)."""
    ahead = stop - cutoff - 1
    places, _, width = outlook.observed.shape
    expected = np.zeros((places, ahead, width))
    lags = norm.fading.shape[1]
    start = max(0, cutoff + 1 - lags)
    seen = outlook.known[:, start : cutoff + 1] <= cutoff
    last = np.where(seen.any(axis=1), cutoff - np.argmax(seen[:, ::-1], axis=1), -1)
    for place in np.flatnonzero(last >= 0):
        departure = np.nan_to_num(outlook.observed[place, last[place]] - norm.norm[place, last[place]])
        reach = max(0, min(ahead, lags - (cutoff - int(last[place]))))
        lag = cutoff - int(last[place]) + np.arange(reach)
        expected[place, :reach] = norm.fading[place, lag] * departure
    _overlay_published(outlook, norm, cutoff, stop, expected)
    return expected


def _overlay_published(outlook: WeatherOutlook, norm: WeatherNorm, cutoff: int, stop: int, expected: Floats) -> None:
    """Put the newest published forecast over what fading makes likely, in place."""
    acting = (outlook.forecast_known <= cutoff) & (outlook.forecast_day > cutoff) & (outlook.forecast_day < stop)
    for at in np.flatnonzero(acting):
        place, day = outlook.forecast_place[at], outlook.forecast_day[at]
        departure = outlook.forecast_values[at] - norm.norm[place, day]
        row = expected[place, day - cutoff - 1]
        expected[place, day - cutoff - 1] = np.where(np.isfinite(departure), departure, row)


def _departures(outlook: WeatherOutlook, cutoff: int) -> tuple[Floats, Floats]:
    """Departures up to ``cutoff`` (NaN where unknown then) and the norm over all days."""
    seen = outlook.known[:, : cutoff + 1] <= cutoff
    observed = np.where(seen[:, :, None], outlook.observed[:, : cutoff + 1], np.nan)
    has = np.isfinite(observed)
    waves = outlook.season[: cutoff + 1]
    ridge = np.diag(np.r_[1e-6, np.full(waves.shape[1] - 1, NORM_RIDGE)])
    gram = np.einsum("ptf,tk,tl->pfkl", has.astype(float), waves, waves, optimize=True) + ridge
    moment = np.einsum("ptf,tk->pfk", np.where(has, observed, 0.0), waves, optimize=True)
    weights = np.linalg.solve(gram, moment[..., None])[..., 0]
    norm = np.einsum("tk,pfk->ptf", outlook.season, weights, optimize=True)
    return observed - norm[:, : cutoff + 1], norm


def _season(days: Dates) -> Floats:
    angle = 2 * np.pi * days.astype(np.int64) / YEAR_DAYS
    waves = [turn(wave * angle) for wave in range(1, NORM_WAVES + 1) for turn in (np.sin, np.cos)]
    return np.stack([np.ones(len(days)), *waves], axis=1)


def _joined(parts: list[tuple[Integers, Integers, Integers, Floats]]) -> tuple[Integers, Integers, Integers, Floats]:
    empty = np.zeros(0, dtype=np.int64)
    place, day, known = (np.concatenate([empty, *(part[at] for part in parts)]) for at in range(3))
    values = np.concatenate([np.zeros((0, len(FEATURES))), *(part[3] for part in parts)])
    return place, day, known, values
