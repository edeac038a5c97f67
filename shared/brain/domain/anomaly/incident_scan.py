"""Scan a client's daily series for incidents; the watched series share the client's alarm budget equally."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from brain.domain.anomaly.config import AnomalyConfig
from brain.domain.anomaly.detector import detect
from brain.domain.anomaly.incidents import Incident, MetricAlarm, group_into_incidents
from brain.domain.anomaly.reading import DetectorReading
from brain.domain.anomaly.watched_series import list_watched_series
from brain.domain.clients.campaigns import Campaign
from brain.domain.clients.client import Client
from brain.domain.days.config import AlarmConfig
from brain.domain.days.sums import Days


@dataclass(frozen=True, slots=True)
class IncidentScan:
    """The incidents in a client's series, and how many series the detector judges or is still learning."""

    incidents: tuple[Incident, ...]
    ready: int
    warming: int


def scan_for_incidents(
    days: Days, as_of: datetime, client: Client, alarms: AlarmConfig, detector: AnomalyConfig
) -> IncidentScan:
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
        >>> result = scan_for_incidents(
        ...     days,
        ...     datetime(2026, 2, 20, tzinfo=UTC),
        ...     Client("acme", "Acme"),
        ...     AlarmConfig(budget=1, per_days=30, metrics=("events",)),
        ...     load_config("brain_anomaly", AnomalyConfig),
        ... )
        >>> [(incident.platform, incident.since) for incident in result.incidents]
        [('linkedin', '2026-02-19')]
    """
    watched = list(list_watched_series(days, as_of, client.time_zone, alarms.metrics))
    budget = (client.alarm_budget or alarms.default_budget).split(len(watched))
    metric_alarms: list[tuple[str, MetricAlarm]] = []
    ready = 0
    for platform, metric, series in watched:
        planned = [_to_span(campaign) for campaign in client.campaigns if campaign.runs_on(platform)]
        points = [(_midnight(day), value) for day, value in series]
        readings = list(detect(points, budget, detector, planned=planned))
        ready += bool(readings) and readings[-1].state == "ready"
        metric_alarms += [(platform, _to_metric_alarm(metric, reading)) for reading in readings if reading.alarm]
    return IncidentScan(tuple(group_into_incidents(metric_alarms)), ready, len(watched) - ready)


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
