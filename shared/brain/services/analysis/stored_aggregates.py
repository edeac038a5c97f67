"""Reads what the daily analysis and the reports are built from: four documents a client, however many events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from brain.domain.anomaly import incidents
from brain.domain.anomaly.config import AnomalyConfig
from brain.domain.anomaly.incidents import Incident, IncidentScan
from brain.domain.clients.client import Client
from brain.domain.days import sums
from brain.domain.days.config import AlarmConfig
from brain.domain.days.sums import Days
from brain.ports.document_store import DocumentStore
from brain.repositories.analysis.state import (
    ARCHIVE,
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
    """A client's stored aggregates, its latest content, and known incidents."""

    client: Client
    days: Days
    breakdowns: Days
    known: tuple[Incident, ...]
    incidents: StateDocument
    content: Sequence[Mapping[str, Any]] = ()

    def today(self, at: datetime) -> date:
        """Return the client's local day at a moment; days before it are complete."""
        return sums.to_local_day(at, self.client.time_zone)

    def scan_incidents(self, as_of: datetime, alarms: AlarmConfig, detector: AnomalyConfig) -> IncidentScan:
        """Find the incidents in the client's series as of a moment."""
        return incidents.scan(self.days, as_of, self.client, alarms, detector)


def read_aggregates(store: DocumentStore, client_id: str) -> StoredAggregates:
    """Return the client's facts, empty where nothing was stored yet."""
    client = Clients(store).get(client_id)
    recent, archive, incidents = StateDocuments(store).read(client_id, RECENT, ARCHIVE, INCIDENTS)
    known = tuple(Incident.from_document(document) for document in incidents.data.get("known", []))
    days = copy_days(archive)
    for day, groups in copy_days(recent).items():
        days[day] = groups
    latest = recent.data.get("content", ())
    return StoredAggregates(client, dict(sorted(days.items())), copy_breakdowns(recent), known, incidents, latest)
