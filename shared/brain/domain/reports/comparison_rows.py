"""How a comparison is shown in a report: its table row and the numbers of its claim."""

import math

from brain.domain.days.comparisons import RateComparison
from brain.domain.reports import figures
from brain.domain.statistics.welch import Difference


def comparison_row(comparison: RateComparison, subject: str, estimate: Difference) -> tuple[str, ...]:
    """Return a comparison's row: platform, subject, events, against, change with interval, whether it is sure."""
    interval = figures.change_range(estimate.lower, estimate.upper)
    return (
        comparison.platform,
        subject,
        figures.count(comparison.subject_events),
        figures.count(comparison.other_events),
        f"{figures.change(math.exp(estimate.estimate))} ({interval})",
        "yes" if estimate.is_significant else "no",
    )


def claim_numbers(comparison: RateComparison, estimate: Difference) -> str:
    """Return the numbers of a claim: the ratio, its interval, and how many events it is from."""
    interval = f"{math.exp(estimate.lower):.2f} to {math.exp(estimate.upper):.2f}"
    subject_events, other_events = figures.count(comparison.subject_events), figures.count(comparison.other_events)
    return (
        f"{math.exp(estimate.estimate):.2f} times (between {interval}; {subject_events} against {other_events} events)"
    )
