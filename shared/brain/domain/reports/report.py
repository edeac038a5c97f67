"""A report and its sections, as plain values: stored as a document, rendered as text and HTML, and delivered."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class SectionStatus(StrEnum):
    """Whether a section has content; ``absent`` marks an engine that is not installed.

    Each section's own ``build_section`` decides, by the minimums of ``config/brain_analysis.yaml``.
    """

    OK = "ok"
    NOT_ENOUGH_DATA = "not_enough_data"
    ABSENT = "absent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a report: sentences for people, a table, and figures for machines."""

    name: str
    title: str
    status: SectionStatus
    lines: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)

    def to_document(self) -> dict[str, Any]:
        """Return the section as a document; rows are maps, because documents nest no lists in lists."""
        return asdict(self) | {
            "status": str(self.status),
            "lines": list(self.lines),
            "columns": list(self.columns),
            "rows": [{"cells": list(row)} for row in self.rows],
        }


@dataclass(frozen=True, slots=True)
class Report:
    """A client's report for a period, such as ``weekly`` and ``2026-W47``.

    ``series`` has (day, engagements, whether an incident began) for the chart.
    """

    kind: str
    period: str
    client_id: str
    client_name: str
    as_of: datetime
    headline: str
    sections: tuple[Section, ...]
    series: tuple[tuple[str, float, bool], ...] = ()

    def to_document(self) -> dict[str, Any]:
        """Return the report as a document."""
        series = [
            {"day": day, "engagements": engagements, "incident": has_incident}
            for day, engagements, has_incident in self.series
        ]
        return asdict(self) | {"sections": [section.to_document() for section in self.sections], "series": series}
