"""Writes a client's report on its last complete week, from stored aggregates alone."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from brain.domain.anomaly.config import AnomalyConfig
from brain.domain.days.config import AnalysisConfig
from brain.domain.reports import text
from brain.domain.reports.facts import ReportFacts
from brain.domain.reports.periodic_reports import build_weekly_report
from brain.domain.reports.report import Report
from brain.ports.document_store import DocumentStore, Set
from brain.ports.logger import ErrorReporter
from brain.repositories import paths
from brain.services.analysis.parts import Parts, do_parts
from brain.services.analysis.stored_aggregates import read_aggregates
from brain.services.jobs.lease import Figures, Lease


@dataclass(slots=True)
class WeeklyReport:
    """Builds, renders and stores one weekly report."""

    store: DocumentStore
    config: AnalysisConfig
    detector: AnomalyConfig
    report_error: ErrorReporter
    render_html: Callable[[Report], str]
    parts: Parts = field(default_factory=dict)

    def __call__(self, lease: Lease) -> Figures:
        """Report on the week that ended before the scheduled time where the client is."""
        known = read_aggregates(self.store, lease.client_id)
        today = known.today(lease.scheduled_at)
        end = today - timedelta(days=today.weekday())
        scan = known.scan_incidents(lease.scheduled_at, self.config.alarms, self.detector)
        facts = ReportFacts(
            client=known.client,
            start=end - timedelta(days=7),
            end=end,
            as_of=lease.scheduled_at,
            days=known.days,
            breakdowns=known.breakdowns,
            incidents=known.known,
            series_ready=scan.ready,
            series_warming=scan.warming,
            config=self.config,
        )
        facts, done = do_parts(self.parts, known, facts, self.report_error)
        report = build_weekly_report(facts, self.report_error)
        document = report.document() | {"text": text.render(report), "html": self.render_html(report)}
        place = paths.report(lease.client_id, report.kind, report.period)
        view = Set(paths.view(lease.client_id, "week"), report.document())
        figures = {"week": report.period, "headline": report.headline, "sections": len(report.sections)}
        return lease.finish([Set(place, document), view, *done.writes], {**figures, **done.figures})
