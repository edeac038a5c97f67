"""When it works: each part of the day against the rest of its platform, within the same content type."""

from brain.domain.days.comparisons import RateComparison, estimate_differences, estimate_to_document
from brain.domain.days.facts import ClientFacts
from brain.domain.days.hour_comparisons import compare_hours, format_band, has_hours
from brain.domain.reports.comparison_rows import build_row, format_claim
from brain.domain.reports.report import Section, SectionStatus
from brain.domain.statistics.welch import Difference

NAME, TITLE = "timing", "When it works"
COLUMNS = ("platform", "local time", "events", "against", "engagement rate", "sure")


def build_section(facts: ClientFacts) -> Section | None:
    """Return the engagement rate of each three hours of the client's day relative to the platform's other hours.

    Returns:
        None for a client whose events have no hour.
    """
    if not has_hours(facts):
        return None
    estimates = estimate_differences(compare_hours(facts), facts.config.comparisons)
    if not estimates:
        line = "Not enough data yet: no platform has two parts of the day with enough posts to compare."
        return Section(NAME, TITLE, SectionStatus.NOT_ENOUGH_DATA, (line,))
    lines = tuple(_claim(comparison, estimate) for comparison, estimate in estimates if estimate.is_significant)
    rows = tuple(build_row(comparison, format_band(comparison.subject), estimate) for comparison, estimate in estimates)
    effects = [estimate_to_document(comparison, estimate) for comparison, estimate in estimates]
    nothing = ("No part of the day stands out by more than chance explains.",)
    return Section(NAME, TITLE, SectionStatus.OK, lines or nothing, COLUMNS, rows, {"effects": effects})


def _claim(comparison: RateComparison, estimate: Difference) -> str:
    direction = "more" if estimate.estimate > 0 else "less"
    return (
        f"On {comparison.platform}, posts between {format_band(comparison.subject)} get {direction} engagement than "
        f"the same kind of content at other hours: {format_claim(comparison, estimate)}."
    )
