"""What works: each content type against the rest of its platform, claimed only when all looks together allow it."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from brain.domain.aggregates import Sums
from brain.domain.reports import figures
from brain.domain.reports.activity import rates
from brain.domain.reports.report import Facts, Section, SectionStatus
from brain.domain.statistics.welch import Difference, Sample, difference

TITLE = "What works"
COLUMNS = ("platform", "content", "events", "against", "engagement rate", "sure")


@dataclass(frozen=True, slots=True)
class _Look:
    platform: str
    content_type: str
    own: Sample
    rest: Sample
    found: Difference | None = None


def section(facts: Facts) -> Section:
    """Return the engagement rate of each content type relative to the platform's other content.

    Welch intervals on log rates; the level is divided by the number of looks (Bonferroni), so that the chance of any
    false claim in a report stays below ``false_claims``.
    """
    config = facts.config.comparisons
    looks = list(_looks(facts))
    enough = [look for look in looks if min(look.own.count, look.rest.count) >= config.minimum_events]
    if not enough:
        return Section("formats", TITLE, SectionStatus.NOT_ENOUGH_DATA, (_needed(looks, facts),))
    alpha = config.false_claims / len(enough)
    found = [(look, difference(look.own, look.rest, alpha=alpha)) for look in enough]
    rows = tuple(_row(look, diff) for look, diff in found if diff)
    lines = [_claim(look, diff) for look, diff in found if diff and diff.claimed]
    return Section(
        "formats",
        TITLE,
        SectionStatus.OK,
        tuple(lines) or ("No content type stands out from the rest of its platform by more than chance explains.",),
        COLUMNS,
        rows,
        {"effects": [_figures(look, diff) for look, diff in found if diff]},
    )


def _looks(facts: Facts) -> Iterator[_Look]:
    start = facts.end - timedelta(days=facts.config.comparisons.window_days)
    groups = _by_group(facts, start)
    for group, sums in sorted(groups.items()):
        platform, _, content_type = group.partition("|")
        rest = [
            s for other, many in groups.items() if other != group and other.startswith(f"{platform}|") for s in many
        ]
        if rest:
            yield _Look(platform, content_type, rates(sums), rates(rest))


def _by_group(facts: Facts, start: date) -> dict[str, list[Sums]]:
    groups: dict[str, list[Sums]] = {}
    for offset in range((facts.end - start).days):
        for group, sums in facts.days.get((start + timedelta(days=offset)).isoformat(), {}).items():
            groups.setdefault(group, []).append(sums)
    return groups


def _needed(looks: list[_Look], facts: Facts) -> str:
    """Say when there will be enough, from how fast events with a known rate came in the window."""
    config = facts.config.comparisons
    counts = [min(look.own.count, look.rest.count) for look in looks]
    if not counts or not max(counts):
        return "Not enough data yet: no platform has two content types with known engagement rates."
    best = max(counts)
    days = math.ceil((config.minimum_events - best) * config.window_days / best)
    by = facts.end + timedelta(days=days)
    return f"Not enough data yet: {best} of {config.minimum_events} events to compare; at this pace enough by {by}."


def _row(look: _Look, diff: Difference) -> tuple[str, ...]:
    interval = figures.change_range(diff.lower, diff.upper)
    sure = "yes" if diff.claimed else "no"
    counts = figures.count(look.own.count), figures.count(look.rest.count)
    return (look.platform, look.content_type, *counts, f"{figures.change(math.exp(diff.estimate))} ({interval})", sure)


def _claim(look: _Look, diff: Difference) -> str:
    way = "more" if diff.estimate > 0 else "less"
    interval = f"{math.exp(diff.lower):.2f} to {math.exp(diff.upper):.2f}"
    return (
        f"On {look.platform}, {look.content_type} gets {way} engagement than other content: "
        f"{math.exp(diff.estimate):.2f} times (between {interval}; {look.own.count} against {look.rest.count} events)."
    )


def _figures(look: _Look, diff: Difference) -> dict[str, object]:
    return {
        "platform": look.platform,
        "content_type": look.content_type,
        "events": look.own.count,
        "against": look.rest.count,
        "ratio": math.exp(diff.estimate),
        "lower": math.exp(diff.lower),
        "upper": math.exp(diff.upper),
        "claimed": diff.claimed,
    }
