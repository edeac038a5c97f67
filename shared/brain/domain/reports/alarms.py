"""What was unusual in the period: incidents, each with what was expected and what came."""

from brain.domain.anomaly.incidents import Incident
from brain.domain.reports.facts import ReportFacts
from brain.domain.reports.report import Section, SectionStatus

TITLE = "What was unusual"


def build_section(facts: ReportFacts) -> Section:
    """Return the incidents that touch the period, or say whether there were none or it is too early to tell."""
    touching = [incident for incident in facts.incidents if facts.touches_period(incident)]
    if not touching:
        return _quiet(facts)
    rows = tuple(_row(incident) for incident in touching)
    known = {"incidents": [incident.incident_id for incident in touching]}
    lines = tuple(_sentence(incident) for incident in touching)
    return Section("anomalies", TITLE, SectionStatus.OK, lines, ("since", "platform", "metrics", "most"), rows, known)


def _quiet(facts: ReportFacts) -> Section:
    if not facts.series_ready:
        text = "Too early to tell: the Brain watches every series for two weeks before it raises an alarm."
        return Section("anomalies", TITLE, SectionStatus.NOT_ENOUGH_DATA, (text,))
    text = f"Nothing unusual in {facts.series_ready} series."
    return Section("anomalies", TITLE, SectionStatus.OK, (text,))


def _strongest(incident: Incident) -> tuple[str, str]:
    sign = max(incident.alarms, key=lambda s: (s.anomaly_score, s.metric))
    return sign.metric, sign.explanation


def _sentence(incident: Incident) -> str:
    metric, explanation = _strongest(incident)
    return f"{incident.platform}, {incident.since}: {metric} {explanation}."


def _row(incident: Incident) -> tuple[str, ...]:
    return (
        incident.since,
        incident.platform,
        ", ".join(sorted({s.metric for s in incident.alarms})),
        _strongest(incident)[0],
    )
