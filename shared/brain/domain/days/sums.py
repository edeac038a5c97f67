"""A client's days in whole numbers: what the hourly job folds events into, and all later reports are built from.

Sums are integers (money in millionths, conversions and logs in thousandths), so that adding and taking away are
exact and no order of events changes a digit. A metric that no event reported is absent, which is not 0.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

from brain.domain.events import Event
from brain.domain.scoring import PlatformHistory, Score, ScoringConfig
from brain.domain.scoring.components import engagements

Sums: TypeAlias = dict[str, int]
Days: TypeAlias = dict[str, dict[str, Sums]]

COUNTS = ("impressions", "clicks", "opens", "sends", "bounces", "unsubscribes", "views")
SCALES = {
    "conversions": ("conversions_milli", 1000),
    "spend": ("spend_micros", 10**6),
    "revenue": ("revenue_micros", 10**6),
}
OTHER = "other"
MAX_GROUPS_A_DAY = 20
MIDNIGHT = time(0)
LOG_SCALE = 1000


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one event adds to its day; kept with its score, so that a revision can take it away again.

    ``breakdown`` is the key under which ``breakdowns`` has it too, if it has.
    """

    day: str
    group: str
    sums: Mapping[str, int]
    breakdown: str | None = None


def local_day(at: datetime, time_zone: ZoneInfo) -> date:
    """Return the calendar day of a moment where the client is."""
    return at.astimezone(time_zone).date()


def event_day(event: Event, time_zone: ZoneInfo) -> date:
    """Return the day an event belongs to where the client is.

    A report's row has a date and no time, which feeds read as midnight UTC: that date is the account's own and stands.
    """
    utc = event.occurred_at.astimezone(UTC)
    return utc.date() if utc.time() == MIDNIGHT else local_day(utc, time_zone)


def day_end(day: date, time_zone: ZoneInfo) -> datetime:
    """Return the moment at which a day is over where the client is."""
    return datetime.combine(day + timedelta(days=1), MIDNIGHT, time_zone)


def day_of(day: str) -> date:
    """Return the day that a key names."""
    return date.fromisoformat(day)


def group_name(platform: str | None, content_type: str | None) -> str:
    """Return the name of a platform's content type as a group."""
    return f"{platform or OTHER}|{content_type or OTHER}"


def platform_of(group: str) -> str:
    """Return the platform of a group."""
    return group.partition("|")[0]


def contribution(event: Event, scored: Score, time_zone: ZoneInfo, late_seconds: int | None = None) -> Contribution:
    """Return what a scored event adds to its day.

    ``late_seconds`` is how long after its day the event first came; a revision keeps what its first form had.
    """
    day = event_day(event, time_zone)
    if late_seconds is None:
        late_seconds = max(round((event.received_at - day_end(day, time_zone)).total_seconds()), 0)
    sums: Sums = {"events": 1, "late_seconds": late_seconds, "log_performance_milli": _milli_log(scored.performance)}
    engaged = engagements(event)
    if engaged is not None:
        sums |= {"engaged": 1, "engagements": engaged}
        if event.audience_size:
            log_rate = _milli_log((engaged + 0.5) / event.audience_size)
            sums |= {"rated": 1, "rated_engagements": engaged, "rated_audience": event.audience_size}
            sums |= {"log_rate_milli": log_rate, "log_rate_milli_squared": log_rate * log_rate}
    sums |= {name: value for name in COUNTS if (value := getattr(event, name)) is not None}
    for name, (scaled, factor) in SCALES.items():
        if (amount := getattr(event, name)) is not None:
            sums[scaled] = round(amount * factor)
    return Contribution(day.isoformat(), group_name(event.platform or event.feed_type, event.content_type), sums)


def _milli_log(value: float) -> int:
    return round(math.log(max(value, 1e-9)) * LOG_SCALE)


def add(days: Days, change: Contribution, most: int = MAX_GROUPS_A_DAY) -> Contribution:
    """Add a contribution to its day, in place, and return it as booked.

    A day holds at most ``most`` groups; what comes after is booked as the platform's other content.
    """
    groups = days.setdefault(change.day, {})
    booked = replace(change, group=_room_for(groups, change.group, most))
    sums = groups.setdefault(booked.group, {})
    for name, value in change.sums.items():
        sums[name] = sums.get(name, 0) + value
    return booked


def take_away(days: Days, booked: Contribution) -> None:
    """Undo ``add`` exactly, in place; on a day that is no longer kept this leaves a difference for the archive."""
    groups = days.setdefault(booked.day, {})
    sums = groups.setdefault(booked.group, {})
    for name, value in booked.sums.items():
        sums[name] = sums.get(name, 0) - value
    if not any(sums.values()):
        groups.pop(booked.group)
    if not groups:
        days.pop(booked.day)


def _room_for(groups: Mapping[str, Sums], group: str, most: int) -> str:
    if group in groups or len(groups) < most:
        return group
    same_platform = group_name(platform_of(group), None)
    return same_platform if same_platform in groups else f"{OTHER}|{OTHER}"


def history(days: Days, platform: str | None, day: date, config: ScoringConfig) -> PlatformHistory:
    """Return a platform's history in the whole days before ``day``; the day itself tells nothing about itself."""
    recent_from = day - timedelta(days=config.growth.recent_days)
    window = [(d, s) for d, s in between(days, day - timedelta(days=config.growth.window_days), day, platform)]
    recent = [s for d, s in window if d >= recent_from.isoformat()]
    everything = [s for _, s in window]
    return PlatformHistory(
        events=total(everything, "engaged"),
        engagements=total(everything, "engagements"),
        recent_events=total(recent, "engaged"),
        recent_engagements=total(recent, "engagements"),
        rated_events=total(everything, "rated"),
        rated_engagements=total(everything, "rated_engagements"),
        rated_audience=total(everything, "rated_audience"),
    )


def between(
    days: Mapping[str, Mapping[str, Sums]], start: date, end: date, platform: str | None = None
) -> Iterator[tuple[str, Sums]]:
    """Yield (day, sums) of every group from ``start`` up to, not including, ``end``, of one platform or of all."""
    for offset in range((end - start).days):
        day = (start + timedelta(days=offset)).isoformat()
        for group, sums in days.get(day, {}).items():
            if platform is None or platform_of(group) == platform:
                yield day, sums


def total(sums: Iterable[Mapping[str, int]], name: str) -> int:
    """Return the sum of one metric, 0 where nothing reported it; ``known`` tells the difference."""
    return sum(s.get(name, 0) for s in sums)


def known(sums: Iterable[Mapping[str, int]], name: str) -> int | None:
    """Return the sum of one metric, or None when nothing reported it."""
    values = [s[name] for s in sums if name in s]
    return sum(values) if values else None


def retire(days: Days, newest: date, keep_days: int) -> Days:
    """Take days that are ``keep_days`` or more before ``newest`` out of ``days``, in place, and return them."""
    oldest = (newest - timedelta(days=keep_days)).isoformat()
    return {day: days.pop(day) for day in sorted(d for d in days if d <= oldest)}


def archive(archived: Days, retired: Days, keep_days: int) -> Days:
    """Return the archive with retired days added, summed by platform, the latest ``keep_days`` of them."""
    merged = {day: {group: dict(sums) for group, sums in groups.items()} for day, groups in archived.items()}
    for day, groups in retired.items():
        for group, sums in groups.items():
            platform = merged.setdefault(day, {}).setdefault(group_name(platform_of(group), None), {})
            for name, value in sums.items():
                platform[name] = platform.get(name, 0) + value
    return {day: merged[day] for day in sorted(merged)[-keep_days:]}
