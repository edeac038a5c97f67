"""Readings of what is sent and paid for, and of the feeds themselves: e-mails, ads, silence, alarms."""

import math
from collections.abc import Iterator
from datetime import timedelta

from brain.domain.days import sums
from brain.domain.days.sums import Sums
from brain.domain.recommendations.context import Reading
from brain.domain.recommendations.readings.past import FAMILIES, Past
from brain.domain.statistics.welch import t_quantile

MICROS, MILLI = 10**6, 1000
HOUR_SECONDS = 3600.0


def readings(past: Past) -> Iterator[tuple[str, Reading]]:
    """Yield (metric, reading) of messages, ads and feeds, as far as the sums tell."""
    platforms = past.platforms()
    for platform in platforms:
        day_sums = [s for _, s in past.sums(platform, past.config.usual_days)]
        found = [*_messages(past, platform, day_sums), *_ads(past, platform, day_sums, len(platforms))]
        yield from ((metric, reading) for metric, reading in found if reading)
        yield from _silence(past, platform)
    yield from _alarms(past)


def _messages(past: Past, platform: str, day_sums: list[Sums]) -> Iterator[tuple[str, Reading | None]]:
    sent = sums.sum_if_reported(day_sums, "sends")
    if sent is None:
        return
    delivered = sent - sums.sum_metric(day_sums, "bounces")
    for metric, name, whole in (
        ("bounce_rate", "bounces", sent),
        ("open_rate", "opens", delivered),
        ("click_rate", "clicks", delivered),
        ("unsubscribe_rate", "unsubscribes", delivered),
    ):
        part = sums.sum_if_reported(day_sums, name)
        if part is not None:
            yield metric, past.share(part, whole, platform)


def _ads(past: Past, platform: str, day_sums: list[Sums], many: int) -> Iterator[tuple[str, Reading | None]]:
    recent = [s for _, s in past.sums(platform, past.config.recent_days)]
    spend = sums.sum_if_reported(recent, "spend_micros")
    if spend is None:
        return
    events = sums.sum_metric(recent, "events")
    yield "spend", past.reading(spend / MICROS, platform, events)
    clicks, shown = sums.sum_if_reported(day_sums, "clicks"), sums.sum_if_reported(day_sums, "impressions")
    if clicks is not None and shown is not None:
        yield "click_rate", past.share(clicks, shown, platform)
    conversions = sums.sum_if_reported(recent, "conversions_milli")
    if conversions is not None:
        yield "conversions", past.reading(conversions / MILLI, platform, events)
        yield "cost_per_conversion_trend", _cost_trend(past, platform, recent, many)


def _cost_trend(past: Past, platform: str, recent: list[Sums], many: int) -> Reading | None:
    """Return how many times a conversion's usual cost it costs now; counts of conversions carry the chance in it."""
    days = past.config.recent_days
    before = [s for _, s in past.sums(platform, days + past.config.usual_days, days)]
    spend = [sums.sum_metric(day_sums, "spend_micros") for day_sums in (recent, before)]
    got = [sums.sum_metric(day_sums, "conversions_milli") / MILLI for day_sums in (recent, before)]
    least = past.facts.config.comparisons.minimum_events
    if min(got) < least or min(spend) <= 0:
        return None
    estimate = math.log(spend[0] / got[0]) - math.log(spend[1] / got[1])
    error = math.sqrt(1 / got[0] + 1 / got[1])
    freedom = got[0] + got[1] - 2
    alpha = past.facts.config.comparisons.false_claims / FAMILIES / many
    sure = abs(estimate) > t_quantile(1 - alpha / 2, freedom) * error
    half = t_quantile((1 + past.level) / 2, freedom) * error
    interval = (math.exp(estimate - half), math.exp(estimate + half))
    return past.reading(math.exp(estimate) if sure else None, platform, round(sum(got)), interval)


def _silence(past: Past, platform: str) -> Iterator[tuple[str, Reading]]:
    """Yield the hours since a feed's last day ended, where its own habit makes such a gap unlikely.

    With events on a share p of its usual days, a gap of k whole days has the chance (1 - p) ** k.
    """
    newest = past.newest(platform)
    gap = (past.facts.end - newest).days - 1
    usual = past.config.usual_days
    active = {day for day, _ in past.sums(platform, usual + gap, gap)}
    if past.first_day(platform) > newest - timedelta(days=usual - 1):
        return
    if gap and (1 - len(active) / usual) ** gap > past.config.silence_chance:
        return
    since = past.facts.as_of - sums.end_of_day(newest, past.facts.client.time_zone)
    hours = max(since.total_seconds() / HOUR_SECONDS, 0.0)
    yield "hours_since_last_event", past.reading(hours, platform, len(active))


def _alarms(past: Past) -> Iterator[tuple[str, Reading]]:
    since = (past.facts.end - timedelta(days=past.config.recent_days)).isoformat()
    counts: dict[str, int] = {}
    for incident in past.facts.incidents:
        if incident.until >= since:
            counts[incident.platform] = counts.get(incident.platform, 0) + 1
    for platform, count in sorted(counts.items()):
        yield "open_anomalies", past.reading(float(count), platform, count)
