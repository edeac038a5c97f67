"""Breakdowns of a client's days for comparisons: posts by hour of the day, and ads one by one.

A breakdown is an event's own sums under a finer key, so adding and subtracting stay exact. Each event has at most one:
the row of an ad that of its ad, any other event with a known engagement rate and time of day that of its hour.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, timedelta
from zoneinfo import ZoneInfo

from brain.domain.days import sums
from brain.domain.days.sums import MIDNIGHT, Days, EventContribution, Sums
from brain.domain.events import Event, FeedType
from brain.domain.types import to_key_name

HOUR, AD = "hour", "ad"
AD_FEEDS = frozenset({FeedType.ADS_GOOGLE, FeedType.ADS_META})
METRICS = {HOUR: ("rated", "log_rate_milli", "log_rate_milli_squared"), AD: ("impressions", "clicks")}
MAX_KEYS_PER_DAY = 100
MAX_DAY_BYTES = 20_000
"""A month of days fits into one document, whatever the names."""
MAX_AD_ID_BYTES = 64
_KEY_OVERHEAD_BYTES = 100  # of its sums, as a document counts them


@dataclass(frozen=True, slots=True)
class PostingHour:
    """Posts of one platform and content type in one local hour of the day, 0 to 23."""

    platform: str
    content_type: str
    hour: int


def assign_breakdown(contribution: EventContribution, event: Event, time_zone: ZoneInfo) -> EventContribution:
    """Return the contribution with the key of its breakdown, or None as the key where the event has none."""
    return replace(contribution, breakdown=_breakdown_key(event, contribution, time_zone))


def _breakdown_key(event: Event, contribution: EventContribution, time_zone: ZoneInfo) -> str | None:
    if event.retracted:
        return None
    if event.feed_type in AD_FEEDS:
        return None if event.impressions is None else _ad_key(contribution.group, event.content_id)
    has_date_only = event.occurred_at.astimezone(UTC).time() == MIDNIGHT
    if has_date_only or "rated" not in contribution.sums:
        return None
    return f"{HOUR}|{contribution.group}|{event.occurred_at.astimezone(time_zone).hour:02d}"


def _ad_key(group: str, ad_id: str | None) -> str | None:
    if not ad_id:
        return None
    is_short = len(ad_id.encode("utf-8", "surrogatepass")) <= MAX_AD_ID_BYTES
    return f"{AD}|{sums.parse_platform(group)}|{ad_id if is_short else to_key_name(ad_id)}"


def add(breakdowns: Days, contribution: EventContribution) -> EventContribution:
    """Add the breakdown of a contribution, in place, and return the contribution as it was added.

    A day holds at most ``MAX_KEYS_PER_DAY`` keys and ``MAX_DAY_BYTES``. What would exceed either is added to the other
    keys of its kind, so that the sums of a kind stay those of its events; only a contribution that would exceed a sum's
    limit loses its breakdown.
    """
    finer = _to_breakdown(contribution)
    if finer is None:
        return contribution
    keys = breakdowns.get(contribution.day, {})
    if finer.group not in keys and _is_full(keys, finer.group):
        finer = replace(finer, group=_fold(finer.group))
    if not _fits(keys.get(finer.group, {}), finer.sums):
        return replace(contribution, breakdown=None)
    sums.add(breakdowns, finer, max_groups=MAX_KEYS_PER_DAY + len(METRICS))
    return replace(contribution, breakdown=finer.group)


def _fold(key: str) -> str:
    """Return the key of all keys of a kind that do not fit."""
    return f"{key.partition('|')[0]}|{sums.OTHER}"


def _is_full(keys: Mapping[str, Sums], new_key: str) -> bool:
    if len(keys) >= MAX_KEYS_PER_DAY:
        return True
    size = sum(len(key.encode()) + _KEY_OVERHEAD_BYTES for key in (*keys, new_key))
    return size > MAX_DAY_BYTES


def _fits(stored: Mapping[str, int], amounts: Mapping[str, int]) -> bool:
    return all(abs(stored.get(metric, 0) + amount) <= sums.MAX_SUM for metric, amount in amounts.items())


def subtract(breakdowns: Days, contribution: EventContribution) -> None:
    """Undo ``add`` exactly, in place."""
    finer = _to_breakdown(contribution)
    if finer is not None:
        sums.subtract(breakdowns, finer)


def _to_breakdown(contribution: EventContribution) -> EventContribution | None:
    if contribution.breakdown is None:
        return None
    metrics = METRICS[contribution.breakdown.partition("|")[0]]
    finer_sums = {name: contribution.sums[name] for name in metrics if name in contribution.sums}
    return EventContribution(contribution.day, contribution.breakdown, finer_sums)


def iterate_hours(breakdowns: Days, start: date, end: date) -> Iterator[tuple[date, PostingHour, Sums]]:
    """Yield (day, hour, sums) of all posts from ``start`` up to, not including, ``end``."""
    for day, key, hour_sums in _iterate_kind(HOUR, breakdowns, start, end):
        group, _, hour = key.rpartition("|")
        posting_hour = PostingHour(sums.parse_platform(group), sums.parse_content_type(group), int(hour))
        yield day, posting_hour, hour_sums


def iterate_ads(breakdowns: Days, start: date, end: date) -> Iterator[tuple[date, str, str, Sums]]:
    """Yield (day, platform, ad id, sums) of all ads from ``start`` up to, not including, ``end``."""
    for day, key, ad_sums in _iterate_kind(AD, breakdowns, start, end):
        platform, _, ad_id = key.partition("|")
        yield day, platform, ad_id, ad_sums


def _iterate_kind(kind: str, breakdowns: Days, start: date, end: date) -> Iterator[tuple[date, str, Sums]]:
    """Yield (day, key without its kind, sums) of one kind of breakdown, without those that were added up as others."""
    for offset in range((end - start).days):
        day = start + timedelta(days=offset)
        for full_key, key_sums in sorted(breakdowns.get(day.isoformat(), {}).items()):
            key_kind, _, key = full_key.partition("|")
            if key_kind == kind and key != sums.OTHER:
                yield day, key, key_sums
