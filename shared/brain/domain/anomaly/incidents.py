"""Incidents: what the detector raises alarms about in a client's daily series, one alarm per incident."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from brain.domain.anomaly.config import AnomalyConfig
from brain.domain.anomaly.detector import detect
from brain.domain.anomaly.reading import DetectorReading
from brain.domain.clients.campaigns import Campaign
from brain.domain.clients.client import Client
from brain.domain.days import sums
from brain.domain.days.config import AlarmConfig
from brain.domain.days.sums import Days, parse_platform

SAME_INCIDENT = timedelta(days=1)

DailySeries: TypeAlias = list[tuple[date, float | None]]


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


@dataclass(frozen=True, slots=True)
class IncidentScan:
    """The incidents in a client's series, and how many series the detector judges or is still learning."""

    incidents: tuple[Incident, ...]
    ready: int
    warming: int


def scan(days: Days, as_of: datetime, client: Client, alarms: AlarmConfig, detector: AnomalyConfig) -> IncidentScan:
    """Find the incidents in all of a client's series as of a moment; days of its campaigns raise no alarm.

    Args:
        days: The daily sums of the client.
        as_of: The moment; days that are not complete by then are left out.
        client: Its time zone, campaigns and alarm budget, which its series share equally.
        alarms: The metrics to watch, and the alarm budget of clients without one of their own.
        detector: The constants of the detector.

    Example:
        Fifty days of 20 posts on LinkedIn, and none on the last one.

        >>> from datetime import UTC
        >>> from brain.settings.files import load_config
        >>> posts = {date(2026, 1, day): 20 + day % 3 for day in range(1, 32)}
        >>> posts |= {date(2026, 2, day): 20 + day % 3 for day in range(1, 19)}
        >>> days = {day.isoformat(): {"linkedin|photo": {"events": count}} for day, count in posts.items()}
        >>> result = scan(
        ...     days,
        ...     datetime(2026, 2, 20, tzinfo=UTC),
        ...     Client("acme", "Acme"),
        ...     AlarmConfig(budget=1, per_days=30, metrics=("events",)),
        ...     load_config("brain_anomaly", AnomalyConfig),
        ... )
        >>> [(incident.platform, incident.since) for incident in result.incidents]
        [('linkedin', '2026-02-19')]
    """
    watched = list(_list_watched_series(days, as_of, client.time_zone, alarms.metrics))
    budget = (client.alarm_budget or alarms.default_budget).split(len(watched))
    metric_alarms: list[tuple[str, MetricAlarm]] = []
    ready = 0
    for platform, metric, series in watched:
        planned = [_to_span(campaign) for campaign in client.campaigns if campaign.runs_on(platform)]
        points = [(_midnight(day), value) for day, value in series]
        readings = list(detect(points, budget, detector, planned=planned))
        ready += bool(readings) and readings[-1].state == "ready"
        metric_alarms += [(platform, _to_metric_alarm(metric, reading)) for reading in readings if reading.alarm]
    return IncidentScan(tuple(_group_into_incidents(metric_alarms)), ready, len(watched) - ready)


def _list_watched_series(
    days: Days, as_of: datetime, time_zone: ZoneInfo, metrics: Sequence[str]
) -> Iterator[tuple[str, str, DailySeries]]:
    """Yield (platform, metric, series) of every series with a known value."""
    platforms = sorted({parse_platform(group) for groups in days.values() for group in groups})
    for platform in platforms:
        first = min(day for day, groups in days.items() if any(parse_platform(group) == platform for group in groups))
        end = find_first_incomplete_day(days, platform, as_of, time_zone)
        for metric in metrics:
            series = select_series(days, platform, metric, date.fromisoformat(first), end)
            if any(value is not None for _, value in series):
                yield platform, metric, series


def select_series(days: Days, platform: str, metric: str, start: date, end: date) -> DailySeries:
    """Return the daily sums of a platform's metric from ``start`` up to, not including, ``end``.

    A day without events counts 0 events; every other metric is then unknown.

    Example:
        >>> days = {"2026-01-01": {"linkedin|photo": {"events": 2, "clicks": 5}, "linkedin|text": {"events": 1}}}
        >>> select_series(days, "linkedin", "events", date(2026, 1, 1), date(2026, 1, 3))
        [(datetime.date(2026, 1, 1), 3.0), (datetime.date(2026, 1, 2), 0.0)]
        >>> [value for _, value in select_series(days, "linkedin", "clicks", date(2026, 1, 1), date(2026, 1, 3))]
        [5.0, None]
    """
    series: DailySeries = []
    for offset in range((end - start).days):
        day = start + timedelta(days=offset)
        groups = [s for group, s in days.get(day.isoformat(), {}).items() if parse_platform(group) == platform]
        total = sums.sum_metric(groups, metric) if metric == "events" else sums.sum_if_reported(groups, metric)
        series.append((day, None if total is None else float(total)))
    return series


def find_first_incomplete_day(days: Days, platform: str, as_of: datetime, time_zone: ZoneInfo) -> date:
    """Return the first day of a platform that cannot be judged yet as of a moment.

    A day can be judged once it is over and as much later as the platform's events usually arrive after their day.

    Example:
        Events usually arrive twelve hours late, so in the morning yesterday is not complete.

        >>> from datetime import UTC
        >>> days = {"2026-01-01": {"linkedin|photo": {"events": 2, "late_seconds": 2 * 12 * 3600}}}
        >>> find_first_incomplete_day(days, "linkedin", datetime(2026, 1, 5, 6, tzinfo=UTC), ZoneInfo("UTC"))
        datetime.date(2026, 1, 4)
    """
    groups = [s for groups in days.values() for group, s in groups.items() if parse_platform(group) == platform]
    events = max(sums.sum_metric(groups, "events"), 1)
    usual_delay = timedelta(seconds=sums.sum_metric(groups, "late_seconds") / events)
    day = sums.to_local_day(as_of, time_zone)
    while sums.end_of_day(day, time_zone) + usual_delay > as_of:
        day -= timedelta(days=1)
    return day + timedelta(days=1)


def merge_incidents(stored: Iterable[Incident], detected: Iterable[Incident], oldest: str) -> list[Incident]:
    """Return stored and newly detected incidents since ``oldest``, in order; late data never removes a stored one.

    Example:
        >>> stored = Incident("ano_1", "email", "2026-01-02", "2026-01-02", ())
        >>> [incident.incident_id for incident in merge_incidents([stored], [], oldest="2026-01-01")]
        ['ano_1']
    """
    by_id = {incident.incident_id: incident for incident in [*stored, *detected]}
    recent = (incident for incident in by_id.values() if incident.since >= oldest)
    return sorted(recent, key=lambda incident: (incident.since, incident.platform))


def _to_span(campaign: Campaign) -> tuple[datetime, datetime]:
    return _midnight(campaign.start), _midnight(campaign.end + timedelta(days=1))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time())


def _to_metric_alarm(metric: str, reading: DetectorReading) -> MetricAlarm:
    return MetricAlarm(
        metric=metric,
        day=reading.timestamp.date().isoformat(),
        kind=reading.kind or "unusual",
        value=reading.value or 0.0,
        expected=reading.expected or 0.0,
        lower=reading.lower or 0.0,
        upper=reading.upper or 0.0,
        anomaly_score=reading.anomaly_score,
        explanation=reading.explanation,
    )


def _group_into_incidents(metric_alarms: Iterable[tuple[str, MetricAlarm]]) -> Iterator[Incident]:
    """Group the alarms of a platform that are within a day of each other into one incident."""
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
