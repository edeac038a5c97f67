"""Stored reports, for pages and for the command line."""

from dataclasses import dataclass

from brain.ports.document_store import DocumentStore, Snapshot
from brain.repositories import paths

SHOWN = 200


@dataclass(frozen=True, slots=True)
class ReportLine:
    """What a list shows of a report."""

    client_id: str
    name: str
    title: str
    headline: str


class Reports:
    """Reads reports."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store

    def weekly(self) -> list[ReportLine]:
        """Return the newest weekly report of each client that has one, for a machine's own list."""
        weeks = self._store.query(paths.COUNTERS, order_by="week_at", descending=True, limit=SHOWN)
        clients = sorted({entry.data["client_id"] for entry in weeks})
        found = self._store.get_all([paths.view(client, "week") for client in clients])
        return [_line(snapshot) for snapshot in found if snapshot]

    def page(self, client_id: str, name: str) -> str | None:
        """Return a report's HTML, or None."""
        found = self._store.get(f"{paths.client(client_id)}/reports/{name}")
        page = found.data.get("html") if found else None
        return str(page) if page else None


def _line(view: Snapshot) -> ReportLine:
    data = view.data
    title = f"{data['client_name']}, {data['kind']} {data['period']}"
    return ReportLine(data["client_id"], f"{data['kind']}-{data['period']}", title, data["headline"])
