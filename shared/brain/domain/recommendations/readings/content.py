"""Readings of what is published: how often, where, to whom, in which form and when, and what that brings."""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from brain.domain.days import sums
from brain.domain.days.comparisons import Comparison, estimate_differences, sample_log_rates, significance_level
from brain.domain.days.format_comparisons import compare_formats
from brain.domain.days.hour_comparisons import compare_hours, format_band
from brain.domain.days.sums import OTHER, Sums
from brain.domain.recommendations.context import Reading
from brain.domain.recommendations.readings.past import FAMILIES, Past
from brain.domain.statistics.weighted_slope import weighted_slope
from brain.domain.statistics.welch import Difference, Sample, t_quantile

WEEKDAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
AUDIENCE_DAYS_BEFORE = 28
LEAST_RANGE = 1.5


def readings(past: Past) -> Iterator[tuple[str, Reading]]:
    """Yield (metric, reading) of content, as far as the sums tell."""
    platforms = past.publishing()
    for platform in platforms:
        yield from _habit(past, platform)
        yield from _trend(past, platform, len(platforms))
        yield from _fatigue(past, platform, len(platforms))
        yield from _audience(past, platform, len(platforms))
    yield from _where(past, platforms)
    yield from _weekdays(past, platforms)
    comparisons = past.facts.config.comparisons
    formats = estimate_differences(compare_formats(past.facts), comparisons)
    yield from _lifts(past, formats, "best_format_lift", "worst_format_lift")
    yield from _format_shares(past, platforms)
    yield from _lifts(past, estimate_differences(compare_hours(past.facts), comparisons), "best_hour_lift", None)


def _habit(past: Past, platform: str) -> Iterator[tuple[str, Reading]]:
    usual = past.config.usual_days
    day_sums = [s for _, s in past.sums(platform, usual)]
    events = sums.sum_metric(day_sums, "events")
    if day_sums and past.first_day(platform) <= past.facts.end - timedelta(days=usual):
        yield "posting_frequency_per_week", past.reading(events * 7 / usual, platform, events)
    silent = (past.facts.end - past.newest(platform)).days - 1
    yield "days_since_last_post", past.reading(float(silent), platform, max(events, 1))
    rated, audience = sums.sum_metric(day_sums, "rated_engagements"), sums.sum_metric(day_sums, "rated_audience")
    engaged = sums.sum_metric(day_sums, "engaged")
    if audience:
        yield "engagement_rate", past.reading(rated / audience, platform, sums.sum_metric(day_sums, "rated"))
    if engaged:
        known = sums.sum_metric(day_sums, "rated")
        yield "audience_known_share", past.reading(known / engaged, platform, engaged)


def _trend(past: Past, platform: str, many: int) -> Iterator[tuple[str, Reading]]:
    recent, usual = past.config.recent_days, past.config.usual_days
    now = sample_log_rates([s for _, s in past.sums(platform, recent)])
    then = sample_log_rates([s for _, s in past.sums(platform, recent + usual, recent)])
    if changed := past.change(now, then, many):
        value, lower, upper = changed
        ratio = None if value is None else math.exp(value)
        yield (
            "engagement_trend_7d",
            past.reading(ratio, platform, now.count + then.count, (math.exp(lower), math.exp(upper))),
        )


def _fatigue(past: Past, platform: str, many: int) -> Iterator[tuple[str, Reading]]:
    """Yield how engagement a post goes with the number of posts, week by week, for each doubling of that number.

    Weeks that are much alike in number tell nothing of a doubling.
    """
    weeks = [sample_log_rates([s for _, s in past.sums(platform, 7 * k + 7, 7 * k)]) for k in range(past.config.weeks)]
    told = [week for week in weeks if week.count]
    points = [(math.log2(week.count), week.mean, float(week.count)) for week in told]
    comparisons = past.facts.config.comparisons
    counts = [week.count for week in told]
    if len(points) < comparisons.minimum_events or max(counts) < LEAST_RANGE * min(counts):
        return
    sure = weighted_slope(points, alpha=comparisons.false_claims / FAMILIES / many)
    shown = weighted_slope(points, alpha=1 - past.level)
    if sure and shown:
        value = math.expm1(sure.estimate) if sure.is_significant else None
        interval = (math.expm1(shown.lower), math.expm1(shown.upper))
        yield "fatigue", past.reading(value, platform, sum(counts), interval)


def _audience(past: Past, platform: str, many: int) -> Iterator[tuple[str, Reading]]:
    """Compare the mean audiences of the last days with those of as many days four weeks before."""
    recent = past.config.recent_days
    now = _audiences(past, platform, recent, 0)
    then = _audiences(past, platform, recent + AUDIENCE_DAYS_BEFORE, AUDIENCE_DAYS_BEFORE)
    if changed := past.change(now, then, many):
        value, lower, upper = changed
        lift = None if value is None else math.expm1(value)
        interval = (math.expm1(lower), math.expm1(upper))
        yield "audience_growth_28d", past.reading(lift, platform, now.count + then.count, interval)


def _audiences(past: Past, platform: str, first: int, last: int) -> Sample:
    days: dict[str, tuple[int, int]] = {}
    for day, day_sums in past.sums(platform, first, last):
        audience, rated = days.get(day, (0, 0))
        days[day] = audience + day_sums.get("rated_audience", 0), rated + day_sums.get("rated", 0)
    logs = [math.log(audience / rated) for audience, rated in days.values() if rated and audience]
    return Sample.of(logs)


def _where(past: Past, platforms: Sequence[str]) -> Iterator[tuple[str, Reading]]:
    day_sums = {p: [s for _, s in past.sums(p, past.config.usual_days)] for p in platforms}
    engaged = {p: sums.sum_metric(many, "engagements") for p, many in day_sums.items()}
    events = sum(sums.sum_metric(many, "engaged") for many in day_sums.values())
    total = sum(engaged.values())
    if total and events >= past.facts.config.comparisons.minimum_events:
        top = max(sorted(engaged), key=lambda p: engaged[p])
        yield "top_platform_share", past.reading(engaged[top] / total, top, events)


def _weekdays(past: Past, platforms: Sequence[str]) -> Iterator[tuple[str, Reading]]:
    """Compare each weekday with the platform's others; one reading without a value where none stands out."""
    compared = []
    for platform in platforms:
        day_sums = past.sums(platform, past.config.weekday_days)
        for weekday, name in enumerate(WEEKDAYS):
            own = sample_log_rates([s for day, s in day_sums if sums.parse_day(day).weekday() == weekday])
            rest = sample_log_rates([s for day, s in day_sums if sums.parse_day(day).weekday() != weekday])
            compared.append((f"{name} on {platform}", own, rest))
    found = [(subject, own, past.change(own, rest, len(compared))) for subject, own, rest in compared]
    yield from _lifts_above(past, "best_weekday_lift", [(s, own.count, change) for s, own, change in found if change])


def _lifts_above(
    past: Past, metric: str, found: Sequence[tuple[str, int, tuple[float | None, float, float]]]
) -> Iterator[tuple[str, Reading]]:
    sure = [(s, n, value, low, high) for s, n, (value, low, high) in found if value is not None and value > 0]
    for subject, count, value, low, high in sure:
        yield metric, past.reading(math.expm1(value), subject, count, (math.expm1(low), math.expm1(high)))
    if found and not sure:
        yield metric, past.reading(None, None, sum(n for _, n, _ in found))


def _lifts(
    past: Past, estimates: Sequence[tuple[Comparison, Difference]], best: str, worst: str | None
) -> Iterator[tuple[str, Reading]]:
    """Yield the differences that the report claims, with the numbers that it states.

    Their intervals are narrowed from the section's level to the level of readings.
    """
    alpha = significance_level(len(estimates), past.facts.config.comparisons)
    claimed = [
        (comparison, estimate)
        for comparison, estimate in estimates
        if estimate.is_significant and comparison.subject.get("content_type") != OTHER
    ]
    for metric, sign in ((best, 1), (worst, -1)):
        if metric is None:
            continue
        on_this_side = [pair for pair in claimed if sign * pair[1].estimate > 0]
        for comparison, estimate in on_this_side:
            yield metric, _lift(past, comparison, estimate, alpha)
        if estimates and not on_this_side:
            yield metric, past.reading(None, None, max(comparison.subject_events for comparison, _ in estimates))


def _lift(past: Past, comparison: Comparison, estimate: Difference, alpha: float) -> Reading:
    count = comparison.subject_events
    freedom = max(count + comparison.other_events - 2, 2)
    narrower = t_quantile((1 + past.level) / 2, freedom) / t_quantile(1 - alpha / 2, freedom)
    ratio, lower, upper = (math.exp(bound) for bound in (estimate.estimate, estimate.lower, estimate.upper))
    centre = math.log(ratio)
    low = centre - (centre - math.log(lower)) * narrower
    high = centre + (math.log(upper) - centre) * narrower
    interval = (math.expm1(low), math.expm1(high))
    return past.reading(ratio - 1, _describe_subject(comparison), count, interval)


def _describe_subject(comparison: Comparison) -> str:
    """Return what a comparison is about, as a marketer says it: carousel on linkedin, 09:00 to 12:00 on linkedin."""
    subject = comparison.subject
    name = format_band(subject) if "from_hour" in subject else subject["content_type"]
    return f"{name} on {comparison.platform}"


def _format_shares(past: Past, platforms: Sequence[str]) -> Iterator[tuple[str, Reading]]:
    """Yield each content type's share of what is published on its platform."""
    counts: dict[str, int] = {}
    first = past.facts.end - timedelta(days=past.config.usual_days)
    for offset in range(past.config.usual_days):
        groups: Mapping[str, Sums] = past.facts.days.get((first + timedelta(days=offset)).isoformat(), {})
        for group, day_sums in groups.items():
            counts[group] = counts.get(group, 0) + day_sums.get("events", 0)
    for platform in platforms:
        own = {group: n for group, n in counts.items() if sums.parse_platform(group) == platform}
        whole = sum(own.values())
        for group, count in sorted(own.items()):
            content_type = group.partition("|")[2]
            yield "format_share", past.reading(count / whole, f"{content_type} on {platform}", whole)
