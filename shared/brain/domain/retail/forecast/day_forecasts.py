"""The forecast of the next days: one call, from history and facts as known at the cutoff."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from brain.domain.retail.config import RetailConfig
from brain.domain.retail.forecast.contributions import list_signal_lifts
from brain.domain.retail.forecast.opening_probability import estimate_opening_probability
from brain.domain.retail.forecast.panel import build_panel
from brain.domain.retail.forecast.pipeline import ForecastOutcome, run_forecast
from brain.domain.retail.series import DailySeries
from brain.domain.retail.shop_data import ShopData
from brain.errors import InvalidInputError

WEEK = 7
RELIABLE_FROM_DAYS = 56
"""Open days from which the weekday pattern and the errors are the series' own."""


@dataclass(frozen=True, slots=True)
class DayForecast:
    """One day of one series as seen at the end of ``cutoff``; money in the currency's major unit.

    The figures hold if the shop opens; ``open_probability`` says how likely that is. ``signals`` are the lifts (0.05
    = +5 %) that act on the day, strongest first. ``reliable`` is False while the series is younger than 8 weeks of
    open days; ``reliable_from`` is then the day on which it will be old enough, if it opens daily.
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
    history: Sequence[DailySeries], facts: ShopData, cutoff: date, horizon: int, config: RetailConfig
) -> list[DayForecast]:
    """Forecast the ``horizon`` days after ``cutoff`` for every series, by series and day.

    Only sales up to ``cutoff`` and facts known at its end are read. Series of one call learn from each other, so pass
    stores together and products together, not totals with their parts.

    Raises:
        InvalidInputError: no series, a horizon below 1, or no open day up to ``cutoff``.
    """
    if horizon < 1:
        raise InvalidInputError(f"expected a horizon of at least 1 day, got {horizon}")
    panel = build_panel([one.until(cutoff) for one in history], cutoff)
    if not panel.open.any():
        raise InvalidInputError(f"expected sales on some day up to {cutoff}, got none; import sales first")
    column = panel.index_of(cutoff)
    result = run_forecast(panel, facts, [column], horizon, config, WEEK)
    stores = [facts.get_store(store_id) for store_id in panel.store_ids]
    days = np.arange(column + 1 + horizon) + panel.days[0]
    opening = estimate_opening_probability(panel.open, days, stores, column, horizon)
    return [
        _day_forecast(result, cutoff, row, step, float(opening[row, step]))
        for row in range(len(panel.sales))
        for step in range(horizon)
    ]


def _day_forecast(result: ForecastOutcome, cutoff: date, row: int, step: int, open_probability: float) -> DayForecast:
    lower_80, upper_80, lower_95, upper_95 = (float(tail[row, 0, step]) for tail in result.bounds)
    line = float(result.rush_line[row, 0])
    lacking = RELIABLE_FROM_DAYS - int(result.panel.open[row].sum())
    return DayForecast(
        store_id=result.panel.store_ids[row],
        product_id=result.panel.product_ids[row],
        cutoff=cutoff,
        day=cutoff + timedelta(days=step + 1),
        predicted=float(result.predicted[row, 0, step]),
        lower_80=lower_80,
        upper_80=upper_80,
        lower_95=min(lower_95, lower_80),
        upper_95=max(upper_95, upper_80),
        open_probability=open_probability,
        rush_line=line,
        rush_probability=float(result.rush[row, step]) * open_probability,
        signals=list_signal_lifts(result, row, step),
        reliable=lacking <= 0,
        reliable_from=cutoff + timedelta(days=lacking) if lacking > 0 else None,
    )
