"""When it works: each part of the day against the rest of its platform, within the same content type."""

from collections.abc import Iterator
from datetime import timedelta

from brain.domain.days import breakdowns, looks
from brain.domain.days.breakdowns import PostingHour
from brain.domain.days.looks import Look
from brain.domain.days.sums import Sums
from brain.domain.reports.report import Facts, Section, SectionStatus
from brain.domain.statistics.welch import Difference

NAME, TITLE = "timing", "When it works"
COLUMNS = ("platform", "local time", "events", "against", "engagement rate", "sure")
BAND_HOURS = 3


def section(facts: Facts) -> Section | None:
    """Return the engagement rate of each three hours of the client's day relative to the platform's other hours.

    A client whose events tell no hour has no such section.
    """
    start = facts.end - timedelta(days=facts.config.comparisons.window_days)
    posts = [(hour, sums) for _, hour, sums in breakdowns.iterate_hours(facts.breakdowns, start, facts.end)]
    if not posts:
        return None
    compared = looks.compare(looks.enough(list(_looks(posts)), facts), facts)
    if not compared:
        line = "Not enough data yet: no platform has two parts of the day with enough posts to compare."
        return Section(NAME, TITLE, SectionStatus.NOT_ENOUGH_DATA, (line,))
    lines = tuple(_claim(look, found) for look, found in compared if found.is_significant)
    rows = tuple(looks.row(look, _band(look), found) for look, found in compared)
    effects = {"effects": [looks.effect(look, found) for look, found in compared]}
    none = ("No part of the day stands out by more than chance explains.",)
    return Section(NAME, TITLE, SectionStatus.OK, lines or none, COLUMNS, rows, effects)


def _looks(posts: list[tuple[PostingHour, Sums]]) -> Iterator[Look]:
    bands = sorted({(hour.platform, _start(hour)) for hour, _ in posts})
    for platform, band in bands:
        cells = [(h.content_type, _start(h) == band, sums) for h, sums in posts if h.platform == platform]
        yield Look(platform, {"from_hour": band, "to_hour": band + BAND_HOURS}, looks.strata(cells))


def _start(hour: PostingHour) -> int:
    return hour.hour - hour.hour % BAND_HOURS


def _band(look: Look) -> str:
    return f"{look.what['from_hour']:02d}:00 to {look.what['to_hour']:02d}:00"


def _claim(look: Look, found: Difference) -> str:
    way = "more" if found.estimate > 0 else "less"
    return (
        f"On {look.platform}, posts between {_band(look)} get {way} engagement than the same kind of content at "
        f"other hours: {looks.claim(look, found)}."
    )
