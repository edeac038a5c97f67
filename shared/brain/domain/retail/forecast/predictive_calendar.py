"""The predictive calendar: for each of the next days the forecast, the active signals, and advice on staffing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from brain.domain.retail.config import RetailConfig
from brain.domain.retail.forecast.day_forecasts import DayForecast, forecast_days
from brain.domain.retail.forecast.levels import WEEK
from brain.domain.retail.rush import OPEN_FROM, RushLevel, classify_rush
from brain.domain.retail.series import DailySeries
from brain.domain.retail.shop_data import ShopData

USUAL_WEEKS = 8
USUAL_MARGIN = 0.08
"""A day within this share of its usual weekday needs no other staffing."""

MIN_NAMED_LIFT = 0.01
MAX_NAMED_SIGNALS = 2


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A forecast with advice, its rush level, and the ``usual`` sales: the median of the same weekday over 8 weeks.

    ``usual`` is None when the weekday was never open.
    """

    forecast: DayForecast
    usual: float | None
    advice: str
    rush: RushLevel


def build_calendar(
    history: Sequence[DailySeries], shop_data: ShopData, cutoff: date, horizon: int, config: RetailConfig
) -> list[CalendarDay]:
    """Build the calendar of the days after ``cutoff`` for every series, by series and day.

    Raises what :func:`forecast_days` raises.
    """
    calendar = []
    for index, day in enumerate(forecast_days(history, shop_data, cutoff, horizon, config)):
        usual = _compute_usual_sales(history[index // horizon].until(cutoff), day.day)
        rush = classify_rush(day.rush_probability, day.open_probability, config.forecast)
        calendar.append(CalendarDay(day, usual, write_advice(day, usual, rush), rush))
    return calendar


def write_advice(day: DayForecast, usual: float | None, rush: RushLevel) -> str:
    """Write what to do about the day, in one or two sentences a store manager can act on."""
    if day.open_probability < OPEN_FROM:
        return "Probably closed: the shop has not opened on such days. No staff to plan unless you decide to open."
    advice = _write_staffing(day, usual, rush)
    signals = [f"{name.replace('_', ' ')} ({lift:+.0%})" for name, lift in day.signals if abs(lift) >= MIN_NAMED_LIFT]
    if signals:
        advice += f" Acting: {', '.join(signals[:MAX_NAMED_SIGNALS])}."
    if not day.reliable and day.reliable_from is not None:
        advice += f" Not enough days yet to be sure; enough by {day.reliable_from.isoformat()}."
    return advice


def _write_staffing(day: DayForecast, usual: float | None, rush: RushLevel) -> str:
    weekday = day.day.strftime("%A")
    if rush is RushLevel.SURE:
        return f"Rush day ({day.rush_probability:.0%} sure): plan full staff and stock for up to {day.upper_80:,.0f}."
    if usual is None or usual <= 0:
        return f"Plan for {day.predicted:,.0f}; there is no usual {weekday} to compare with yet."
    change = day.predicted / usual - 1.0
    if rush is RushLevel.LIKELY:
        return f"May become a rush day ({day.rush_probability:.0%}): have one more person on call."
    if change > USUAL_MARGIN:
        return f"Plan about {change:.0%} more staff hours than on a usual {weekday}."
    if change < -USUAL_MARGIN:
        return f"Plan about {-change:.0%} fewer staff hours than on a usual {weekday}."
    return f"Staff as on a usual {weekday}."


def _compute_usual_sales(series: DailySeries, day: date) -> float | None:
    """Return the median sales of the last eight open same weekdays."""
    if not len(series):
        return None
    first_weekday = series.first_day.weekday()
    same_weekday = np.flatnonzero((np.arange(len(series)) + first_weekday) % WEEK == day.weekday())
    sales = series.sales[same_weekday][series.open[same_weekday]][-USUAL_WEEKS:]
    return float(np.median(sales)) if len(sales) else None
