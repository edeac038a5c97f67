"""Write a client's report on its last complete week, from stored aggregates alone."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from brain.domain.anomaly.config import AnomalyConfig
from brain.domain.days.config import AnalysisConfig
from brain.domain.reports import text
from brain.domain.reports.facts import ReportFacts
from brain.domain.reports.periodic_reports import build_weekly_report
from brain.domain.reports.report import Report
from brain.ports.document_store import DocumentStore, Set
from brain.ports.logger import ErrorReporter
from brain.repositories import paths
from brain.services.analysis.parts import Parts, list_failures, run_parts
from brain.services.analysis.stored_aggregates import read_aggregates
from brain.services.jobs.lease import Figures, Lease


class ReportRenderer(Protocol):
    """Renders a report as an HTML page."""

    def __call__(self, report: Report, /) -> str:
        """Return the page."""


@dataclass(slots=True)
class WeeklyReport:
    """Builds, renders and stores one weekly report."""

    store: DocumentStore
    config: AnalysisConfig
    detector: AnomalyConfig
    report_error: ErrorReporter
    render_html: ReportRenderer
    parts: Parts = field(default_factory=dict)

    def __call__(self, lease: Lease) -> Figures:
        """Report on the week that ended before the scheduled time in the client's time zone."""
        aggregates = read_aggregates(self.store, lease.client_id)
        today = aggregates.local_day(lease.scheduled_at)
        monday = today - timedelta(days=today.weekday())
        scan = aggregates.scan_incidents(lease.scheduled_at, self.config.alarms, self.detector)
        facts = ReportFacts(
            client=aggregates.client,
            start=monday - timedelta(days=7),
            end=monday,
            as_of=lease.scheduled_at,
            days=aggregates.days,
            breakdowns=aggregates.breakdowns,
            incidents=aggregates.incidents,
            series_ready=scan.ready,
            series_warming=scan.warming,
            config=self.config,
        )
        facts, parts_result = run_parts(self.parts, aggregates, facts, self.report_error)
        report = build_weekly_report(facts, self.report_error)
        renderings = {"text": text.render(report), "html": self.render_html(report)}
        writes = [
            Set(paths.report(lease.client_id, report.kind, report.period), report.to_document() | renderings),
            Set(paths.view(lease.client_id, "week"), report.to_document()),
            *parts_result.writes,
        ]
        figures = {"week": report.period, "headline": report.headline, "sections": len(report.sections)}
        return lease.finish(writes, {**figures, **parts_result.figures, **list_failures(facts, report)})
