"""Finer sums of a client's days for comparisons: posts by hour of the day, and ads one by one.

A breakdown is a contribution's own sums under a finer key, so that booking and taking away stay exact. Each event has
at most one: an ad's row that of its ad, any other event with a known rate and time of day that of its hour.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, timedelta
from zoneinfo import ZoneInfo

from brain.domain.days import sums
from brain.domain.days.sums import MIDNIGHT, Contribution, Days, Sums
from brain.domain.events import Event, FeedType

HOUR, AD = "hour", "ad"
ADS = frozenset({FeedType.ADS_GOOGLE, FeedType.ADS_META})
METRICS = {HOUR: ("rated", "log_rate_milli", "log_rate_milli_squared"), AD: ("impressions", "clicks")}
MAX_KEYS_A_DAY = 100
MAX_ID_LENGTH = 64


@dataclass(frozen=True, slots=True)
class Hour:
    """Posts of one platform and content type in one local hour of the day, 0 to 23."""

    platform: str
    content_type: str
    hour: int


def named(change: Contribution, event: Event, time_zone: ZoneInfo) -> Contribution:
    """Return the contribution with the key of its breakdown, if it has one."""
    return replace(change, breakdown=_key(event, change, time_zone))


def _key(event: Event, change: Contribution, time_zone: ZoneInfo) -> str | None:
    if event.feed_type in ADS:
        known = event.content_id and len(event.content_id) <= MAX_ID_LENGTH and event.impressions is not None
        return f"{AD}|{event.platform}|{event.content_id}" if known else None
    dated_only = event.occurred_at.astimezone(UTC).time() == MIDNIGHT
    if dated_only or "rated" not in change.sums:
        return None
    return f"{HOUR}|{change.group}|{event.occurred_at.astimezone(time_zone).hour:02d}"


def add(breakdowns: Days, booked: Contribution) -> Contribution:
    """Add a booked contribution's breakdown, in place, and return the contribution as booked in both."""
    finer = _finer(booked)
    if finer is None:
        return booked
    if finer.group not in breakdowns.get(booked.day, {}) and len(breakdowns.get(booked.day, {})) >= MAX_KEYS_A_DAY:
        return replace(booked, breakdown=None)
    sums.add(breakdowns, finer, most=MAX_KEYS_A_DAY)
    return booked


def take_away(breakdowns: Days, booked: Contribution) -> None:
    """Undo ``add`` exactly, in place."""
    finer = _finer(booked)
    if finer is not None:
        sums.take_away(breakdowns, finer)


def _finer(booked: Contribution) -> Contribution | None:
    if booked.breakdown is None:
        return None
    metrics = METRICS[booked.breakdown.partition("|")[0]]
    day_sums = {name: booked.sums[name] for name in metrics if name in booked.sums}
    return Contribution(booked.day, booked.breakdown, day_sums)


def hours(breakdowns: Days, start: date, end: date) -> Iterator[tuple[date, Hour, Sums]]:
    """Yield (day, hour, sums) of all posts from ``start`` up to, not including, ``end``."""
    for day, rest, day_sums in _of(HOUR, breakdowns, start, end):
        platform, content_type, hour = rest.split("|", 2)
        yield day, Hour(platform, content_type, int(hour)), day_sums


def ads(breakdowns: Days, start: date, end: date) -> Iterator[tuple[date, str, str, Sums]]:
    """Yield (day, platform, ad id, sums) of all ads from ``start`` up to, not including, ``end``."""
    for day, rest, day_sums in _of(AD, breakdowns, start, end):
        platform, _, ad = rest.partition("|")
        yield day, platform, ad, day_sums


def _of(kind: str, breakdowns: Days, start: date, end: date) -> Iterator[tuple[date, str, Sums]]:
    for offset in range((end - start).days):
        day = start + timedelta(days=offset)
        for key, day_sums in sorted(breakdowns.get(day.isoformat(), {}).items()):
            own, _, rest = key.partition("|")
            if own == kind:
                yield day, rest, day_sums
