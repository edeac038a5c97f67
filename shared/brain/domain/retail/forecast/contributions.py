"""Decompose a forecast into what level, weekday, season and each signal contribute."""

import numpy as np

from brain.domain.retail.forecast.calendar_columns import BASE_GROUPS
from brain.domain.retail.forecast.pipeline import ForecastOutcome
from brain.domain.retail.forecast.weather_outlook import FEATURES

MIN_REPORTED_LIFT = 0.002
"""Lifts below this are not reported."""


def decompose_forecast(outcome: ForecastOutcome, row: int, step: int) -> dict[str, float]:
    """Return what each part adds, on the model scale, to the forecast of day ``step`` after the last origin.

    Keys are level, weekday, season, then the names of the active signals. The values sum to the combined forecast: the
    level includes what the other models and the smoothing add.
    """
    fit, regressors, cutoff = outcome.replay.last_fit, outcome.regressors, outcome.origins[-1]
    columns = regressors.design.columns
    future_rows = regressors.build_future_rows(cutoff, cutoff + step + 2, fit.norm)
    effects = future_rows[regressors.profile_of[row]][step] * fit.coefficients[0, row]
    mean_weekday = _average_weekday(outcome, row)
    contributions = {"level": 0.0, "weekday": -mean_weekday, "season": 0.0}
    for column, effect in zip(columns, effects, strict=False):
        if column.group in BASE_GROUPS:
            contributions["level" if column.group == "trend" else column.group] += float(effect)
        elif effect:
            contributions[column.name] = float(effect)
    for feature, effect in zip(FEATURES, effects[len(columns) :], strict=False):
        if effect:
            contributions[f"weather: {feature}"] = float(effect)
    contributions["level"] += float(outcome.combined[row, -1, step]) - sum(contributions.values())
    return contributions


def list_signal_lifts(outcome: ForecastOutcome, row: int, step: int) -> tuple[tuple[str, float], ...]:
    """List the active signals of a day with their lifts of its sales (0.05 = +5 %), strongest first."""
    contributions = decompose_forecast(outcome, row, step)
    signals = {name: effect for name, effect in contributions.items() if name not in BASE_GROUPS}
    if outcome.replay.scale.ratio[row]:
        lifts = {name: float(np.expm1(effect)) for name, effect in signals.items()}
    else:
        base = sum(contributions.values()) - sum(signals.values())
        lifts = {name: effect / base if base > 0 else 0.0 for name, effect in signals.items()}
    reported = [(name, lift) for name, lift in lifts.items() if abs(lift) >= MIN_REPORTED_LIFT]
    return tuple(sorted(reported, key=lambda pair: (-abs(pair[1]), pair[0])))


def _average_weekday(outcome: ForecastOutcome, row: int) -> float:
    """Return the mean of the weekdays' coefficients, which is part of the level."""
    columns = outcome.regressors.design.columns
    weekdays = [index for index, column in enumerate(columns) if column.group == "weekday"]
    return float(np.mean(outcome.replay.last_fit.coefficients[0, row, weekdays]))
