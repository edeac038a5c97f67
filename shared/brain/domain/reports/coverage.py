"""What is not known yet: metrics nobody reported, series still warming up, the age of the data."""

from brain.domain.days import sums
from brain.domain.days.facts import ClientFacts
from brain.domain.reports.report import Section, SectionStatus

TITLE = "What is not known yet"
EXPECTED = {"engaged": "engagements", "rated": "audience", "impressions": "impressions"}


def build_section(facts: ClientFacts) -> Section:
    """Return what the reader must not read as 0."""
    lines = [*_unreported(facts), *_warming(facts), *_age(facts)]
    return Section("coverage", TITLE, SectionStatus.OK, tuple(lines) or ("Nothing is missing from this report.",))


def _unreported(facts: ClientFacts) -> list[str]:
    lines = []
    window = list(sums.select_range(facts.days, facts.start, facts.end))
    groups = {sums.parse_platform(g) for d, _ in window for g in facts.days[d]}
    for platform in sorted(groups):
        day_sums = [s for _, s in sums.select_range(facts.days, facts.start, facts.end, platform)]
        missing = [name for metric, name in EXPECTED.items() if sums.sum_if_reported(day_sums, metric) is None]
        if missing:
            lines.append(f"{platform} reported no {' and no '.join(missing)}: its scores treat them as unknown.")
    return lines


def _warming(facts: ClientFacts) -> list[str]:
    if not facts.series_warming:
        return []
    return [f"{facts.series_warming} series are too young for alarms; each needs two weeks."]


def _age(facts: ClientFacts) -> list[str]:
    latest = max(facts.days, default=None)
    if latest is None:
        return ["There is no data at all yet."]
    silent = (facts.end - sums.parse_day(latest)).days - 1
    return [f"The latest event is from {latest}, {silent} days before the end of this report."] if silent > 1 else []
