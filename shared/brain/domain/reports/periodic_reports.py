"""The daily and the weekly report: their sections, one headline, and the series to draw."""

from collections.abc import Sequence
from datetime import timedelta

from brain.domain.days import sums
from brain.domain.periods import format_week
from brain.domain.reports import number_format, section_registry, shop_pages
from brain.domain.reports.facts import ReportFacts
from brain.domain.reports.report import Report, Section, SectionStatus
from brain.domain.reports.section_registry import SectionErrorReporter

CHART_DAYS = 56


def build_daily_report(facts: ReportFacts, report_error: SectionErrorReporter) -> Report:
    """Return the report on ``facts.start``, one local day."""
    return _build_report("daily", facts.start.isoformat(), section_registry.DAILY, facts, report_error)


def build_weekly_report(facts: ReportFacts, report_error: SectionErrorReporter) -> Report:
    """Return the report on the ISO week that starts at ``facts.start``.

    A client with stores and without events gets the shop's sections only.
    """
    names = section_registry.WEEKLY if facts.days or not facts.client.stores else shop_pages.NAMES
    return _build_report("weekly", format_week(facts.start), names, facts, report_error)


def _build_report(
    kind: str, period: str, section_names: tuple[str, ...], facts: ReportFacts, report_error: SectionErrorReporter
) -> Report:
    sections = section_registry.build_sections(section_names, facts, report_error)
    return Report(
        kind=kind,
        period=period,
        client_id=facts.client.client_id,
        client_name=facts.client.name,
        as_of=facts.as_of,
        headline=_write_headline(facts, sections),
        sections=sections,
        series=_build_series(facts),
    )


def _write_headline(facts: ReportFacts, sections: Sequence[Section]) -> str:
    """Return the shop's plan, where there is one, and what happened; for a client without events the plan alone."""
    calendar = next((section for section in sections if section.name == shop_pages.CALENDAR), None)
    if calendar is not None and not facts.days:
        return calendar.lines[0]
    summary = _summarize_period(facts, sections)
    return f"{calendar.lines[0]} {summary}" if calendar is not None and calendar.status is SectionStatus.OK else summary


def _summarize_period(facts: ReportFacts, sections: Sequence[Section]) -> str:
    events = sums.sum_metric([s for _, s in sums.select_range(facts.days, facts.start, facts.end)], "events")
    by_name = {section.name: section for section in sections}
    anomalies = by_name["anomalies"]
    incidents = len(anomalies.figures.get("incidents", ()))
    incident_words = _pluralize(incidents, "incident") if incidents else _describe_silence(anomalies)
    claims = sum(bool(effect["claimed"]) for effect in _list_effects(by_name.get("formats")))
    works = f", {_pluralize(claims, 'difference')} between formats proven" if claims else ""
    return f"{_pluralize(events, 'event')}, {incident_words}{works}."


def _pluralize(count: int, noun: str) -> str:
    return f"{number_format.format_count(count)} {noun}{'' if count == 1 else 's'}"


def _describe_silence(anomalies: Section) -> str:
    if anomalies.status is SectionStatus.OK:
        return "nothing unusual"
    return "too early for alarms" if anomalies.status is SectionStatus.NOT_ENOUGH_DATA else "alarms unknown"


def _list_effects(section: Section | None) -> list[dict[str, object]]:
    return list(section.figures.get("effects", [])) if section and section.status is SectionStatus.OK else []


def _build_series(facts: ReportFacts) -> tuple[tuple[str, float, bool], ...]:
    """Return (day, engagements, whether an incident began) for the chart; days without a known number are left out."""
    first_incident_days = {incident.since for incident in facts.incidents}
    first_day = facts.end - timedelta(days=CHART_DAYS)
    points = []
    for offset in range(CHART_DAYS):
        day = first_day + timedelta(days=offset)
        day_sums = [s for _, s in sums.select_range(facts.days, day, day + timedelta(days=1))]
        engagements = sums.sum_if_reported(day_sums, "engagements")
        if engagements is not None:
            points.append((day.isoformat(), float(engagements), day.isoformat() in first_incident_days))
    return tuple(points)
