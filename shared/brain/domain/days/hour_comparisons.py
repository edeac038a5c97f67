"""Each part of the client's day compared with the platform's other hours, within the same content type."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from brain.domain.days import breakdowns
from brain.domain.days.breakdowns import PostingHour
from brain.domain.days.comparisons import RateComparison, build_strata
from brain.domain.days.facts import ClientFacts
from brain.domain.days.sums import Sums

BAND_HOURS = 3


def has_hours(facts: ClientFacts) -> bool:
    """Return whether any event of the comparison window has an hour of the day."""
    return any(True for _ in _iterate_hours(facts))


def compare_hours(facts: ClientFacts) -> Iterator[RateComparison]:
    """Yield a comparison per platform and band of three local hours in the comparison window."""
    hourly_sums = [(hour, sums) for _, hour, sums in _iterate_hours(facts)]
    bands = sorted({(hour.platform, _band_start(hour)) for hour, _ in hourly_sums})
    for platform, start in bands:
        cells = [
            (hour.content_type, _band_start(hour) == start, sums)
            for hour, sums in hourly_sums
            if hour.platform == platform
        ]
        yield RateComparison(platform, {"from_hour": start, "to_hour": start + BAND_HOURS}, build_strata(cells))


def format_band(subject: Mapping[str, object]) -> str:
    """Return a band as readers see it, such as ``09:00 to 12:00``."""
    return f"{subject['from_hour']:02d}:00 to {subject['to_hour']:02d}:00"


def _iterate_hours(facts: ClientFacts) -> Iterator[tuple[date, PostingHour, Sums]]:
    start = facts.end - timedelta(days=facts.config.comparisons.window_days)
    return breakdowns.iterate_hours(facts.breakdowns, start, facts.end)


def _band_start(hour: PostingHour) -> int:
    return hour.hour - hour.hour % BAND_HOURS
