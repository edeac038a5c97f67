"""What would have been sold without a decision: the forecast from before it, beside the same forecast in earlier weeks.

The forecast is fitted on sales up to the day before the spell's first decision and told what everybody knows by now of
the days after it: the weather that came, the events that took place. Only sales after that day are kept from it. The
same is done for the same days one, two and more weeks earlier, on which nothing had been decided: how far sales and
forecast lay apart then is how far they lie apart by chance (placebos in time: Abadie, Diamond, Hainmueller 2015;
Chernozhukov, Wüthrich, Zhu 2021).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import numpy as np

from brain.domain.retail.config import RetailConfig
from brain.domain.retail.forecast.panel import build_panel
from brain.domain.retail.forecast.pipeline import WEEK, run_forecast
from brain.domain.retail.roi.config import RoiConfig
from brain.domain.retail.roi.decision import Decision, Kind
from brain.domain.retail.series import CalendarEvent, DailySeries
from brain.domain.retail.shop_data import ShopData
from brain.domain.retail.weather_days import WeatherDays
from brain.domain.types import Booleans, Floats

ALWAYS_KNOWN = datetime(1970, 1, 1, tzinfo=UTC)
LONG_AGO = np.datetime64("1970-01-01")


@dataclass(frozen=True, slots=True, eq=False)
class Undone:
    """Forecasts without the decisions, beside what was sold; both (rows, weeks back + 1, days).

    Index 0 of the second axis is the days from ``start`` on, index k the same days k weeks earlier. ``sold`` is NaN
    where the shop was closed, the day is not known, or (earlier than ``start``) something else had been decided.
    ``open_days`` (rows,) is how many days each row has to learn from.
    """

    start: date
    store_ids: tuple[str, ...]
    predicted: Floats
    sold: Floats
    open_days: Floats


def undone(
    series: Sequence[DailySeries],
    facts: ShopData,
    start: date,
    days: int,
    decisions: Sequence[Decision],
    config: RetailConfig,
    roi: RoiConfig,
) -> Undone | None:
    """Forecast ``days`` from ``start`` on for ``series`` (one a store), and the same days in earlier weeks.

    ``decisions`` are all that are known: the days of those before ``start`` are left out. The horizon is whole weeks,
    so that a forecast does not depend on how long another decision runs. None when no store has enough history.
    """
    cutoff = start - timedelta(days=1)
    before = [_without(one, decisions, start) for one in series]
    if not any(len(one.until(cutoff)) for one in before):
        return None
    panel = build_panel([one.until(cutoff) for one in before], cutoff)
    column = panel.index_of(cutoff)
    weeks = _weeks_back(panel.open, column, roi)
    if not weeks:
        return None
    horizon = -(-days // WEEK) * WEEK
    origins = [column - WEEK * back for back in weeks]
    said = run_forecast(panel, as_it_came(facts), origins, horizon, config, WEEK).predicted[:, ::-1]
    sold = np.stack([_windows(one, start, horizon, len(weeks)) for one in before])
    sold[:, 1:][_too_young(panel.open, origins[-2::-1], roi)] = np.nan
    sold[:, 0] = np.stack([_windows(one, start, horizon, 1)[0] for one in series])
    return Undone(start, panel.store_ids, said[..., :days], sold[..., :days], panel.open.sum(axis=1).astype(float))


def _weeks_back(opened: Booleans, column: int, roi: RoiConfig) -> list[int]:
    """How many weeks back each comparison lies, furthest first, 0 last; none without history for the decision."""
    longest = opened.cumsum(axis=1).max(axis=0)
    back = range(min(roi.comparisons_back_weeks, column // WEEK), -1, -1)
    return [week for week in back if longest[column - WEEK * week] >= roi.history_days]


def _too_young(opened: Booleans, origins: Sequence[int], roi: RoiConfig) -> Booleans:
    """Which rows had too short a history at which origins: (rows, origins); a store's first weeks tell no chance."""
    young: Booleans = opened.cumsum(axis=1)[:, list(origins)] < roi.history_days
    return young


def _windows(series: DailySeries, start: date, days: int, count: int) -> Floats:
    """Sales of the ``days`` from ``start``, and of the same days 1, 2, … weeks earlier: (count, days)."""
    answer = np.full((count, days), np.nan)
    for back in range(count):
        first = (start - series.first_day).days - WEEK * back
        inside = slice(max(first, 0), max(0, min(first + days, len(series))))
        sales = np.where(series.open[inside], series.sales[inside], np.nan)
        answer[back, max(-first, 0) : max(-first, 0) + len(sales)] = sales
    return answer


def _without(series: DailySeries, decisions: Sequence[Decision], start: date) -> DailySeries:
    """The series with the days of earlier decisions in its store as if they were not known."""
    opened, sales, returns = series.open.copy(), series.sales.copy(), series.returns.copy()
    for one in decisions:
        if one.store_id in {None, series.store_id} and one.start < start:
            last = min(one.end, start - timedelta(days=1))
            span = slice(max(0, (one.start - series.first_day).days), max(0, (last - series.first_day).days + 1))
            opened[span], sales[span], returns[span] = False, np.nan, np.nan
    return replace(series, open=opened, sales=sales, returns=returns)


def as_it_came(facts: ShopData) -> ShopData:
    """The facts with every event and the weather as it came known from long ago on."""
    events = tuple(replace(event, known_at=ALWAYS_KNOWN) for event in facts.events)
    weather = {store: _known_ahead(days) for store, days in facts.weather.items()}
    return ShopData(facts.stores, events, weather)


def _known_ahead(weather: WeatherDays) -> WeatherDays:
    """Each day's last version, known at its own end (to learn from) and from long ago on (to forecast with)."""
    last = np.append(weather.day[1:] != weather.day[:-1], True) if len(weather.day) else np.zeros(0, dtype=bool)
    day, values = weather.day[last], weather.values[last]
    return WeatherDays(
        weather.store_id,
        np.concatenate([day, day]),
        np.concatenate([np.full(len(day), LONG_AGO), day]),
        np.concatenate([values, values]),
    )


def without_own_events(facts: ShopData, decisions: Sequence[Decision], own: Mapping[Kind, Sequence[str]]) -> ShopData:
    """The facts without the calendar's entries for the decisions themselves.

    A promotion that is also an event of the calendar would otherwise be forecast, and its worth would vanish.
    """
    return replace(facts, events=tuple(event for event in facts.events if not _is_own(event, decisions, own)))


def _is_own(event: CalendarEvent, decisions: Sequence[Decision], own: Mapping[Kind, Sequence[str]]) -> bool:
    return any(
        event.event_class in own.get(one.kind, ())
        and (one.store_id is None or event.store_id in {None, one.store_id})
        and event.start <= one.end
        and event.end >= one.start
        for one in decisions
    )
