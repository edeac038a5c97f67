"""Explain what moved the sales of a day of each store; the nightly job publishes the explanation of the last week."""

from datetime import date

from brain.domain.retail.config import RetailConfig
from brain.domain.retail.day_explanation import DayExplanation, explain_day
from brain.domain.retail.documents import to_json_value
from brain.domain.retail.series import DailySeries, sum_by_store
from brain.domain.retail.week_explanation import explain_week
from brain.errors import InvalidInputError
from brain.ports.sales_warehouse import ShopDatabase
from brain.services.retail.client_shop import ClientShop
from brain.services.retail.resumable_job import ShopStep, StepFindings
from brain.services.retail.shop_history import ShopHistory, check_store_exists, read_shop_history


def explain(
    warehouse: ShopDatabase, config: RetailConfig, day: date | None = None, store_id: str | None = None
) -> list[DayExplanation]:
    """Explain ``day`` (by default the last day with sales) of one store, or of every store that traded on it.

    Raises:
        InvalidInputError: there is no such store, or no store traded on that day.
        NotFoundError: the given store did not trade on that day.
    """
    history = read_shop_history(warehouse)
    explained_day = day or history.last_day
    totals = sum_by_store(history.series)
    store_ids = [total.store_id for total in totals if _is_open(total, explained_day)]
    if store_id is not None:
        check_store_exists([total.store_id for total in totals], store_id)
        store_ids = [store_id]
    if not store_ids:
        raise InvalidInputError(f"no store has sales on {explained_day}; the last day with sales is {history.last_day}")
    return [explain_day(totals, history.shop_data, name, explained_day, config) for name in store_ids]


def build_week_step(config: RetailConfig) -> ShopStep:
    """Return the step that explains the last seven days; it publishes ``shop-week`` and stores no table rows."""

    def explain_last_week(_: ClientShop, history: ShopHistory) -> StepFindings:
        weeks = explain_week(sum_by_store(history.series), history.shop_data, history.last_day, config)
        return StepFindings({"stores_explained": len(weeks)}, {"rows": to_json_value(weeks)})

    return ShopStep("week", "shop-week", {"rows": []}, explain_last_week)


def _is_open(series: DailySeries, day: date) -> bool:
    index = (day - series.first_day).days
    return 0 <= index < len(series) and bool(series.open[index])
