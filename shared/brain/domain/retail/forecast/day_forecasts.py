"""Forecast the next days in one call, from history and shop data as known at the cutoff."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from brain.domain.retail.config import RetailConfig
from brain.domain.retail.forecast.contributions import list_signal_lifts
from brain.domain.retail.forecast.levels import WEEK
from brain.domain.retail.forecast.opening_probability import estimate_opening_probability
from brain.domain.retail.forecast.panel import build_panel
from brain.domain.retail.forecast.pipeline import ForecastOutcome, run_forecast
from brain.domain.retail.series import DailySeries
from brain.domain.retail.shop_data import ShopData
from brain.errors import InvalidInputError

MIN_RELIABLE_DAYS = 56
"""Open days from which the weekday pattern and the errors are the series' own."""


@dataclass(frozen=True, slots=True)
class DayForecast:
    """The forecast of one day of one series at the end of ``cutoff``; money in the currency's major unit.

    The figures apply if the shop opens; ``open_probability`` is the probability of that. ``signals`` are the lifts
    (0.05 = +5 %) of the signals active on the day, strongest first. ``reliable`` is False for a series with fewer than
    8 weeks of open days; ``reliable_from`` is then the day on which it has enough, if it opens daily.
    """

    store_id: str
    product_id: str | None
    cutoff: date
    day: date
    predicted: float
    lower_80: float
    upper_80: float
    lower_95: float
    upper_95: float
    open_probability: float
    rush_line: float
    rush_probability: float
    signals: tuple[tuple[str, float], ...]
    reliable: bool
    reliable_from: date | None


def forecast_days(
    history: Sequence[DailySeries], shop_data: ShopData, cutoff: date, horizon: int, config: RetailConfig
) -> list[DayForecast]:
    """Forecast the ``horizon`` days after ``cutoff`` for every series, by series and day.

    Only sales up to ``cutoff`` and facts known at its end are used. Series of one call learn from each other: pass
    stores together or products together, but not totals with their parts.

    Raises:
        InvalidInputError: no series, a horizon below 1, or no open day up to ``cutoff``.
    """
    if horizon < 1:
        raise InvalidInputError(f"horizon must be at least 1 day, got {horizon}")
    panel = build_panel([series.until(cutoff) for series in history], cutoff)
    if not panel.open.any():
        raise InvalidInputError(f"expected sales on some day up to {cutoff}, got none; import sales first")
    column = panel.index_of(cutoff)
    outcome = run_forecast(panel, shop_data, [column], horizon, config, WEEK)
    stores = [shop_data.get_store(store_id) for store_id in panel.store_ids]
    days = np.arange(column + 1 + horizon) + panel.days[0]
    opening = estimate_opening_probability(panel.open, days, stores, column, horizon)
    return [
        _build_day_forecast(outcome, cutoff, row, step, float(opening[row, step]))
        for row in range(len(panel.sales))
        for step in range(horizon)
    ]


def _build_day_forecast(
    outcome: ForecastOutcome, cutoff: date, row: int, step: int, open_probability: float
) -> DayForecast:
    lower_80, upper_80, lower_95, upper_95 = (float(tail[row, 0, step]) for tail in outcome.bounds)
    missing_days = MIN_RELIABLE_DAYS - int(outcome.panel.open[row].sum())
    return DayForecast(
        store_id=outcome.panel.store_ids[row],
        product_id=outcome.panel.product_ids[row],
        cutoff=cutoff,
        day=cutoff + timedelta(days=step + 1),
        predicted=float(outcome.predicted[row, 0, step]),
        lower_80=lower_80,
        upper_80=upper_80,
        lower_95=min(lower_95, lower_80),
        upper_95=max(upper_95, upper_80),
        open_probability=open_probability,
        rush_line=float(outcome.rush_line[row, 0]),
        rush_probability=float(outcome.rush_probability[row, step]) * open_probability,
        signals=list_signal_lifts(outcome, row, step),
        reliable=missing_days <= 0,
        reliable_from=cutoff + timedelta(days=missing_days) if missing_days > 0 else None,
    )
