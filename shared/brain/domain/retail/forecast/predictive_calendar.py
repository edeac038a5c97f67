"""The predictive calendar: the next days with what to expect, what acts on them, and what to do about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from brain.domain.retail.config import ForecastConfig, RetailConfig
from brain.domain.retail.forecast.day_forecasts import DayForecast, forecast_days
from brain.domain.retail.forecast.opening_probability import WEEK
from brain.domain.retail.rush import OPEN_FROM, RushLevel, classify_rush
from brain.domain.retail.series import DailySeries
from brain.domain.retail.shop_data import ShopData

USUAL_WEEKS = 8
WORTH_A_WORD = 0.08
"""A day within this share of its usual weekday needs no other staffing."""

SIGNALS_NAMED = 2


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A forecast with ``usual`` (the median of the same weekday over 8 weeks, None when unknown) and advice."""

    forecast: DayForecast
    usual: float | None
    advice: str
    rush: RushLevel


def build_calendar(
    history: Sequence[DailySeries], facts: ShopData, cutoff: date, horizon: int, config: RetailConfig
) -> list[CalendarDay]:
    """The days after ``cutoff`` for every series, by series and day; raises what ``forecast`` raises."""
    days = forecast_days(history, facts, cutoff, horizon, config)
    answer = []
    for index, day in enumerate(days):
        usual = _usual(history[index // horizon].until(cutoff), day.day)
        rush = classify_rush(day.rush_probability, day.open_probability, config.forecast)
        answer.append(CalendarDay(day, usual, write_advice(day, usual, config.forecast), rush))
    return answer


def write_advice(day: DayForecast, usual: float | None, config: ForecastConfig) -> str:
    """What to do about the day, in one or two sentences a store manager acts on."""
    if day.open_probability < OPEN_FROM:
        return "Probably closed: the shop has not opened on such days. No staff to plan unless you decide to open."
    sentence = _staffing(day, usual, classify_rush(day.rush_probability, day.open_probability, config))
    acting = [f"{name.replace('_', ' ')} ({lift:+.0%})" for name, lift in day.signals if abs(lift) >= 0.01]  # noqa: PLR2004 - a whole percent
    if acting:
        sentence += f" Acting: {', '.join(acting[:SIGNALS_NAMED])}."
    if not day.reliable and day.reliable_from is not None:
        sentence += f" Not enough days yet to be sure; enough by {day.reliable_from.isoformat()}."
    return sentence


def _staffing(day: DayForecast, usual: float | None, rush: RushLevel) -> str:
    weekday = day.day.strftime("%A")
    if rush is RushLevel.SURE:
        return f"Rush day ({day.rush_probability:.0%} sure): plan full staff and stock for up to {day.upper_80:,.0f}."
    if usual is None or usual <= 0:
        return f"Plan for {day.predicted:,.0f}; there is no usual {weekday} to compare with yet."
    change = day.predicted / usual - 1.0
    if rush is RushLevel.LIKELY:
        return f"May become a rush day ({day.rush_probability:.0%}): have one more person on call."
    if change > WORTH_A_WORD:
        return f"Plan about {change:.0%} more staff hours than on a usual {weekday}."
    if change < -WORTH_A_WORD:
        return f"Plan about {-change:.0%} fewer staff hours than on a usual {weekday}."
    return f"Staff as on a usual {weekday}."


def _usual(series: DailySeries, day: date) -> float | None:
    """The median sales of the last eight open same weekdays."""
    if not len(series):
        return None
    first_weekday = series.first_day.weekday()
    same = np.flatnonzero((np.arange(len(series)) + first_weekday) % WEEK == day.weekday())
    known = series.sales[same][series.open[same]][-USUAL_WEEKS:]
    return float(np.median(known)) if len(known) else None
