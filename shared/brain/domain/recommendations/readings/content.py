"""Readings of published content: how often, where, to whom, in which form and when, and what that brings."""

import math
from collections.abc import Mapping, Sequence
from datetime import timedelta

from brain.domain.days import sums
from brain.domain.days.comparisons import RateComparison, build_rate_sample, estimate_differences, significance_level
from brain.domain.days.format_comparisons import compare_formats
from brain.domain.days.hour_comparisons import compare_hours, format_band
from brain.domain.days.sums import OTHER
from brain.domain.recommendations.context import MetricReading
from brain.domain.recommendations.readings.metric_history import LogRatio, MetricHistory, NamedReadings
from brain.domain.statistics.weighted_slope import weighted_slope
from brain.domain.statistics.welch import Difference, Sample, t_quantile

WEEKDAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
AUDIENCE_DAYS_BEFORE = 28
MIN_COUNT_RATIO = 1.5


def read_content_metrics(history: MetricHistory) -> NamedReadings:
    """Yield (metric, reading) of everything about content that the sums cover."""
    platforms = history.list_publishing()
    for platform in platforms:
        yield from _read_habits(history, platform)
        yield from _read_trend(history, platform, len(platforms))
        yield from _read_fatigue(history, platform, len(platforms))
        yield from _read_audience_growth(history, platform, len(platforms))
    yield from _read_top_platform(history, platforms)
    yield from _read_weekdays(history, platforms)
    config = history.facts.config.comparisons
    format_estimates = estimate_differences(compare_formats(history.facts), config)
    yield from _read_lifts(history, format_estimates, {"best_format_lift": 1, "worst_format_lift": -1})
    yield from _read_format_shares(history, platforms)
    hour_estimates = estimate_differences(compare_hours(history.facts), config)
    yield from _read_lifts(history, hour_estimates, {"best_hour_lift": 1})


def _read_habits(history: MetricHistory, platform: str) -> NamedReadings:
    usual_days = history.windows.usual_days
    day_sums = [s for _, s in history.select_sums(platform, usual_days)]
    events = sums.sum_metric(day_sums, "events")
    if day_sums and history.first_day(platform) <= history.facts.end - timedelta(days=usual_days):
        yield "posting_frequency_per_week", history.build_reading(events * 7 / usual_days, platform, events)
    silent_days = (history.facts.end - history.newest_day(platform)).days - 1
    yield "days_since_last_post", history.build_reading(float(silent_days), platform, max(events, 1))
    rated = sums.sum_metric(day_sums, "rated")
    engagements, audience = sums.sum_metric(day_sums, "rated_engagements"), sums.sum_metric(day_sums, "rated_audience")
    engaged = sums.sum_metric(day_sums, "engaged")
    if audience:
        yield "engagement_rate", history.build_reading(engagements / audience, platform, rated)
    if engaged:
        yield "audience_known_share", history.build_reading(rated / engaged, platform, engaged)


def _read_trend(history: MetricHistory, platform: str, comparisons: int) -> NamedReadings:
    recent_days, usual_days = history.windows.recent_days, history.windows.usual_days
    recent = build_rate_sample([s for _, s in history.select_sums(platform, recent_days)])
    usual = build_rate_sample([s for _, s in history.select_sums(platform, recent_days + usual_days, recent_days)])
    if log_ratio := history.estimate_log_ratio(recent, usual, comparisons):
        ratio = None if log_ratio.estimate is None else math.exp(log_ratio.estimate)
        interval = (math.exp(log_ratio.lower), math.exp(log_ratio.upper))
        yield "engagement_trend_7d", history.build_reading(ratio, platform, recent.count + usual.count, interval)


def _read_fatigue(history: MetricHistory, platform: str, comparisons: int) -> NamedReadings:
    """Yield how engagement per post changes with each doubling of the posts per week.

    Nothing is yielded if all weeks have similar numbers of posts.
    """
    weeks = _sample_weeks(history, platform)
    points = [(math.log2(week.count), week.mean, float(week.count)) for week in weeks]
    counts = [week.count for week in weeks]
    minimum_weeks = history.facts.config.comparisons.minimum_events
    if len(points) < minimum_weeks or max(counts) < MIN_COUNT_RATIO * min(counts):
        return
    significance = weighted_slope(points, alpha=history.significance_level(comparisons))
    slope = weighted_slope(points, alpha=1 - history.level)
    if significance and slope:
        lift = math.expm1(significance.estimate) if significance.is_significant else None
        interval = (math.expm1(slope.lower), math.expm1(slope.upper))
        yield "fatigue", history.build_reading(lift, platform, sum(counts), interval)


def _sample_weeks(history: MetricHistory, platform: str) -> list[Sample]:
    """Return the engagement rates of each week with posts as a sample."""
    windows = [(7 * week + 7, 7 * week) for week in range(history.windows.weeks)]
    weeks = [build_rate_sample([s for _, s in history.select_sums(platform, *window)]) for window in windows]
    return [week for week in weeks if week.count]


def _read_audience_growth(history: MetricHistory, platform: str, comparisons: int) -> NamedReadings:
    """Compare the mean audiences of the last days with those of as many days four weeks before."""
    recent_days = history.windows.recent_days
    recent = _sample_log_audiences(history, platform, recent_days, 0)
    earlier = _sample_log_audiences(history, platform, recent_days + AUDIENCE_DAYS_BEFORE, AUDIENCE_DAYS_BEFORE)
    if log_ratio := history.estimate_log_ratio(recent, earlier, comparisons):
        observations = recent.count + earlier.count
        reading = history.build_reading(log_ratio.lift, platform, observations, log_ratio.lift_interval)
        yield "audience_growth_28d", reading


def _sample_log_audiences(history: MetricHistory, platform: str, first: int, last: int) -> Sample:
    """Return the log mean audience of each day as a sample."""
    by_day: dict[str, tuple[int, int]] = {}
    for day, day_sums in history.select_sums(platform, first, last):
        audience, rated = by_day.get(day, (0, 0))
        by_day[day] = audience + day_sums.get("rated_audience", 0), rated + day_sums.get("rated", 0)
    return Sample.of([math.log(audience / rated) for audience, rated in by_day.values() if rated and audience])


def _read_top_platform(history: MetricHistory, platforms: Sequence[str]) -> NamedReadings:
    usual_days = history.windows.usual_days
    day_sums = {platform: [s for _, s in history.select_sums(platform, usual_days)] for platform in platforms}
    engagements = {platform: sums.sum_metric(day_sums[platform], "engagements") for platform in platforms}
    events = sum(sums.sum_metric(day_sums[platform], "engaged") for platform in platforms)
    total = sum(engagements.values())
    if total and events >= history.facts.config.comparisons.minimum_events:
        top = max(sorted(engagements), key=lambda platform: engagements[platform])
        yield "top_platform_share", history.build_reading(engagements[top] / total, top, events)


def _read_weekdays(history: MetricHistory, platforms: Sequence[str]) -> NamedReadings:
    """Yield each weekday that is better than the platform's others; one reading without a value if none is."""
    samples = []
    for platform in platforms:
        day_sums = history.select_sums(platform, history.windows.weekday_days)
        for weekday, name in enumerate(WEEKDAYS):
            own = build_rate_sample([s for day, s in day_sums if sums.parse_day(day).weekday() == weekday])
            others = build_rate_sample([s for day, s in day_sums if sums.parse_day(day).weekday() != weekday])
            samples.append((f"{name} on {platform}", own, others))
    log_ratios = [
        (subject, own.count, log_ratio)
        for subject, own, others in samples
        if (log_ratio := history.estimate_log_ratio(own, others, len(samples)))
    ]
    yield from _read_positive_lifts(history, "best_weekday_lift", log_ratios)


def _read_positive_lifts(
    history: MetricHistory, metric: str, log_ratios: Sequence[tuple[str, int, LogRatio]]
) -> NamedReadings:
    positive = [
        (subject, count, log_ratio)
        for subject, count, log_ratio in log_ratios
        if log_ratio.estimate is not None and log_ratio.estimate > 0
    ]
    for subject, count, log_ratio in positive:
        yield metric, history.build_reading(log_ratio.lift, subject, count, log_ratio.lift_interval)
    if log_ratios and not positive:
        yield metric, history.build_reading(None, None, sum(count for _, count, _ in log_ratios))


def _read_lifts(
    history: MetricHistory, estimates: Sequence[tuple[RateComparison, Difference]], signs: Mapping[str, int]
) -> NamedReadings:
    """Yield the differences that the report claims, with the numbers that it states.

    Their intervals are narrowed from the section's level to the level of readings. ``signs`` holds the metrics, each
    with the sign of its differences.
    """
    if not estimates:
        return
    alpha = significance_level(len(estimates), history.facts.config.comparisons)
    claimed = [pair for pair in estimates if _is_claimed(*pair)]
    for metric, sign in signs.items():
        same_sign = [(comparison, estimate) for comparison, estimate in claimed if sign * estimate.estimate > 0]
        for comparison, estimate in same_sign:
            yield metric, _build_lift(history, comparison, estimate, alpha)
        if not same_sign:
            yield metric, history.build_reading(None, None, max(c.subject_events for c, _ in estimates))


def _is_claimed(comparison: RateComparison, estimate: Difference) -> bool:
    return estimate.is_significant and comparison.subject.get("content_type") != OTHER


def _build_lift(
    history: MetricHistory, comparison: RateComparison, estimate: Difference, alpha: float
) -> MetricReading:
    count = comparison.subject_events
    degrees_of_freedom = max(count + comparison.other_events - 2, 2)
    reading_quantile = t_quantile((1 + history.level) / 2, degrees_of_freedom)
    narrowing = reading_quantile / t_quantile(1 - alpha / 2, degrees_of_freedom)
    ratio, lower, upper = (math.exp(bound) for bound in (estimate.estimate, estimate.lower, estimate.upper))
    centre = math.log(ratio)
    low = centre - (centre - math.log(lower)) * narrowing
    high = centre + (math.log(upper) - centre) * narrowing
    interval = (math.expm1(low), math.expm1(high))
    return history.build_reading(ratio - 1, _describe_subject(comparison), count, interval)


def _describe_subject(comparison: RateComparison) -> str:
    """Return a comparison's subject as a marketer says it: carousel on linkedin, 09:00 to 12:00 on linkedin."""
    subject = comparison.subject
    name = format_band(subject) if "from_hour" in subject else subject["content_type"]
    return f"{name} on {comparison.platform}"


def _read_format_shares(history: MetricHistory, platforms: Sequence[str]) -> NamedReadings:
    """Yield each content type's share of what is published on its platform."""
    events_by_group: dict[str, int] = {}
    first_day = history.facts.end - timedelta(days=history.windows.usual_days)
    for offset in range(history.windows.usual_days):
        groups = history.facts.days.get((first_day + timedelta(days=offset)).isoformat(), {})
        for group, group_sums in groups.items():
            events_by_group[group] = events_by_group.get(group, 0) + group_sums.get("events", 0)
    for platform in platforms:
        own = {group: events for group, events in events_by_group.items() if sums.parse_platform(group) == platform}
        total = sum(own.values())
        for group, events in sorted(own.items()):
            subject = f"{sums.parse_content_type(group)} on {platform}"
            yield "format_share", history.build_reading(events / total, subject, total)
