"""Reads what the daily analysis and the reports are built from: about ten documents per client, for any history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from brain.domain.anomaly.config import AnomalyConfig
from brain.domain.anomaly.incident_scan import IncidentScan, scan_for_incidents
from brain.domain.anomaly.incidents import Incident
from brain.domain.clients.client import Client
from brain.domain.days import sums
from brain.domain.days.config import AlarmConfig
from brain.domain.days.sums import Days
from brain.ports.document_store import DocumentStore
from brain.repositories.analysis.archive import FORMER_ARCHIVE, DayArchive
from brain.repositories.analysis.state import (
    BREAKDOWNS,
    INCIDENTS,
    RECENT,
    StateDocument,
    StateDocuments,
    copy_breakdowns,
    copy_days,
)
from brain.repositories.clients import Clients


@dataclass(frozen=True, slots=True)
class StoredAggregates:
    """A client's stored sums and incidents, and its latest content.

    ``incidents_state`` is the document that ``incidents`` were read from, to be written at the version it was read.
    """

    client: Client
    days: Days
    breakdowns: Days
    incidents: tuple[Incident, ...]
    incidents_state: StateDocument
    content: Sequence[Mapping[str, Any]] = ()

    def local_day(self, moment: datetime) -> date:
        """Return the client's local day at a moment; the days before it are complete."""
        return sums.to_local_day(moment, self.client.time_zone)

    def scan_incidents(self, as_of: datetime, alarms: AlarmConfig, detector: AnomalyConfig) -> IncidentScan:
        """Find the incidents in the client's series as of a moment."""
        return scan_for_incidents(self.days, as_of, self.client, alarms, detector)


def read_aggregates(store: DocumentStore, client_id: str) -> StoredAggregates:
    """Return the client's aggregates, empty ones before anything was stored."""
    client = Clients(store).get(client_id)
    recent, breakdowns, former_archive, incidents_state = StateDocuments(store).read(
        client_id, RECENT, BREAKDOWNS, FORMER_ARCHIVE, INCIDENTS
    )
    archive = DayArchive(store, client_id).read(recent.data.get("archived", ()), former_archive)
    days = archive | copy_days(recent)
    return StoredAggregates(
        client=client,
        days=dict(sorted(days.items())),
        breakdowns=copy_breakdowns(recent, breakdowns),
        incidents=tuple(Incident.from_document(document) for document in incidents_state.data.get("known", [])),
        incidents_state=incidents_state,
        content=recent.data.get("content", ()),
    )
