"""Readings of messages, ads and the feeds themselves: delivery rates, costs, silence and alarms."""

import math
from collections.abc import Iterator
from datetime import timedelta
from typing import TypeAlias

from brain.domain.days import sums
from brain.domain.days.sums import Sums
from brain.domain.recommendations.context import MetricReading
from brain.domain.recommendations.readings.metric_history import MetricHistory, NamedReadings
from brain.domain.statistics.welch import t_quantile

MICROS, MILLI = 10**6, 1000
HOUR_SECONDS = 3600.0
_OptionalReadings: TypeAlias = Iterator[tuple[str, MetricReading | None]]


def read_delivery_metrics(history: MetricHistory) -> NamedReadings:
    """Yield (metric, reading) of everything about messages, ads and feeds that the sums cover."""
    platforms = history.list_platforms()
    for platform in platforms:
        day_sums = [s for _, s in history.select_sums(platform, history.windows.usual_days)]
        readings = (
            *_read_messages(history, platform, day_sums),
            *_read_ads(history, platform, day_sums, len(platforms)),
        )
        yield from ((metric, reading) for metric, reading in readings if reading)
        yield from _read_silence(history, platform)
    yield from _read_alarms(history)


def _read_messages(history: MetricHistory, platform: str, day_sums: list[Sums]) -> _OptionalReadings:
    sent = sums.sum_if_reported(day_sums, "sends")
    if sent is None:
        return
    delivered = sent - sums.sum_metric(day_sums, "bounces")
    for metric, counter, trials in (
        ("bounce_rate", "bounces", sent),
        ("open_rate", "opens", delivered),
        ("click_rate", "clicks", delivered),
        ("unsubscribe_rate", "unsubscribes", delivered),
    ):
        successes = sums.sum_if_reported(day_sums, counter)
        if successes is not None:
            yield metric, history.build_fraction_reading(successes, trials, platform)


def _read_ads(history: MetricHistory, platform: str, day_sums: list[Sums], comparisons: int) -> _OptionalReadings:
    recent = [s for _, s in history.select_sums(platform, history.windows.recent_days)]
    spend = sums.sum_if_reported(recent, "spend_micros")
    if spend is None:
        return
    events = sums.sum_metric(recent, "events")
    yield "spend", history.build_reading(spend / MICROS, platform, events)
    clicks, impressions = sums.sum_if_reported(day_sums, "clicks"), sums.sum_if_reported(day_sums, "impressions")
    if clicks is not None and impressions is not None:
        yield "click_rate", history.build_fraction_reading(clicks, impressions, platform)
    conversions = sums.sum_if_reported(recent, "conversions_milli")
    if conversions is not None:
        yield "conversions", history.build_reading(conversions / MILLI, platform, events)
        yield "cost_per_conversion_trend", _read_cost_trend(history, platform, recent, comparisons)


def _read_cost_trend(
    history: MetricHistory, platform: str, recent: list[Sums], comparisons: int
) -> MetricReading | None:
    """Return the recent cost of a conversion relative to its usual cost; only the counts of conversions are random."""
    days = history.windows.recent_days
    usual = [s for _, s in history.select_sums(platform, days + history.windows.usual_days, days)]
    recent_spend, usual_spend = (sums.sum_metric(day_sums, "spend_micros") for day_sums in (recent, usual))
    recent_count, usual_count = (sums.sum_metric(day_sums, "conversions_milli") / MILLI for day_sums in (recent, usual))
    minimum = history.facts.config.comparisons.minimum_events
    if min(recent_count, usual_count) < minimum or min(recent_spend, usual_spend) <= 0:
        return None
    estimate = math.log(recent_spend / recent_count) - math.log(usual_spend / usual_count)
    error = math.sqrt(1 / recent_count + 1 / usual_count)
    degrees_of_freedom = recent_count + usual_count - 2
    alpha = history.significance_level(comparisons)
    is_significant = abs(estimate) > t_quantile(1 - alpha / 2, degrees_of_freedom) * error
    half_width = t_quantile((1 + history.level) / 2, degrees_of_freedom) * error
    interval = (math.exp(estimate - half_width), math.exp(estimate + half_width))
    ratio = math.exp(estimate) if is_significant else None
    return history.build_reading(ratio, platform, round(recent_count + usual_count), interval)


def _read_silence(history: MetricHistory, platform: str) -> NamedReadings:
    """Yield the hours since a feed's last day ended, if such a gap is unlikely for this feed.

    With events on a fraction p of its usual days, a gap of k whole days has the probability (1 - p) ** k.
    """
    newest_day = history.newest_day(platform)
    gap_days = (history.facts.end - newest_day).days - 1
    usual_days = history.windows.usual_days
    active_days = {day for day, _ in history.select_sums(platform, usual_days + gap_days, gap_days)}
    if history.first_day(platform) > newest_day - timedelta(days=usual_days - 1):
        return
    if gap_days and (1 - len(active_days) / usual_days) ** gap_days > history.windows.silence_chance:
        return
    since = history.facts.as_of - sums.end_of_day(newest_day, history.facts.client.time_zone)
    hours = max(since.total_seconds() / HOUR_SECONDS, 0.0)
    yield "hours_since_last_event", history.build_reading(hours, platform, len(active_days))


def _read_alarms(history: MetricHistory) -> NamedReadings:
    since = (history.facts.end - timedelta(days=history.windows.recent_days)).isoformat()
    incidents_by_platform: dict[str, int] = {}
    for incident in history.facts.incidents:
        if incident.until >= since:
            incidents_by_platform[incident.platform] = incidents_by_platform.get(incident.platform, 0) + 1
    for platform, incidents in sorted(incidents_by_platform.items()):
        yield "open_anomalies", history.build_reading(float(incidents), platform, incidents)
