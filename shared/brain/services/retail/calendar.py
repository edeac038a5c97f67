"""Forecasts the shop's next days with advice, and keeps what was said."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from brain.domain.retail.config import RetailConfig
from brain.domain.retail.forecast.predictive_calendar import CalendarDay, build_calendar
from brain.domain.retail.series import sum_by_store
from brain.ports.sales_warehouse import ResultTable, Shop
from brain.services.retail.facts import Known, known_store, read_known

ALL_PRODUCTS = "*"
COPIED = (
    "store_id",
    "cutoff",
    "day",
    "predicted",
    "lower_80",
    "upper_80",
    "lower_95",
    "upper_95",
    "open_probability",
    "rush_probability",
)


def predictive_calendar(
    warehouse: Shop,
    config: RetailConfig,
    horizon: int,
    as_of: date | None = None,
    *,
    dry_run: bool = False,
) -> list[CalendarDay]:
    """The ``horizon`` days after the last known one (at most ``as_of``), for every store's total.

    Stores learn from each other, so all are forecast together. Raises InvalidInputError without sales.
    """
    return calendar_of(warehouse, read_known(warehouse, until=as_of), config, horizon, dry_run=dry_run)


def calendar_of(
    warehouse: Shop, known: Known, config: RetailConfig, horizon: int, *, dry_run: bool = False
) -> list[CalendarDay]:
    """Forecast the ``horizon`` days after the last known one from what is known, and keep what was said."""
    days = build_calendar(sum_by_store(known.series), known.facts, known.last_day, horizon, config)
    if not dry_run:
        warehouse.put_results(ResultTable.PREDICTIONS, list(_rows(days)))
    return days


def of_store(days: Iterable[CalendarDay], store_id: str | None) -> list[CalendarDay]:
    """The days of one store, of every store for None. Raises InvalidInputError for an unknown store."""
    listed = list(days)
    if store_id is not None:
        known_store({one.forecast.store_id for one in listed}, store_id)
    return [one for one in listed if store_id in {None, one.forecast.store_id}]


def _rows(days: Iterable[CalendarDay]) -> Iterable[dict[str, Any]]:
    for one in days:
        said = {name: getattr(one.forecast, name) for name in COPIED}
        acting = ", ".join(f"{name} {lift:+.3f}" for name, lift in one.forecast.signals)
        yield {**said, "product_id": one.forecast.product_id or ALL_PRODUCTS, "signals": acting, "advice": one.advice}
