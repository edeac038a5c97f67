"""Google Analytics 4: reports of the Data API, and rows of the BigQuery export."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.json_values import first_text, has_any, to_list, to_object, to_text
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape, reject_shape
from brain.domain.feeds.report_rows import resolve_total_time
from brain.domain.feeds.times import parse_day_and_hour
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
_PAGE_DIMENSIONS: Final = ("pagePath", "pagePathPlusQueryString", "landingPage", "pageTitle", "unifiedScreenName")
_CONTENT_DIMENSIONS: Final = (
    *_PAGE_DIMENSIONS, "itemId", "contentId", "sessionCampaignId", "sessionCampaignName", "campaignName",
)  # fmt: skip
_DATE_DIMENSIONS: Final = ("date", "dateHour", "dateHourMinute")
_EXPORT_METRICS: Final = {
    "page_view": "views",
    "screen_view": "views",
    "click": "clicks",
    "share": "shares",
    "purchase": "conversions",
}


def matches_report(payload: JsonObject) -> bool:
    """Recognize a report by its headers, a batch by its first report."""
    reports = to_list(payload.get("reports"))
    first_report = to_object(reports[0]) if reports else payload
    return "metricHeaders" in first_report and has_any(first_report, ("dimensionHeaders", "rows"))


def read_report(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one event per row of a report, or of every report of a batch."""
    outcomes: list[FeedOutcome] = []
    for report in to_list(payload.get("reports")) or [payload]:
        outcomes.extend(_read_rows(to_object(report), context))
    return outcomes or [Ignored("a report without rows")]


def _read_rows(report: Mapping[str, Any], context: FeedContext) -> Iterable[FeedOutcome]:
    dimensions = [to_text(to_object(header).get("name")) or "" for header in to_list(report.get("dimensionHeaders"))]
    metrics = [to_text(to_object(header).get("name")) or "" for header in to_list(report.get("metricHeaders"))]
    currency = to_text(to_object(report.get("metadata")).get("currencyCode"))
    for row in to_list(report.get("rows")):
        dimension_values = [to_object(value).get("value") for value in to_list(to_object(row).get("dimensionValues"))]
        metric_values = [to_object(value).get("value") for value in to_list(to_object(row).get("metricValues"))]
        if len(dimension_values) != len(dimensions) or len(metric_values) != len(metrics):
            yield reject_shape("rows with one value per header")
            continue
        row_dimensions = dict(zip(dimensions, dimension_values, strict=True))
        row_metrics = dict(zip(metrics, metric_values, strict=True))
        yield _read_row(row_dimensions, row_metrics, currency, report, context)


def _read_row(
    dimensions: Mapping[str, Any],
    metrics: Mapping[str, Any],
    currency: str | None,
    report: JsonObject,
    context: FeedContext,
) -> Draft | Rejected:
    """Return one row. Its users are not an audience: the same user counts in several rows."""
    builder = DraftBuilder({"dimensions": dimensions, "metrics": metrics})
    for metric, names in _COUNTS.items():
        builder.add_count(metric, metrics, *names)
    for metric, names in _AMOUNTS.items():
        builder.add_amount(metric, metrics, *names)
    total_time = resolve_total_time(builder, _read_time(builder, dimensions), context)
    property_id = first_text(report, ("property", "propertyId")) or ""
    return builder.build(
        FeedType.WAREHOUSE,
        total_time.occurred_at,
        undated=total_time.undated,
        content_key=("ga4", property_id, *(f"{name}={dimensions[name]}" for name in sorted(dimensions))),
        cumulative=True,
        currency=currency if "revenue" in builder.metrics or "spend" in builder.metrics else None,
        content_id=first_text(dimensions, _CONTENT_DIMENSIONS),
        content_type="page" if any(dimensions.get(name) for name in _PAGE_DIMENSIONS) else None,
        platform="web",
    )


def _read_time(builder: DraftBuilder, dimensions: Mapping[str, Any]) -> datetime | None:
    """Return the time in a row's date dimensions: 20260131, 2026013114, or a date and an hour."""
    digits = first_text(dimensions, _DATE_DIMENSIONS)
    if digits is None:
        return None
    hour = to_text(dimensions.get("hour"))
    try:
        return parse_day_and_hour(digits[:8], hour if len(digits) == 8 and hour else digits[8:10] or None)  # noqa: PLR2004 - YYYYMMDD
    except (ValueError, InvalidInputError):
        builder.faults.append("date: expected YYYYMMDD, got other text")
        return None


def matches_export(payload: JsonObject) -> bool:
    """Recognize a row of the export by its event name and time."""
    return "event_name" in payload and "event_timestamp" in payload


def read_export(payload: JsonObject, _context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one event of one visitor; one that counts for no metric makes a ``custom`` event."""
    builder = DraftBuilder(payload)
    event_name = to_text(payload.get("event_name")) or ""
    metric = _EXPORT_METRICS.get(event_name)
    if metric:
        builder.metrics[metric] = 1.0 if metric == "conversions" else 1
    builder.add_amount("revenue", to_object(payload.get("ecommerce")), "purchase_revenue")
    parameters = _read_parameters(payload)
    return [
        builder.build(
            FeedType.WAREHOUSE if metric else FeedType.CUSTOM,
            builder.read_time(payload, "event_timestamp"),
            currency=to_text(parameters.get("currency")),
            content_id=_strip_query(to_text(parameters.get("page_location"))) or to_text(parameters.get("page_title")),
            content_type=event_name or None,
            platform="web",
            creator=to_text(payload.get("user_pseudo_id")),
            personal=frozenset({"gasessionid"}),
        )
    ]


def _read_parameters(event: JsonObject) -> dict[str | None, Any]:
    """Return the event's parameters by key; the export has one field per type, of which one is set."""
    parameters = [to_object(parameter) for parameter in to_list(event.get("event_params"))]
    return {to_text(parameter.get("key")): _read_typed_value(parameter) for parameter in parameters}


def _read_typed_value(parameter: Mapping[str, Any]) -> Any:
    typed_values = to_object(parameter.get("value")).values()
    return next((number_or_text for number_or_text in typed_values if number_or_text is not None), None)


def _strip_query(location: str | None) -> str | None:
    """Return the URL of a page without the query and fragment of one visit."""
    return location.split("?")[0].split("#")[0] or None if location else None


SHAPES = (
    PayloadShape(
        FeedType.WAREHOUSE, "a GA4 report (dimensionHeaders, metricHeaders, rows)", matches_report, read_report
    ),
    PayloadShape(
        FeedType.WAREHOUSE, "rows of the GA4 export (event_name, event_timestamp)", matches_export, read_export
    ),
)
