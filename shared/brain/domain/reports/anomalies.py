"""What was unusual in the period: incidents, each with what was expected and what was observed."""

from brain.domain.anomaly.incidents import Incident, MetricAlarm
from brain.domain.reports.facts import ReportFacts
from brain.domain.reports.report import Section, SectionStatus

NAME, TITLE = "anomalies", "What was unusual"
COLUMNS = ("since", "platform", "metrics", "most")


def build_section(facts: ReportFacts) -> Section:
    """Return the incidents that touch the period, or say that there were none or that it is too early to tell."""
    incidents = [incident for incident in facts.incidents if facts.touches_period(incident)]
    if not incidents:
        return _build_quiet_section(facts)
    lines = tuple(_describe(incident) for incident in incidents)
    rows = tuple(_build_row(incident) for incident in incidents)
    figures = {"incidents": [incident.incident_id for incident in incidents]}
    return Section(NAME, TITLE, SectionStatus.OK, lines, COLUMNS, rows, figures)


def _build_quiet_section(facts: ReportFacts) -> Section:
    if not facts.series_ready:
        line = "Too early to tell: the Brain watches every series for two weeks before it raises an alarm."
        return Section(NAME, TITLE, SectionStatus.NOT_ENOUGH_DATA, (line,))
    return Section(NAME, TITLE, SectionStatus.OK, (f"Nothing unusual in {facts.series_ready} series.",))


def _find_strongest_alarm(incident: Incident) -> MetricAlarm:
    return max(incident.alarms, key=lambda alarm: (alarm.anomaly_score, alarm.metric))


def _describe(incident: Incident) -> str:
    strongest = _find_strongest_alarm(incident)
    return f"{incident.platform}, {incident.since}: {strongest.metric} {strongest.explanation}."


def _build_row(incident: Incident) -> tuple[str, ...]:
    metrics = ", ".join(sorted({alarm.metric for alarm in incident.alarms}))
    return (incident.since, incident.platform, metrics, _find_strongest_alarm(incident).metric)
