"""Forecast sales as they would have been without a decision, and the same days of earlier weeks as placebos.

The forecast is fitted on sales up to the day before the first decision of a spell, and knows the weather and events
of the days after it; only the sales after that day are withheld. The same is done for the same days one, two and more
weeks earlier, on which nothing had been decided: how far sales and forecast were apart then is how far they are apart
by chance (placebos in time: Abadie, Diamond, Hainmueller 2015; Chernozhukov, Wüthrich, Zhu 2021).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import numpy as np

from brain.domain.retail.config import RetailConfig
from brain.domain.retail.forecast.levels import WEEK
from brain.domain.retail.forecast.panel import build_panel
from brain.domain.retail.forecast.pipeline import run_forecast
from brain.domain.retail.roi.config import RoiConfig
from brain.domain.retail.roi.shop_decision import DecisionKind, ShopDecision
from brain.domain.retail.series import CalendarEvent, DailySeries
from brain.domain.retail.shop_data import ShopData
from brain.domain.retail.weather_days import WeatherDays
from brain.domain.types import Booleans, Floats

ALWAYS_KNOWN = datetime(1970, 1, 1, tzinfo=UTC)
ALWAYS_KNOWN_DAY = np.datetime64("1970-01-01")


@dataclass(frozen=True, slots=True, eq=False)
class Counterfactual:
    """Forecasts without the decisions next to actual sales.

    Index 0 of the second axis is the days from ``start`` on, index k the same days k weeks earlier.

    Attributes:
        start: the first day of the forecast.
        store_ids: the store of each row.
        predicted: forecast sales, (rows, weeks back + 1, days).
        actual: actual sales, (rows, weeks back + 1, days), NaN where the store was closed, the day is not known, or
            (before ``start``) another decision was running.
        open_days: number of days that each row has to learn from, (rows,).
    """

    start: date
    store_ids: tuple[str, ...]
    predicted: Floats
    actual: Floats
    open_days: Floats


def forecast_counterfactual(
    series: Sequence[DailySeries],
    shop_data: ShopData,
    start: date,
    days: int,
    decisions: Sequence[ShopDecision],
    config: RetailConfig,
    roi: RoiConfig,
) -> Counterfactual | None:
    """Forecast ``days`` days from ``start`` on, and the same days of earlier weeks.

    The horizon is whole weeks, so that a forecast does not depend on how long another decision runs.

    Args:
        series: sales, one series per store.
        shop_data: stores, events and weather.
        start: the first day to forecast.
        days: the number of days to forecast.
        decisions: all decisions of the shop; the days of those before ``start`` are left out of the history.
        config: settings of the forecast.
        roi: settings of the valuation.

    Returns:
        The forecasts; None when no store has enough history.
    """
    cutoff = start - timedelta(days=1)
    undecided = [_blank_decision_days(store_series, decisions, start) for store_series in series]
    if not any(len(store_series.until(cutoff)) for store_series in undecided):
        return None
    panel = build_panel([store_series.until(cutoff) for store_series in undecided], cutoff)
    cutoff_column = panel.index_of(cutoff)
    weeks = _list_weeks_back(panel.open, cutoff_column, roi)
    if not weeks:
        return None
    horizon = -(-days // WEEK) * WEEK
    origins = [cutoff_column - WEEK * back for back in weeks]
    forecast = run_forecast(panel, reveal_actuals(shop_data), origins, horizon, config, WEEK)
    predicted = forecast.predicted[:, ::-1]
    actual = np.stack([_select_windows(store_series, start, horizon, len(weeks)) for store_series in undecided])
    actual[:, 1:][_flag_short_histories(panel.open, origins[-2::-1], roi)] = np.nan
    actual[:, 0] = np.stack([_select_windows(store_series, start, horizon, 1)[0] for store_series in series])
    open_days = panel.open.sum(axis=1).astype(float)
    return Counterfactual(start, panel.store_ids, predicted[..., :days], actual[..., :days], open_days)


def reveal_actuals(shop_data: ShopData) -> ShopData:
    """Return the data with every event and the observed weather known from the beginning."""
    events = tuple(replace(event, known_at=ALWAYS_KNOWN) for event in shop_data.events)
    weather = {store_id: _reveal_weather(days) for store_id, days in shop_data.weather.items()}
    return ShopData(shop_data.stores, events, weather)


def exclude_own_events(
    shop_data: ShopData, decisions: Sequence[ShopDecision], own_events: Mapping[DecisionKind, Sequence[str]]
) -> ShopData:
    """Return the data without the calendar events that stand for the decisions themselves.

    A promotion that is also an event of the calendar would otherwise be part of the forecast and have no value.

    Args:
        shop_data: stores, events and weather.
        decisions: the decisions of the shop.
        own_events: the event classes that stand for each kind of decision.
    """
    events = tuple(event for event in shop_data.events if not _is_own_event(event, decisions, own_events))
    return replace(shop_data, events=events)


def _list_weeks_back(is_open: Booleans, cutoff_column: int, roi: RoiConfig) -> list[int]:
    """Return how many weeks back each comparison lies, furthest first, 0 last; empty without enough history."""
    longest_history = is_open.cumsum(axis=1).max(axis=0)
    weeks = range(min(roi.comparisons_back_weeks, cutoff_column // WEEK), -1, -1)
    return [week for week in weeks if longest_history[cutoff_column - WEEK * week] >= roi.history_days]


def _flag_short_histories(is_open: Booleans, origins: Sequence[int], roi: RoiConfig) -> Booleans:
    """Return which rows had too short a history at which origins, (rows, origins).

    Their errors are not representative.
    """
    is_short: Booleans = is_open.cumsum(axis=1)[:, list(origins)] < roi.history_days
    return is_short


def _select_windows(series: DailySeries, start: date, days: int, count: int) -> Floats:
    """Return the sales of ``days`` days from ``start`` and of the same days 1, 2, … weeks earlier, (count, days)."""
    windows = np.full((count, days), np.nan)
    for back in range(count):
        first = (start - series.first_day).days - WEEK * back
        inside = slice(max(first, 0), max(0, min(first + days, len(series))))
        sales = np.where(series.open[inside], series.sales[inside], np.nan)
        windows[back, max(-first, 0) : max(-first, 0) + len(sales)] = sales
    return windows


def _blank_decision_days(series: DailySeries, decisions: Sequence[ShopDecision], start: date) -> DailySeries:
    """Return the series with the days of decisions before ``start`` in its store marked as unknown."""
    is_open, sales, returns = series.open.copy(), series.sales.copy(), series.returns.copy()
    for decision in decisions:
        if decision.store_id in {None, series.store_id} and decision.start < start:
            last_day = min(decision.end, start - timedelta(days=1))
            first = max(0, (decision.start - series.first_day).days)
            span = slice(first, max(0, (last_day - series.first_day).days + 1))
            is_open[span], sales[span], returns[span] = False, np.nan, np.nan
    return replace(series, open=is_open, sales=sales, returns=returns)


def _reveal_weather(weather: WeatherDays) -> WeatherDays:
    """Return the last version of each day, known at its end (to learn from) and always (to forecast with)."""
    is_last = np.append(weather.day[1:] != weather.day[:-1], True) if len(weather.day) else np.zeros(0, dtype=bool)
    days, readings = weather.day[is_last], weather.values[is_last]
    return WeatherDays(
        weather.store_id,
        np.concatenate([days, days]),
        np.concatenate([np.full(len(days), ALWAYS_KNOWN_DAY), days]),
        np.concatenate([readings, readings]),
    )


def _is_own_event(
    event: CalendarEvent, decisions: Sequence[ShopDecision], own_events: Mapping[DecisionKind, Sequence[str]]
) -> bool:
    return any(
        event.event_class in own_events.get(decision.kind, ())
        and (decision.store_id is None or event.store_id in {None, decision.store_id})
        and event.start <= decision.end
        and event.end >= decision.start
        for decision in decisions
    )
