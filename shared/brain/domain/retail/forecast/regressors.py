"""The rows of the regression: the columns of the calendar and events, then those of the weather."""

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
    """Rows per profile. Columns are those of the design, then the weather features if there is an outlook."""

    def __init__(self, design: Design, outlook: WeatherOutlook | None) -> None:
        self.design, self.outlook = design, outlook
        features = len(FEATURES) if outlook is not None else 0
        self.width = len(design.columns) + features
        self.prior_mean = np.concatenate([design.prior_mean, np.zeros(features)])
        self.prior_sd = np.concatenate([design.prior_sd, np.full(features, WEATHER_SD)])
        self.all_columns: Integers = np.arange(self.width)
        self.coarse_columns: Integers = np.concatenate(
            [design.coarse_columns, np.arange(len(design.columns), self.width)]
        )
        self.profile_of = design.profile_of

    def fit_norm(self, cutoff: int, lags: int) -> WeatherNorm | None:
        """Fit the weather norm to what was known at the end of ``cutoff``; None without weather."""
        return None if self.outlook is None else fit_weather_norm(self.outlook, cutoff, lags)

    def build_past_rows(self, first: int, cutoff: int, norm: WeatherNorm | None) -> list[Floats]:
        """Build rows (days, columns) of ``first`` to ``cutoff`` (included) per profile, as known at its end."""
        rows = self._build_design_rows(first, cutoff + 1, cutoff)
        if self.outlook is None or norm is None:
            return rows
        weather = compute_known_departures(self.outlook, norm, first, cutoff)
        return [np.concatenate(pair, axis=1) for pair in zip(rows, weather, strict=True)]

    def build_future_rows(self, cutoff: int, stop: int, norm: WeatherNorm | None) -> list[Floats]:
        """Build rows of the days after ``cutoff`` up to ``stop`` (excluded) per profile, as known at its end."""
        rows = self._build_design_rows(cutoff + 1, stop, cutoff)
        if self.outlook is None or norm is None:
            return rows
        weather = forecast_departures(self.outlook, norm, cutoff, stop)
        return [np.concatenate(pair, axis=1) for pair in zip(rows, weather, strict=True)]

    def _build_design_rows(self, first: int, stop: int, known_by: int) -> list[Floats]:
        profiles = range(self.design.profile_count)
        return [self.design.build_rows(profile, first, stop, known_by) for profile in profiles]
