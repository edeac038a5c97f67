"""One alarm per incident: which of the points beyond their limits are alarms."""

from dataclasses import dataclass
from datetime import datetime

from brain.domain.anomaly.cadence import Cadence
from brain.domain.anomaly.reading import AnomalyKind

_FLATLINE_READINGS = 3
_NEVER = -1e18


@dataclass(slots=True)
class OpenIncident:
    """An incident that has not ended.

    ``repeats`` counts how often the last value came in a row.
    """

    since: datetime
    kind: AnomalyKind
    last_value: float
    repeats: int = 1
    alarmed: bool = False

    def extend(self, value: float) -> None:
        """Add the next value; one that keeps repeating makes the incident a flatline."""
        self.repeats = self.repeats + 1 if value == self.last_value else 1
        self.last_value = value
        if self.repeats >= _FLATLINE_READINGS:
            self.kind = "flatline"


@dataclass(slots=True)
class AlarmGate:
    """Raises at most one alarm per incident, and no second one within the refractory period of the cadence.

    Within that period only an incident whose surprise exceeds that of the last alarm by ``escalation`` raises one.
    Times are in seconds since any fixed moment.
    """

    cadence: Cadence
    escalation: float
    incident: OpenIncident | None = None
    last_unusual_seconds: float = _NEVER
    last_alarm_seconds: float = _NEVER
    last_alarm_surprise: float = 0.0

    def add_unusual(
        self, timestamp: datetime, seconds: float, value: float, kind: AnomalyKind, surprise: float
    ) -> tuple[OpenIncident, bool]:
        """Add a point beyond its limits; return its incident and whether the point is an alarm."""
        gap = self.cadence.incident_gap_seconds + self.cadence.interval_seconds
        starts_anew = seconds - self.last_unusual_seconds > gap
        self.last_unusual_seconds = seconds
        if self.incident is None or starts_anew:
            self.incident = OpenIncident(timestamp, kind, value)
        else:
            self.incident.extend(value)
        refractory_is_over = seconds - self.last_alarm_seconds > self.cadence.refractory_seconds
        escalates = surprise > self.last_alarm_surprise + self.escalation
        if self.incident.alarmed or not (refractory_is_over or escalates):
            return self.incident, False
        self.incident.alarmed = True
        self.last_alarm_seconds, self.last_alarm_surprise = seconds, surprise
        return self.incident, True

    def add_within_limits(self, seconds: float, *, usual: bool) -> OpenIncident | None:
        """Add a point within its limits, ``usual`` or among the rare ones; return the incident if it still lasts."""
        if self.incident is not None:
            if not usual:
                self.last_unusual_seconds = seconds
            elif seconds - self.last_unusual_seconds > self.cadence.incident_gap_seconds:
                self.incident = None
        return self.incident

    def close_incident(self) -> None:
        """End the incident because its level has become the usual one."""
        self.incident = None
