"""Which store leads another, and which take customers from each other, although rain and holidays move them together.

Only two things are claimed. *Leads*: what was new in one store foretells the other more than the other foretells it;
a shared cause works both ways alike and cancels in that difference. *Substitutes*: two stores move against each other
on the same day; a shared cause would move them together. Stores that move together may share a cause, and no
statistic of sales alone can tell.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import combinations

import numpy as np
from scipy.special import ndtr

from brain.domain.retail.curiosity.sales_outcome import build_sales_outcome
from brain.domain.retail.series import DailySeries
from brain.domain.statistics.circular_shift import correlate_shifts
from brain.domain.statistics.false_discovery import benjamini_yekutieli
from brain.domain.types import Floats

LEAST_DAYS = 120
LONGEST_LEAD_DAYS = 7
NEAR_DAYS = 14
FALSE_DISCOVERY_RATE = 0.10
WINSOR_SD = 3.5


class StoreRelation(StrEnum):
    """What two stores may be to each other."""

    LEADS = "leads"
    SUBSTITUTES = "substitutes"


@dataclass(frozen=True, slots=True)
class StorePair:
    """``first`` leads ``second`` by ``lag_days``, or both are substitutes (lag 0).

    ``correlation`` is of what is new in both; ``p_value`` is two-sided for a lead, one-sided for substitutes;
    ``claimed`` controls the false discovery rate over all pairs and lags. ``days``: both were open.
    """

    first: str
    second: str
    relation: StoreRelation
    lag_days: int
    correlation: float
    p_value: float
    claimed: bool
    days: int


def measure_store_pairs(totals: Sequence[DailySeries]) -> list[StorePair]:
    """Every pair of stores (one series each) with 120 common open days, the surest first."""
    rows = [row for one, other in combinations(totals, 2) for row in _pair(one, other)]
    claimed = benjamini_yekutieli(np.array([row[-2] for row in rows]), FALSE_DISCOVERY_RATE)
    pairs = [
        StorePair(first, second, relation, lag, correlation, p_value, bool(claim), days)
        for (first, second, relation, lag, correlation, p_value, days), claim in zip(rows, claimed, strict=True)
    ]
    return sorted(pairs, key=lambda pair: (pair.p_value, pair.first, pair.second, pair.lag_days))


def _pair(one: DailySeries, other: DailySeries) -> list[tuple[str, str, StoreRelation, int, float, float, int]]:
    start, end = max(one.first_day, other.first_day), min(one.last_day, other.last_day)
    if (end - start).days + 1 < LEAST_DAYS:
        return []
    mine, theirs = (build_sales_outcome(_between(series, start, end), WINSOR_SD) for series in (one, other))
    both = int((mine.observed * theirs.observed).sum())
    if both < LEAST_DAYS:
        return []
    # score[s] is high where this store's day foretells the other's s days later.
    score = correlate_shifts(theirs.innovation, theirs.observed, mine.innovation[None])[0] / np.sqrt(
        max(float(theirs.innovation @ theirs.innovation / theirs.observed.sum()), TINY)
    )
    shared_root = np.sqrt(both)
    z = _studentised(score)[0]
    found = [
        (
            one.store_id,
            other.store_id,
            StoreRelation.SUBSTITUTES,
            0,
            float(score[0] / shared_root),
            float(ndtr(z)),
            both,
        )
    ]
    for lag in range(1, LONGEST_LEAD_DAYS + 1):
        onward, back = float(score[lag] / shared_root), float(score[-lag] / shared_root)
        p_value = float(2 * ndtr(-abs(_studentised(np.roll(score, -lag) - np.roll(score, lag))[0])))
        leader, follower, said = (one, other, onward) if onward**2 >= back**2 else (other, one, back)
        found.append((leader.store_id, follower.store_id, StoreRelation.LEADS, lag, said, p_value, both))
    return found


TINY = 1e-12


def _studentised(score: Floats) -> Floats:
    """Scores against those of all shifts of more than two weeks either way, where no store can lead another."""
    far = score[NEAR_DAYS + 1 : -NEAR_DAYS]
    spread = float(far.std(ddof=1))
    return (score - far.mean()) / spread if spread > 0 else np.zeros(len(score))


def _between(series: DailySeries, start: date, end: date) -> DailySeries:
    at = slice((start - series.first_day) // timedelta(days=1), (end - series.first_day).days + 1)
    return DailySeries(series.store_id, series.product_id, start, series.sales[at], series.returns[at], series.open[at])
