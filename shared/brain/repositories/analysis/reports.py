"""Stored reports, for pages and for the command line."""

from dataclasses import dataclass

from brain.ports.document_store import DocumentStore, Snapshot
from brain.repositories import paths

MAX_COUNTERS = 200


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A report as a list shows it."""

    client_id: str
    name: str
    title: str
    headline: str


class Reports:
    """Read access to reports."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store

    def list_weekly(self) -> list[ReportLine]:
        """Return the latest weekly report of each client that was recently active."""
        weeks = self._store.query(paths.COUNTERS, order_by="week_at", descending=True, limit=MAX_COUNTERS)
        clients = sorted({week.data["client_id"] for week in weeks})
        snapshots = self._store.get_all([paths.view(client, "week") for client in clients])
        return [_report_line(snapshot) for snapshot in snapshots if snapshot]

    def load_page(self, client_id: str, name: str) -> str | None:
        """Return a report's HTML, or None."""
        snapshot = self._store.get(f"{paths.client(client_id)}/reports/{name}")
        html = snapshot.data.get("html") if snapshot else None
        return str(html) if html else None


def _report_line(view: Snapshot) -> ReportLine:
    report = view.data
    title = f"{report['client_name']}, {report['kind']} {report['period']}"
    return ReportLine(report["client_id"], f"{report['kind']}-{report['period']}", title, report["headline"])
