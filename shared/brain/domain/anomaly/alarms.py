"""One alarm an incident: what is out of bounds stays one incident until it is quiet for a while."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from brain.domain.anomaly.reading import Kind
from brain.domain.anomaly.rhythm import Rhythm

_STUCK_READINGS = 3
_NEVER = -1e18


@dataclass(slots=True)
class Incident:
    """An incident that has not ended: its first point, its nature, how often its last value came, and if it is told."""

    since: datetime
    kind: Kind
    value: float
    same: int = 1
    alarmed: bool = False

    def go_on(self, value: float) -> None:
        """Take the next value; one that keeps coming unchanged makes the incident a flatline."""
        self.same = self.same + 1 if value == self.value else 1
        self.value = value
        if self.same >= _STUCK_READINGS:
            self.kind = "flatline"


@dataclass(slots=True)
class Alarms:
    """Decides which points out of bounds are alarms: one an incident, and no second one in ``refractory_seconds``.

    Within that time only an incident more surprising than the last by ``escalation`` is alarmed.
    """

    rhythm: Rhythm
    escalation: float
    incident: Incident | None = None
    last_unusual: float = _NEVER
    last_alarm: float = _NEVER
    loudest: float = 0.0

    def outside(self, at: datetime, seconds: float, value: float, kind: Kind, surprise: float) -> tuple[Incident, bool]:
        """Take a point out of bounds; return its incident and whether the point is an alarm."""
        long_ago = seconds - self.last_unusual > self.rhythm.incident_gap_seconds + self.rhythm.interval_seconds
        self.last_unusual = seconds
        if self.incident is None or long_ago:
            self.incident = Incident(at, kind, value)
        else:
            self.incident.go_on(value)
        rested = seconds - self.last_alarm > self.rhythm.refractory_seconds
        if self.incident.alarmed or not (rested or surprise > self.loudest + self.escalation):
            return self.incident, False
        self.incident.alarmed = True
        self.last_alarm, self.loudest = seconds, surprise
        return self.incident, True

    def inside(self, seconds: float, *, usual: bool) -> Incident | None:
        """Take a point within bounds, ``usual`` or still among the rare ones; return the incident if it is not over."""
        if self.incident is not None:
            if not usual:
                self.last_unusual = seconds
            elif seconds - self.last_unusual > self.rhythm.incident_gap_seconds:
                self.incident = None
        return self.incident

    def shift(self) -> None:
        """End the incident, because its level has become the usual one."""
        self.incident = None

    def to_state(self) -> dict[str, Any]:
        """Return the state as JSON-able values."""
        incident = self.incident
        return {
            "last_unusual": self.last_unusual,
            "last_alarm": self.last_alarm,
            "loudest": self.loudest,
            "incident": {
                "since": incident.since.isoformat(),
                "kind": incident.kind,
                "value": incident.value,
                "same": incident.same,
                "alarmed": incident.alarmed,
            }
            if incident
            else None,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any], rhythm: Rhythm, escalation: float) -> "Alarms":
        """Return what :meth:`to_state` described."""
        kept = state["incident"]
        incident = kept and Incident(**{**kept, "since": datetime.fromisoformat(kept["since"])})
        return cls(rhythm, escalation, incident, state["last_unusual"], state["last_alarm"], state["loudest"])
