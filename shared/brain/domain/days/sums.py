"""A client's days as whole numbers: the hourly job adds events to them, and all later reports are built from them.

Sums are integers (money in millionths, conversions and logs in thousandths), so adding and subtracting are exact and
the order of events changes no digit. A metric that no event reported is absent, which is not the same as 0.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

from brain.domain.events import Event
from brain.domain.scoring import PlatformHistory, Score, ScoringConfig
from brain.domain.scoring.components import count_engagements
from brain.domain.types import KEY_SEPARATOR, to_key_name

Sums: TypeAlias = dict[str, int]
"""Sums by metric."""
Days: TypeAlias = dict[str, dict[str, Sums]]
"""Sums by ISO date and group; a group is a content type of a platform, see :func:`format_group`."""

COUNTS = ("impressions", "clicks", "opens", "machine_opens", "sends", "bounces", "unsubscribes", "views")
SCALES = {
    "conversions": ("conversions_milli", 1000),
    "spend": ("spend_micros", 10**6),
    "revenue": ("revenue_micros", 10**6),
}
VOLUMES = ("events", "engagements", *COUNTS, *(name for name, _ in SCALES.values()))
"""The sums that say how much happened; the others serve to compute rates."""
OTHER = "other"
MAX_GROUPS_PER_DAY = 20
MAX_SUM = 2**63 - 1
"""A document holds no larger integer."""
MIDNIGHT = time(0)
LOG_SCALE = 1000


@dataclass(frozen=True, slots=True)
class EventContribution:
    """What one event adds to its day; stored with its score, so that a revision can subtract it again.

    ``breakdown`` is the key under which ``breakdowns`` holds it too, if any.
    """

    day: str
    group: str
    sums: Mapping[str, int]
    breakdown: str | None = None


def to_local_day(moment: datetime, time_zone: ZoneInfo) -> date:
    """Return the calendar day of a moment in the client's time zone."""
    return moment.astimezone(time_zone).date()


def resolve_event_day(event: Event, time_zone: ZoneInfo) -> date:
    """Return the day that an event belongs to in the client's time zone.

    A row of a provider's report has a date and no time, which feeds read as midnight UTC: its date is kept, because it
    is already in the time zone of the account.
    """
    utc = event.occurred_at.astimezone(UTC)
    return utc.date() if utc.time() == MIDNIGHT else to_local_day(utc, time_zone)


def end_of_day(day: date, time_zone: ZoneInfo) -> datetime:
    """Return the moment at which a day ends in the client's time zone."""
    return datetime.combine(day + timedelta(days=1), MIDNIGHT, time_zone)


def parse_day(day_key: str) -> date:
    """Return the day of a key of ``Days``."""
    return date.fromisoformat(day_key)


def format_group(platform: str | None, content_type: str | None) -> str:
    """Return the key of a group: a platform and one of its content types, as short names.

    Example:
        >>> format_group("linkedin", None), format_group("a|b", "photo")
        ('linkedin|other', 'a-b~d5ad5ca80ad1|photo')
    """
    return f"{to_key_name(platform or OTHER)}{KEY_SEPARATOR}{to_key_name(content_type or OTHER)}"


def parse_platform(group: str) -> str:
    """Return the platform of a group, as a short name."""
    return to_key_name(group.partition(KEY_SEPARATOR)[0])


def parse_content_type(group: str) -> str:
    """Return the content type of a group, as a short name."""
    return to_key_name(group.partition(KEY_SEPARATOR)[2])


def build_contribution(
    event: Event, score: Score, time_zone: ZoneInfo, late_seconds: int | None = None
) -> EventContribution:
    """Return what a scored event adds to its day, nothing for a retracted one.

    Args:
        event: The event.
        score: Its score.
        time_zone: The client's time zone.
        late_seconds: How long after the end of its day the event arrived; a revision keeps that of its first form.
    """
    day = resolve_event_day(event, time_zone)
    group = format_group(event.platform or event.feed_type, event.content_type)
    if event.retracted:
        return EventContribution(day.isoformat(), group, {})
    if late_seconds is None:
        late_seconds = max(round((event.received_at - end_of_day(day, time_zone)).total_seconds()), 0)
    sums: Sums = {"events": 1, "late_seconds": late_seconds, "log_performance_milli": _milli_log(score.performance)}
    engagements = count_engagements(event)
    if engagements is not None:
        sums |= {"engaged": 1, "engagements": engagements}
        if event.audience_size:
            log_rate = _milli_log((engagements + 0.5) / event.audience_size)
            sums |= {"rated": 1, "rated_engagements": engagements, "rated_audience": event.audience_size}
            sums |= {"log_rate_milli": log_rate, "log_rate_milli_squared": log_rate * log_rate}
    sums |= {name: count for name in COUNTS if (count := getattr(event, name)) is not None}
    for name, (scaled_name, factor) in SCALES.items():
        if (amount := getattr(event, name)) is not None:
            sums[scaled_name] = round(amount * factor)
    return EventContribution(day.isoformat(), group, sums)


def _milli_log(number: float) -> int:
    return round(math.log(max(number, 1e-9)) * LOG_SCALE)


def add(days: Days, contribution: EventContribution, max_groups: int = MAX_GROUPS_PER_DAY) -> EventContribution:
    """Add a contribution to its day, in place, and return it as it was added.

    A day holds at most ``max_groups`` groups; later ones are added to the platform's other content. A metric whose sum
    would exceed ``MAX_SUM`` is left out of the contribution.
    """
    if not contribution.sums:
        return contribution
    groups = days.setdefault(contribution.day, {})
    group = _choose_group(groups, contribution.group, max_groups)
    group_sums = groups.setdefault(group, {})
    new_sums = {metric: group_sums.get(metric, 0) + amount for metric, amount in contribution.sums.items()}
    fitting = {metric: total for metric, total in new_sums.items() if abs(total) <= MAX_SUM}
    group_sums.update(fitting)
    added_sums = {metric: contribution.sums[metric] for metric in fitting}
    return replace(contribution, group=group, sums=added_sums)


def subtract(days: Days, contribution: EventContribution) -> None:
    """Undo ``add`` exactly, in place; on a day already removed this leaves a difference for the archive.

    Beyond ``MAX_SUM``, where sums of opposite signs were added, the result is limited.
    """
    if not contribution.sums:
        return
    groups = days.setdefault(contribution.day, {})
    group_sums = groups.setdefault(contribution.group, {})
    for metric, amount in contribution.sums.items():
        group_sums[metric] = limit_sum(group_sums.get(metric, 0) - amount)
    if not any(group_sums.values()):
        groups.pop(contribution.group)
    if not groups:
        days.pop(contribution.day)


def limit_sum(total: int) -> int:
    """Return a sum within what a document holds."""
    return max(-MAX_SUM, min(total, MAX_SUM))


def _choose_group(groups: Mapping[str, Sums], group: str, max_groups: int) -> str:
    if group in groups or len(groups) < max_groups:
        return group
    other_content = format_group(parse_platform(group), None)
    return other_content if other_content in groups else format_group(None, None)


def build_history(days: Days, platform: str | None, day: date, config: ScoringConfig) -> PlatformHistory:
    """Return a platform's history over the whole days before ``day``, which itself is left out."""
    recent_from = day - timedelta(days=config.growth.recent_days)
    window = list(select_range(days, day - timedelta(days=config.growth.window_days), day, platform))
    recent = [group_sums for day_key, group_sums in window if day_key >= recent_from.isoformat()]
    window_sums = [group_sums for _, group_sums in window]
    return PlatformHistory(
        events=sum_metric(window_sums, "engaged"),
        engagements=sum_metric(window_sums, "engagements"),
        recent_events=sum_metric(recent, "engaged"),
        recent_engagements=sum_metric(recent, "engagements"),
        rated_events=sum_metric(window_sums, "rated"),
        rated_engagements=sum_metric(window_sums, "rated_engagements"),
        rated_audience=sum_metric(window_sums, "rated_audience"),
    )


def select_range(
    days: Mapping[str, Mapping[str, Sums]], start: date, end: date, platform: str | None = None
) -> Iterator[tuple[str, Sums]]:
    """Yield (day, sums) of every group from ``start`` up to, not including, ``end``; of all platforms by default."""
    wanted = None if platform is None else to_key_name(platform)
    for offset in range((end - start).days):
        day_key = (start + timedelta(days=offset)).isoformat()
        for group, group_sums in days.get(day_key, {}).items():
            if wanted is None or parse_platform(group) == wanted:
                yield day_key, group_sums


def sum_metric(groups: Iterable[Mapping[str, int]], metric: str) -> int:
    """Return the sum of one metric over groups, 0 where none reported it; see :func:`sum_if_reported`."""
    return sum(group_sums.get(metric, 0) for group_sums in groups)


def sum_if_reported(groups: Iterable[Mapping[str, int]], metric: str) -> int | None:
    """Return the sum of one metric over groups, or None when none reported it."""
    reported = [group_sums[metric] for group_sums in groups if metric in group_sums]
    return sum(reported) if reported else None


def remove_old_days(days: Days, newest: date, keep_days: int) -> Days:
    """Remove the days that are ``keep_days`` or more before ``newest``, in place, and return them."""
    oldest = (newest - timedelta(days=keep_days)).isoformat()
    return {day_key: days.pop(day_key) for day_key in sorted(day for day in days if day <= oldest)}


def merge_into_archive(archive: Days, removed_days: Days, keep_days: int) -> Days:
    """Return the archive with removed days added, summed by platform; only the latest ``keep_days`` remain.

    A day holds at most ``MAX_GROUPS_PER_DAY`` platforms; later ones are added to the others.
    """
    merged = copy_days(archive)
    for day, groups in removed_days.items():
        platforms = merged.setdefault(day, {})
        for group, sums in groups.items():
            platform = _choose_group(platforms, format_group(parse_platform(group), None), MAX_GROUPS_PER_DAY)
            _add_sums(platforms.setdefault(platform, {}), sums)
    return {day: merged[day] for day in sorted(merged)[-keep_days:]}


def merge_days(days: Days, more: Days) -> Days:
    """Return the sums of both; neither is changed."""
    merged = copy_days(days)
    for day, groups in more.items():
        for group, sums in groups.items():
            _add_sums(merged.setdefault(day, {}).setdefault(group, {}), sums)
    return merged


def copy_days(days: Mapping[str, Mapping[str, Mapping[str, int]]]) -> Days:
    """Return a copy that may be changed in place."""
    return {day: {group: dict(sums) for group, sums in groups.items()} for day, groups in days.items()}


def _add_sums(total: Sums, sums: Mapping[str, int]) -> None:
    for metric, amount in sums.items():
        total[metric] = limit_sum(total.get(metric, 0) + amount)
