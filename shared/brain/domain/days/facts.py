"""What is stored of a client's days, as analyses read it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from brain.domain.clients.client import Client
from brain.domain.days.config import AnalysisConfig
from brain.domain.days.sums import Days


class IncidentSpan(Protocol):
    """Where and when an incident lasted."""

    @property
    def incident_id(self) -> str:
        """The id under which readers answer the incident."""

    @property
    def platform(self) -> str:
        """The platform on which it happened."""

    @property
    def since(self) -> str:
        """The first day (ISO date)."""

    @property
    def until(self) -> str:
        """The last day, included (ISO date)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientFacts:
    """A client's stored aggregates for a period: plain daily facts, never events and no engine's results.

    ``start`` and ``end`` bound the period in the client's local days, ``end`` excluded. ``days`` has every stored day;
    ``breakdowns`` has finer sums of the latest month's days only.
    """

    client: Client
    start: date
    end: date
    as_of: datetime
    days: Days
    incidents: Sequence[IncidentSpan]
    series_ready: int
    series_warming: int
    config: AnalysisConfig
    breakdowns: Days = field(default_factory=dict)

    def touches_period(self, incident: IncidentSpan) -> bool:
        """Return whether any day of the incident lies in the period."""
        return incident.until >= self.start.isoformat() and incident.since < self.end.isoformat()
