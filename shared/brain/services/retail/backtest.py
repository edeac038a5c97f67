"""Replays the forecast over the past as it was known then, and keeps the scores beside the naive rules'."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from brain.domain.retail.config import RetailConfig
from brain.domain.retail.forecast.backtest import RULES, BacktestReport, SeriesScore, backtest_series
from brain.domain.retail.series import sum_by_store
from brain.ports.sales_warehouse import ResultTable, Shop
from brain.services.retail.facts import Known, read_known

DEFAULT_DAYS = 180
ALL_PRODUCTS = "*"


@dataclass(frozen=True, slots=True)
class Period:
    """What to replay: None is the last known day as ``end``, and 180 days before it as ``start``."""

    start: date | None = None
    end: date | None = None
    horizon: int = 7


def run_backtest(
    warehouse: Shop,
    config: RetailConfig,
    period: Period,
    store_id: str | None = None,
    *,
    by_product: bool = False,
    dry_run: bool = False,
) -> BacktestReport:
    """Backtest the stores' totals, or each product of each store, of one store or of all.

    Raises InvalidInputError for an unknown store, an empty period, or one without sales before and in it.
    """
    known = read_known(warehouse, store_id, until=period.end)
    return backtest_of(warehouse, known, config, period, by_product=by_product, dry_run=dry_run)


def backtest_of(
    warehouse: Shop,
    known: Known,
    config: RetailConfig,
    period: Period,
    *,
    by_product: bool = False,
    dry_run: bool = False,
) -> BacktestReport:
    """Backtest what is known, and keep the scores."""
    end = period.end or known.last_day
    start = period.start or end - timedelta(days=DEFAULT_DAYS - 1)
    series = known.series if by_product else sum_by_store(known.series)
    report = backtest_series(series, known.facts, start, end, period.horizon, config)
    if not dry_run:
        # What is overall is the stores' totals: over products it would count other days under the same name.
        scores = report.scores if by_product else (*report.scores, report.overall)
        warehouse.put_results(ResultTable.BACKTESTS, list(_rows(report, scores)))
    return report


def _rows(report: BacktestReport, scores: Iterable[SeriesScore]) -> Iterator[Mapping[str, Any]]:
    for score in scores:
        for rule in RULES:
            yield {
                "store_id": score.store_id,
                "product_id": _product(score),
                "starts_on": report.start,
                "ends_on": report.end,
                "horizon": report.horizon,
                "model": rule,
                **getattr(score, rule).as_dict(),
            }


def _product(score: SeriesScore) -> str:
    return score.product_id or ALL_PRODUCTS
