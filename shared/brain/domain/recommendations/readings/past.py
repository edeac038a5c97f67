"""A client's past as readings need it: sums of windows that end with the last complete day, and how sure to be."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import NormalDist

from brain.domain.days import sums
from brain.domain.days.facts import ClientFacts
from brain.domain.days.sums import Sums
from brain.domain.recommendations.advice_config import Readings
from brain.domain.recommendations.context import Reading
from brain.domain.statistics.welch import Sample, welch_difference

# Comparisons of their own beside those of the report's sections: trends, fatigue, weekdays, audiences, costs.
FAMILIES = 5
OF_MESSAGES = ("sends", "opens", "bounces", "unsubscribes")
DaySums = list[tuple[str, Sums]]


@dataclass(frozen=True, slots=True)
class Past:
    """Facts whose ``end`` is the client's first day that is not over, and the level of stated intervals."""

    facts: ClientFacts
    config: Readings
    level: float

    def sums(self, platform: str, first: int, last: int = 0) -> DaySums:
        """Return (day, sums) of a platform from ``first`` days before the end up to ``last`` days before it."""
        end = self.facts.end
        return list(
            sums.select_range(self.facts.days, end - timedelta(days=first), end - timedelta(days=last), platform)
        )

    def platforms(self) -> list[str]:
        """Return the platforms with events in the remembered days."""
        since = (self.facts.end - timedelta(days=self.config.remembered_days)).isoformat()
        days = [groups for day, groups in self.facts.days.items() if day >= since]
        return sorted({sums.parse_platform(group) for groups in days for group in groups} - {sums.OTHER})

    def publishing(self) -> list[str]:
        """Return the platforms on which content is published: neither messages to single readers nor ads."""
        return [p for p in self.platforms() if publishes([s for _, s in self.sums(p, self.config.remembered_days)])]

    def first_day(self, platform: str) -> date:
        """Return the first kept day of a platform that has one."""
        days = (day for day, groups in self.facts.days.items() if any(_of(platform, group) for group in groups))
        return sums.parse_day(min(days))

    def newest(self, platform: str) -> date:
        """Return the newest day before the end on which a platform has events; it must have one in the window."""
        return sums.parse_day(max(day for day, _ in self.sums(platform, self.config.remembered_days)))

    def reading(
        self,
        value: float | None,
        subject: str | None,
        observations: int,
        interval: tuple[float, float] | None = None,
    ) -> Reading:
        """Return a reading as of the last complete day, the more to be relied on the more it rests on."""
        last = self.facts.end - timedelta(days=1)
        observed = min(self.facts.as_of, sums.end_of_day(last, self.facts.client.time_zone))
        least = self.facts.config.comparisons.minimum_events
        lower, upper = interval or (None, None)
        return Reading(
            value=value,
            subject=subject,
            lower=lower,
            upper=upper,
            observations=observations,
            confidence=observations / (observations + least),
            observed_at=observed,
        )

    def change(self, now: Sample, then: Sample, looks: int) -> tuple[float | None, float, float] | None:
        """Return the log of how many times ``now`` is ``then``: None unless its sign is sure, and its interval.

        None altogether where either has too few values. All looks of all families together claim a sign that is not
        there with the chance that a report may.
        """
        comparisons = self.facts.config.comparisons
        few = min(now.count, then.count) < min(comparisons.minimum_events, self.config.recent_days)
        alpha = comparisons.false_claims / FAMILIES / max(looks, 1)
        sure, shown = (None if few else welch_difference(now, then, alpha=a) for a in (alpha, 1 - self.level))
        if sure is None or shown is None:
            return None
        return (sure.estimate if sure.is_significant else None), shown.lower, shown.upper

    def share(self, part: int, whole: int, subject: str | None) -> Reading | None:
        """Return a share of trials with Wilson's interval (1927), None where trials are few or the share is none."""
        if whole < self.config.minimum_trials or not 0 <= part <= whole:
            return None
        z = NormalDist().inv_cdf((1 + self.level) / 2)
        rate, spread = part / whole, z * z / whole
        centre = (rate + spread / 2) / (1 + spread)
        half = math.sqrt(rate * (1 - rate) * spread + spread * spread / 4) / (1 + spread)
        return self.reading(rate, subject, whole, (max(0.0, centre - half), min(1.0, centre + half)))


def publishes(day_sums: Sequence[Sums]) -> bool:
    """Whether sums are of content that people engage with, and not of messages to single readers or of ads."""
    names = {name for one in day_sums for name in one}
    return "engaged" in names and not names & {*OF_MESSAGES, "spend_micros"}


def _of(platform: str, group: str) -> bool:
    return sums.parse_platform(group) == platform
