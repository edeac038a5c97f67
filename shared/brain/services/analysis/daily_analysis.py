"""Analyses a client's last complete day: incidents within the alarm budget, the daily report, and its page."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from brain.domain.anomaly import incidents
from brain.domain.anomaly.config import AnomalyConfig
from brain.domain.anomaly.incidents import Incident, IncidentScan
from brain.domain.days.config import AnalysisConfig
from brain.domain.reports.facts import ReportFacts
from brain.domain.reports.periodic_reports import build_daily_report
from brain.domain.reports.report import Report
from brain.ports.document_store import DocumentStore, Set, Write
from brain.ports.logger import ErrorReporter
from brain.repositories import paths
from brain.services.analysis.parts import Parts, do_parts
from brain.services.analysis.stored_aggregates import StoredAggregates, read_aggregates
from brain.services.jobs.lease import Figures, Lease

REMEMBERED_DAYS = 90


@dataclass(slots=True)
class DailyAnalysis:
    """Finds incidents in all daily series, does its parts and writes the day's report, in one atomic commit."""

    store: DocumentStore
    config: AnalysisConfig
    detector: AnomalyConfig
    report_error: ErrorReporter
    parts: Parts = field(default_factory=dict)

    def __call__(self, lease: Lease) -> Figures:
        """Analyse the day that ended last where the client is."""
        facts = read_aggregates(self.store, lease.client_id)
        end = facts.today(lease.scheduled_at)
        scan = facts.scan_incidents(lease.scheduled_at, self.config.alarms, self.detector)
        oldest = (end - timedelta(days=REMEMBERED_DAYS)).isoformat()
        known = incidents.merge_incidents(facts.known, scan.incidents, oldest)
        found, done = do_parts(self.parts, facts, self._facts(facts, lease, end, known, scan), self.report_error)
        report = build_daily_report(found, self.report_error)
        new = {i.incident_id for i in known} - {i.incident_id for i in facts.known}
        figures = {
            "day": report.period,
            "incidents": len(known),
            "new_incidents": len(new),
            "series_ready": scan.ready,
            "series_warming": scan.warming,
            **done.figures,
        }
        return lease.finish([*self._writes(facts, known, report), *done.writes], figures)

    def _facts(
        self, facts: StoredAggregates, lease: Lease, end: date, known: list[Incident], scan: IncidentScan
    ) -> ReportFacts:
        return ReportFacts(
            client=facts.client,
            start=end - timedelta(days=1),
            end=end,
            as_of=lease.scheduled_at,
            days=facts.days,
            breakdowns=facts.breakdowns,
            incidents=known,
            series_ready=scan.ready,
            series_warming=scan.warming,
            config=self.config,
        )

    def _writes(self, facts: StoredAggregates, known: list[Incident], report: Report) -> list[Write]:
        client_id = facts.client.client_id
        documents = {i.incident_id: i.to_document() for i in known}
        before = {i.incident_id: i.to_document() for i in facts.known}
        changed = [i for i, document in documents.items() if before.get(i) != document]
        return [
            facts.incidents.write({"known": list(documents.values())}),
            *(Set(paths.anomaly(client_id, i), documents[i]) for i in changed),
            Set(paths.report(client_id, report.kind, report.period), report.document()),
            Set(paths.view(client_id, "day"), report.document()),
        ]
