"""Readings of what is published: how often, where, to whom, in which form and when, and what that brings."""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from brain.domain.days import looks, sums
from brain.domain.days.sums import OTHER, Sums
from brain.domain.recommendations.context import Reading
from brain.domain.recommendations.readings.past import FAMILIES, Past
from brain.domain.reports import formats, timing
from brain.domain.reports.report import Section
from brain.domain.statistics.weighted_slope import weighted_slope
from brain.domain.statistics.welch import Sample, t_quantile

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
    yield from lifts(past, formats.section(past.facts), "best_format_lift", "worst_format_lift", "content_type")
    yield from _format_shares(past, platforms)
    yield from lifts(past, timing.section(past.facts), "best_hour_lift", None, "from_hour")


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
    now = looks.sample([s for _, s in past.sums(platform, recent)])
    then = looks.sample([s for _, s in past.sums(platform, recent + usual, recent)])
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
    weeks = [looks.sample([s for _, s in past.sums(platform, 7 * k + 7, 7 * k)]) for k in range(past.config.weeks)]
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
            own = looks.sample([s for day, s in day_sums if sums.parse_day(day).weekday() == weekday])
            rest = looks.sample([s for day, s in day_sums if sums.parse_day(day).weekday() != weekday])
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


def lifts(
    past: Past, section: Section | None, best: str, worst: str | None, what: str
) -> Iterator[tuple[str, Reading]]:
    """Yield the differences that a section of the report claims, with the numbers that it states.

    Their intervals are narrowed from the section's level to the level of readings.
    """
    effects: list[Mapping[str, Any]] = list(section.figures.get("effects", ())) if section else []
    alpha = looks.level(past.facts, len(effects))
    claimed = [effect for effect in effects if effect["claimed"] and effect[what] != OTHER]
    for metric, sign in ((best, 1), (worst, -1)):
        mine = [effect for effect in claimed if sign * (effect["ratio"] - 1) > 0]
        for effect in mine if metric else ():
            yield str(metric), _lift(past, effect, what, alpha)
        if metric and effects and not mine:
            yield metric, past.reading(None, None, max(int(effect["events"]) for effect in effects))


def _lift(past: Past, effect: Mapping[str, Any], what: str, alpha: float) -> Reading:
    count = int(effect["events"])
    freedom = max(count + int(effect["against"]) - 2, 2)
    narrower = t_quantile((1 + past.level) / 2, freedom) / t_quantile(1 - alpha / 2, freedom)
    centre = math.log(effect["ratio"])
    low = centre - (centre - math.log(effect["lower"])) * narrower
    high = centre + (math.log(effect["upper"]) - centre) * narrower
    return past.reading(effect["ratio"] - 1, subject(effect, what), count, (math.expm1(low), math.expm1(high)))


def subject(effect: Mapping[str, Any], what: str) -> str:
    """Return what an effect is about, as a marketer says it: carousel on linkedin, 09:00 to 12:00 on linkedin."""
    named = f"{effect['from_hour']:02d}:00 to {effect['to_hour']:02d}:00" if what == "from_hour" else effect[what]
    return f"{named} on {effect['platform']}"


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
