"""How a comparison is shown in a report: its table row and the numbers of its claim."""

import math

from brain.domain.days.comparisons import RateComparison
from brain.domain.reports.number_format import format_change, format_change_range, format_count
from brain.domain.statistics.welch import Difference


def build_row(comparison: RateComparison, subject: str, estimate: Difference) -> tuple[str, ...]:
    """Return a comparison's row: platform, subject, events, against, change with interval, whether it is sure."""
    interval = format_change_range(estimate.lower, estimate.upper)
    return (
        comparison.platform,
        subject,
        format_count(comparison.subject_events),
        format_count(comparison.other_events),
        f"{format_change(math.exp(estimate.estimate))} ({interval})",
        "yes" if estimate.is_significant else "no",
    )


def format_claim(comparison: RateComparison, estimate: Difference) -> str:
    """Return the numbers of a claim: the ratio, its interval, and how many events it is from."""
    interval = f"{math.exp(estimate.lower):.2f} to {math.exp(estimate.upper):.2f}"
    events = f"{format_count(comparison.subject_events)} against {format_count(comparison.other_events)} events"
    return f"{math.exp(estimate.estimate):.2f} times (between {interval}; {events})"
