"""Which ads wear out: an ad's click rate over the days, against the middle of the platform's other ads."""

import math
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from statistics import median

from brain.domain.days import breakdowns
from brain.domain.days.comparisons import significance_level
from brain.domain.days.facts import ClientFacts
from brain.domain.days.sums import Sums
from brain.domain.reports import figures
from brain.domain.reports.report import Section, SectionStatus
from brain.domain.statistics.weighted_slope import weighted_slope
from brain.domain.statistics.welch import Difference

NAME, TITLE = "fatigue", "Which ads wear out"
COLUMNS = ("platform", "ad", "days", "clicks", "click rate a day", "sure")
LEAST_CLICKS = 50
LEAST_OTHERS = 2
MEDIAN_VARIANCE = math.pi / 2  # of a median, relative to that of a mean
Ads = Mapping[str, Mapping[date, Sums]]


def build_section(facts: ClientFacts) -> Section | None:
    """Return each ad's change of its click rate a day, relative to the other ads; claimed only when it falls.

    A client without ads has no such section.
    """
    start = facts.end - timedelta(days=facts.config.comparisons.window_days)
    platforms = _platforms(facts, start)
    if not platforms:
        return None
    series = [(p, ad, own, points) for p, ads in platforms.items() for ad, own, points in _series(ads, facts)]
    alpha = significance_level(len(series), facts.config.comparisons)
    slopes = [(p, ad, own, weighted_slope(pts, alpha=alpha, min_dispersion=1.0)) for p, ad, own, pts in series]
    found = [(p, ad, own, slope) for p, ad, own, slope in slopes if slope]
    if not found:
        line = "Not enough data yet: no ad ran long enough beside two others to compare their click rates."
        return Section(NAME, TITLE, SectionStatus.NOT_ENOUGH_DATA, (line,))
    lines = tuple(_claim(p, ad, slope) for p, ad, _, slope in found if slope.upper < 0)
    rows = tuple(_row(p, ad, own, slope) for p, ad, own, slope in found)
    effects = [_effect(p, ad, slope) for p, ad, _, slope in found]
    none = ("No ad's click rate falls by more than chance explains.",)
    return Section(NAME, TITLE, SectionStatus.OK, lines or none, COLUMNS, rows, {"effects": effects})


def _platforms(facts: ClientFacts, start: date) -> dict[str, dict[str, dict[date, Sums]]]:
    found: dict[str, dict[str, dict[date, Sums]]] = {}
    for day, platform, ad, sums in breakdowns.iterate_ads(facts.breakdowns, start, facts.end):
        if "clicks" in sums and sums["impressions"] > 0:
            found.setdefault(platform, {}).setdefault(ad, {})[day] = sums
    return found


def _series(
    ads: Ads, facts: ClientFacts
) -> Iterator[tuple[str, Mapping[date, Sums], list[tuple[float, float, float]]]]:
    """Yield each ad that has enough days and clicks, with its points against the other ads of the same days."""
    for ad, own in sorted(ads.items()):
        points = list(_points(ad, ads))
        clicks = sum(sums["clicks"] for sums in own.values())
        if len(points) >= facts.config.comparisons.minimum_events and clicks >= LEAST_CLICKS:
            yield ad, own, points


def _points(ad: str, ads: Ads) -> Iterator[tuple[float, float, float]]:
    """Yield (day number, log click rate relative to the others, weight: the inverse variance of the counts).

    The others are their median, each measured from its own middle: one that gets better makes no other tired. Whom a
    difference of two ads belongs to nobody can tell, so it takes two others.
    """
    middles = {other: median(map(_log_rate, days.values())) for other, days in ads.items()}
    for day, own in sorted(ads[ad].items()):
        others = [
            (_log_rate(days[day]) - middles[other], days[day]["clicks"])
            for other, days in ads.items()
            if other != ad and day in days
        ]
        if len(others) >= LEAST_OTHERS:
            clicked = sum(clicks for _, clicks in others)
            variance = 1 / (own["clicks"] + 0.5) + MEDIAN_VARIANCE / (clicked + 0.5)
            yield day.toordinal(), _log_rate(own) - median(rate for rate, _ in others), 1 / variance


def _log_rate(sums: Sums) -> float:
    return math.log((sums["clicks"] + 0.5) / sums["impressions"])


def _claim(platform: str, ad: str, slope: Difference) -> str:
    per_day = f"{-math.expm1(slope.estimate):.1%} a day (between {-math.expm1(slope.upper):.1%} and "
    return (
        f"On {platform}, ad {ad} wears out: against the other ads its click rate falls by {per_day}"
        f"{-math.expm1(slope.lower):.1%}). Replace it, or rest it for two weeks."
    )


def _row(platform: str, ad: str, own: Mapping[date, Sums], slope: Difference) -> tuple[str, ...]:
    rate = f"{math.expm1(slope.estimate):+.1%} ({math.expm1(slope.lower):+.1%} to {math.expm1(slope.upper):+.1%})"
    clicks = figures.count(sum(sums["clicks"] for sums in own.values()))
    return (platform, ad, figures.count(len(own)), clicks, rate, "yes" if slope.upper < 0 else "no")


def _effect(platform: str, ad: str, slope: Difference) -> dict[str, object]:
    """Return an ad's figures: the ratio of its relative click rate from one day to the next."""
    return {
        "platform": platform,
        "ad": ad,
        "ratio_a_day": math.exp(slope.estimate),
        "lower": math.exp(slope.lower),
        "upper": math.exp(slope.upper),
        "claimed": slope.upper < 0,
    }
