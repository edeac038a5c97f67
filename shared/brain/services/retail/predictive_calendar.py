"""Forecast a shop's next days with advice and store the predictions; the nightly job publishes the calendar."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from brain.domain.retail.config import RetailConfig
from brain.domain.retail.documents import calendar_to_rows
from brain.domain.retail.forecast.predictive_calendar import CalendarDay, build_calendar
from brain.domain.retail.rush import RushLevel
from brain.domain.retail.series import sum_by_store
from brain.domain.retail.wildcards import ALL_PRODUCTS
from brain.errors import InvalidInputError
from brain.ports.sales_warehouse import ResultTable, ShopDatabase
from brain.services.retail.client_shop import ClientShop
from brain.services.retail.resumable_job import ShopStep, StepFindings
from brain.services.retail.shop_history import ShopHistory, check_store_exists, read_shop_history

FORECAST_COLUMNS = (
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
"""Columns of the predictions table that hold an attribute of the forecast unchanged."""

DAYS_AHEAD = 14
STALE_AFTER_DAYS = 28
"""Days without any sales after which forecasts stop: the shop is closed, or its sales do not arrive."""


def forecast_calendar(
    warehouse: ShopDatabase,
    config: RetailConfig,
    horizon: int,
    as_of: date | None = None,
) -> list[CalendarDay]:
    """Forecast the total of every store for the ``horizon`` days after the last day with sales (at most ``as_of``).

    Stores learn from each other, so all of them are forecast together. Raises InvalidInputError without sales.
    """
    history = read_shop_history(warehouse, until=as_of)
    return forecast_calendar_from_history(warehouse, history, config, horizon)


def forecast_calendar_from_history(
    warehouse: ShopDatabase, history: ShopHistory, config: RetailConfig, horizon: int
) -> list[CalendarDay]:
    """Forecast the ``horizon`` days after ``history`` and store the predictions."""
    days = build_calendar(sum_by_store(history.series), history.shop_data, history.last_day, horizon, config)
    warehouse.put_results(ResultTable.PREDICTIONS, list(_to_rows(days)))
    return days


def select_store_days(days: Iterable[CalendarDay], store_id: str | None) -> list[CalendarDay]:
    """Return the days of one store, or all of them for None. Raises InvalidInputError for an unknown store."""
    calendar_days = list(days)
    if store_id is not None:
        check_store_exists({day.forecast.store_id for day in calendar_days}, store_id)
    return [day for day in calendar_days if store_id in {None, day.forecast.store_id}]


def build_calendar_step(config: RetailConfig) -> ShopStep:
    """Return the step that forecasts and publishes the next days of a client's stores."""
    return ShopStep(
        "calendar", "shop-calendar", {"rows": []}, lambda shop, history: _publish_calendar(shop, history, config)
    )


def _publish_calendar(shop: ClientShop, history: ShopHistory, config: RetailConfig) -> StepFindings:
    days_without_sales = (shop.day - history.last_day).days
    if days_without_sales > STALE_AFTER_DAYS:
        raise InvalidInputError(f"no sales since {history.last_day}; forecasts resume with new sales")
    days = forecast_calendar_from_history(shop, history, config, days_without_sales + DAYS_AHEAD)
    rows = [row for row in calendar_to_rows(days) if date.fromisoformat(row["day"]) >= shop.day + timedelta(days=1)]
    rush_days = sum(row["rush"] != RushLevel.NONE for row in rows)
    return StepFindings({"days_ahead": len(rows), "rush_days": rush_days}, {"rows": rows})


def _to_rows(days: Iterable[CalendarDay]) -> Iterator[dict[str, Any]]:
    for day in days:
        forecast = day.forecast
        signals = ", ".join(f"{name} {lift:+.3f}" for name, lift in forecast.signals)
        yield {
            **{column: getattr(forecast, column) for column in FORECAST_COLUMNS},
            "product_id": forecast.product_id or ALL_PRODUCTS,
            "signals": signals,
            "advice": day.advice,
        }
