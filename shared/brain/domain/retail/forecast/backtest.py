"""Rolling-origin backtest: the forecasts at past cutoffs, scored next to the naive rules on the same days."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from brain.domain.retail.config import RetailConfig
from brain.domain.retail.forecast.levels import WEEK, YEAR
from brain.domain.retail.forecast.metrics import Metrics, ScoredDays, score_by_series, score_overall
from brain.domain.retail.forecast.panel import Panel, build_panel
from brain.domain.retail.forecast.pipeline import ForecastOutcome, run_forecast
from brain.domain.retail.series import DailySeries
from brain.domain.retail.shop_data import ShopData
from brain.domain.retail.wildcards import ALL_STORES
from brain.domain.types import Booleans, Floats, Integers
from brain.errors import InvalidInputError

RULES = ("forecast", "seasonal_naive", "same_day_last_year")
MAX_CLOSURE_WEEKS = 4
"""A naive rule whose source day was closed looks this many weeks further back."""


@dataclass(frozen=True, slots=True)
class SeriesScore:
    """The figures of the forecast and of both naive rules for one series, or for all (``ALL_STORES``)."""

    store_id: str
    product_id: str | None
    forecast: Metrics
    seasonal_naive: Metrics
    same_day_last_year: Metrics


@dataclass(frozen=True, slots=True)
class BacktestRow:
    """One forecast next to the actual sales, both in the currency's major unit."""

    store_id: str
    product_id: str | None
    cutoff: date
    date: date
    predicted: float
    lower_80: float
    upper_80: float
    lower_95: float
    upper_95: float
    actual: float


@dataclass(frozen=True, slots=True, eq=False)
class BacktestReport:
    """Scores per series in the order of the input, scores over all series, and every forecast of an open day.

    ``seasonal_naive`` repeats the same weekday of the last week known (for weekly figures: the same week last year),
    ``same_day_last_year`` the day 364 days before; a closed source day is replaced by the week before it.
    """

    scores: tuple[SeriesScore, ...]
    overall: SeriesScore
    start: date
    end: date
    horizon: int
    step_days: int
    table: "BacktestTable"

    def rows(self) -> Iterator[BacktestRow]:
        """Iterate over every forecast of an open day, by series, cutoff and day."""
        return self.table.rows()


@dataclass(frozen=True, slots=True, eq=False)
class BacktestTable:
    """The forecasts as flat arrays, sorted by series, cutoff and day.

    ``predicted``, ``predicted_day_before`` and ``rush_called`` have one row per rule: (rules, rows).
    """

    panel: Panel
    series: Integers
    cutoff: Integers
    day: Integers
    actual: Floats
    predicted: Floats
    predicted_day_before: Floats
    actual_day_before: Floats
    bounds: Floats
    rush_line: Floats
    rush_called: Booleans
    scale: Floats

    def select_rule(self, rule: int) -> ScoredDays:
        """Return the days to score for one of ``RULES``."""
        return ScoredDays(
            series=self.series,
            actual=self.actual,
            predicted=self.predicted[rule],
            actual_day_before=self.actual_day_before,
            predicted_day_before=self.predicted_day_before[rule],
            scale=self.scale,
            rush_line=self.rush_line,
            rush_called=self.rush_called[rule],
            bounds=self.bounds if rule == 0 else None,
        )

    def rows(self) -> Iterator[BacktestRow]:
        """Iterate over the forecasts."""
        first_day = self.panel.days[0].astype(object)
        for index in range(len(self.series)):
            row = int(self.series[index])
            yield BacktestRow(
                store_id=self.panel.store_ids[row],
                product_id=self.panel.product_ids[row],
                cutoff=first_day + timedelta(days=int(self.cutoff[index])),
                date=first_day + timedelta(days=int(self.day[index])),
                predicted=float(self.predicted[0, index]),
                lower_80=float(self.bounds[0, index]),
                upper_80=float(self.bounds[1, index]),
                lower_95=float(self.bounds[2, index]),
                upper_95=float(self.bounds[3, index]),
                actual=float(self.actual[index]),
            )


def backtest_series(
    series: Sequence[DailySeries],
    shop_data: ShopData,
    start: date,
    end: date,
    horizon: int,
    config: RetailConfig,
    step_days: int | None = None,
) -> BacktestReport:
    """Forecast every day from ``start`` to ``end`` as it would have been, at cutoffs every ``step_days``.

    By default the step is the horizon, so that each day is forecast once, one to ``horizon`` days ahead. Each forecast
    uses only sales up to its cutoff and facts known at its end.

    Raises:
        InvalidInputError: a horizon or step below 1, an empty period, or no sales before ``start`` or in the period.
    """
    step = horizon if step_days is None else step_days
    _check_period(start, end, horizon, step)
    panel = build_panel([member.until(end) for member in series], end)
    first, last = panel.index_of(start) - 1, panel.index_of(end)
    if first < 0 or not panel.open[:, : first + 1].any():
        first_day = panel.days[0] if first < 0 else panel.days[int(np.argmax(panel.open.any(axis=0)))]
        raise InvalidInputError(f"expected sales before the start {start}, got the first on {first_day}; start later")
    gap = next(days for days in range(min(step, WEEK), 0, -1) if step % days == 0)
    outcome = run_forecast(panel, shop_data, range(first, last, gap), horizon, config, gap)
    # The probability falls from a half at the forecast to a tenth at the upper 80 % bound, taken as a straight line.
    rush_reach = (0.5 - config.forecast.call_rush_at) / 0.4
    table = _build_table(outcome, step // gap, last, rush_reach)
    if not len(table.series):
        raise InvalidInputError(f"expected an open day between {start} and {end}, got none; choose another period")
    return BacktestReport(
        scores=_score_series(table),
        overall=SeriesScore(ALL_STORES, None, *(score_overall(table.select_rule(rule)) for rule in range(len(RULES)))),
        start=start,
        end=end,
        horizon=horizon,
        step_days=step,
        table=table,
    )


def _check_period(start: date, end: date, horizon: int, step: int) -> None:
    if horizon < 1 or step < 1:
        raise InvalidInputError(f"horizon and step must be at least 1 day, got {horizon} and {step}")
    if end < start:
        raise InvalidInputError(f"the end must not be before the start {start}, got {end}")


def _score_series(table: BacktestTable) -> tuple[SeriesScore, ...]:
    by_rule = [score_by_series(table.select_rule(rule), len(table.panel.sales)) for rule in range(len(RULES))]
    return tuple(
        SeriesScore(table.panel.store_ids[row], table.panel.product_ids[row], *metrics)
        for row, metrics in enumerate(zip(*by_rule, strict=True))
    )


def _build_table(outcome: ForecastOutcome, stride: int, last: int, rush_reach: float) -> BacktestTable:
    """Flatten the forecasts of open days up to column ``last`` at every ``stride``-th origin.

    A rush is called where the point ``rush_reach`` of the way from the forecast to the upper 80 % bound is a rush day.
    """
    panel = outcome.panel
    selected = np.arange(0, len(outcome.origins), stride)
    origins = np.array(outcome.origins)[selected]
    horizon = outcome.predicted.shape[2]
    day = origins[:, None] + 1 + np.arange(horizon)
    actual = np.where(day <= last, panel.sales[:, np.minimum(day, last)], np.nan)
    predicted = np.stack([outcome.predicted[:, selected], *_forecast_naive_rules(outcome, origins, horizon)])
    scorable = np.isfinite(actual) & np.isfinite(predicted[0])
    series, origin, step = np.nonzero(scorable)
    actual_day_before, predicted_day_before = _find_days_before(panel, actual, predicted, origins)
    scale = _compute_seasonal_scale(panel, outcome.origins[0])
    rush_line = outcome.rush_line[:, selected][series, origin]
    bounds = outcome.bounds[:, :, selected][:, scorable]
    calling_sales = predicted[:, scorable]
    calling_sales[0] += rush_reach * (bounds[1] - calling_sales[0])
    return BacktestTable(
        panel=panel,
        series=series,
        cutoff=origins[origin],
        day=day[origin, step],
        actual=actual[scorable],
        predicted=predicted[:, scorable],
        predicted_day_before=predicted_day_before[:, scorable],
        actual_day_before=actual_day_before[scorable],
        bounds=bounds,
        rush_line=rush_line,
        rush_called=calling_sales >= rush_line,
        scale=scale[series],
    )


def _forecast_naive_rules(outcome: ForecastOutcome, origins: Integers, horizon: int) -> tuple[Floats, Floats]:
    period = YEAR if outcome.weekly else WEEK
    sales = outcome.panel.sales
    return _repeat_period(sales, origins, horizon, period), _repeat_period(sales, origins, horizon, YEAR)


def _repeat_period(sales: Floats, origins: Integers, horizon: int, period: int) -> Floats:
    """Repeat the last ``period`` days at each origin, or an earlier week where closed: (series, origins, horizon)."""
    predicted = np.full((len(sales), len(origins), horizon), np.nan)
    steps = np.arange(1, horizon + 1)
    source = origins[:, None] + steps - period * -(-steps // period)
    for weeks_back in range(MAX_CLOSURE_WEEKS + 1):
        column = source - WEEK * weeks_back
        source_sales = np.where(column >= 0, sales[:, np.maximum(column, 0)], np.nan)
        predicted = np.where(np.isfinite(predicted), predicted, source_sales)
    return predicted


def _find_days_before(panel: Panel, actual: Floats, predicted: Floats, origins: Integers) -> tuple[Floats, Floats]:
    """Return actual and predicted sales of the open day before each day.

    For the first open day of an origin both are the last sales known at the origin.
    """
    last_sales = np.stack([_find_last_sales(panel.sales[:, : origin + 1]) for origin in origins], axis=1)
    actual_day_before = np.full(actual.shape, np.nan)
    predicted_day_before = np.full(predicted.shape, np.nan)
    last_actual = last_sales
    last_predicted = np.broadcast_to(last_sales, (len(predicted), *last_sales.shape)).copy()
    for step in range(actual.shape[2]):
        actual_day_before[:, :, step] = last_actual
        predicted_day_before[:, :, :, step] = last_predicted
        opened: Booleans = np.isfinite(actual[:, :, step])
        last_actual = np.where(opened, actual[:, :, step], last_actual)
        last_predicted = np.where(opened, predicted[:, :, :, step], last_predicted)
    return actual_day_before, predicted_day_before


def _find_last_sales(sales: Floats) -> Floats:
    """Return the sales of each series' last open day, NaN without one."""
    opened = np.isfinite(sales)
    last = sales.shape[1] - 1 - np.argmax(opened[:, ::-1], axis=1)
    return np.where(opened.any(axis=1), sales[np.arange(len(sales)), last], np.nan)


def _compute_seasonal_scale(panel: Panel, cutoff: int) -> Floats:
    """Return the mean absolute difference to the week before up to ``cutoff``, (series,), NaN where unknown."""
    sales = panel.sales[:, : cutoff + 1]
    if sales.shape[1] <= WEEK:
        return np.full(len(sales), np.nan)
    difference = np.abs(sales[:, WEEK:] - sales[:, :-WEEK])
    days = np.isfinite(difference).sum(axis=1)
    return np.where(days > 0, np.nan_to_num(difference).sum(axis=1) / np.maximum(days, 1), np.nan)
