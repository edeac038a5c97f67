"""Joins the calendar's columns with the weather's into the rows that a place is fitted on and forecast with."""

import numpy as np

from brain.domain.retail.forecast.design import Design
from brain.domain.retail.forecast.weather_outlook import (
    FEATURES,
    WEATHER_SD,
    WeatherNorm,
    WeatherOutlook,
    compute_known_departures,
    fit_weather_norm,
    forecast_departures,
)
from brain.domain.types import Floats, Integers


class Regressors:
    """Rows per place. Columns are the design's, then the weather's features where there is an outlook."""

    def __init__(self, design: Design, outlook: WeatherOutlook | None) -> None:
        self.design, self.outlook = design, outlook
        weather = len(FEATURES) if outlook is not None else 0
        self.width = len(design.columns) + weather
        self.prior_mean = np.concatenate([design.prior_mean, np.zeros(weather)])
        self.prior_sd = np.concatenate([design.prior_sd, np.full(weather, WEATHER_SD)])
        self.all_columns: Integers = np.arange(self.width)
        self.coarse_columns: Integers = np.concatenate([design.coarse, np.arange(len(design.columns), self.width)])
        self.place_of = design.place_of

    def norm(self, cutoff: int, lags: int) -> WeatherNorm | None:
        """The weather's norm as known at the end of ``cutoff``; None without weather."""
        return None if self.outlook is None else fit_weather_norm(self.outlook, cutoff, lags)

    def seen(self, first: int, cutoff: int, norm: WeatherNorm | None) -> list[Floats]:
        """Rows (days, columns) of ``first`` to ``cutoff`` (included) per place, as known at the end of ``cutoff``."""
        steady = [self.design.rows(place, first, cutoff + 1, cutoff) for place in range(self.design.places)]
        if self.outlook is None or norm is None:
            return steady
        weather = compute_known_departures(self.outlook, norm, first, cutoff)
        return [np.concatenate(pair, axis=1) for pair in zip(steady, weather, strict=True)]

    def ahead(self, cutoff: int, stop: int, norm: WeatherNorm | None) -> list[Floats]:
        """Rows of the days after ``cutoff`` up to ``stop`` (excluded) per place, as known at the end of ``cutoff``."""
        steady = [self.design.rows(place, cutoff + 1, stop, cutoff) for place in range(self.design.places)]
        if self.outlook is None or norm is None:
            return steady
        weather = forecast_departures(self.outlook, norm, cutoff, stop)
        return [np.concatenate(pair, axis=1) for pair in zip(steady, weather, strict=True)]
