"""Google Ads: rows of search and searchStream in camelCase (REST) and snake_case."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.json_values import (
    MICROS_PER_UNIT,
    first_text,
    normalize_names,
    snake_case_names,
    to_object,
    to_text,
)
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape, reject_shape
from brain.domain.feeds.report_periods import read_period
from brain.domain.feeds.report_rows import VOLATILE_COLUMNS, resolve_total_time, select_dimensions
from brain.domain.feeds.row_dimensions import select_nested_dimensions
from brain.domain.privacy.personal_fields import normalize_field_name

# From the most to the least specific: a row is about the most specific resource it names. Their ids have been the key
# since version 0.1; those of all other resources are further dimensions.
_RESOURCES: Final = ("adgroupad", "adgroupcriterion", "keywordview", "asset", "adgroup", "campaign", "customer")
_PARTS: Final = frozenset({"metrics", "segments", *_RESOURCES})
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


def matches_page(payload: JsonObject) -> bool:
    """Recognize a response by its results, an empty one by its field mask."""
    if "fieldMask" in payload or "field_mask" in payload:
        return True
    results = payload.get("results")
    return isinstance(results, list) and any(isinstance(row, Mapping) and matches_result(row) for row in results)


def read_page(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return every row of a search response, or of one chunk of a searchStream."""
    results = payload.get("results")
    if results in (None, []):
        return [Ignored("an empty page of results")]
    if not isinstance(results, list):
        return [reject_shape("a list of GoogleAdsRow objects in results")]
    return [
        _read_result(result, context)
        if isinstance(result, Mapping)
        else reject_shape("GoogleAdsRow objects in results")
        for result in results
    ]


def matches_result(payload: JsonObject) -> bool:
    """Recognize a single result by its metrics, and by its segments or the name of a resource of Google Ads."""
    if not isinstance(payload.get("metrics"), Mapping):
        return False
    return any(
        name == "segments" or normalize_field_name(name) in _RESOURCES or _read_account(to_object(part)) is not None
        for name, part in payload.items()
    )


def _read_account(resource: JsonObject) -> str | None:
    """Return the resource name of a resource, which starts with its account, None for another object."""
    name = to_text(resource.get("resourceName", resource.get("resource_name", resource.get("resourcename"))))
    return name if name and name.startswith("customers/") else None


def read_result(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one result that was sent without its page."""
    return [_read_result(payload, context)]


def _read_result(result: JsonObject, context: FeedContext) -> Draft | Rejected:
    builder = DraftBuilder(result)
    row = {name: _normalize_part(builder, result, name) for name in result}
    row = {normalize_field_name(name): part for name, part in row.items()}
    segments, campaign = row.get("segments", {}), row.get("campaign", {})
    add_metrics(builder, row.get("metrics", {}))
    total_time = resolve_total_time(builder, _read_period_start(builder, segments), context)
    resource_ids = dict(_iter_resource_ids(row))
    network = to_text(segments.get("adnetworktype")) or to_text(campaign.get("advertisingchanneltype")) or ""
    resources = (f"{name}={resource_ids[name]}" for name in sorted(resource_ids))
    return builder.build(
        FeedType.ADS_GOOGLE,
        total_time.occurred_at,
        undated=total_time.undated,
        content_key=("row", *resources, *select_dimensions(segments, sorted(segments))),
        dimensions=(*_list_resources(row, resource_ids), *_list_further_segments(segments)),
        cumulative=True,
        currency=to_text(row.get("customer", {}).get("currencycode")),
        content_id=_select_content(row, resource_ids),
        content_type=select_content_type(network),
        platform="google_ads",
        volatile=VOLATILE_COLUMNS,
    )


def _normalize_part(builder: DraftBuilder, result: JsonObject, name: str) -> Mapping[str, Any]:
    """Return a resource, the segments or the metrics with normalized names; other values describe the row."""
    if normalize_field_name(name) in _PARTS:
        return normalize_names(builder.read_object(result, name))
    return snake_case_names(to_object(result[name]))


def _read_period_start(builder: DraftBuilder, segments: Mapping[str, Any]) -> datetime | None:
    """Return the start of the hour, day, week, month, quarter or year that a row is about."""
    start = builder.read_time(segments, "datetime", "date", "week", "month", "quarter", naive_is_utc=True)
    return start or read_period(builder, {"year": segments.get("year")})


def _iter_resource_ids(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the id of each known resource in the row, most specific first, or its name where it has no id."""
    for name in _RESOURCES:
        resource = row.get(name, {})
        ad = normalize_names(to_object(resource.get("ad")))
        resource_id = to_text(ad.get("id")) or first_text(resource, ("id", "criterionid", "resourcename"))
        resource_id = resource_id or to_text(ad.get("resourcename"))
        if resource_id:
            yield name, resource_id.rsplit("/", 1)[-1]


def _list_resources(row: Mapping[str, Any], resource_ids: Mapping[str, str]) -> Iterator[str]:
    """Yield what the row is about besides its known resources: any other resource, and the account if none is named.

    A resource is identified by its resource name, or by its id and texts if the query left that out.
    """
    for name, resource in row.items():
        if name in ("metrics", "segments") or name in resource_ids:
            continue
        resource_name = first_text(resource, ("resource_name", "resourcename"))
        if resource_name:
            yield f"{name}.resourcename={resource_name}"
        else:
            yield from select_nested_dimensions(resource, f"{name}.")
    if "customer" not in resource_ids:
        accounts = ((name, _read_account(row[name])) for name in resource_ids)
        yield from (f"{name}.resourcename={account}" for name, account in accounts if account)


def _list_further_segments(segments: Mapping[str, Any]) -> list[str]:
    """Return the segments that are objects, such as a keyword's criterion and text, or truth values."""
    further = {name: value for name, value in segments.items() if isinstance(value, bool | Mapping)}
    return select_nested_dimensions(further, "segments.")


def _select_content(row: Mapping[str, Any], resource_ids: Mapping[str, str]) -> str | None:
    """Return the id of the most specific resource; an asset group, a video or the like is part of its campaign."""
    specific = next(iter(resource_ids), "customer")
    if specific in ("campaign", "customer"):
        further = (first_text(part, ("id",)) for name, part in row.items() if name not in _PARTS)
        if further_id := next(filter(None, further), None):
            return further_id
    return resource_ids.get(specific)


def select_content_type(network: str) -> str:
    """Return the kind of ad on one of Google's networks or channels."""
    return _CONTENT_TYPES.get(network.upper(), "ad")


def add_metrics(builder: DraftBuilder, metrics: Mapping[str, Any]) -> None:
    """Add the metrics by their normalized names.

    Costs are in millionths of the account's currency, conversions are attributed in fractions.
    """
    builder.add_count("impressions", metrics, "impressions")
    builder.add_count("clicks", metrics, "clicks")
    builder.add_count("engagements", metrics, "engagements")
    builder.add_count("views", metrics, "videoviews", "videotrueviewviews")
    builder.add_amount("conversions", metrics, "conversions")
    builder.add_amount("revenue", metrics, "conversionsvalue", "conversionvalue")
    builder.add_amount("spend", metrics, "costmicros", unit=MICROS_PER_UNIT)
    if "spend" not in builder.metrics:
        builder.add_amount("spend", metrics, "cost", "spend")


SHAPES = (
    PayloadShape(
        FeedType.ADS_GOOGLE,
        "results of search or searchStream (results with metrics)",
        matches_page,
        read_page,
        names=("fieldMask", "results"),
    ),
    PayloadShape(
        FeedType.ADS_GOOGLE,
        "one result (metrics with campaign, adGroup or customer)",
        matches_result,
        read_result,
        names=("metrics",),
    ),
)
