"""Comparisons of engagement rates, and the differences that all comparisons of a report together may claim."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from brain.domain.days.config import ComparisonConfig
from brain.domain.days.sums import LOG_SCALE, Sums
from brain.domain.statistics.stratified import stratified_difference
from brain.domain.statistics.welch import Difference, Sample, welch_difference

REPORT_SECTIONS = 5
"""Sections that share a report's chance of a false claim: activity, formats, timing, campaigns and fatigue."""


@dataclass(frozen=True, slots=True)
class RateComparison:
    """Some events of a platform compared with its other events, within strata that are alike in all else known.

    ``subject`` names the events in the report's figures, such as ``{"content_type": "photo"}``. Each stratum has two
    samples of log engagement rates: the subject's and the others'.
    """

    platform: str
    subject: dict[str, object]
    strata: Sequence[tuple[Sample, Sample]]

    @property
    def subject_events(self) -> int:
        """How many events of the subject have others to compare with."""
        return sum(own.count for own, others in self.strata if others.count)

    @property
    def other_events(self) -> int:
        """How many events the subject is compared with."""
        return sum(others.count for own, others in self.strata if own.count)


def significance_level(comparisons: int, config: ComparisonConfig) -> float:
    """Return the chance of a false claim that each of a section's ``comparisons`` may take (Bonferroni)."""
    return config.false_claims / REPORT_SECTIONS / max(comparisons, 1)


def select_comparable(comparisons: Iterable[RateComparison], config: ComparisonConfig) -> list[RateComparison]:
    """Return the comparisons with enough events on either side."""
    return [
        comparison
        for comparison in comparisons
        if min(comparison.subject_events, comparison.other_events) >= config.minimum_events
    ]


def estimate_differences(
    comparisons: Iterable[RateComparison], config: ComparisonConfig
) -> list[tuple[RateComparison, Difference]]:
    """Return each comparison with enough events and its difference of log rates, jointly at the section's level."""
    comparable = select_comparable(comparisons, config)
    alpha = significance_level(len(comparable), config)
    estimates = [(comparison, _estimate_difference(comparison, alpha)) for comparison in comparable]
    return [(comparison, estimate) for comparison, estimate in estimates if estimate]


def _estimate_difference(comparison: RateComparison, alpha: float) -> Difference | None:
    if len(comparison.strata) == 1:
        ((own, others),) = comparison.strata
        return welch_difference(own, others, alpha=alpha)
    return stratified_difference(comparison.strata, alpha=alpha)


def build_rate_sample(sums: Sequence[Sums]) -> Sample:
    """Return the log engagement rates of events as a sample, in natural logarithms."""
    count, total, squared = (
        sum(s.get(name, 0) for s in sums) for name in ("rated", "log_rate_milli", "log_rate_milli_squared")
    )
    return Sample(count, total / LOG_SCALE, squared / LOG_SCALE**2)


def build_strata(cells: Iterable[tuple[object, bool, Sums]]) -> list[tuple[Sample, Sample]]:
    """Return a pair of samples per stratum.

    Args:
        cells: (stratum, whether the sums are of the subject, sums).
    """
    sums_by_stratum: dict[object, tuple[list[Sums], list[Sums]]] = {}
    for stratum, is_subject, sums in cells:
        sums_by_stratum.setdefault(stratum, ([], []))[0 if is_subject else 1].append(sums)
    return [(build_rate_sample(own), build_rate_sample(others)) for own, others in sums_by_stratum.values()]


def estimate_to_document(comparison: RateComparison, estimate: Difference) -> dict[str, object]:
    """Return a comparison's figures for machines: ratios of engagement rates."""
    return {
        "platform": comparison.platform,
        **comparison.subject,
        "events": comparison.subject_events,
        "against": comparison.other_events,
        "ratio": math.exp(estimate.estimate),
        "lower": math.exp(estimate.lower),
        "upper": math.exp(estimate.upper),
        "claimed": estimate.is_significant,
    }
