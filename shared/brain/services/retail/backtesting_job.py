"""How good the forecast of a client's stores and products would have been over 180 days, scored every week."""

from datetime import timedelta
from typing import Any

from brain.domain.retail.config import RetailConfig
from brain.domain.retail.documents import backtest_to_document
from brain.errors import InvalidInputError
from brain.services.retail.backtest import DEFAULT_DAYS, Period, backtest_of
from brain.services.retail.facts import Known
from brain.services.retail.own_shop import OwnShop
from brain.services.retail.shop_job import Findings, Step

LEAST_DAYS_BEFORE = 56
"""Days that a forecast must have seen before the first one that is scored."""


def steps(config: RetailConfig) -> tuple[Step, ...]:
    """Return the job's steps: every product into the tables only, then the stores' totals for their page too."""
    empty: dict[str, Any] = {"series": [], "overall": None, "start": None, "end": None, "horizon": None}
    return (
        Step("products", None, {}, lambda shop, known: _products(shop, known, config)),
        Step("stores", "shop-backtest", empty, lambda shop, known: _stores(shop, known, config)),
    )


def _products(shop: OwnShop, known: Known, config: RetailConfig) -> Findings:
    report = backtest_of(shop, known, config, _period(known), by_product=True)
    return Findings({"products": len(report.scores)})


def _stores(shop: OwnShop, known: Known, config: RetailConfig) -> Findings:
    report = backtest_of(shop, known, config, _period(known))
    ours, naive = report.overall.forecast, report.overall.seasonal_naive
    figures = {"mape": ours.mape, "mape_seasonal_naive": naive.mape, "coverage_80": ours.coverage_80, "days": ours.days}
    return Findings(figures, backtest_to_document(report))


def _period(known: Known) -> Period:
    """Return the last 180 days, or those after the first eight weeks of a younger shop."""
    first = min(one.first_day for one in known.series)
    start = max(known.last_day - timedelta(days=DEFAULT_DAYS - 1), first + timedelta(days=LEAST_DAYS_BEFORE))
    if start > known.last_day:
        raise InvalidInputError(
            f"not enough days yet: a backtest needs more than {LEAST_DAYS_BEFORE} since the first sale on {first}; "
            f"enough by {start}"
        )
    return Period(start, known.last_day)
