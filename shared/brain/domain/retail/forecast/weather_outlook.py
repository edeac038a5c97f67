"""The weather ahead as known at a cutoff: a published forecast where there is one, else what today's weather suggests.

Weather enters as its departure from the seasonal norm. Without a published forecast the departure of the last known
day decays at the rate at which departures decayed so far (their autocorrelation), so that no future observation leaks
in.
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
MIN_PAIRS = 30
YEAR_DAYS = 365.25


@dataclass(frozen=True, slots=True, eq=False)
class WeatherOutlook:
    """Weather features per regressor profile, observed and as published ahead.

    ``observed`` (profiles, days, features) was known at the end of column ``known_on`` (profiles, days), which lies
    beyond all days where it never was. The published forecasts are flat arrays sorted by ``forecast_known_on``.
    ``season`` (days, waves) holds the yearly waves of the norm.
    """

    observed: Floats
    known_on: Integers
    forecast_profile: Integers
    forecast_day: Integers
    forecast_known_on: Integers
    forecast_values: Floats
    season: Floats


@dataclass(frozen=True, slots=True, eq=False)
class WeatherNorm:
    """The seasonal norm ``mean`` (profiles, days, features) and the persistence of departures, fitted at one cutoff.

    ``persistence`` (profiles, lags, features) is the autocorrelation at lags 1, 2, …
    """

    mean: Floats
    persistence: Floats


def build_weather_outlook(weather: Sequence[WeatherDays | None], days: Dates) -> WeatherOutlook:
    """Build the outlook over consecutive ``days`` from the weather (or None) of each profile."""
    never = len(days)
    observed = np.full((len(weather), len(days), len(FEATURES)), np.nan)
    observed_known_on = np.full((len(weather), len(days)), never)
    forecasts: list[tuple[Integers, Integers, Integers, Floats]] = []
    for profile, profile_weather in enumerate(weather):
        if profile_weather is None:
            continue
        day = (profile_weather.day - days[0]).astype(np.int64)
        known_on = (profile_weather.known_on - days[0]).astype(np.int64)
        values = compute_weather_features(profile_weather.values)
        inside = (day >= 0) & (day < len(days))
        is_observation = inside & (known_on >= day)
        observed[profile, day[is_observation]] = values[is_observation]
        observed_known_on[profile, day[is_observation]] = known_on[is_observation]
        is_forecast = inside & (known_on < day)
        profiles = np.full(is_forecast.sum(), profile)
        forecasts.append((profiles, day[is_forecast], known_on[is_forecast], values[is_forecast]))
    return WeatherOutlook(observed, observed_known_on, *_sort_forecasts(forecasts), _build_season(days))


def compute_weather_features(values: Floats) -> Floats:
    """Convert daily weather (…, variables) to regressors of a size near one (…, features); NaN stays NaN."""
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
    """Fit the norm by two yearly waves, and the persistence of departures, to what was known at ``cutoff``."""
    departures, mean = _compute_departures(outlook, cutoff)
    missing = np.isnan(departures)
    filled = np.where(missing, 0.0, departures)
    profiles, _, width = filled.shape
    persistence = np.zeros((profiles, lags, width))
    days = (~missing).sum(axis=1)
    variance = (filled**2).sum(axis=1) / np.maximum(days, 1)
    for lag in range(1, lags + 1):
        if filled.shape[1] <= lag:
            break
        pairs = (~missing[:, lag:] & ~missing[:, :-lag]).sum(axis=1)
        covariance = (filled[:, lag:] * filled[:, :-lag]).sum(axis=1) / np.maximum(pairs, MIN_PAIRS)
        persistence[:, lag - 1] = np.clip(covariance / np.maximum(variance, 1e-9), 0.0, 1.0)
    return WeatherNorm(mean, persistence)


def compute_known_departures(outlook: WeatherOutlook, norm: WeatherNorm, first: int, cutoff: int) -> Floats:
    """Return departures of days ``first`` to ``cutoff`` known at its end, else 0: (profiles, days, features)."""
    is_known = outlook.known_on[:, first : cutoff + 1] <= cutoff
    departure = outlook.observed[:, first : cutoff + 1] - norm.mean[:, first : cutoff + 1]
    return np.where(is_known[:, :, None] & np.isfinite(departure), departure, 0.0)


def forecast_departures(outlook: WeatherOutlook, norm: WeatherNorm, cutoff: int, stop: int) -> Floats:
    """Forecast the departures of the days after ``cutoff`` up to ``stop`` (excluded), as known at its end."""
    horizon = stop - cutoff - 1
    profiles, _, width = outlook.observed.shape
    expected = np.zeros((profiles, horizon, width))
    lags = norm.persistence.shape[1]
    start = max(0, cutoff + 1 - lags)
    is_known = outlook.known_on[:, start : cutoff + 1] <= cutoff
    last = np.where(is_known.any(axis=1), cutoff - np.argmax(is_known[:, ::-1], axis=1), -1)
    for profile in np.flatnonzero(last >= 0):
        departure = np.nan_to_num(outlook.observed[profile, last[profile]] - norm.mean[profile, last[profile]])
        reach = max(0, min(horizon, lags - (cutoff - int(last[profile]))))
        lag = cutoff - int(last[profile]) + np.arange(reach)
        expected[profile, :reach] = norm.persistence[profile, lag] * departure
    _overlay_published(outlook, norm, cutoff, stop, expected)
    return expected


def _overlay_published(outlook: WeatherOutlook, norm: WeatherNorm, cutoff: int, stop: int, expected: Floats) -> None:
    """Replace expected departures by the latest published forecast, in place."""
    is_known = outlook.forecast_known_on <= cutoff
    relevant = is_known & (outlook.forecast_day > cutoff) & (outlook.forecast_day < stop)
    for index in np.flatnonzero(relevant):
        profile, day = outlook.forecast_profile[index], outlook.forecast_day[index]
        departure = outlook.forecast_values[index] - norm.mean[profile, day]
        row = expected[profile, day - cutoff - 1]
        expected[profile, day - cutoff - 1] = np.where(np.isfinite(departure), departure, row)


def _compute_departures(outlook: WeatherOutlook, cutoff: int) -> tuple[Floats, Floats]:
    """Return departures up to ``cutoff`` (NaN where unknown then), and the norm over all days."""
    is_known = outlook.known_on[:, : cutoff + 1] <= cutoff
    observed = np.where(is_known[:, :, None], outlook.observed[:, : cutoff + 1], np.nan)
    finite = np.isfinite(observed)
    waves = outlook.season[: cutoff + 1]
    ridge = np.diag(np.r_[1e-6, np.full(waves.shape[1] - 1, NORM_RIDGE)])
    gram = np.einsum("ptf,tk,tl->pfkl", finite.astype(float), waves, waves, optimize=True) + ridge
    moment = np.einsum("ptf,tk->pfk", np.where(finite, observed, 0.0), waves, optimize=True)
    weights = np.linalg.solve(gram, moment[..., None])[..., 0]
    mean = np.einsum("tk,pfk->ptf", outlook.season, weights, optimize=True)
    return observed - mean[:, : cutoff + 1], mean


def _build_season(days: Dates) -> Floats:
    angle = 2 * np.pi * days.astype(np.int64) / YEAR_DAYS
    waves = [function(wave * angle) for wave in range(1, NORM_WAVES + 1) for function in (np.sin, np.cos)]
    return np.stack([np.ones(len(days)), *waves], axis=1)


def _sort_forecasts(
    forecasts: list[tuple[Integers, Integers, Integers, Floats]],
) -> tuple[Integers, Integers, Integers, Floats]:
    """Concatenate the forecasts of all profiles (profile, day, known_on, values), sorted by ``known_on``."""
    empty = np.zeros(0, dtype=np.int64)
    profile, day, known_on = (np.concatenate([empty, *(columns[index] for columns in forecasts)]) for index in range(3))
    values = np.concatenate([np.zeros((0, len(FEATURES))), *(columns[3] for columns in forecasts)])
    order = np.argsort(known_on, kind="stable")
    return profile[order], day[order], known_on[order], values[order]
