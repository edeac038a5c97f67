"""What works: each content type against the rest of its platform, claimed only if all comparisons together allow it."""

import math
from datetime import timedelta

from brain.domain.days.comparisons import RateComparison, estimate_differences, estimate_to_document
from brain.domain.days.facts import ClientFacts
from brain.domain.days.format_comparisons import compare_formats
from brain.domain.reports.comparison_rows import build_row, format_claim
from brain.domain.reports.report import Section, SectionStatus
from brain.domain.statistics.welch import Difference

NAME, TITLE = "formats", "What works"
COLUMNS = ("platform", "content", "events", "against", "engagement rate", "sure")


def build_section(facts: ClientFacts) -> Section:
    """Return the engagement rate of each content type relative to the platform's other content."""
    comparisons = list(compare_formats(facts))
    if _largest_comparison(comparisons) < facts.config.comparisons.minimum_events:
        return Section(NAME, TITLE, SectionStatus.NOT_ENOUGH_DATA, (_explain_missing_events(comparisons, facts),))
    estimates = estimate_differences(comparisons, facts.config.comparisons)
    lines = tuple(_claim(comparison, estimate) for comparison, estimate in estimates if estimate.is_significant)
    rows = tuple(
        build_row(comparison, str(comparison.subject["content_type"]), estimate) for comparison, estimate in estimates
    )
    effects = [estimate_to_document(comparison, estimate) for comparison, estimate in estimates]
    nothing = ("No content type stands out from the rest of its platform by more than chance explains.",)
    return Section(NAME, TITLE, SectionStatus.OK, lines or nothing, COLUMNS, rows, {"effects": effects})


def _largest_comparison(comparisons: list[RateComparison]) -> int:
    """Return the most events that any comparison has on both sides."""
    return max((min(c.subject_events, c.other_events) for c in comparisons), default=0)


def _explain_missing_events(comparisons: list[RateComparison], facts: ClientFacts) -> str:
    """Say when there will be enough, from how fast events with a known rate came in the window."""
    config = facts.config.comparisons
    largest = _largest_comparison(comparisons)
    if not largest:
        return "Not enough data yet: no platform has two content types with known engagement rates."
    days = math.ceil((config.minimum_events - largest) * config.window_days / largest)
    enough_by = facts.end + timedelta(days=days)
    return (
        f"Not enough data yet: {largest} of {config.minimum_events} events to compare; at this pace enough by "
        f"{enough_by}."
    )


def _claim(comparison: RateComparison, estimate: Difference) -> str:
    direction = "more" if estimate.estimate > 0 else "less"
    content_type = comparison.subject["content_type"]
    return (
        f"On {comparison.platform}, {content_type} gets {direction} engagement than other content: "
        f"{format_claim(comparison, estimate)}."
    )
