"""Takes a forecast apart: what the level, the weekday, the season and each signal put into it."""

import numpy as np

from brain.domain.retail.forecast.calendar_columns import BASE_GROUPS
from brain.domain.retail.forecast.pipeline import ForecastOutcome
from brain.domain.retail.forecast.weather_outlook import FEATURES

SMALLEST_SHOWN = 0.002
"""Lifts below this are not worth a line to the reader."""


def decompose_forecast(result: ForecastOutcome, row: int, step: int) -> dict[str, float]:
    """What each part adds, on the model scale, to the forecast of day ``step`` after the last origin.

    Keys: level, weekday, season, then the names of the signals that act; the values sum to the joined forecast (the
    level takes what the other models and the smoothing add).
    """
    fit, regressors, cutoff = result.replay.last_fit, result.regressors, result.origins[-1]
    columns = regressors.design.columns
    coming = regressors.ahead(cutoff, cutoff + step + 2, fit.norm)
    added = coming[regressors.place_of[row]][step] * fit.coefficients[0, row]
    weekly_mean = _mean_weekday(result, row)
    found = {"level": 0.0, "weekday": -weekly_mean, "season": 0.0}
    for column, value in zip(columns, added, strict=False):
        if column.group in BASE_GROUPS:
            found["level" if column.group == "trend" else column.group] += float(value)
        elif value:
            found[column.name] = float(value)
    for name, value in zip(FEATURES, added[len(columns) :], strict=False):
        if value:
            found[f"weather: {name}"] = float(value)
    found["level"] += float(result.joined[row, -1, step]) - sum(found.values())
    return found


def list_signal_lifts(result: ForecastOutcome, row: int, step: int) -> tuple[tuple[str, float], ...]:
    """The signals that act on a day as lifts of its sales (0.05 = +5 %), strongest first."""
    total = decompose_forecast(result, row, step)
    signals = {name: value for name, value in total.items() if name not in BASE_GROUPS}
    if result.replay.scale.ratio[row]:
        lifts = {name: float(np.expm1(value)) for name, value in signals.items()}
    else:
        rest = sum(total.values()) - sum(signals.values())
        lifts = {name: value / rest if rest > 0 else 0.0 for name, value in signals.items()}
    shown = [(name, lift) for name, lift in lifts.items() if abs(lift) >= SMALLEST_SHOWN]
    return tuple(sorted(shown, key=lambda pair: (-abs(pair[1]), pair[0])))


def _mean_weekday(result: ForecastOutcome, row: int) -> float:
    """The mean of the weekdays' coefficients, which belongs to the level and not to any day."""
    columns = result.regressors.design.columns
    weekdays = [at for at, column in enumerate(columns) if column.group == "weekday"]
    return float(np.mean(result.replay.last_fit.coefficients[0, row, weekdays]))
