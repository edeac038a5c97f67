"""Replay the forecast over past days and score it next to naive rules; the weekly job publishes the scores."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from brain.domain.retail.config import RetailConfig
from brain.domain.retail.documents import backtest_to_document
from brain.domain.retail.forecast.backtest import RULES, BacktestReport, SeriesScore, backtest_series
from brain.domain.retail.series import sum_by_store
from brain.domain.retail.wildcards import ALL_PRODUCTS
from brain.errors import InvalidInputError
from brain.ports.sales_warehouse import ResultTable, ShopDatabase
from brain.services.retail.client_shop import ClientShop
from brain.services.retail.resumable_job import ShopStep, StepFindings
from brain.services.retail.shop_history import ShopHistory, read_shop_history

DEFAULT_DAYS = 180
MIN_TRAINING_DAYS = 56
"""Days of sales that the forecast must have seen before the first day that the job scores."""


@dataclass(frozen=True, slots=True)
class BacktestPeriod:
    """The days to replay; by default the 180 days up to the last day with sales."""

    start: date | None = None
    end: date | None = None
    horizon: int = 7


def run_backtest(
    warehouse: ShopDatabase,
    config: RetailConfig,
    period: BacktestPeriod,
    store_id: str | None = None,
    *,
    by_product: bool = False,
) -> BacktestReport:
    """Backtest the store totals, or each product of each store, of one store or of all.

    Raises:
        InvalidInputError: there is no such store, the period is empty, or there are no sales before it or in it.
    """
    history = read_shop_history(warehouse, store_id, until=period.end)
    return backtest_from_history(warehouse, history, config, period, by_product=by_product)


def backtest_from_history(
    warehouse: ShopDatabase,
    history: ShopHistory,
    config: RetailConfig,
    period: BacktestPeriod,
    *,
    by_product: bool = False,
) -> BacktestReport:
    """Backtest ``history`` and store the scores."""
    end = period.end or history.last_day
    start = period.start or end - timedelta(days=DEFAULT_DAYS - 1)
    series = history.series if by_product else sum_by_store(history.series)
    report = backtest_series(series, history.shop_data, start, end, period.horizon, config)
    # The overall score covers store totals; over products it would store other figures under the same key.
    scores = report.scores if by_product else (*report.scores, report.overall)
    warehouse.put_results(ResultTable.BACKTESTS, list(_to_rows(report, scores)))
    return report


def build_product_backtest_step(config: RetailConfig) -> ShopStep:
    """Return the step that scores every product; it stores table rows and publishes no page."""
    return ShopStep("products", None, {}, lambda shop, history: _score_products(shop, history, config))


def build_store_backtest_step(config: RetailConfig) -> ShopStep:
    """Return the step that scores the store totals and publishes the scores."""
    empty_page: dict[str, Any] = {"series": [], "overall": None, "start": None, "end": None, "horizon": None}
    return ShopStep("stores", "shop-backtest", empty_page, lambda shop, history: _score_stores(shop, history, config))


def _score_products(shop: ClientShop, history: ShopHistory, config: RetailConfig) -> StepFindings:
    report = backtest_from_history(shop, history, config, _job_period(history), by_product=True)
    return StepFindings({"products": len(report.scores)})


def _score_stores(shop: ClientShop, history: ShopHistory, config: RetailConfig) -> StepFindings:
    report = backtest_from_history(shop, history, config, _job_period(history))
    forecast, naive = report.overall.forecast, report.overall.seasonal_naive
    figures = {
        "mape": forecast.mape,
        "mape_seasonal_naive": naive.mape,
        "coverage_80": forecast.coverage_80,
        "days": forecast.days,
    }
    return StepFindings(figures, backtest_to_document(report))


def _job_period(history: ShopHistory) -> BacktestPeriod:
    """Return the last 180 days, or for a younger shop the days after its first eight weeks."""
    first_day = min(product_series.first_day for product_series in history.series)
    start = max(history.last_day - timedelta(days=DEFAULT_DAYS - 1), first_day + timedelta(days=MIN_TRAINING_DAYS))
    if start > history.last_day:
        raise InvalidInputError(
            f"a backtest needs more than {MIN_TRAINING_DAYS} days since the first sale on {first_day}, "
            f"got {(history.last_day - first_day).days + 1}; enough by {start}"
        )
    return BacktestPeriod(start, history.last_day)


def _to_rows(report: BacktestReport, scores: Iterable[SeriesScore]) -> Iterator[Mapping[str, Any]]:
    for score in scores:
        for rule in RULES:
            yield {
                "store_id": score.store_id,
                "product_id": score.product_id or ALL_PRODUCTS,
                "starts_on": report.start,
                "ends_on": report.end,
                "horizon": report.horizon,
                "model": rule,
                **getattr(score, rule).to_document(),
            }
