"""Explains a day of each store from what is in the warehouse."""

from datetime import date

from brain.domain.retail.config import RetailConfig
from brain.domain.retail.day_explanation import DayExplanation, explain_day
from brain.domain.retail.series import DailySeries, sum_by_store
from brain.errors import InvalidInputError
from brain.ports.sales_warehouse import Shop
from brain.services.retail.facts import known_store, read_known


def explain(
    warehouse: Shop, config: RetailConfig, day: date | None = None, store_id: str | None = None
) -> list[DayExplanation]:
    """Explain ``day`` (by default the last known one) of one store, or of every store that traded on it.

    Raises:
        InvalidInputError: there is no such store, or nobody traded on that day.
        NotFoundError: the named store did not trade on that day.
    """
    known = read_known(warehouse)
    asked = day or known.last_day
    totals = sum_by_store(known.series)
    stores = [one.store_id for one in totals if _traded(one, asked)]
    if store_id is not None:
        known_store([one.store_id for one in totals], store_id)
        stores = [store_id]
    if not stores:
        raise InvalidInputError(f"no store has sales on {asked}; the last known day is {known.last_day}")
    return [explain_day(totals, known.facts, store, asked, config) for store in stores]


def _traded(series: DailySeries, day: date) -> bool:
    index = (day - series.first_day).days
    return 0 <= index < len(series) and bool(series.open[index])
