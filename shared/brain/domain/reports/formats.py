"""What works: each content type against the rest of its platform, claimed only when all looks together allow it."""

import math
from collections.abc import Iterator
from datetime import date, timedelta

from brain.domain.days import looks
from brain.domain.days.looks import Look
from brain.domain.days.sums import Sums
from brain.domain.reports.report import Facts, Section, SectionStatus
from brain.domain.statistics.welch import Difference

NAME, TITLE = "formats", "What works"
COLUMNS = ("platform", "content", "events", "against", "engagement rate", "sure")


def section(facts: Facts) -> Section:
    """Return the engagement rate of each content type relative to the platform's other content."""
    every = list(_looks(facts))
    enough = looks.enough(every, facts)
    if not enough:
        return Section(NAME, TITLE, SectionStatus.NOT_ENOUGH_DATA, (_needed(every, facts),))
    compared = looks.compare(enough, facts)
    lines = tuple(_claim(look, found) for look, found in compared if found.is_significant)
    rows = tuple(looks.row(look, str(look.what["content_type"]), found) for look, found in compared)
    effects = {"effects": [looks.effect(look, found) for look, found in compared]}
    none = ("No content type stands out from the rest of its platform by more than chance explains.",)
    return Section(NAME, TITLE, SectionStatus.OK, lines or none, COLUMNS, rows, effects)


def _looks(facts: Facts) -> Iterator[Look]:
    start = facts.end - timedelta(days=facts.config.comparisons.window_days)
    groups = _by_group(facts, start)
    for group, sums in sorted(groups.items()):
        platform, _, content_type = group.partition("|")
        rest = [
            s for other, many in groups.items() if other != group and other.startswith(f"{platform}|") for s in many
        ]
        if rest:
            yield Look(platform, {"content_type": content_type}, [(looks.sample(sums), looks.sample(rest))])


def _by_group(facts: Facts, start: date) -> dict[str, list[Sums]]:
    groups: dict[str, list[Sums]] = {}
    for offset in range((facts.end - start).days):
        for group, sums in facts.days.get((start + timedelta(days=offset)).isoformat(), {}).items():
            groups.setdefault(group, []).append(sums)
    return groups


def _needed(every: list[Look], facts: Facts) -> str:
    """Say when there will be enough, from how fast events with a known rate came in the window."""
    config = facts.config.comparisons
    best = max((min(look.own, look.rest) for look in every), default=0)
    if not best:
        return "Not enough data yet: no platform has two content types with known engagement rates."
    days = math.ceil((config.minimum_events - best) * config.window_days / best)
    by = facts.end + timedelta(days=days)
    return f"Not enough data yet: {best} of {config.minimum_events} events to compare; at this pace enough by {by}."


def _claim(look: Look, found: Difference) -> str:
    way = "more" if found.estimate > 0 else "less"
    content = look.what["content_type"]
    return f"On {look.platform}, {content} gets {way} engagement than other content: {looks.claim(look, found)}."
