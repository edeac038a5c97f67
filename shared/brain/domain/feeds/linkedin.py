"""LinkedIn: share statistics of organizations, posts, and ad analytics."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from brain.domain.events import Draft, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, Outcome
from brain.domain.feeds.reading import Reading, mapping, sequence, text
from brain.domain.feeds.rows import known
from brain.domain.feeds.shapes import Item, Shape

_ADS: Final = ("costInLocalCurrency", "costInUsd", "externalWebsiteConversions", "pivotValues")


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
    counters(reading, mapping(item["totalShareStatistics"]), "Count")
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


def counters(reading: Reading, source: Mapping[str, Any], ending: str) -> None:
    """Read counts by their ending (likeCount, like_count); corrections can make one negative.

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
)
