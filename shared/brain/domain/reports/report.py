"""A report and its sections, as plain values: what is stored, rendered as text and HTML, and delivered."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class SectionStatus(StrEnum):
    """What a section is worth; an engine that is not there is ``absent`` and never faked."""

    OK = "ok"
    NOT_ENOUGH_DATA = "not_enough_data"
    ABSENT = "absent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a report: sentences for people, a table to look at, figures for machines."""

    name: str
    title: str
    status: SectionStatus
    lines: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """A client's report for a period, such as ``weekly`` and ``2026-W47``."""

    kind: str
    period: str
    client_id: str
    client_name: str
    as_of: datetime
    headline: str
    sections: tuple[Section, ...]
    series: tuple[tuple[str, float, bool], ...] = ()

    def to_document(self) -> dict[str, Any]:
        """Return the report as a document; rows are maps, since documents nest no lists in lists."""
        sections = [
            asdict(section)
            | {"status": str(section.status), "lines": list(section.lines), "columns": list(section.columns)}
            | {"rows": [{"cells": list(row)} for row in section.rows]}
            for section in self.sections
        ]
        days = [{"day": day, "engagements": value, "incident": incident} for day, value, incident in self.series]
        return asdict(self) | {"sections": sections, "series": days}
