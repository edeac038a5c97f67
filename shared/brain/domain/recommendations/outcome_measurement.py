"""The outcome of a move: the metric that it should improve, in the days after it was shown against those before.

The change is relative to before, positive in the direction that the move wants. It is measured for every move, whether
it was held back or acted upon, so that what followed cannot influence what is counted.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import starmap
from typing import Protocol

from brain.domain.days import sums
from brain.domain.days.comparisons import build_rate_sample
from brain.domain.days.sums import Days, Sums
from brain.domain.recommendations.advice_config import OutcomeWindows
from brain.domain.recommendations.readings.metric_history import is_published_content
from brain.domain.statistics.welch import Sample

DaySums = Sequence[tuple[str, Sums]]


@dataclass(frozen=True, slots=True)
class MetricChange:
    """A metric's relative change (0.12: 12 % better), its standard error, and the observations of both windows."""

    effect: float
    standard_error: float
    observations_before: int
    observations_after: int


class _SumReader(Protocol):
    def __call__(self, day_sums: Sums) -> int: ...


@dataclass(frozen=True, slots=True)
class _RatioMetric:
    """A metric as the ratio of two sums; ``sign`` is -1 if less is better."""

    numerator: _SumReader
    denominator: _SumReader
    sign: int = 1


def _read_sum(name: str) -> _SumReader:
    return lambda day_sums: day_sums.get(name, 0)


def _count_delivered(day_sums: Sums) -> int:
    return day_sums.get("sends", 0) - day_sums.get("bounces", 0)


def _count_delivered_or_shown(day_sums: Sums) -> int:
    if "sends" in day_sums or "bounces" in day_sums:
        return _count_delivered(day_sums)
    return day_sums.get("impressions", 0)


ENGAGEMENT_RATE = "engagement_rate"
RATIO_METRICS = {
    "open_rate": _RatioMetric(_read_sum("opens"), _count_delivered),
    "click_rate": _RatioMetric(_read_sum("clicks"), _count_delivered_or_shown),
    "bounce_rate": _RatioMetric(_read_sum("bounces"), _read_sum("sends"), -1),
    "unsubscribe_rate": _RatioMetric(_read_sum("unsubscribes"), _count_delivered, -1),
    "audience_known_share": _RatioMetric(_read_sum("rated"), _read_sum("engaged")),
    "cost_per_conversion_trend": _RatioMetric(_read_sum("spend_micros"), _read_sum("conversions_milli"), -1),
}


def is_measurable(metric: str) -> bool:
    """Return whether the change of a metric can be computed from the stored sums."""
    return metric == ENGAGEMENT_RATE or metric in RATIO_METRICS


def measure_change(
    days: Days, metric: str, platform: str | None, shown_on: date, windows: OutcomeWindows, minimum_events: int
) -> MetricChange | None:
    """Return a metric's change around the day on which its move was shown, None if there is too little data.

    Args:
        days: All stored days of the client.
        metric: A measurable metric.
        platform: Where to measure; None for all platforms with published content, each against itself.
        shown_on: The client's local day on which the move was shown, the first day after.
        windows: The lengths of the windows before and after.
        minimum_events: The fewest events that an engagement rate needs on either side.
    """
    start, end = shown_on - timedelta(days=windows.before_days), shown_on + timedelta(days=windows.after_days)
    platforms = [platform] if platform else _list_publishing_platforms(days, start, end)
    before = {name: list(sums.select_range(days, start, shown_on, name)) for name in platforms}
    after = {name: list(sums.select_range(days, shown_on, end, name)) for name in platforms}
    if metric == ENGAGEMENT_RATE:
        samples = [(_sample(before[name]), _sample(after[name])) for name in platforms]
        return _measure_engagement(samples, minimum_events)
    return _measure_ratio(RATIO_METRICS[metric], _concatenate(before), _concatenate(after), windows.minimum_days)


def _concatenate(day_sums_by_platform: Mapping[str, DaySums]) -> DaySums:
    return [pair for day_sums in day_sums_by_platform.values() for pair in day_sums]


def _list_publishing_platforms(days: Days, start: date, end: date) -> list[str]:
    active_days = {day for day, _ in sums.select_range(days, start, end)}
    platforms = sorted({sums.parse_platform(group) for day in active_days for group in days[day]})
    return [
        platform
        for platform in platforms
        if is_published_content([day_sums for _, day_sums in sums.select_range(days, start, end, platform)])
    ]


def _measure_engagement(samples: Sequence[tuple[Sample, Sample]], minimum_events: int) -> MetricChange | None:
    """Return the change of the log engagement rate, each platform weighted by its precision."""
    large_enough = [(before, after) for before, after in samples if min(before.count, after.count) >= minimum_events]
    changes = [(change, variance) for change, variance in starmap(_compare_means, large_enough) if variance > 0]
    if not changes:
        return None
    precision = math.fsum(1 / variance for _, variance in changes)
    ratio = math.exp(math.fsum(change / variance for change, variance in changes) / precision)
    observations_before = sum(before.count for before, _ in large_enough)
    observations_after = sum(after.count for _, after in large_enough)
    return MetricChange(ratio - 1, ratio / math.sqrt(precision), observations_before, observations_after)


def _sample(window: DaySums) -> Sample:
    return build_rate_sample([day_sums for _, day_sums in window])


def _compare_means(before: Sample, after: Sample) -> tuple[float, float]:
    """Return the difference of the means, and its variance."""
    return after.mean - before.mean, _squared_error(before) + _squared_error(after)


def _squared_error(sample: Sample) -> float:
    return sample.variance / sample.count


def _measure_ratio(metric: _RatioMetric, before: DaySums, after: DaySums, minimum_days: int) -> MetricChange | None:
    """Return the change of a ratio of sums, its error from how the days scatter (a ratio estimator; Cochran 1977)."""
    earlier, later = _estimate_ratio(metric, before, minimum_days), _estimate_ratio(metric, after, minimum_days)
    if earlier is None or later is None or earlier[0] <= 0:
        return None
    ratio = later[0] / earlier[0]
    error = math.sqrt(later[1] + ratio**2 * earlier[1]) / earlier[0]
    return MetricChange(metric.sign * (ratio - 1), error, earlier[2], later[2]) if error > 0 else None


def _estimate_ratio(metric: _RatioMetric, window: DaySums, minimum_days: int) -> tuple[float, float, int] | None:
    """Return a ratio, its variance and the number of days behind it, None if there are too few days."""
    by_day: dict[str, tuple[int, int]] = {}
    for day, day_sums in window:
        numerator, denominator = by_day.get(day, (0, 0))
        by_day[day] = numerator + metric.numerator(day_sums), denominator + metric.denominator(day_sums)
    pairs = [(numerator, denominator) for numerator, denominator in by_day.values() if numerator or denominator]
    total = sum(denominator for _, denominator in pairs)
    if len(pairs) < minimum_days or total <= 0:
        return None
    ratio = sum(numerator for numerator, _ in pairs) / total
    scatter = math.fsum((numerator - ratio * denominator) ** 2 for numerator, denominator in pairs)
    return ratio, scatter * len(pairs) / (len(pairs) - 1) / total**2, len(pairs)
