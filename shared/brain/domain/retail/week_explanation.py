"""Takes a store's last days apart: what was expected of them and why, what came, and what nothing explains."""

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
    """Seven days of a store, in cents: contributions but the unexplained sum to what was expected, all to what came.

    Each day is explained by what was known the evening before. ``unusual_days`` lay outside their 80 % interval.
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
    history: Sequence[DailySeries], facts: ShopData, last_day: date, config: RetailConfig
) -> list[WeekExplanation]:
    """Explain the seven days up to ``last_day`` of every series of ``history`` (one a store) that traded in them."""
    days = [last_day - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    by_store: dict[str, list[DayExplanation]] = {}
    for day in days:
        for one in explain_stores(history, facts, day, config):
            by_store.setdefault(one.store_id, []).append(one)
    return [_summed(store, found, days[0], last_day) for store, found in sorted(by_store.items())]


def _summed(store_id: str, days: Sequence[DayExplanation], start: date, end: date) -> WeekExplanation:
    sums: dict[tuple[str, str], int] = {}
    for part in (one for day in days for one in day.contributions):
        sums[part.cause, part.group] = sums.get((part.cause, part.group), 0) + part.cents
    return WeekExplanation(
        store_id=store_id,
        start=start,
        end=end,
        open_days=len(days),
        unusual_days=sum(day.unusual for day in days),
        expected_cents=sum(day.expected_cents for day in days),
        actual_cents=sum(day.actual_cents for day in days),
        contributions=tuple(SalesContribution(cause, group, cents) for (cause, group), cents in sums.items()),
    )
