"""LinkedIn: share statistics of organizations, posts, ad analytics, and rows of warehouses."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, Outcome
from brain.domain.feeds.reading import Reading, lowered, mapping, sequence, text
from brain.domain.feeds.rows import VOLATILE, dimensions, known
from brain.domain.feeds.shapes import Item, Shape

_ADS: Final = ("costInLocalCurrency", "costInUsd", "externalWebsiteConversions", "pivotValues")
_ROW_IDS: Final = (
    "ugc_post_id",
    "share_statistic_id",
    "ugc_post_urn",
    "share_urn",
    "share_id",
    "organization_id",
    "organization_entity",
)
_ROW_MEASURES: Final = (
    "impression_count",
    "unique_impressions_count",
    "unique_impressions_counts",
    "share_mentions_count",
)


def matches_page(item: Item) -> bool:
    """Tell a page by elements of any of LinkedIn's kinds."""
    elements = item.get("elements")
    if not isinstance(elements, list):
        return False
    return not elements or (isinstance(elements[0], Mapping) and matches_element(elements[0]))


def read_page(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return every element of a page."""
    elements = sequence(item.get("elements"))
    if not elements:
        return [Ignored("an empty page of elements")]
    return [
        _element(one, context)
        if isinstance(one, Mapping)
        else Rejected(
            "unknown_shape", "Expected share statistics, posts or ad analytics under elements; another value came."
        )
        for one in elements
    ]


def matches_element(item: Item) -> bool:
    """Tell statistics by their totals, ads by their costs and pivots, posts by author and life cycle."""
    return "totalShareStatistics" in item or any(name in item for name in _ADS) or _is_post(item)


def _is_post(item: Item) -> bool:
    return "lifecycleState" in item and ("author" in item or "owner" in item)


def read_element(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return one element that came without its page."""
    return [_element(item, context)]


def _element(item: Item, context: FeedContext) -> Draft | Rejected:
    if "totalShareStatistics" in item:
        return _statistics(item, context)
    return _post(item) if _is_post(item) else _ads(item, context)


def _statistics(item: Item, context: FeedContext) -> Draft | Rejected:
    """Return lifetime totals of a share, or those of one day or month of it; ``engagement`` is a ratio, not a count."""
    reading = Reading(item)
    _counters(reading, mapping(item["totalShareStatistics"]), "Count")
    share = text(item.get("share")) or text(item.get("ugcPost"))
    if share is None:
        reading.metrics.pop("audience_size", None)  # who saw any of the posts is the audience of none of them
    period = mapping(item.get("timeRange"))
    at = known(reading, reading.time(period, "start"), context)
    organization = text(item.get("organizationalEntity"))
    key = ("share", share) if share else ("organization", organization or "")
    span = () if at.undated else (str(period.get("start")), str(period.get("end")))
    return reading.outcome(
        FeedType.SOCIAL_LINKEDIN,
        at.at,
        undated=at.undated,
        content_key=(*key, *span),
        cumulative=True,
        content_id=share,
        content_type="post" if share else "account",
        platform="linkedin",
        creator=organization,
    )


def _counters(reading: Reading, source: Mapping[str, Any], ending: str) -> None:
    """Read counts by their ending (likeCount, like_count); LinkedIn documents that corrections may make one negative.

    A negative count says how much was taken back from days that are not in it, so this one stays unknown.
    """
    reading.count("likes", source, f"like{ending}")
    reading.count("comments", source, f"comment{ending}")
    reading.count("shares", source, f"share{ending}")
    reading.count("clicks", source, f"click{ending}")
    reading.count("impressions", source, f"impression{ending}")
    reading.count(
        "audience_size", source, "uniqueImpressionsCount", "unique_impressions_count", "unique_impressions_counts"
    )
    for name in [name for name, value in reading.metrics.items() if value < 0]:
        del reading.metrics[name]


def _post(item: Item) -> Draft | Rejected:
    reading = Reading(item)
    likes, comments = mapping(item.get("likesSummary")), mapping(item.get("commentsSummary"))
    reading.count("likes", likes, "totalLikes", "aggregatedTotalLikes")
    reading.count("comments", comments, "aggregatedTotalComments", "totalFirstLevelComments")
    at = reading.time(item, "publishedAt", "createdAt", "firstPublishedAt") or reading.time(
        mapping(item.get("created")), "time"
    )
    return reading.outcome(
        FeedType.SOCIAL_LINKEDIN,
        at,
        content_key=("post", text(item.get("id")) or ""),
        cumulative=True,
        content_id=text(item.get("id")),
        content_type=_post_type(item),
        platform="linkedin",
        creator=text(item.get("author")) or text(item.get("owner")),
        volatile=frozenset({"lastModifiedAt", "versionTag"}),
    )


def _post_type(item: Item) -> str:
    content = mapping(item.get("content"))
    for name, kind in (("multiImage", "carousel"), ("carousel", "carousel"), ("article", "link"), ("poll", "poll")):
        if name in content:
            return kind
    media = text(mapping(content.get("media")).get("id")) or ""
    kinds = {"urn:li:video": "video", "urn:li:image": "photo", "urn:li:document": "document"}
    return next((kind for urn, kind in kinds.items() if media.startswith(urn)), "text")


def _ads(item: Item, context: FeedContext) -> Draft | Rejected:
    reading = Reading(item)
    reading.count("impressions", item, "impressions")
    reading.count("clicks", item, "clicks", "landingPageClicks")
    for metric in ("likes", "comments", "shares"):
        reading.count(metric, item, metric)
    reading.count("engagements", item, "totalEngagements")
    reading.count("views", item, "videoViews")
    reading.amount("spend", item, "costInLocalCurrency", "costInUsd")
    reading.amount("conversions", item, "externalWebsiteConversions")
    reading.amount("revenue", item, "conversionValueInLocalCurrency")
    start = mapping(mapping(item.get("dateRange")).get("start"))
    day = {"date": "-".join(f"{start[part]:02d}" for part in ("year", "month", "day"))} if _is_date(start) else {}
    at = known(reading, reading.time(day, "date"), context)
    pivots = [found for value in sequence(item.get("pivotValues")) if (found := text(value))]
    return reading.outcome(
        FeedType.SOCIAL_LINKEDIN,
        at.at,
        undated=at.undated,
        content_key=("ads", *pivots, day.get("date", "")),
        cumulative=True,
        currency="USD" if "costInLocalCurrency" not in item and "costInUsd" in item else None,
        content_id=pivots[0] if pivots else None,
        content_type="ad",
        platform="linkedin",
    )


def _is_date(start: Mapping[str, Any]) -> bool:
    return all(type(start.get(part)) is int for part in ("year", "month", "day"))


def matches_row(item: Item) -> bool:
    """Tell a warehouse row by the ids and measures that only LinkedIn's tables have."""
    row = lowered(item)
    if any(
        name in row
        for name in ("ugc_post_id", "share_statistic_id", "ugc_post_urn", "cost_in_local_currency", "cost_in_usd")
    ):
        return True
    return any(name in row for name in _ROW_MEASURES) and any(name in row for name in ("_fivetran_id", *_ROW_IDS))


def read_row(item: Item, context: FeedContext) -> Iterable[Outcome]:
    """Return one row: statistics of a post, the link of statistics to a post, or a day of an ad."""
    row = lowered(item)
    reading = Reading(item)
    is_ad = "cost_in_local_currency" in row or "cost_in_usd" in row
    if is_ad:
        for metric in ("impressions", "clicks", "likes", "comments", "shares"):
            reading.count(metric, row, metric)
        reading.count("engagements", row, "total_engagements")
        reading.amount("spend", row, "cost_in_local_currency", "cost_in_usd")
        reading.amount("conversions", row, "external_website_conversions")
        reading.amount("revenue", row, "conversion_value_in_local_currency")
    else:
        _counters(reading, row, "_count")
    at = known(reading, reading.time(row, "day", "date", "time_range_start", naive_is_utc=True), context, row)
    post = (
        text(row.get("ugc_post_id"))
        or text(row.get("ugc_post_urn"))
        or text(row.get("share_urn"))
        or text(row.get("share_id"))
    )
    creative = text(row.get("creative_id")) or text(row.get("campaign_id"))
    return [
        reading.outcome(
            FeedType.SOCIAL_LINKEDIN,
            at.at,
            undated=at.undated,
            content_key=_row_key(row, post, measured=bool(reading.metrics)),
            cumulative=True,
            content_id=creative if is_ad else post,
            content_type="ad" if is_ad else "post",
            platform="linkedin",
            creator=text(row.get("organization_entity")) or text(row.get("organization_id")),
            volatile=VOLATILE,
        )
    ]


def _row_key(row: Mapping[str, Any], post: str | None, *, measured: bool) -> tuple[str, ...]:
    """Return what a row counts: a post (on a day) where it has figures, else the statistic that it links to a post."""
    day = dimensions(row, ("day", "date", "time_range_start"))
    if measured and post:
        return ("share", post, *day)
    return (
        "row",
        *dimensions(row, ("share_statistic_id", "_fivetran_id", "creative_id", "campaign_id", *_ROW_IDS[2:])),
        *day,
    )


SHAPES = (
    Shape(
        FeedType.SOCIAL_LINKEDIN,
        "a page of LinkedIn's API (elements with totalShareStatistics)",
        matches_page,
        read_page,
    ),
    Shape(
        FeedType.SOCIAL_LINKEDIN,
        "one element (totalShareStatistics, or a post, or ad analytics)",
        matches_element,
        read_element,
    ),
    Shape(FeedType.SOCIAL_LINKEDIN, "warehouse rows (ugc_post_id or share_statistic_id)", matches_row, read_row),
)
