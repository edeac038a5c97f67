"""Google Ads: rows of search and searchStream in camelCase (REST) and snake_case, and warehouse rows."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.json_values import (
    MICROS_PER_UNIT,
    first_text,
    has_any,
    normalize_names,
    to_list,
    to_object,
    to_text,
)
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape, reject_shape
from brain.domain.feeds.report_rows import VOLATILE_COLUMNS, resolve_total_time, select_dimensions
from brain.domain.privacy.personal_fields import normalize_field_name

# From the most to the least specific: a row is about the most specific resource it names.
_RESOURCES: Final = ("adgroupad", "adgroupcriterion", "keywordview", "asset", "adgroup", "campaign", "customer")
_CONTENT_TYPES: Final = {
    "SEARCH": "search_ad",
    "SEARCH_PARTNERS": "search_ad",
    "CONTENT": "display_ad",
    "DISPLAY": "display_ad",
    "SHOPPING": "shopping_ad",
    "VIDEO": "video_ad",
    "YOUTUBE": "video_ad",
    "YOUTUBE_SEARCH": "video_ad",
    "YOUTUBE_WATCH": "video_ad",
    "PERFORMANCE_MAX": "performance_max_ad",
    "DEMAND_GEN": "demand_gen_ad",
    "DISCOVERY": "demand_gen_ad",
    "MULTI_CHANNEL": "app_ad",
    "MIXED": "mixed_ad",
    "HOTEL": "hotel_ad",
    "LOCAL": "local_ad",
}
# Columns that identify what a warehouse row is about, normalized; names, bids and metrics do not.
_ROW_DIMENSIONS: Final = (
    "customerid", "accountid", "id", "campaignid", "adgroupid", "adid", "criterionid", "keywordid",
    "adgroupcriterioncriterionid", "adgroupadadid", "assetid", "keywordadgroupcriterion", "date", "day",
    "segmentsdate", "hour", "week", "month", "device", "adnetworktype", "adnetworktype1", "adnetworktype2",
    "network", "slot", "clicktype", "conversionaction", "conversionactioncategory", "conversionactionname",
    "keywordmatchtype", "searchterm", "searchtermmatchtype", "country", "countrycriterionid", "geotargetregion",
    "gender", "agerange",
)  # fmt: skip
_CONTENT_IDS: Final = ("adid", "adgroupadadid", "keywordid", "adgroupid", "campaignid", "id")


def matches_page(payload: JsonObject) -> bool:
    """Recognize a response by its results, an empty one by its field mask."""
    results = payload.get("results")
    if isinstance(results, list) and results:
        return isinstance(results[0], Mapping) and "metrics" in results[0]
    return "fieldMask" in payload or "field_mask" in payload


def read_page(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return every row of a search response, or of one chunk of a searchStream."""
    results = to_list(payload.get("results"))
    if not results:
        return [Ignored("an empty page of results")]
    return [
        _read_result(result, context)
        if isinstance(result, Mapping)
        else reject_shape("GoogleAdsRow objects in results")
        for result in results
    ]


def matches_result(payload: JsonObject) -> bool:
    """Recognize a single result by its metrics and a resource of Google Ads."""
    return isinstance(payload.get("metrics"), Mapping) and any(
        normalize_field_name(name) in _RESOURCES for name in payload
    )


def read_result(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one result that was sent without its page."""
    return [_read_result(payload, context)]


def _read_result(result: JsonObject, context: FeedContext) -> Draft | Rejected:
    row = normalize_names(result)
    segments = normalize_names(to_object(row.get("segments")))
    campaign = normalize_names(to_object(row.get("campaign")))
    customer = normalize_names(to_object(row.get("customer")))
    builder = DraftBuilder(result)
    _add_metrics(builder, normalize_names(to_object(row.get("metrics"))))
    period_start = builder.read_time(segments, "datetime", "date", "week", "month", naive_is_utc=True)
    total_time = resolve_total_time(builder, period_start, context)
    resource_ids = dict(_iter_resource_ids(row))
    network = to_text(segments.get("adnetworktype")) or to_text(campaign.get("advertisingchanneltype")) or ""
    resources = (f"{name}={resource_ids[name]}" for name in sorted(resource_ids))
    return builder.build(
        FeedType.ADS_GOOGLE,
        total_time.occurred_at,
        undated=total_time.undated,
        content_key=("row", *resources, *select_dimensions(segments, sorted(segments))),
        cumulative=True,
        currency=to_text(customer.get("currencycode")),
        content_id=next(iter(resource_ids.values()), None),
        content_type=_CONTENT_TYPES.get(network, "ad"),
        platform="google_ads",
        volatile=VOLATILE_COLUMNS,
    )


def _iter_resource_ids(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the id of each resource in the row, most specific first, or its resource name where it has no id."""
    for name in _RESOURCES:
        resource = normalize_names(to_object(row.get(name)))
        ad = normalize_names(to_object(resource.get("ad")))
        resource_id = to_text(ad.get("id")) or first_text(resource, ("id", "criterionid", "resourcename"))
        resource_id = resource_id or to_text(ad.get("resourcename"))
        if resource_id:
            yield name, resource_id.rsplit("/", 1)[-1]


def _add_metrics(builder: DraftBuilder, row: Mapping[str, Any]) -> None:
    """Add the metrics; costs are in millionths of the account's currency, conversions are attributed in fractions."""
    builder.add_count("impressions", row, "impressions")
    builder.add_count("clicks", row, "clicks")
    builder.add_count("engagements", row, "engagements")
    builder.add_count("views", row, "videoviews", "videotrueviewviews")
    builder.add_amount("conversions", row, "conversions")
    builder.add_amount("revenue", row, "conversionsvalue", "conversionvalue")
    builder.add_amount("spend", row, "costmicros", unit=MICROS_PER_UNIT)
    if "spend" not in builder.metrics:
        builder.add_amount("spend", row, "cost", "spend")


def matches_row(payload: JsonObject) -> bool:
    """Recognize a warehouse row by a date and micros, which only Google uses."""
    row = normalize_names(payload)
    return has_any(row, ("costmicros", "metricscostmicros")) and has_any(row, ("date", "day", "segmentsdate"))


def read_row(payload: JsonObject, _context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one daily row that a connector synced."""
    row = {name.removeprefix("metrics"): value for name, value in normalize_names(payload).items()}
    builder = DraftBuilder(payload)
    _add_metrics(builder, row)
    network = first_text(row, ("adnetworktype", "adnetworktype1", "network")) or ""
    return [
        builder.build(
            FeedType.ADS_GOOGLE,
            builder.read_time(row, "date", "day", "segmentsdate"),
            content_key=("row", *select_dimensions(row, _ROW_DIMENSIONS)),
            cumulative=True,
            currency=first_text(row, ("currencycode", "currency")),
            content_id=first_text(row, _CONTENT_IDS),
            content_type=_CONTENT_TYPES.get(network.upper(), "ad"),
            platform="google_ads",
            volatile=VOLATILE_COLUMNS,
        )
    ]


SHAPES = (
    PayloadShape(
        FeedType.ADS_GOOGLE, "results of search or searchStream (results with metrics)", matches_page, read_page
    ),
    PayloadShape(
        FeedType.ADS_GOOGLE, "one result (metrics with campaign, adGroup or customer)", matches_result, read_result
    ),
    PayloadShape(FeedType.ADS_GOOGLE, "warehouse rows (cost_micros and date)", matches_row, read_row),
)
