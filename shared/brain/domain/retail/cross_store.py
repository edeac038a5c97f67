"""Which stores lead others, and which take customers from each other, although weather and holidays move them together.

Only two relations are claimed. *Leads*: the innovations of one store predict the other store better than the other way
round; a common cause works in both directions alike and cancels in that difference. *Substitutes*: two stores move
against each other on the same day; a common cause would move them together. For stores that move together, sales alone
cannot tell a relation from a common cause.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
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

MIN_COMMON_DAYS = 120
MAX_LEAD_DAYS = 7
NEAR_DAYS = 14
"""Shifts of up to two weeks may be leads; all further ones show what chance alone produces."""

FALSE_DISCOVERY_RATE = 0.10
WINSOR_SD = 3.5
MIN_VARIANCE = 1e-12


class StoreRelation(StrEnum):
    """The relation between two stores."""

    LEADS = "leads"
    SUBSTITUTES = "substitutes"


@dataclass(frozen=True, slots=True)
class StorePair:
    """``first`` leads ``second`` by ``lag_days``, or both are substitutes (lag 0).

    ``correlation`` is that of the innovations of both stores. ``p_value`` is two-sided for a lead and one-sided for
    substitutes; ``claimed`` controls the false discovery rate over all pairs and lags. ``days`` counts the days on
    which both stores were open.
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
    """Measure both relations for every pair of stores (one series each) with 120 common open days.

    Returns:
        One entry per pair and lag, by ascending p-value.
    """
    tested = [pair for series, other in combinations(totals, 2) for pair in _test_pair(series, other)]
    claims = benjamini_yekutieli(np.array([pair.p_value for pair in tested]), FALSE_DISCOVERY_RATE)
    pairs = [replace(pair, claimed=bool(claim)) for pair, claim in zip(tested, claims, strict=True)]
    return sorted(pairs, key=lambda pair: (pair.p_value, pair.first, pair.second, pair.lag_days))


def _test_pair(series: DailySeries, other: DailySeries) -> list[StorePair]:
    """Test two stores as substitutes and at every lag; nothing is claimed yet."""
    start, end = max(series.first_day, other.first_day), min(series.last_day, other.last_day)
    if (end - start).days + 1 < MIN_COMMON_DAYS:
        return []
    outcome, other_outcome = (
        build_sales_outcome(_slice_days(store, start, end), WINSOR_SD) for store in (series, other)
    )
    days = int((outcome.observed * other_outcome.observed).sum())
    if days < MIN_COMMON_DAYS:
        return []
    # score[s] is high where a day of the store predicts the other store's day s days later.
    variance = float(other_outcome.innovation @ other_outcome.innovation / other_outcome.observed.sum())
    raw_score = correlate_shifts(other_outcome.innovation, other_outcome.observed, outcome.innovation[None])[0]
    score = raw_score / np.sqrt(max(variance, MIN_VARIANCE))
    correlation = score / np.sqrt(days)
    same_day_p = float(ndtr(_studentize_near_shifts(score)[0]))
    ids = series.store_id, other.store_id
    pairs = [StorePair(*ids, StoreRelation.SUBSTITUTES, 0, float(correlation[0]), same_day_p, claimed=False, days=days)]
    for lag in range(1, MAX_LEAD_DAYS + 1):
        asymmetry = np.roll(score, -lag) - np.roll(score, lag)
        p_value = float(2 * ndtr(-abs(_studentize_near_shifts(asymmetry)[0])))
        forward, backward = float(correlation[lag]), float(correlation[-lag])
        leads = forward**2 >= backward**2
        leader, follower = ids if leads else ids[::-1]
        strength = forward if leads else backward
        pairs.append(StorePair(leader, follower, StoreRelation.LEADS, lag, strength, p_value, claimed=False, days=days))
    return pairs


def _studentize_near_shifts(score: Floats) -> Floats:
    """Studentize scores by those at all shifts of more than two weeks, at which no store can lead another."""
    far_scores = score[NEAR_DAYS + 1 : -NEAR_DAYS]
    spread = float(far_scores.std(ddof=1))
    return (score - far_scores.mean()) / spread if spread > 0 else np.zeros(len(score))


def _slice_days(series: DailySeries, start: date, end: date) -> DailySeries:
    days = slice((start - series.first_day) // timedelta(days=1), (end - series.first_day).days + 1)
    return DailySeries(
        series.store_id, series.product_id, start, series.sales[days], series.returns[days], series.open[days]
    )
