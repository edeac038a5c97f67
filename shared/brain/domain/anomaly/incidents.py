"""Incidents: what the detector alarms on in a client's daily series, one alarm an incident."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from brain.domain.anomaly import AlarmBudget, Detector, Reading
from brain.domain.clients.campaigns import Campaign
from brain.domain.days import sums
from brain.domain.days.config import AlarmConfig
from brain.domain.days.sums import Days, parse_platform

NEARBY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Sign:
    """One metric's alarm: what was expected (and the band), what came."""

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
    """What went unusual on one platform at one time, with every metric that shows it."""

    incident_id: str
    platform: str
    since: str
    until: str
    signs: tuple[Sign, ...]

    def document(self) -> dict[str, Any]:
        """Return the incident as a document."""
        return asdict(self) | {"signs": [asdict(sign) for sign in self.signs]}


@dataclass(frozen=True, slots=True)
class Watch:
    """What the detector made of a client's series: incidents, and which series it is still getting to know."""

    incidents: tuple[Incident, ...]
    ready: int
    warming: int


def series(days: Days, platform: str, metric: str, start: date, end: date) -> list[tuple[date, float | None]]:
    """Return a platform's daily sums from ``start`` up to, not including, ``end``.

    A day without events counts 0 events; every other metric is then unknown.
    """
    points: list[tuple[date, float | None]] = []
    for offset in range((end - start).days):
        day = start + timedelta(days=offset)
        day_sums = [s for group, s in days.get(day.isoformat(), {}).items() if parse_platform(group) == platform]
        value = sums.sum_metric(day_sums, metric) if metric == "events" else sums.sum_if_reported(day_sums, metric)
        points.append((day, None if value is None else float(value)))
    return points


def complete_until(days: Days, platform: str, as_of: datetime, time_zone: ZoneInfo) -> date:
    """Return the first day of a platform that cannot be judged yet as of a moment.

    A day is judged when it is over and as much later as the platform's events usually come after their day.
    """
    day_sums = [s for groups in days.values() for group, s in groups.items() if parse_platform(group) == platform]
    usual = timedelta(seconds=sums.sum_metric(day_sums, "late_seconds") / max(sums.sum_metric(day_sums, "events"), 1))
    day = sums.to_local_day(as_of, time_zone)
    while sums.end_of_day(day, time_zone) + usual > as_of:
        day -= timedelta(days=1)
    return day + timedelta(days=1)


def watch(
    days: Days, as_of: datetime, time_zone: ZoneInfo, config: AlarmConfig, campaigns: Sequence[Campaign] = ()
) -> Watch:
    """Return the incidents of all series as of a moment, within one alarm budget; days of campaigns are no alarm."""
    watched = list(_watched(days, as_of, time_zone, config.metrics))
    share = AlarmBudget(alarms=config.budget / max(len(watched), 1), per=timedelta(days=config.per_days))
    signs: list[tuple[str, Sign]] = []
    ready = 0
    for platform, metric, points in watched:
        readings = _readings(points, share, [c for c in campaigns if c.platform in (None, platform)])
        ready += bool(readings) and readings[-1].state == "ready"
        signs += [(platform, _sign(metric, reading)) for reading in readings if reading.alarm]
    return Watch(tuple(_incidents(signs)), ready, len(watched) - ready)


def _watched(
    days: Days, as_of: datetime, time_zone: ZoneInfo, metrics: Sequence[str]
) -> Iterator[tuple[str, str, list[tuple[date, float | None]]]]:
    platforms = sorted({parse_platform(group) for groups in days.values() for group in groups})
    for platform in platforms:
        first = min(day for day, groups in days.items() if any(parse_platform(g) == platform for g in groups))
        end = complete_until(days, platform, as_of, time_zone)
        for metric in metrics:
            points = series(days, platform, metric, date.fromisoformat(first), end)
            if any(value is not None for _, value in points):
                yield platform, metric, points


def _readings(
    points: Iterable[tuple[date, float | None]], budget: AlarmBudget, campaigns: Iterable[Campaign]
) -> list[Reading]:
    spans = [(_midnight(c.start), _midnight(c.end + timedelta(days=1))) for c in campaigns]
    detector = Detector(budget, planned=spans)
    return [detector.score_one(_midnight(day), value) for day, value in points]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time())


def _sign(metric: str, reading: Reading) -> Sign:
    return Sign(
        metric=metric,
        day=reading.at.date().isoformat(),
        kind=reading.kind or "unusual",
        value=reading.value or 0.0,
        expected=reading.expected or 0.0,
        lower=reading.lower or 0.0,
        upper=reading.upper or 0.0,
        anomaly_score=reading.anomaly_score,
        explanation=reading.explanation,
    )


def _incidents(signs: Iterable[tuple[str, Sign]]) -> Iterator[Incident]:
    """Put a platform's alarms that start within a day of each other into one incident."""
    open_: list[Sign] = []
    platform = ""
    for name, sign in sorted(signs, key=lambda s: (s[0], s[1].day, s[1].metric)):
        near = open_ and name == platform and date.fromisoformat(sign.day) - date.fromisoformat(open_[-1].day) <= NEARBY
        if open_ and not near:
            yield _incident(platform, open_)
            open_ = []
        platform = name
        open_.append(sign)
    if open_:
        yield _incident(platform, open_)


def _incident(platform: str, signs: Sequence[Sign]) -> Incident:
    since = signs[0].day
    digest = hashlib.sha256(f"{platform}|{since}".encode()).hexdigest()[:20]
    return Incident(f"ano_{digest}", platform, since, signs[-1].day, tuple(signs))


def incident_from(document: Mapping[str, Any]) -> Incident:
    """Return the incident that a document holds."""
    signs = tuple(Sign(**sign) for sign in document["signs"])
    return Incident(document["incident_id"], document["platform"], document["since"], document["until"], signs)


def remembered(known: Iterable[Incident], found: Iterable[Incident], oldest: str) -> list[Incident]:
    """Return known incidents and newly found ones, those since ``oldest``, in order; late data never unmakes one."""
    by_id = {incident.incident_id: incident for incident in [*known, *found]}
    return sorted((i for i in by_id.values() if i.since >= oldest), key=lambda i: (i.since, i.platform))
