"""Google Analytics 4: reports of the Data API, and rows of its export to BigQuery."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, Outcome
from brain.domain.feeds.moments import day_and_hour
from brain.domain.feeds.reading import Reading, mapping, sequence, text
from brain.domain.feeds.rows import known
from brain.domain.feeds.shapes import Item, Shape
from brain.errors import InvalidInputError

_COUNTS: Final[Mapping[str, tuple[str, ...]]] = {
    "views": ("screenPageViews", "views"),
    "engagements": ("engagedSessions",),
    "impressions": ("advertiserAdImpressions", "organicGoogleSearchImpressions"),
    "clicks": ("advertiserAdClicks", "organicGoogleSearchClicks"),
}
_AMOUNTS: Final[Mapping[str, tuple[str, ...]]] = {
    "conversions": ("keyEvents", "conversions", "ecommercePurchases", "transactions"),
    "revenue": ("totalRevenue", "purchaseRevenue"),
    "spend": ("advertiserAdCost",),
}
_CONTENTS: Final = (
    "pagePath", "pagePathPlusQueryString", "landingPage", "pageTitle", "unifiedScreenName", "itemId", "contentId",
    "sessionCampaignId",
    "sessionCampaignName", "campaignName",
)  # fmt: skip
_DATED: Final = ("date", "dateHour", "dateHourMinute", "isoYearIsoWeek", "yearMonth", "nthDay")
_EXPORT: Final = {
    "page_view": "views",
    "screen_view": "views",
    "click": "clicks",
    "share": "shares",
    "purchase": "conversions",
}


def matches_report(item: Item) -> bool:
    """Tell a report by its two headers, a batch by reports of that kind."""
    reports = sequence(item.get("reports"))
    first = mapping(reports[0]) if reports else item
    return "metricHeaders" in first and ("dimensionHeaders" in first or "rows" in first)


def read_report(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return one event for each row of a report, or of each report of a batch."""
    outcomes: list[Outcome] = []
    for report in sequence(item.get("reports")) or [item]:
        outcomes.extend(_rows(mapping(report), context))
    return outcomes or [Ignored("a report without rows")]


def _rows(report: Mapping[str, Any], context: FeedContext) -> Iterable[Outcome]:
    dimensions = [text(mapping(header).get("name")) or "" for header in sequence(report.get("dimensionHeaders"))]
    metrics = [text(mapping(header).get("name")) or "" for header in sequence(report.get("metricHeaders"))]
    currency = text(mapping(report.get("metadata")).get("currencyCode"))
    for row in sequence(report.get("rows")):
        about = [mapping(value).get("value") for value in sequence(mapping(row).get("dimensionValues"))]
        figures = [mapping(value).get("value") for value in sequence(mapping(row).get("metricValues"))]
        if len(about) != len(dimensions) or len(figures) != len(metrics):
            yield Rejected("unknown_shape", "Expected rows with a value for each header; another row came.")
            continue
        about_row = dict(zip(dimensions, about, strict=True))
        yield _row(about_row, dict(zip(metrics, figures, strict=True)), currency, report, context)


def _row(
    about: Mapping[str, Any], figures: Mapping[str, Any], currency: str | None, report: Item, context: FeedContext
) -> Draft | Rejected:
    """Return one row; users are of the row alone and add up over nothing, so they are no audience."""
    reading = Reading({"dimensions": about, "metrics": figures})
    for metric, names in _COUNTS.items():
        reading.count(metric, figures, *names)
    for metric, names in _AMOUNTS.items():
        reading.amount(metric, figures, *names)
    at = known(reading, _time(reading, about), context)
    content = next((found for name in _CONTENTS if (found := text(about.get(name)))), None)
    property_id = text(report.get("property")) or text(report.get("propertyId")) or ""
    return reading.outcome(
        FeedType.WAREHOUSE,
        at.at,
        undated=at.undated,
        content_key=("ga4", property_id, *(f"{name}={about[name]}" for name in sorted(about))),
        cumulative=True,
        currency=currency if "revenue" in reading.metrics or "spend" in reading.metrics else None,
        content_id=content,
        content_type="page" if any(about.get(name) for name in _CONTENTS[:5]) else None,
        platform="web",
    )


def _time(reading: Reading, about: Mapping[str, Any]) -> datetime | None:
    """Return the time that a row's date dimensions name: 20260131, 2026013114, or a date with an hour beside it."""
    written = next((found for name in _DATED[:3] if (found := text(about.get(name)))), None)
    if written is None:
        return None
    hour = text(about.get("hour"))
    try:
        return day_and_hour(written[:8], hour if len(written) == 8 and hour else written[8:10] or None)  # noqa: PLR2004 - YYYYMMDD
    except (ValueError, InvalidInputError):
        reading.faults.append("date: expected YYYYMMDD, another text came")
        return None


def matches_export(item: Item) -> bool:
    """Tell a row of the export by its event's name and time in microseconds."""
    return "event_name" in item and "event_timestamp" in item


def read_export(item: Item, _context: FeedContext) -> Iterable[Outcome]:
    """Return one event of one visitor; kinds without a figure of ours are kept as ``custom``."""
    reading = Reading(item)
    name = text(item.get("event_name")) or ""
    metric = _EXPORT.get(name)
    if metric:
        reading.metrics[metric] = 1.0 if metric == "conversions" else 1
    shop = mapping(item.get("ecommerce"))
    reading.amount("revenue", shop, "purchase_revenue")
    parameters = {
        text(mapping(one).get("key")): next(
            (value for value in mapping(mapping(one).get("value")).values() if value is not None), None
        )
        for one in sequence(item.get("event_params"))
    }
    return [
        reading.outcome(
            FeedType.WAREHOUSE if metric else FeedType.CUSTOM,
            reading.time(item, "event_timestamp"),
            currency=text(parameters.get("currency")),
            content_id=_page(text(parameters.get("page_location"))) or text(parameters.get("page_title")),
            content_type=name or None,
            platform="web",
            creator=text(item.get("user_pseudo_id")),
            personal=frozenset({"gasessionid"}),
        )
    ]


def _page(location: str | None) -> str | None:
    """Return a page's address without what one visit put behind it."""
    return location.split("?")[0].split("#")[0] or None if location else None


SHAPES = (
    Shape(FeedType.WAREHOUSE, "a GA4 report (dimensionHeaders, metricHeaders, rows)", matches_report, read_report),
    Shape(FeedType.WAREHOUSE, "rows of GA4's export (event_name, event_timestamp)", matches_export, read_export),
)
