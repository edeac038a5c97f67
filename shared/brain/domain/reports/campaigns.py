"""What campaigns brought: the days of each against the days around it, within the same content type and part of day."""

from collections.abc import Sequence
from datetime import date, timedelta

from brain.domain.clients.campaigns import Campaign
from brain.domain.days import breakdowns, looks
from brain.domain.days.looks import Look
from brain.domain.reports.report import Facts, Section, SectionStatus
from brain.domain.statistics.welch import Difference

NAME, TITLE = "campaigns", "What campaigns brought"
COLUMNS = ("platform", "campaign", "events", "against", "engagement rate", "sure")


def section(facts: Facts) -> Section | None:
    """Return the engagement rate during each campaign of the window relative to its platforms' other days.

    A client without a campaign in the window has no such section.
    """
    start = facts.end - timedelta(days=facts.config.comparisons.window_days)
    planned = [c for c in facts.client.campaigns if c.start < facts.end and c.end >= start]
    if not planned:
        return None
    every = [look for campaign in planned for look in _looks(campaign, planned, facts, start)]
    compared = looks.compare(looks.enough(every, facts), facts)
    if not compared:
        names = ", ".join(campaign.name for campaign in planned)
        line = f"Not enough data yet to say what {names} brought: too few posts during the campaign or around it."
        return Section(NAME, TITLE, SectionStatus.NOT_ENOUGH_DATA, (line,))
    return Section(
        NAME,
        TITLE,
        SectionStatus.OK,
        tuple(_sentence(look, found) for look, found in compared),
        COLUMNS,
        tuple(looks.row(look, str(look.what["campaign"]), found) for look, found in compared),
        {"effects": [looks.effect(look, found) for look, found in compared]},
    )


def _looks(campaign: Campaign, planned: Sequence[Campaign], facts: Facts, start: date) -> list[Look]:
    """Return a look a platform; days of other campaigns are compared with nothing."""
    posts = list(breakdowns.iterate_hours(facts.breakdowns, start, facts.end))
    found = []
    for platform in sorted({hour.platform for _, hour, _ in posts}):
        cells = [
            ((hour.content_type, hour.hour), campaign.covers(platform, day), sums)
            for day, hour, sums in posts
            if hour.platform == platform
            and (campaign.covers(platform, day) or not any(other.covers(platform, day) for other in planned))
        ]
        if any(own for _, own, _ in cells):
            found.append(Look(platform, {"campaign": campaign.name}, looks.strata(cells)))
    return found


def _sentence(look: Look, found: Difference) -> str:
    name = look.what["campaign"]
    if not found.is_significant:
        return f"{name}: no change on {look.platform} beyond what chance explains."
    way = "more" if found.estimate > 0 else "less"
    return (
        f"During {name}, posts on {look.platform} got {way} engagement than on the days around it: "
        f"{looks.claim(look, found)}. What else happened in these days counts too."
    )
