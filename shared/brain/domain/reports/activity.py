"""What happened in the period, by platform, and whether engagement really changed against the period before."""

import math
from collections.abc import Sequence
from datetime import date

from brain.domain.days import sums
from brain.domain.days.comparisons import sample_log_rates, significance_level
from brain.domain.days.facts import ClientFacts
from brain.domain.days.sums import Sums
from brain.domain.reports import figures
from brain.domain.reports.report import Section, SectionStatus
from brain.domain.statistics.welch import Difference, welch_difference

TITLE = "What happened"


def build_section(facts: ClientFacts) -> Section:
    """Return the period's figures by platform, each beside the period before of the same length."""
    span = facts.end - facts.start
    platforms = sorted({sums.parse_platform(g) for groups in facts.days.values() for g in groups})
    before = facts.start - span
    rows = []
    lines = []
    for platform in platforms:
        now, then = _sums(facts, platform, facts.start, facts.end), _sums(facts, platform, before, facts.start)
        if not now and not then:
            continue
        moved = _change(now, then, facts, significance_level(len(platforms), facts.config.comparisons))
        rows.append(_row(platform, now, then, moved))
        lines += _claims(platform, moved)
    if not rows:
        return Section("activity", TITLE, SectionStatus.NOT_ENOUGH_DATA, ("No events in this period.",))
    return Section("activity", TITLE, SectionStatus.OK, tuple(lines) or _nothing_claimed(facts), COLUMNS, tuple(rows))


COLUMNS = ("platform", "events", "before", "engagements", "impressions", "engagement rate", "change in rate", "spend")


def _sums(facts: ClientFacts, platform: str, start: date, end: date) -> list[Sums]:
    return [day_sums for _, day_sums in sums.select_range(facts.days, start, end, platform)]


def _change(now: Sequence[Sums], then: Sequence[Sums], facts: ClientFacts, alpha: float) -> Difference | None:
    one, other = sample_log_rates(now), sample_log_rates(then)
    if min(one.count, other.count) < facts.config.comparisons.minimum_events:
        return None
    return welch_difference(one, other, alpha=alpha)


def _row(platform: str, now: Sequence[Sums], then: Sequence[Sums], moved: Difference | None) -> tuple[str, ...]:
    rated, audience = sums.sum_if_reported(now, "rated_engagements"), sums.sum_if_reported(now, "rated_audience")
    spend = sums.sum_if_reported(now, "spend_micros")
    return (
        platform,
        figures.count(sums.sum_metric(now, "events")),
        figures.count(sums.sum_metric(then, "events")),
        figures.count(sums.sum_if_reported(now, "engagements")),
        figures.count(sums.sum_if_reported(now, "impressions")),
        figures.percent(rated / audience if rated is not None and audience else None),
        "not enough data" if moved is None else figures.change_range(moved.lower, moved.upper),
        figures.UNKNOWN if spend is None else f"{spend / 10**6:.2f}",
    )


def _claims(platform: str, moved: Difference | None) -> list[str]:
    if moved is None or not moved.is_significant:
        return []
    word = "rose" if moved.estimate > 0 else "fell"
    size = figures.change(math.exp(moved.estimate))
    interval = figures.change_range(moved.lower, moved.upper)
    return [f"Engagement on {platform} {word} by {size} (between {interval})."]


def _nothing_claimed(facts: ClientFacts) -> tuple[str, ...]:
    level = 1 - facts.config.comparisons.false_claims
    return (f"No platform's engagement rate changed by more than chance explains (at {level:.0%} for the report).",)
