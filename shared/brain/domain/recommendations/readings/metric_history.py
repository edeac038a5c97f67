"""A client's past as readings need it: sums of windows that end with the last complete day, and significance levels."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import NormalDist
from typing import TypeAlias

from brain.domain.days import sums
from brain.domain.days.facts import ClientFacts
from brain.domain.days.platforms import select_platforms
from brain.domain.days.sums import Sums
from brain.domain.recommendations.advice_config import ReadingWindows
from brain.domain.recommendations.context import MetricReading
from brain.domain.statistics.welch import Sample, welch_difference

NamedReadings: TypeAlias = Iterator[tuple[str, MetricReading]]
"""Readings, each with the name of its metric."""

COMPARISON_FAMILIES = 5
"""Families of comparisons besides those of the report's sections: trends, fatigue, weekdays, audiences and costs."""

MESSAGE_METRICS = frozenset({"sends", "opens", "bounces", "unsubscribes"})


@dataclass(frozen=True, slots=True)
class LogRatio:
    """The log ratio of two means with its interval; ``estimate`` is None unless its sign is significant."""

    estimate: float | None
    lower: float
    upper: float

    @property
    def lift(self) -> float | None:
        """The estimate as a relative change: 0.12 is 12 % more."""
        return None if self.estimate is None else math.expm1(self.estimate)

    @property
    def lift_interval(self) -> tuple[float, float]:
        """The interval as relative changes."""
        return math.expm1(self.lower), math.expm1(self.upper)


@dataclass(frozen=True, slots=True)
class MetricHistory:
    """The client's sums before ``facts.end``, which is its first day that is not over.

    Attributes:
        facts: The client's facts.
        windows: The lengths of the windows that readings use.
        level: The level of the intervals that readings state.
    """

    facts: ClientFacts
    windows: ReadingWindows
    level: float

    def select_sums(self, platform: str, first: int, last: int = 0) -> list[tuple[str, Sums]]:
        """Return (day, sums) of a platform from ``first`` days before the end up to ``last`` days before it."""
        start, end = self.facts.end - timedelta(days=first), self.facts.end - timedelta(days=last)
        return list(sums.select_range(self.facts.days, start, end, platform))

    def list_platforms(self) -> list[str]:
        """Return the platforms with events on a complete one of the remembered days, at most ``MAX_PLATFORMS``.

        A platform first seen today has no complete day yet, and so no readings.
        """
        start = self.facts.end - timedelta(days=self.windows.remembered_days)
        complete_days = {day for day, _ in sums.select_range(self.facts.days, start, self.facts.end)}
        platforms = select_platforms({day: self.facts.days[day] for day in complete_days})
        return [platform for platform in platforms if platform != sums.OTHER]

    def list_publishing(self) -> list[str]:
        """Return the platforms on which content is published: neither messages to single readers nor ads."""
        return [
            platform
            for platform in self.list_platforms()
            if is_published_content([s for _, s in self.select_sums(platform, self.windows.remembered_days)])
        ]

    def first_day(self, platform: str) -> date:
        """Return the first stored day of a listed platform."""
        return sums.parse_day(
            min(
                day
                for day, groups in self.facts.days.items()
                if any(sums.parse_platform(group) == platform for group in groups)
            )
        )

    def newest_day(self, platform: str) -> date:
        """Return the newest complete day on which a listed platform has events."""
        return sums.parse_day(max(day for day, _ in self.select_sums(platform, self.windows.remembered_days)))

    def build_reading(
        self,
        value: float | None,
        subject: str | None,
        observations: int,
        interval: tuple[float, float] | None = None,
    ) -> MetricReading:
        """Return a reading as of the last complete day; its confidence grows with the observations."""
        last_day = self.facts.end - timedelta(days=1)
        observed_at = min(self.facts.as_of, sums.end_of_day(last_day, self.facts.client.time_zone))
        minimum_events = self.facts.config.comparisons.minimum_events
        lower, upper = interval or (None, None)
        return MetricReading(
            value=value,
            subject=subject,
            lower=lower,
            upper=upper,
            observations=observations,
            confidence=observations / (observations + minimum_events),
            observed_at=observed_at,
        )

    def build_fraction_reading(self, successes: int, trials: int, subject: str | None) -> MetricReading | None:
        """Return a fraction of trials with Wilson's interval (1927), None if it is invalid or has too few trials."""
        if trials < self.windows.minimum_trials or not 0 <= successes <= trials:
            return None
        z = NormalDist().inv_cdf((1 + self.level) / 2)
        rate, spread = successes / trials, z * z / trials
        centre = (rate + spread / 2) / (1 + spread)
        half_width = math.sqrt(rate * (1 - rate) * spread + spread * spread / 4) / (1 + spread)
        interval = (max(0.0, centre - half_width), min(1.0, centre + half_width))
        return self.build_reading(rate, subject, trials, interval)

    def estimate_log_ratio(self, sample: Sample, reference: Sample, comparisons: int) -> LogRatio | None:
        """Return the log ratio of a sample's mean to a reference's, None if either has too few values.

        All comparisons of all families together claim a wrong sign with at most the chance that a report may.

        Args:
            sample: Logarithms of what is measured.
            reference: Logarithms of what it is compared with.
            comparisons: How many comparisons of this family are made.
        """
        minimum = min(self.facts.config.comparisons.minimum_events, self.windows.recent_days)
        if min(sample.count, reference.count) < minimum:
            return None
        significance = welch_difference(sample, reference, alpha=self.significance_level(comparisons))
        interval = welch_difference(sample, reference, alpha=1 - self.level)
        if significance is None or interval is None:
            return None
        estimate = significance.estimate if significance.is_significant else None
        return LogRatio(estimate, interval.lower, interval.upper)

    def significance_level(self, comparisons: int) -> float:
        """Return the chance of a false claim that each comparison of a family may take (Bonferroni)."""
        return self.facts.config.comparisons.false_claims / COMPARISON_FAMILIES / max(comparisons, 1)


def is_published_content(day_sums: Sequence[Sums]) -> bool:
    """Return whether sums are of content that people engage with, not of messages to single readers or of ads."""
    metrics = {metric for group_sums in day_sums for metric in group_sums}
    return "engaged" in metrics and not metrics & (MESSAGE_METRICS | {"spend_micros"})
