"""A report and its sections, as plain values: what is stored, rendered as text and HTML, and delivered."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeAlias

from brain.domain.anomaly.incidents import Incident
from brain.domain.clients.client import Client
from brain.domain.days.config import AnalysisConfig
from brain.domain.days.sums import Days
from brain.domain.learning.summary import LearningSummary
from brain.domain.predictions.outlook import Outlook
from brain.domain.recommendations.standing import Standing
from brain.domain.recommendations.worth import AdviceWorth


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
class Facts:
    """All that a report is built from: stored aggregates, never events.

    ``start`` and ``end`` bound the report's local days, the end left out; ``days`` has every day that is kept.
    ``breakdowns`` has the same days' finer sums, of the latest month only. ``advice``, ``outlook`` and ``worth`` are
    what the engines left, None where they have not run; ``broken`` names the sections whose engine failed.
    ``shop`` has the pages that the shop's jobs published, by name.
    """

    client: Client
    start: date
    end: date
    as_of: datetime
    days: Days
    incidents: Sequence[Incident]
    series_ready: int
    series_warming: int
    config: AnalysisConfig
    breakdowns: Days = field(default_factory=dict)
    learning: LearningSummary | None = None
    advice: Standing | None = None
    outlook: Outlook | None = None
    worth: AdviceWorth | None = None
    broken: frozenset[str] = frozenset()
    shop: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


Plug: TypeAlias = Callable[[Facts], Section | None]


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

    def document(self) -> dict[str, Any]:
        """Return the report as a document; rows are maps, since documents nest no lists in lists."""
        sections = [
            asdict(section)
            | {"status": str(section.status), "lines": list(section.lines), "columns": list(section.columns)}
            | {"rows": [{"cells": list(row)} for row in section.rows]}
            for section in self.sections
        ]
        days = [{"day": day, "engagements": value, "incident": incident} for day, value, incident in self.series]
        return asdict(self) | {"sections": sections, "series": days}
