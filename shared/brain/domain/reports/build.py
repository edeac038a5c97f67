"""Builds the daily and the weekly report from facts: the sections, one headline, and the line to draw."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from brain.domain.days import sums
from brain.domain.periods import format_week
from brain.domain.reports import figures, sections, shop
from brain.domain.reports.report import Facts, Report, Section, SectionStatus

CHART_DAYS = 56


def daily(facts: Facts, failed: Callable[[str, Exception], None]) -> Report:
    """Return the report on ``facts.start``, one local day."""
    return _report("daily", facts.start.isoformat(), sections.DAILY, facts, failed)


def weekly(facts: Facts, failed: Callable[[str, Exception], None]) -> Report:
    """Return the report on the ISO week that starts at ``facts.start``, of a shop without feeds the shop's alone."""
    names = sections.WEEKLY if facts.days or not facts.client.stores else shop.NAMES
    return _report("weekly", format_week(facts.start), names, facts, failed)


def _report(
    kind: str, period: str, names: tuple[str, ...], facts: Facts, failed: Callable[[str, Exception], None]
) -> Report:
    parts = sections.build(names, facts, failed)
    return Report(
        kind=kind,
        period=period,
        client_id=facts.client.client_id,
        client_name=facts.client.name,
        as_of=facts.as_of,
        headline=_first_what_to_do(facts, parts),
        sections=parts,
        series=_series(facts),
    )


def _first_what_to_do(facts: Facts, parts: Sequence[Section]) -> str:
    """Return the shop's plan where there is one, then what happened; of a client without feeds the plan alone."""
    planned = next((part for part in parts if part.name == shop.CALENDAR), None)
    if planned is not None and not facts.days:
        return planned.lines[0]
    said = _headline(facts, parts)
    return f"{planned.lines[0]} {said}" if planned is not None and planned.status is SectionStatus.OK else said


def _headline(facts: Facts, parts: Sequence[Section]) -> str:
    events = sums.sum_metric([s for _, s in sums.select_range(facts.days, facts.start, facts.end)], "events")
    by_name = {part.name: part for part in parts}
    found = len(by_name["anomalies"].figures.get("incidents", ()))
    incidents = _counted(found, "incident") if found else _quiet(by_name["anomalies"])
    claims = sum(bool(effect["claimed"]) for effect in _effects(by_name.get("formats")))
    works = f", {_counted(claims, 'difference')} between formats proven" if claims else ""
    return f"{_counted(events, 'event')}, {incidents}{works}."


def _counted(number: int, word: str) -> str:
    return f"{figures.count(number)} {word}{'' if number == 1 else 's'}"


def _quiet(anomalies: Section) -> str:
    if anomalies.status is SectionStatus.OK:
        return "nothing unusual"
    return "too early for alarms" if anomalies.status is SectionStatus.NOT_ENOUGH_DATA else "alarms unknown"


def _effects(section: Section | None) -> list[dict[str, object]]:
    return list(section.figures.get("effects", [])) if section and section.status is SectionStatus.OK else []


def _series(facts: Facts) -> tuple[tuple[str, float, bool], ...]:
    """Return engagements a day for the chart, with the days on which an incident began."""
    begun = {incident.since for incident in facts.incidents}
    first = facts.end - timedelta(days=CHART_DAYS)
    points = []
    for offset in range(CHART_DAYS):
        day = first + timedelta(days=offset)
        day_sums = [s for _, s in sums.select_range(facts.days, day, day + timedelta(days=1))]
        engaged = sums.sum_if_reported(day_sums, "engagements")
        if engaged is not None:
            points.append((day.isoformat(), float(engaged), day.isoformat() in begun))
    return tuple(points)
