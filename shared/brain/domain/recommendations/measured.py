"""What became of a move: the metric that it should improve, in the days after it was shown against those before.

The change is a share of before, in the direction that the move wants. It is measured for every move, those held back
included, whether or not the reader acted: what followed cannot choose what is counted.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from brain.domain.days import sums
from brain.domain.days.comparisons import sample_log_rates
from brain.domain.days.sums import Days, Sums
from brain.domain.recommendations.advice_config import Measuring
from brain.domain.recommendations.readings.past import publishes
from brain.domain.statistics.welch import Sample

Window = Sequence[tuple[str, Sums]]


@dataclass(frozen=True, slots=True)
class Change:
    """A metric's change as a share of before (0.12: 12 % better) with its standard error, and what both rest on."""

    effect: float
    standard_error: float
    observations_before: int
    observations_after: int


@dataclass(frozen=True, slots=True)
class _Ratio:
    """A metric as one sum over another, day by day; ``sign`` is -1 where less is better."""

    part: Callable[[Sums], int]
    whole: Callable[[Sums], int]
    sign: int = 1


def _named(name: str) -> Callable[[Sums], int]:
    return lambda day_sums: day_sums.get(name, 0)


def _delivered(day_sums: Sums) -> int:
    return day_sums.get("sends", 0) - day_sums.get("bounces", 0)


def _delivered_or_shown(day_sums: Sums) -> int:
    return _delivered(day_sums) if "sends" in day_sums or "bounces" in day_sums else day_sums.get("impressions", 0)


ENGAGEMENT = "engagement_rate"
RATIOS = {
    "open_rate": _Ratio(_named("opens"), _delivered),
    "click_rate": _Ratio(_named("clicks"), _delivered_or_shown),
    "bounce_rate": _Ratio(_named("bounces"), _named("sends"), -1),
    "unsubscribe_rate": _Ratio(_named("unsubscribes"), _delivered, -1),
    "audience_known_share": _Ratio(_named("rated"), _named("engaged")),
    "cost_per_conversion_trend": _Ratio(_named("spend_micros"), _named("conversions_milli"), -1),
}


def is_measurable(metric: str) -> bool:
    """Whether the stored sums can tell how a metric changed."""
    return metric == ENGAGEMENT or metric in RATIOS


def change(
    days: Days, metric: str, platform: str | None, shown: date, config: Measuring, minimum_events: int
) -> Change | None:
    """Return a metric's change around the day on which its move was shown, or None where the sums do not tell it.

    ``platform`` None measures all platforms that publish, each against itself.
    """
    start, end = shown - timedelta(days=config.before_days), shown + timedelta(days=config.after_days)
    platforms = [platform] if platform else _publishing(days, start, end)
    before = {p: list(sums.select_range(days, start, shown, p)) for p in platforms}
    after = {p: list(sums.select_range(days, shown, end, p)) for p in platforms}
    if metric == ENGAGEMENT:
        return _engagement([(before[p], after[p]) for p in platforms], minimum_events)
    return _ratio(RATIOS[metric], _joined(before), _joined(after), config.minimum_days)


def _joined(windows: Mapping[str, Window]) -> Window:
    return [one for window in windows.values() for one in window]


def _publishing(days: Days, start: date, end: date) -> list[str]:
    found = list(sums.select_range(days, start, end))
    names = sorted({sums.parse_platform(group) for day, _ in found for group in days[day]})
    return [name for name in names if publishes([s for _, s in sums.select_range(days, start, end, name)])]


def _engagement(windows: Sequence[tuple[Window, Window]], minimum_events: int) -> Change | None:
    """Return the change of the log engagement rate, platforms weighed by their precision."""
    samples = [
        (sample_log_rates([s for _, s in before]), sample_log_rates([s for _, s in after])) for before, after in windows
    ]
    enough = [pair for pair in samples if min(pair[0].count, pair[1].count) >= minimum_events]
    told = [(after.mean - before.mean, _error_squared(before) + _error_squared(after)) for before, after in enough]
    told = [(moved, variance) for moved, variance in told if variance > 0]
    if not told:
        return None
    weight = math.fsum(1 / variance for _, variance in told)
    ratio = math.exp(math.fsum(moved / variance for moved, variance in told) / weight)
    counts = [sum(pair[side].count for pair in enough) for side in (0, 1)]
    return Change(ratio - 1, ratio / math.sqrt(weight), *counts)


def _error_squared(sample: Sample) -> float:
    return sample.variance / sample.count


def _ratio(metric: _Ratio, before: Window, after: Window, minimum_days: int) -> Change | None:
    """Return the change of a ratio of sums, its error from how the days scatter (a ratio estimator; Cochran 1977)."""
    then, now = _rate(metric, before, minimum_days), _rate(metric, after, minimum_days)
    if then is None or now is None or then[0] <= 0:
        return None
    ratio = now[0] / then[0]
    error = math.sqrt(now[1] + ratio**2 * then[1]) / then[0]
    return Change(metric.sign * (ratio - 1), error, then[2], now[2]) if error > 0 else None


def _rate(metric: _Ratio, window: Window, minimum_days: int) -> tuple[float, float, int] | None:
    """Return a ratio, its variance and the number of days behind it."""
    by_day: dict[str, tuple[int, int]] = {}
    for day, day_sums in window:
        part, whole = by_day.get(day, (0, 0))
        by_day[day] = part + metric.part(day_sums), whole + metric.whole(day_sums)
    pairs = [(part, whole) for part, whole in by_day.values() if part or whole]
    total = sum(whole for _, whole in pairs)
    if len(pairs) < minimum_days or total <= 0:
        return None
    rate = sum(part for part, _ in pairs) / total
    scatter = math.fsum((part - rate * whole) ** 2 for part, whole in pairs)
    return rate, scatter * len(pairs) / (len(pairs) - 1) / total**2, len(pairs)
