"""Google Ads: rows of search and searchStream in REST's camelCase and in snake_case, and rows of warehouses."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, Outcome
from brain.domain.feeds.reading import MICROS, Reading, mapping, sequence, text
from brain.domain.feeds.rows import VOLATILE, dimensions, known
from brain.domain.feeds.shapes import Item, Shape
from brain.domain.privacy.personal_fields import normalize_field_name

# From the finest to the coarsest: a row is about the finest resource it names.
_RESOURCES: Final = ("adgroupad", "adgroupcriterion", "keywordview", "asset", "adgroup", "campaign", "customer")
_TYPES: Final = {
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
# Columns of a warehouse row that say what it is about, by plain name; names, bids and figures do not.
_ROW_KEYS: Final = (
    "customerid", "accountid", "id", "campaignid", "adgroupid", "adid", "criterionid", "keywordid",
    "adgroupcriterioncriterionid",
    "adgroupadadid", "assetid", "keywordadgroupcriterion", "date", "day", "segmentsdate", "hour", "week", "month",
    "device", "adnetworktype", "adnetworktype1",
    "adnetworktype2", "network", "slot", "clicktype", "conversionaction", "conversionactioncategory",
    "conversionactionname",
    "keywordmatchtype", "searchterm", "searchtermmatchtype", "country", "countrycriterionid", "geotargetregion",
    "gender", "agerange",
)  # fmt: skip
_CONTENT_KEYS: Final = ("adid", "adgroupadadid", "keywordid", "adgroupid", "campaignid", "id")


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with names in one spelling: REST writes costMicros where gRPC and warehouses write cost_micros."""
    return {normalize_field_name(name): value for name, value in row.items()}


def matches_page(item: Item) -> bool:
    """Tell an answer by its results and field mask; an empty one has no results at all."""
    results = item.get("results")
    if isinstance(results, list) and results:
        return isinstance(results[0], Mapping) and "metrics" in results[0]
    return "fieldMask" in item or "field_mask" in item


def read_page(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return every row of an answer of search, or of one piece of a searchStream."""
    results = sequence(item.get("results"))
    if not results:
        return [Ignored("an empty page of results")]
    return [
        _result(row, context)
        if isinstance(row, Mapping)
        else Rejected("unknown_shape", "Expected rows of GoogleAdsRow under results; another value came.")
        for row in results
    ]


def matches_result(item: Item) -> bool:
    """Tell a single result by metrics beside a resource of Google Ads."""
    return isinstance(item.get("metrics"), Mapping) and any(normalize_field_name(name) in _RESOURCES for name in item)


def read_result(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return one result that came without its page."""
    return [_result(item, context)]


def _result(item: Item, context: FeedContext) -> Draft | Rejected:
    row = _plain(item)
    segments, campaign = _plain(mapping(row.get("segments"))), _plain(mapping(row.get("campaign")))
    reading = Reading(item)
    _figures(reading, _plain(mapping(row.get("metrics"))))
    at = known(reading, reading.time(segments, "datetime", "date", "week", "month", naive_is_utc=True), context)
    resources = dict(_resources(row))
    content = next((resources[name] for name in _RESOURCES if name in resources), None)
    network = text(segments.get("adnetworktype")) or text(campaign.get("advertisingchanneltype")) or ""
    key = [f"{name}={resources[name]}" for name in sorted(resources)]
    key += [f"{name}={value}" for name, found in sorted(segments.items()) if (value := text(found)) is not None]
    return reading.outcome(
        FeedType.ADS_GOOGLE,
        at.at,
        undated=at.undated,
        content_key=("row", *key),
        cumulative=True,
        currency=text(_plain(mapping(row.get("customer"))).get("currencycode")),
        content_id=content,
        content_type=_TYPES.get(network, "ad"),
        platform="google_ads",
        volatile=VOLATILE,
    )


def _resources(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each resource that the row names with its id, or its resource name where it has no id of its own."""
    for name in _RESOURCES:
        resource = _plain(mapping(row.get(name)))
        inner = _plain(mapping(resource.get("ad")))
        found = text(inner.get("id")) or text(resource.get("id")) or text(resource.get("criterionid"))
        found = found or text(resource.get("resourcename")) or text(inner.get("resourcename"))
        if found:
            yield name, found.rsplit("/", 1)[-1]


def _figures(reading: Reading, row: Mapping[str, Any]) -> None:
    """Read the metrics: costs are millionths of the account's currency, conversions are fractions of attribution."""
    reading.count("impressions", row, "impressions")
    reading.count("clicks", row, "clicks")
    reading.count("engagements", row, "engagements")
    reading.count("views", row, "videoviews", "videotrueviewviews")
    reading.amount("conversions", row, "conversions")
    reading.amount("revenue", row, "conversionsvalue", "conversionvalue")
    reading.amount("spend", row, "costmicros", unit=MICROS)
    if "spend" not in reading.metrics:
        reading.amount("spend", row, "cost", "spend")


def matches_row(item: Item) -> bool:
    """Tell a warehouse row by micros, which only Google counts in, beside a date."""
    row = _plain(item)
    return any(name in row for name in ("costmicros", "metricscostmicros")) and any(
        name in row for name in ("date", "day", "segmentsdate")
    )


def read_row(item: Item, _context: FeedContext) -> Iterable[Outcome]:
    """Return one daily row that a connector copied."""
    row = {name.removeprefix("metrics"): value for name, value in _plain(item).items()}
    reading = Reading(item)
    _figures(reading, row)
    at = reading.time(row, "date", "day", "segmentsdate")
    content = next((found for name in _CONTENT_KEYS if (found := text(row.get(name)))), None)
    network = text(row.get("adnetworktype")) or text(row.get("adnetworktype1")) or text(row.get("network")) or ""
    return [
        reading.outcome(
            FeedType.ADS_GOOGLE,
            at,
            content_key=("row", *dimensions(row, _ROW_KEYS)),
            cumulative=True,
            currency=text(row.get("currencycode")) or text(row.get("currency")),
            content_id=content,
            content_type=_TYPES.get(network.upper(), "ad"),
            platform="google_ads",
            volatile=VOLATILE,
        )
    ]


SHAPES = (
    Shape(FeedType.ADS_GOOGLE, "results of search or searchStream (results with metrics)", matches_page, read_page),
    Shape(
        FeedType.ADS_GOOGLE, "one result (metrics beside campaign, adGroup or customer)", matches_result, read_result
    ),
    Shape(FeedType.ADS_GOOGLE, "warehouse rows (cost_micros and date)", matches_row, read_row),
)
