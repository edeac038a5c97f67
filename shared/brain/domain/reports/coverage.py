"""What is not known yet: metrics that were not reported, series without a baseline, and the age of the data."""

from collections.abc import Iterator

from brain.domain.days import sums
from brain.domain.days.facts import ClientFacts
from brain.domain.days.platforms import select_platforms
from brain.domain.reports.report import Section, SectionStatus

NAME, TITLE = "coverage", "What is not known yet"
EXPECTED_METRICS = {"engaged": "engagements", "rated": "audience", "impressions": "impressions"}


def build_section(facts: ClientFacts) -> Section:
    """Return what the reader must not read as 0."""
    lines = (*_list_unreported(facts), *_count_warming_series(facts), *_describe_age(facts))
    return Section(NAME, TITLE, SectionStatus.OK, lines or ("Nothing is missing from this report.",))


def _list_unreported(facts: ClientFacts) -> Iterator[str]:
    active_days = {day for day, _ in sums.select_range(facts.days, facts.start, facts.end)}
    for platform in select_platforms({day: facts.days[day] for day in active_days}):
        day_sums = [s for _, s in sums.select_range(facts.days, facts.start, facts.end, platform)]
        unreported = [
            name for metric, name in EXPECTED_METRICS.items() if sums.sum_if_reported(day_sums, metric) is None
        ]
        if unreported:
            yield f"{platform} reported no {' and no '.join(unreported)}: its scores treat them as unknown."


def _count_warming_series(facts: ClientFacts) -> Iterator[str]:
    if facts.series_warming:
        yield f"{facts.series_warming} series are too young for alarms; each needs two weeks."


def _describe_age(facts: ClientFacts) -> Iterator[str]:
    latest_day = max(facts.days, default=None)
    if latest_day is None:
        yield "There is no data at all yet."
        return
    silent_days = (facts.end - sums.parse_day(latest_day)).days - 1
    if silent_days > 1:
        yield f"The latest event is from {latest_day}, {silent_days} days before the end of this report."
