"""What campaigns brought: the days of each against the days around it, within the same content type and hour."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import starmap

from brain.domain.clients.campaigns import Campaign
from brain.domain.days import breakdowns
from brain.domain.days.comparisons import RateComparison, build_strata, estimate_differences, estimate_to_document
from brain.domain.days.facts import ClientFacts
from brain.domain.reports.comparison_rows import build_row, format_claim
from brain.domain.reports.report import Section, SectionStatus
from brain.domain.statistics.welch import Difference

NAME, TITLE = "campaigns", "What campaigns brought"
COLUMNS = ("platform", "campaign", "events", "against", "engagement rate", "sure")


def build_section(facts: ClientFacts) -> Section | None:
    """Return the engagement rate during each campaign of the window relative to its platforms' other days.

    Returns:
        None for a client without a campaign in the window.
    """
    start = facts.end - timedelta(days=facts.config.comparisons.window_days)
    campaigns = [
        campaign for campaign in facts.client.campaigns if campaign.start < facts.end and campaign.end >= start
    ]
    if not campaigns:
        return None
    comparisons = [
        comparison for campaign in campaigns for comparison in _compare_campaign(campaign, campaigns, facts, start)
    ]
    estimates = estimate_differences(comparisons, facts.config.comparisons)
    if not estimates:
        names = ", ".join(campaign.name for campaign in campaigns)
        line = f"Not enough data yet to say what {names} brought: too few posts during the campaign or around it."
        return Section(NAME, TITLE, SectionStatus.NOT_ENOUGH_DATA, (line,))
    return Section(
        NAME,
        TITLE,
        SectionStatus.OK,
        tuple(starmap(_describe, estimates)),
        COLUMNS,
        tuple(
            build_row(comparison, str(comparison.subject["campaign"]), estimate) for comparison, estimate in estimates
        ),
        {"effects": list(starmap(estimate_to_document, estimates))},
    )


def _compare_campaign(
    campaign: Campaign, campaigns: Sequence[Campaign], facts: ClientFacts, start: date
) -> Iterator[RateComparison]:
    """Yield a comparison per platform; days of other campaigns are left out."""
    posts = list(breakdowns.iterate_hours(facts.breakdowns, start, facts.end))
    for platform in sorted({hour.platform for _, hour, _ in posts}):
        cells = [
            ((hour.content_type, hour.hour), campaign.covers(platform, day), sums)
            for day, hour, sums in posts
            if hour.platform == platform
            and (campaign.covers(platform, day) or not any(other.covers(platform, day) for other in campaigns))
        ]
        if any(in_campaign for _, in_campaign, _ in cells):
            yield RateComparison(platform, {"campaign": campaign.name}, build_strata(cells))


def _describe(comparison: RateComparison, estimate: Difference) -> str:
    name = comparison.subject["campaign"]
    if not estimate.is_significant:
        return f"{name}: no change on {comparison.platform} beyond what chance explains."
    direction = "more" if estimate.estimate > 0 else "less"
    return (
        f"During {name}, posts on {comparison.platform} got {direction} engagement than on the days around it: "
        f"{format_claim(comparison, estimate)}. What else happened in these days counts too."
    )
