"""Analyse a client's last complete day: incidents within the alarm budget, the daily report, and its page."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from brain.domain.anomaly.config import AnomalyConfig
from brain.domain.anomaly.incidents import Incident, merge_incidents
from brain.domain.days.config import AnalysisConfig
from brain.domain.reports.facts import ReportFacts
from brain.domain.reports.periodic_reports import build_daily_report
from brain.domain.reports.report import Report
from brain.ports.document_store import DocumentStore, Set, Write
from brain.ports.logger import ErrorReporter
from brain.repositories import paths
from brain.services.analysis.parts import Parts, list_failures, run_parts
from brain.services.analysis.stored_aggregates import StoredAggregates, read_aggregates
from brain.services.jobs.lease import Figures, Lease

INCIDENT_DAYS = 90


@dataclass(slots=True)
class DailyAnalysis:
    """Detects incidents in all daily series, runs its parts and writes the daily report, in one atomic commit."""

    store: DocumentStore
    config: AnalysisConfig
    detector: AnomalyConfig
    report_error: ErrorReporter
    parts: Parts = field(default_factory=dict)

    def __call__(self, lease: Lease) -> Figures:
        """Analyse the client's last day that is over in its time zone."""
        aggregates = read_aggregates(self.store, lease.client_id)
        today = aggregates.local_day(lease.scheduled_at)
        scan = aggregates.scan_incidents(lease.scheduled_at, self.config.alarms, self.detector)
        oldest = (today - timedelta(days=INCIDENT_DAYS)).isoformat()
        incidents = merge_incidents(aggregates.incidents, scan.incidents, oldest)
        facts = ReportFacts(
            client=aggregates.client,
            start=today - timedelta(days=1),
            end=today,
            as_of=lease.scheduled_at,
            days=aggregates.days,
            breakdowns=aggregates.breakdowns,
            incidents=incidents,
            series_ready=scan.ready,
            series_warming=scan.warming,
            config=self.config,
        )
        facts, parts_result = run_parts(self.parts, aggregates, facts, self.report_error)
        report = build_daily_report(facts, self.report_error)
        known_ids = {incident.incident_id for incident in aggregates.incidents}
        figures = {
            "day": report.period,
            "incidents": len(incidents),
            "new_incidents": len({incident.incident_id for incident in incidents} - known_ids),
            "series_ready": scan.ready,
            "series_warming": scan.warming,
            **parts_result.figures,
            **list_failures(facts, report),
        }
        return lease.finish([*_list_writes(aggregates, incidents, report), *parts_result.writes], figures)


def _list_writes(aggregates: StoredAggregates, incidents: Sequence[Incident], report: Report) -> list[Write]:
    client_id = aggregates.client.client_id
    documents = {incident.incident_id: incident.to_document() for incident in incidents}
    stored = {incident.incident_id: incident.to_document() for incident in aggregates.incidents}
    changed_ids = [incident_id for incident_id, document in documents.items() if stored.get(incident_id) != document]
    return [
        aggregates.incidents_state.write({"known": list(documents.values())}),
        *(Set(paths.anomaly(client_id, incident_id), documents[incident_id]) for incident_id in changed_ids),
        Set(paths.report(client_id, report.kind, report.period), report.to_document()),
        Set(paths.view(client_id, "day"), report.to_document()),
    ]
