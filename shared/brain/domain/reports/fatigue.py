"""Which ads wear out: an ad's click rate over the days, against the median of the platform's other ads."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import starmap
from statistics import median
from typing import TypeAlias

from brain.domain.days import breakdowns
from brain.domain.days.comparisons import significance_level
from brain.domain.days.facts import ClientFacts
from brain.domain.days.sums import Sums
from brain.domain.reports.number_format import format_count
from brain.domain.reports.report import Section, SectionStatus
from brain.domain.statistics.weighted_slope import weighted_slope
from brain.domain.statistics.welch import Difference

NAME, TITLE = "fatigue", "Which ads wear out"
COLUMNS = ("platform", "ad", "days", "clicks", "click rate a day", "sure")
NO_CLAIM = "No ad's click rate falls by more than chance explains."
MIN_CLICKS = 50
MIN_OTHER_ADS = 2
MEDIAN_VARIANCE = math.pi / 2  # of a median, relative to that of a mean
AdSums: TypeAlias = Mapping[date, Sums]


@dataclass(frozen=True, slots=True)
class AdSeries:
    """An ad's days, and its points: (day number, log click rate relative to the other ads, weight)."""

    platform: str
    ad_id: str
    sums_by_day: AdSums
    points: list[tuple[float, float, float]]

    @property
    def clicks(self) -> int:
        """All clicks of the ad in the window."""
        return sum(day_sums["clicks"] for day_sums in self.sums_by_day.values())


def build_section(facts: ClientFacts) -> Section | None:
    """Return the daily change of each ad's click rate relative to the other ads; only a fall is claimed.

    Returns:
        None for a client without ads.
    """
    ads_by_platform = _collect_ads(facts)
    if not ads_by_platform:
        return None
    series = list(_select_series(ads_by_platform, facts.config.comparisons.minimum_events))
    alpha = significance_level(len(series), facts.config.comparisons)
    estimates = [(ad, weighted_slope(ad.points, alpha=alpha, min_dispersion=1.0)) for ad in series]
    slopes = [(ad, slope) for ad, slope in estimates if slope]
    if not slopes:
        line = "Not enough data yet: no ad ran long enough beside two others to compare their click rates."
        return Section(NAME, TITLE, SectionStatus.NOT_ENOUGH_DATA, (line,))
    lines = tuple(_claim(ad, slope) for ad, slope in slopes if slope.upper < 0) or (NO_CLAIM,)
    figures = {"effects": list(starmap(_slope_to_document, slopes))}
    rows = tuple(starmap(_build_row, slopes))
    return Section(NAME, TITLE, SectionStatus.OK, lines, COLUMNS, rows, figures)


def _collect_ads(facts: ClientFacts) -> dict[str, dict[str, dict[date, Sums]]]:
    """Return the daily sums of each ad, by platform and ad id."""
    start = facts.end - timedelta(days=facts.config.comparisons.window_days)
    ads: dict[str, dict[str, dict[date, Sums]]] = {}
    for day, platform, ad_id, ad_sums in breakdowns.iterate_ads(facts.breakdowns, start, facts.end):
        if "clicks" in ad_sums and ad_sums["impressions"] > 0:
            ads.setdefault(platform, {}).setdefault(ad_id, {})[day] = ad_sums
    return ads


def _select_series(ads_by_platform: Mapping[str, Mapping[str, AdSums]], minimum_days: int) -> Iterator[AdSeries]:
    """Yield the series of each ad with enough days and clicks."""
    for platform, ads in ads_by_platform.items():
        for ad_id, sums_by_day in sorted(ads.items()):
            series = AdSeries(platform, ad_id, sums_by_day, list(_build_points(ad_id, ads)))
            if len(series.points) >= minimum_days and series.clicks >= MIN_CLICKS:
                yield series


def _build_points(ad_id: str, ads: Mapping[str, AdSums]) -> Iterator[tuple[float, float, float]]:
    """Yield (day number, log click rate relative to the others, weight: the inverse variance of the counts).

    The reference is the median of the other ads, each relative to its own median, so that an ad that improves makes no
    other ad look tired. A difference between two ads could be due to either, hence at least two others.
    """
    medians = {other: median(map(_log_click_rate, days.values())) for other, days in ads.items()}
    for day, own_sums in sorted(ads[ad_id].items()):
        others = [
            (_log_click_rate(days[day]) - medians[other], days[day]["clicks"])
            for other, days in ads.items()
            if other != ad_id and day in days
        ]
        if len(others) >= MIN_OTHER_ADS:
            other_clicks = sum(clicks for _, clicks in others)
            variance = 1 / (own_sums["clicks"] + 0.5) + MEDIAN_VARIANCE / (other_clicks + 0.5)
            yield day.toordinal(), _log_click_rate(own_sums) - median(rate for rate, _ in others), 1 / variance


def _log_click_rate(ad_sums: Sums) -> float:
    return math.log((ad_sums["clicks"] + 0.5) / ad_sums["impressions"])


def _claim(ad: AdSeries, slope: Difference) -> str:
    fall, smallest, largest = (-math.expm1(log_change) for log_change in (slope.estimate, slope.upper, slope.lower))
    return (
        f"On {ad.platform}, ad {ad.ad_id} wears out: against the other ads its click rate falls by {fall:.1%} a day "
        f"(between {smallest:.1%} and {largest:.1%}). Replace it, or rest it for two weeks."
    )


def _build_row(ad: AdSeries, slope: Difference) -> tuple[str, ...]:
    change, lower, upper = (math.expm1(log_change) for log_change in (slope.estimate, slope.lower, slope.upper))
    return (
        ad.platform,
        ad.ad_id,
        format_count(len(ad.sums_by_day)),
        format_count(ad.clicks),
        f"{change:+.1%} ({lower:+.1%} to {upper:+.1%})",
        "yes" if slope.upper < 0 else "no",
    )


def _slope_to_document(ad: AdSeries, slope: Difference) -> dict[str, object]:
    """Return an ad's figures: the ratio of its relative click rate from one day to the next."""
    return {
        "platform": ad.platform,
        "ad": ad.ad_id,
        "ratio_a_day": math.exp(slope.estimate),
        "lower": math.exp(slope.lower),
        "upper": math.exp(slope.upper),
        "claimed": slope.upper < 0,
    }
