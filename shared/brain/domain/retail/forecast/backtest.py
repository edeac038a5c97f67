"""Rolling-origin backtest: what the forecast would have said, scored beside the naive rules on the same days."""

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
LONGEST_CLOSURE_WEEKS = 4
"""A naive rule whose day was closed looks this many weeks further back."""


@dataclass(frozen=True, slots=True)
class SeriesScore:
    """One series (or all: ``store_id`` "*") with the figures of the forecast and of both naive rules."""

    store_id: str
    product_id: str | None
    forecast: Metrics
    seasonal_naive: Metrics
    same_day_last_year: Metrics


@dataclass(frozen=True, slots=True)
class BacktestRow:
    """One forecast beside what came; both in the currency's major unit."""

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
    """Scores per series in the order given, over all of them, and every forecast that met an open day.

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
        """Every forecast that met an open day, by series, cutoff and day."""
        return self.table.rows()


@dataclass(frozen=True, slots=True, eq=False)
class BacktestTable:
    """The forecasts as flat arrays, sorted by series, cutoff and day; ``said`` and ``called`` are (rules, rows)."""

    panel: Panel
    series: Integers
    cutoff: Integers
    day: Integers
    actual: Floats
    said: Floats
    said_before: Floats
    before: Floats
    bounds: Floats
    rush_line: Floats
    called: Booleans
    scale: Floats

    def scored(self, rule: int) -> ScoredDays:
        """The table as the scorer wants it, for one of ``RULES``."""
        return ScoredDays(
            series=self.series,
            actual=self.actual,
            said=self.said[rule],
            before=self.before,
            said_before=self.said_before[rule],
            scale=self.scale,
            rush_line=self.rush_line,
            called=self.called[rule],
            bounds=self.bounds if rule == 0 else None,
        )

    def rows(self) -> Iterator[BacktestRow]:
        """One value a forecast."""
        first = self.panel.days[0].astype(object)
        for at in range(len(self.series)):
            row = int(self.series[at])
            yield BacktestRow(
                self.panel.store_ids[row],
                self.panel.product_ids[row],
                first + timedelta(days=int(self.cutoff[at])),
                first + timedelta(days=int(self.day[at])),
                float(self.said[0, at]),
                float(self.bounds[0, at]),
                float(self.bounds[1, at]),
                float(self.bounds[2, at]),
                float(self.bounds[3, at]),
                float(self.actual[at]),
            )


def backtest_series(
    series: Sequence[DailySeries],
    facts: ShopData,
    start: date,
    end: date,
    horizon: int,
    config: RetailConfig,
    step_days: int | None = None,
) -> BacktestReport:
    """Forecast every day from ``start`` to ``end`` as it would have been, at cutoffs every ``step_days``.

    By default the step is the horizon, so that each day is forecast once, one to ``horizon`` days ahead. Each
    forecast reads only sales up to its cutoff and facts known at its end.

    Raises:
        InvalidInputError: a horizon or step below 1, an empty period, or no sales before ``start`` or in the period.
    """
    step = horizon if step_days is None else step_days
    _check_period(start, end, horizon, step)
    panel = build_panel([one.until(end) for one in series], end)
    first, last = panel.index_of(start) - 1, panel.index_of(end)
    if first < 0 or not panel.open[:, : first + 1].any():
        begins = panel.days[0] if first < 0 else panel.days[int(np.argmax(panel.open.any(axis=0)))]
        raise InvalidInputError(f"expected sales before the start {start}, got the first on {begins}; start later")
    gap = next(days for days in range(min(step, WEEK), 0, -1) if step % days == 0)
    result = run_forecast(panel, facts, range(first, last, gap), horizon, config, gap)
    # the chance falls from a half at the forecast to a tenth at the upper 80 % bound, taken as a straight line
    lean = (0.5 - config.forecast.call_rush_at) / 0.4
    table = _table(result, step // gap, last, lean)
    if not len(table.series):
        raise InvalidInputError(f"expected an open day between {start} and {end}, got none; choose another period")
    return BacktestReport(
        scores=_series_scores(table),
        overall=SeriesScore(ALL_STORES, None, *(score_overall(table.scored(rule)) for rule in range(len(RULES)))),
        start=start,
        end=end,
        horizon=horizon,
        step_days=step,
        table=table,
    )


def _check_period(start: date, end: date, horizon: int, step: int) -> None:
    if horizon < 1 or step < 1:
        raise InvalidInputError(f"expected a horizon and a step of at least 1 day, got {horizon} and {step}")
    if end < start:
        raise InvalidInputError(f"expected an end on or after the start {start}, got {end}")


def _series_scores(table: BacktestTable) -> tuple[SeriesScore, ...]:
    by_rule = [score_by_series(table.scored(rule), len(table.panel.sales)) for rule in range(len(RULES))]
    return tuple(
        SeriesScore(table.panel.store_ids[row], table.panel.product_ids[row], *figures)
        for row, figures in enumerate(zip(*by_rule, strict=True))
    )


def _table(result: ForecastOutcome, every: int, last: int, lean: float) -> BacktestTable:
    """Flatten what was said at each ``every``-th origin on open days up to column ``last``.

    ``lean`` is how far from the forecast to the upper 80 % bound a day is taken to reach when a rush is called.
    """
    panel = result.panel
    at = np.arange(0, len(result.origins), every)
    origins = np.array(result.origins)[at]
    horizon = result.predicted.shape[2]
    day = origins[:, None] + 1 + np.arange(horizon)
    inside = np.minimum(day, last)
    actual = np.where(day <= last, panel.sales[:, inside], np.nan)
    said = np.stack([result.predicted[:, at], *_naive(result, origins, horizon)])
    known = np.isfinite(actual) & np.isfinite(said[0])
    series, origin, step = np.nonzero(known)
    before, said_before = _days_before(panel, actual, said, origins)
    scale = _seasonal_scale(panel, result.origins[0])
    line = result.rush_line[:, at][series, origin]
    bounds = result.bounds[:, :, at][:, known]
    leaning = said[:, known]
    leaning[0] += lean * (bounds[1] - leaning[0])
    return BacktestTable(
        panel=panel,
        series=series,
        cutoff=origins[origin],
        day=day[origin, step],
        actual=actual[known],
        said=said[:, known],
        said_before=said_before[:, known],
        before=before[known],
        bounds=bounds,
        rush_line=line,
        called=leaning >= line,
        scale=scale[series],
    )


def _naive(result: ForecastOutcome, origins: Integers, horizon: int) -> tuple[Floats, Floats]:
    period = YEAR if result.weekly else WEEK
    sales = result.panel.sales
    return _repeat(sales, origins, horizon, period), _repeat(sales, origins, horizon, YEAR)


def _repeat(sales: Floats, origins: Integers, horizon: int, period: int) -> Floats:
    """The naive rule of ``period`` days at each origin, (series, origins, horizon)."""
    said = np.full((len(sales), len(origins), horizon), np.nan)
    ahead = np.arange(1, horizon + 1)
    source = origins[:, None] + ahead - period * -(-ahead // period)
    for back in range(LONGEST_CLOSURE_WEEKS + 1):
        column = source - WEEK * back
        found = np.where(column >= 0, sales[:, np.maximum(column, 0)], np.nan)
        said = np.where(np.isfinite(said), said, found)
    return said


def _days_before(panel: Panel, actual: Floats, said: Floats, origins: Integers) -> tuple[Floats, Floats]:
    """Actual and said of the open day before each day: the last known sales at the first open day of an origin."""
    last_known = np.stack([_last_open(panel.sales[:, : origin + 1]) for origin in origins], axis=1)
    before = np.full(actual.shape, np.nan)
    said_before = np.full(said.shape, np.nan)
    real, expected = last_known, np.broadcast_to(last_known, (len(said), *last_known.shape)).copy()
    for step in range(actual.shape[2]):
        before[:, :, step] = real
        said_before[:, :, :, step] = expected
        opened: Booleans = np.isfinite(actual[:, :, step])
        real = np.where(opened, actual[:, :, step], real)
        expected = np.where(opened, said[:, :, :, step], expected)
    return before, said_before


def _last_open(sales: Floats) -> Floats:
    opened = np.isfinite(sales)
    last = sales.shape[1] - 1 - np.argmax(opened[:, ::-1], axis=1)
    return np.where(opened.any(axis=1), sales[np.arange(len(sales)), last], np.nan)


def _seasonal_scale(panel: Panel, cutoff: int) -> Floats:
    known = panel.sales[:, : cutoff + 1]
    if known.shape[1] <= WEEK:
        return np.full(len(known), np.nan)
    difference = np.abs(known[:, WEEK:] - known[:, :-WEEK])
    days = np.isfinite(difference).sum(axis=1)
    return np.where(days > 0, np.nan_to_num(difference).sum(axis=1) / np.maximum(days, 1), np.nan)
