"""Incidents: the alarms of a platform's metrics that belong together, one incident per cause."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import Any

SAME_INCIDENT = timedelta(days=1)
MAX_INCIDENTS = 200
MAX_ALARMS = 1000
"""Of all incidents of a client together: they share a document."""
MAX_ALARMS_PER_INCIDENT = 200


@dataclass(frozen=True, slots=True)
class MetricAlarm:
    """The alarm of one metric: what was expected, with its band, and what was observed."""

    metric: str
    day: str
    kind: str
    value: float
    expected: float
    lower: float
    upper: float
    anomaly_score: float
    explanation: str


@dataclass(frozen=True, slots=True)
class Incident:
    """What was unusual on one platform at one time, with the alarm of every metric that shows it."""

    incident_id: str
    platform: str
    since: str
    until: str
    alarms: tuple[MetricAlarm, ...]

    def to_document(self) -> dict[str, Any]:
        """Return the incident as it is stored."""
        return {
            "incident_id": self.incident_id,
            "platform": self.platform,
            "since": self.since,
            "until": self.until,
            "signs": [asdict(alarm) for alarm in self.alarms],
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Incident":
        """Return the incident that a document stores."""
        alarms = tuple(MetricAlarm(**alarm) for alarm in document["signs"])
        return cls(document["incident_id"], document["platform"], document["since"], document["until"], alarms)


def merge_incidents(stored: Iterable[Incident], detected: Iterable[Incident], oldest: str) -> list[Incident]:
    """Return stored and newly detected incidents since ``oldest``, in order; late data never removes a stored one.

    Of more than a document holds, the latest remain.

    Example:
        >>> stored = Incident("ano_1", "email", "2026-01-02", "2026-01-02", ())
        >>> [incident.incident_id for incident in merge_incidents([stored], [], oldest="2026-01-01")]
        ['ano_1']
    """
    by_id = {incident.incident_id: incident for incident in [*stored, *detected]}
    recent = (incident for incident in by_id.values() if incident.since >= oldest)
    return _keep_latest(sorted(recent, key=lambda incident: (incident.since, incident.platform)))


def _keep_latest(incidents: Sequence[Incident]) -> list[Incident]:
    """Return the latest incidents, in order, as many as a document holds, each with its latest alarms."""
    kept: list[Incident] = []
    alarms = 0
    for incident in reversed(incidents[-MAX_INCIDENTS:]):
        shortened = replace(incident, alarms=incident.alarms[-MAX_ALARMS_PER_INCIDENT:])
        alarms += len(shortened.alarms)
        if alarms > MAX_ALARMS:
            break
        kept.append(shortened)
    return kept[::-1]


def group_into_incidents(metric_alarms: Iterable[tuple[str, MetricAlarm]]) -> Iterator[Incident]:
    """Yield one incident for the alarms of a platform that are within a day of each other.

    Args:
        metric_alarms: Pairs of a platform and an alarm, in any order.

    Example:
        >>> def alarm(day):
        ...     return MetricAlarm("clicks", day, "drop", 3, 20, 12, 28, 0.99, "clicks fell")
        >>> alarms = [("email", alarm("2026-01-02")), ("email", alarm("2026-01-03")), ("email", alarm("2026-01-09"))]
        >>> [(incident.since, incident.until) for incident in group_into_incidents(alarms)]
        [('2026-01-02', '2026-01-03'), ('2026-01-09', '2026-01-09')]
    """
    group: list[MetricAlarm] = []
    group_platform = ""
    for platform, alarm in sorted(metric_alarms, key=lambda pair: (pair[0], pair[1].day, pair[1].metric)):
        if group and not (platform == group_platform and _is_same_incident(group[-1], alarm)):
            yield _build_incident(group_platform, group)
            group = []
        group_platform = platform
        group.append(alarm)
    if group:
        yield _build_incident(group_platform, group)


def _is_same_incident(earlier: MetricAlarm, later: MetricAlarm) -> bool:
    return date.fromisoformat(later.day) - date.fromisoformat(earlier.day) <= SAME_INCIDENT


def _build_incident(platform: str, alarms: Sequence[MetricAlarm]) -> Incident:
    since = alarms[0].day
    digest = hashlib.sha256(f"{platform}|{since}".encode()).hexdigest()[:20]
    return Incident(f"ano_{digest}", platform, since, alarms[-1].day, tuple(alarms))
