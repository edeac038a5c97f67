"""What happened in the period, by platform, and whether engagement really changed against the period before."""

import math
from collections.abc import Sequence
from datetime import date

from brain.domain.days import sums
from brain.domain.days.comparisons import build_rate_sample, significance_level
from brain.domain.days.facts import ClientFacts
from brain.domain.days.platforms import select_platforms
from brain.domain.days.sums import Sums
from brain.domain.reports.number_format import (
    UNKNOWN,
    format_change,
    format_change_range,
    format_count,
    format_percent,
)
from brain.domain.reports.report import Section, SectionStatus
from brain.domain.statistics.welch import Difference, welch_difference

NAME, TITLE = "activity", "What happened"
COLUMNS = ("platform", "events", "before", "engagements", "impressions", "engagement rate", "change in rate", "spend")
MICROS = 10**6


def build_section(facts: ClientFacts) -> Section:
    """Return the period's figures by platform, compared with the period before of the same length."""
    previous_start = facts.start - (facts.end - facts.start)
    platforms = select_platforms(facts.days)
    alpha = significance_level(len(platforms), facts.config.comparisons)
    rows = []
    lines = []
    for platform in platforms:
        current = _select_sums(facts, platform, facts.start, facts.end)
        previous = _select_sums(facts, platform, previous_start, facts.start)
        if not current and not previous:
            continue
        change = _estimate_change(current, previous, facts, alpha)
        rows.append(_build_row(platform, current, previous, change))
        if change is not None and change.is_significant:
            lines.append(_claim(platform, change))
    if not rows:
        return Section(NAME, TITLE, SectionStatus.NOT_ENOUGH_DATA, ("No events in this period.",))
    return Section(NAME, TITLE, SectionStatus.OK, tuple(lines) or (_claim_nothing(facts),), COLUMNS, tuple(rows))


def _select_sums(facts: ClientFacts, platform: str, start: date, end: date) -> list[Sums]:
    return [day_sums for _, day_sums in sums.select_range(facts.days, start, end, platform)]


def _estimate_change(
    current: Sequence[Sums], previous: Sequence[Sums], facts: ClientFacts, alpha: float
) -> Difference | None:
    current_rates, previous_rates = build_rate_sample(current), build_rate_sample(previous)
    if min(current_rates.count, previous_rates.count) < facts.config.comparisons.minimum_events:
        return None
    return welch_difference(current_rates, previous_rates, alpha=alpha)


def _build_row(
    platform: str, current: Sequence[Sums], previous: Sequence[Sums], change: Difference | None
) -> tuple[str, ...]:
    engagements = sums.sum_if_reported(current, "rated_engagements")
    audience = sums.sum_if_reported(current, "rated_audience")
    spend = sums.sum_if_reported(current, "spend_micros")
    return (
        platform,
        format_count(sums.sum_metric(current, "events")),
        format_count(sums.sum_metric(previous, "events")),
        format_count(sums.sum_if_reported(current, "engagements")),
        format_count(sums.sum_if_reported(current, "impressions")),
        format_percent(engagements / audience if engagements is not None and audience else None),
        "not enough data" if change is None else format_change_range(change.lower, change.upper),
        UNKNOWN if spend is None else f"{spend / MICROS:.2f}",
    )


def _claim(platform: str, change: Difference) -> str:
    direction = "rose" if change.estimate > 0 else "fell"
    size = format_change(math.exp(change.estimate))
    interval = format_change_range(change.lower, change.upper)
    return f"Engagement on {platform} {direction} by {size} (between {interval})."


def _claim_nothing(facts: ClientFacts) -> str:
    level = 1 - facts.config.comparisons.false_claims
    return f"No platform's engagement rate changed by more than chance explains (at {level:.0%} for the report)."
