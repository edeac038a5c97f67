"""Explain each store's last seven days: what was expected and why, what was sold, and the unexplained rest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from brain.domain.retail.config import RetailConfig
from brain.domain.retail.day_explanation import DayExplanation, SalesContribution, explain_stores
from brain.domain.retail.series import DailySeries
from brain.domain.retail.shop_data import ShopData

DAYS = 7


@dataclass(frozen=True, slots=True)
class WeekExplanation:
    """A store's seven days in cents: contributions sum to ``actual_cents``, without the unexplained to the expected.

    Each day is explained by what was known the evening before. ``unusual_days`` fell outside their 80 % interval.
    """

    store_id: str
    start: date
    end: date
    open_days: int
    unusual_days: int
    expected_cents: int
    actual_cents: int
    contributions: tuple[SalesContribution, ...]


def explain_week(
    history: Sequence[DailySeries], shop_data: ShopData, last_day: date, config: RetailConfig
) -> list[WeekExplanation]:
    """Explain the seven days up to ``last_day`` of every series of ``history`` (one per store) that traded in them."""
    days = [last_day - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    by_store: dict[str, list[DayExplanation]] = {}
    for day in days:
        for explanation in explain_stores(history, shop_data, day, config):
            by_store.setdefault(explanation.store_id, []).append(explanation)
    return [_sum_days(store_id, explanations, days[0], last_day) for store_id, explanations in sorted(by_store.items())]


def _sum_days(store_id: str, days: Sequence[DayExplanation], start: date, end: date) -> WeekExplanation:
    totals: dict[tuple[str, str], int] = {}
    for contribution in (contribution for day in days for contribution in day.contributions):
        key = contribution.cause, contribution.group
        totals[key] = totals.get(key, 0) + contribution.cents
    return WeekExplanation(
        store_id=store_id,
        start=start,
        end=end,
        open_days=len(days),
        unusual_days=sum(day.unusual for day in days),
        expected_cents=sum(day.expected_cents for day in days),
        actual_cents=sum(day.actual_cents for day in days),
        contributions=tuple(SalesContribution(cause, group, cents) for (cause, group), cents in totals.items()),
    )
