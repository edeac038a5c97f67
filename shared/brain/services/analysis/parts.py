"""Parts of an analysis: each adds its facts, and says what to write in the analysis's own commit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from brain.domain.days.facts import ClientFacts
from brain.domain.reports.facts import ReportFacts
from brain.errors import BrainError
from brain.ports.document_store import Write
from brain.ports.logger import ErrorReporter
from brain.services.analysis.stored_aggregates import StoredAggregates


@dataclass(frozen=True, slots=True)
class Done:
    """What a part made: fields of the facts, writes, and figures of the run."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    writes: Sequence[Write] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)


Part: TypeAlias = Callable[[StoredAggregates, ClientFacts], Done]
# By the sections of the report that the part fills.
Parts: TypeAlias = Mapping[tuple[str, ...], Part]


def do_parts(
    parts: Parts, known: StoredAggregates, facts: ReportFacts, report_error: ErrorReporter
) -> tuple[ReportFacts, Done]:
    """Return the facts with what all parts found, their writes and their figures.

    A part that fails is told to ``failed``, writes nothing and its sections say so; the others stand. What another
    attempt may heal stops them all.
    """
    writes: list[Write] = []
    figures: dict[str, Any] = {}
    for sections, part in parts.items():
        try:
            done = part(known, facts)
        except Exception as exc:
            if isinstance(exc, BrainError) and exc.retryable:
                raise
            report_error(sections[0], exc)
            facts = replace(facts, failed_sections=facts.failed_sections.union(sections))
            continue
        facts = replace(facts, **done.facts)
        writes += done.writes
        figures |= done.figures
    return facts, Done({}, writes, figures)
