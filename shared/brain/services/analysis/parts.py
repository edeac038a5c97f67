"""Parts of an analysis: each adds results to the report's facts, and writes to the analysis's own commit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeAlias

from brain.domain.days.facts import ClientFacts
from brain.domain.reports.facts import ReportFacts
from brain.domain.reports.report import Report, SectionStatus
from brain.errors import BrainError
from brain.ports.document_store import Write
from brain.ports.logger import ErrorReporter
from brain.services.analysis.stored_aggregates import StoredAggregates


@dataclass(frozen=True, slots=True)
class PartResult:
    """The result of a part: fields of the report's facts, writes, and figures of the run."""

    report_fields: Mapping[str, Any] = field(default_factory=dict)
    writes: Sequence[Write] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)


class Part(Protocol):
    """A part of an analysis."""

    def __call__(self, aggregates: StoredAggregates, facts: ClientFacts) -> PartResult:
        """Return what the part adds for these facts."""


Parts: TypeAlias = Mapping[tuple[str, ...], Part]
"""Parts by the names of the report sections that they fill."""


def run_parts(
    parts: Parts, aggregates: StoredAggregates, facts: ReportFacts, report_error: ErrorReporter
) -> tuple[ReportFacts, PartResult]:
    """Return the facts with the results of all parts, and the parts' writes and figures.

    A part that fails is reported, writes nothing, and marks its sections as failed; the others run all the same.

    Raises:
        BrainError: A part failed with an error that another attempt may heal; no further part runs.
    """
    writes: list[Write] = []
    figures: dict[str, Any] = {}
    for sections, part in parts.items():
        try:
            part_result = part(aggregates, facts)
        except Exception as exc:
            if isinstance(exc, BrainError) and exc.retryable:
                raise
            report_error(sections[0], exc)
            facts = replace(facts, failed_sections=facts.failed_sections.union(sections))
            continue
        facts = replace(facts, **part_result.report_fields)
        writes += part_result.writes
        figures |= part_result.figures
    return facts, PartResult({}, writes, figures)


def list_failures(facts: ReportFacts, report: Report) -> dict[str, Any]:
    """Return ``failed_parts`` for the run's figures: the sections whose part or builder failed; empty if none did."""
    failed = facts.failed_sections | {
        section.name for section in report.sections if section.status is SectionStatus.FAILED
    }
    return {"failed_parts": sorted(failed)} if failed else {}
